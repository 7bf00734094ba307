// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/json.hpp"
#include "server_process.hpp"

// A server is given secrets that are long and strange enough to be found wherever they might turn
// up; they may reach the peers that they are for, and nobody and nothing else.

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr std::string_view password_canary = "c4n4ry-Zq8#x7/pass \"word\"";
constexpr std::string_view key_canary = "c4n4ry-Kw5+k3y/value";
constexpr std::string_view new_canary = "c4n4ry-Nw9=changed";

class Canary : public ServerTest {
protected:
    /// One that calls the peer with both kinds of secrets.
    std::string caller(std::string_view id, std::string_view path) const {
        return "millrace: 1\nid: " + std::string{id} + R"(
nodes:
  - { id: start, type: trigger.manual }
  - id: call
    type: http.request
    data:
      method: POST
      url: ")" +
               peer.url(std::string{path}) + R"(?key={{ secrets.api_key }}"
      body: { note: "{{ inputs.note }}", key: "{{ secrets.api_key }}" }
    credential: shop
    retry: { max_attempts: 1 }
connections: [start -> call]
outputs: { answer: "{{ nodes.call.out }}" }
)";
    }
    void set_secrets() {
        EXPECT_EQ(
            server().put("/api/v1/secrets/api_key", Value::object({{"value", key_canary}})).status,
            201);
        const Value fields = Value::object({{"username", "ada"}, {"password", password_canary}});
        EXPECT_EQ(server()
                      .put("/api/v1/credentials/shop",
                           Value::object({{"type", "http.basic"}, {"fields", fields}}))
                      .status,
                  201);
    }
    /// Whatever the server tells those who ask.
    std::string told() {
        std::string all;
        const auto add = [&](const std::string& target) {
            const HttpAnswer answer = server().get(target);
            for (const auto& [name, value] : answer.headers)
                all += name + ": " + value + "\n";
            all += answer.body + "\n";
        };
        for (const char* target :
             {"/api/v1/secrets", "/api/v1/credentials", "/api/v1/credential-types",
              "/api/v1/executions", "/api/v1/dead-letters", "/api/v1/cache", "/api/v1/breakers",
              "/api/v1/workflows", "/api/v1/variables", "/health", "/api/v1/openapi.json"})
            add(target);
        for (const char* id : {"good", "bad", "echo"})
            add("/api/v1/workflows/" + std::string{id});
        const Value executions = server().get_json("/api/v1/executions");
        for (const Value& row : executions.find("items")->as_array()) {
            const std::string path =
                "/api/v1/executions/" + std::string{row.find("id")->as_string()};
            for (const char* of : {"", "/events", "/nodes", "/logs"})
                add(path + of);
        }
        return all;
    }
    /// All bytes of the data folder's files but the key.
    std::string stored() const {
        std::string all;
        for (const auto& file : fs::recursive_directory_iterator{data()})
            if (file.is_regular_file() && file.path().filename() != "key")
                all += read_file(file.path());
        return all;
    }
    static void expect_no_canary(const std::string& text, const char* where) {
        EXPECT_THAT(text, Not(HasSubstr("c4n4ry"))) << where;
        for (const std::string& encoded :
             {core::base64("ada:" + std::string{password_canary}),
              core::base64(std::string{key_canary}), core::base64(std::string{password_canary})})
            EXPECT_THAT(text, Not(HasSubstr(encoded.substr(0, 20)))) << where;
    }

    HttpServer peer{[](const ServedRequest& request) {
        Reply reply = Reply::text("welcome");
        if (request.target.starts_with("/good")) return reply;
        // What a careless peer does: all that it was sent comes back.
        reply.body = "got " + std::string{request.header("authorization")} + " " + request.target +
                     " " + request.body;
        reply.status = request.target.starts_with("/echo") ? 200 : 403;
        return reply;
    }};
};

}  // namespace

TEST_F(Canary, ReachesThePeerAndNothingElse) {
    serve({"--log-level", "debug"});
    set_secrets();
    for (const char* id : {"good", "bad", "echo"})
        server().create_workflow(caller(id, "/" + std::string{id}));
    const Value input = Value::object({{"input", Value::object({{"note", "n"}})}});
    std::string answers;
    for (const char* id : {"good", "bad", "echo"})
        answers += core::to_json(server().execute(id, input));

    const std::vector<ServedRequest> sent = peer.requests();
    ASSERT_EQ(sent.size(), 3u);
    EXPECT_EQ(sent[0].header("authorization"),
              "Basic " + core::base64("ada:" + std::string{password_canary}));
    EXPECT_THAT(sent[0].body, HasSubstr(key_canary));
    EXPECT_THAT(sent[0].target, HasSubstr("c4n4ry-Kw5%2Bk3y%2Fvalue"));

    expect_no_canary(answers, "answers of executions");
    expect_no_canary(told(), "the API");
    expect_no_canary(stored(), "the data folder of a running server");
    const Finished ended = server().terminate();
    expect_no_canary(ended.out + ended.err, "logs");
    expect_no_canary(stored(), "the data folder");
}

TEST_F(Canary, IsNotRepeatedToWhoSetsItWrongly) {
    serve({"--log-level", "debug"});
    std::string said;
    const auto send = [&](const std::string& target, const Value& body) {
        const HttpAnswer answer = server().put(target, body);
        EXPECT_EQ(answer.status / 100, 4) << answer.body;
        said += answer.body;
    };
    const Value secret = Value::object({{"value", key_canary}});
    send("/api/v1/secrets/9bad", secret);
    send("/api/v1/secrets/x", Value::object({{"value", Value::array({key_canary})}}));
    send("/api/v1/credentials/x", Value::object({{"type", "http.bearer"}, {"fields", secret}}));
    send("/api/v1/credentials/x",
         Value::object(
             {{"type", "http.nothing"}, {"fields", Value::object({{"token", key_canary}})}}));
    send("/api/v1/credentials/x",
         Value::object({{"type", "smtp"}, {"fields", Value::object({{"server", key_canary}})}}));
    for (const std::string& body :
         {"{\"value\": " + std::string{key_canary} + "}",
          "{\"value\": \"" + std::string{key_canary}, "{\"" + std::string{key_canary} + "\": 1}",
          std::string{key_canary}}) {
        const HttpAnswer answer = server().request(
            {"PUT", "/api/v1/secrets/x", {{"Content-Type", "application/json"}}, body});
        EXPECT_EQ(answer.status / 100, 4) << answer.body;
        said += answer.body;
    }
    expect_no_canary(said, "problems");
    const Finished ended = server().terminate();
    expect_no_canary(ended.out + ended.err, "logs");
}

TEST_F(Canary, ANewKeyAndANewValueAreUsedAtOnce) {
    serve();
    set_secrets();
    server().create_workflow(caller("good", "/good"));
    const Value input = Value::object({{"input", Value::object({{"note", "n"}})}});
    const std::string before = read_file(fs::path{data()} / "key");
    EXPECT_EQ(server().post_json("/api/v1/secrets/rotate-key", {}).find("secrets")->as_integer(),
              2);
    EXPECT_NE(read_file(fs::path{data()} / "key"), before);
    EXPECT_EQ(*server().execute("good", input).find("status"), Value{"completed"});
    EXPECT_EQ(
        server().put("/api/v1/secrets/api_key", Value::object({{"value", new_canary}})).status,
        200);
    EXPECT_EQ(*server().execute("good", input).find("status"), Value{"completed"});
    EXPECT_THAT(peer.requests().back().body, HasSubstr(new_canary));
    EXPECT_EQ(server().del("/api/v1/secrets/api_key").status, 204);
    EXPECT_EQ(server().del("/api/v1/secrets/api_key").status, 404);
    const Value failed = server().execute("good", input);
    EXPECT_EQ(*failed.find("status"), Value{"failed"});
    EXPECT_EQ(*failed.find("error")->find("code"), Value{"unknown_secret"});
}

TEST_F(Canary, AServerDoesNotStartWithoutTheKeyOfWhatIsStored) {
    serve();
    set_secrets();
    EXPECT_EQ(server().terminate().status, 0);
    const fs::path key = fs::path{data()} / "key";
    fs::rename(key, folder / "kept");
    const Finished refused = millrace({"serve", "--listen", "127.0.0.1:0"});
    EXPECT_NE(refused.status, 0);
    EXPECT_THAT(refused.err, HasSubstr("restore it from a backup"));
    EXPECT_FALSE(fs::exists(key));
    // As the folder of an earlier version has it.
    fs::rename(folder / "kept", fs::path{data()} / "secret.key");
    server().restart();
    EXPECT_TRUE(fs::exists(key));
    EXPECT_FALSE(fs::exists(fs::path{data()} / "secret.key"));
}

TEST_F(Canary, VariablesComeBackAndGoBeforeDefaults) {
    serve();
    server().create_workflow(R"(
millrace: 1
id: rates
variables: { rate: 1, depot: null }
nodes:
  - { id: start, type: trigger.manual }
outputs: { rate: "{{ vars.rate }}", depot: "{{ vars.depot }}" }
)");
    EXPECT_EQ(server().put("/api/v1/variables/rate", Value::object({{"value", 7}})).status, 201);
    EXPECT_EQ(server()
                  .put("/api/v1/variables/depot",
                       Value::object({{"value", "Graz"}, {"description", "where"}}))
                  .status,
              201);
    EXPECT_EQ(server().put("/api/v1/variables/rate", Value::object({{"value", 8}})).status, 200);
    const Value depot = server().get_json("/api/v1/variables/depot");
    EXPECT_EQ(*depot.find("value"), Value{"Graz"});
    EXPECT_EQ(*depot.find("description"), Value{"where"});
    EXPECT_EQ(server().get_json("/api/v1/variables").find("items")->as_array().size(), 2u);
    EXPECT_EQ(core::to_json(*server().execute("rates").find("outputs")),
              R"({"rate":8,"depot":"Graz"})");
    const Value given = Value::object({{"variables", Value::object({{"rate", 9}})}});
    EXPECT_EQ(core::to_json(*server().execute("rates", given).find("outputs")),
              R"({"rate":9,"depot":"Graz"})");
    EXPECT_EQ(server().del("/api/v1/variables/rate").status, 204);
    EXPECT_EQ(server().get("/api/v1/variables/rate").status, 404);
    EXPECT_EQ(server().put("/api/v1/variables/a-b", Value::object({{"value", 1}})).status, 422);
}

}  // namespace millrace::testing
