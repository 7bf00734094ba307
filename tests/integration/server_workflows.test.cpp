// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "server_process.hpp"

// Documents, node types and the node library over real connections: each route, and each problem
// that it names. The server's own OpenAPI document judges every answer.

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view api = "/api/v1";

std::string document(const std::string& id, const std::string& text) {
    return "millrace: 1\nid: " + id + "\nnodes:\n  - { id: start, type: trigger.manual }\n" +
           "  - { id: say, type: data.template, data: { text: " + text + " } }\n" +
           "connections: [start -> say]\n";
}

class ServerWorkflows : public ServerTest {
protected:
    HttpAnswer send(std::string method, std::string_view path, std::string body = {},
                    HeaderList headers = {}) {
        if (!body.empty())
            headers.emplace_back("Content-Type", body.starts_with('{') || body.starts_with('[')
                                                     ? "application/json"
                                                     : "application/yaml");
        return server().request(
            {std::move(method), std::string{api} + std::string{path}, std::move(headers), body});
    }
    void expect_problem(const HttpAnswer& answer, int status, std::string_view code) {
        EXPECT_EQ(answer.status, status) << answer.body;
        EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
        EXPECT_EQ(at(json(answer.body), "code"), Value{code}) << answer.body;
    }
    /// What `condition` says of the workflow, waiting until it is so.
    template <class Condition>
    bool eventually(const std::string& id, Condition condition) {
        for (int i = 0; i < 400; ++i) {
            const HttpAnswer answer = server().get(std::string{api} + "/workflows/" + id);
            if (condition(answer)) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
        }
        return false;
    }
};

TEST_F(ServerWorkflows, ADocumentLivesAsVersionsHeadAndActiveVersion) {
    serve();
    const HttpAnswer made = send("POST", "/workflows", document("orders", "one"));
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.header("Location"), "/api/v1/workflows/orders");
    expect_problem(send("POST", "/workflows", document("orders", "two")), 409, "conflict");
    const std::string etag = made.header("ETag");
    expect_problem(send("PUT", "/workflows/orders", document("orders", "two")), 428,
                   "precondition_required");
    EXPECT_EQ(
        send("PUT", "/workflows/orders", document("orders", "two"), {{"If-Match", etag}}).status,
        200);
    expect_problem(send("PUT", "/workflows/orders", document("orders", "x"), {{"If-Match", etag}}),
                   412, "stale");
    EXPECT_EQ(at(json(send("POST", "/workflows/orders/activate", "{}").body), "active_version"),
              Value{2});
    const Value first = server().execute("orders");
    EXPECT_EQ(at(first, "workflow_version"), Value{2});
    ASSERT_EQ(send("POST", "/workflows/orders/activate", R"({"version": 1})").status, 200);
    EXPECT_EQ(at(server().execute("orders"), "outputs.say"), Value{"one"});
    expect_problem(send("DELETE", "/workflows/orders"), 409, "still_active");
    EXPECT_EQ(send("POST", "/workflows/orders/deactivate").status, 200);
    EXPECT_EQ(send("DELETE", "/workflows/orders").status, 204);
    expect_problem(send("GET", "/workflows/orders"), 404, "not_found");
    const std::string old = std::string{at(first, "id").as_string()};
    EXPECT_EQ(server().get(std::string{api} + "/executions/" + old).status, 200);
}

TEST_F(ServerWorkflows, BadDocumentsAndRequestsAreToldFromEachOther) {
    serve();
    const HttpAnswer bad = send("POST", "/workflows", document("a", "\"{{ x y }}\""));
    expect_problem(bad, 422, "invalid");
    EXPECT_EQ(at(json(bad.body), "errors.0.line"), Value{5});
    EXPECT_EQ(at(json(bad.body), "errors.0.node_id"), Value{"say"});
    expect_problem(send("POST", "/workflows", "{"), 400, "malformed_json");
    expect_problem(send("POST", "/workflows", "a: ["), 400, "malformed_yaml");
    expect_problem(server().request({"POST", "/api/v1/workflows", {{"Content-Type", "a/b"}}, "x"}),
                   415, "unsupported_media_type");
    expect_problem(server().get("/api/v1/workflows/none", {{"Accept", "text/html"}}), 406,
                   "not_acceptable");
    expect_problem(send("GET", "/workflows?limit=0"), 400, "bad_request");
    expect_problem(send("GET", "/workflows/none/versions"), 404, "not_found");
    expect_problem(send("GET", "/workflows/none/versions/1"), 404, "not_found");
    expect_problem(send("GET", "/workflows/none/diff"), 404, "not_found");
    expect_problem(send("POST", "/workflows/none/deactivate"), 404, "not_found");
    const HttpAnswer checked = send("POST", "/workflows/validate", "a: [");
    EXPECT_EQ(at(json(checked.body), "valid"), Value{false});
}

TEST_F(ServerWorkflows, VersionsDifferencesAndCopiesAreRead) {
    serve();
    ASSERT_EQ(send("POST", "/workflows", document("orders", "one")).status, 201);
    const HttpAnswer saved = send("POST", "/workflows/orders/versions", document("orders", "two"));
    EXPECT_EQ(saved.status, 201);
    EXPECT_EQ(saved.header("Location"), "/api/v1/workflows/orders/versions/2");
    const Value versions = json(send("GET", "/workflows/orders/versions").body);
    EXPECT_EQ(at(versions, "items.1.is_head"), Value{true});
    const HttpAnswer yaml =
        server().get("/api/v1/workflows/orders/versions/2", {{"Accept", "application/yaml"}});
    EXPECT_THAT(yaml.body, HasSubstr("text: two"));
    const Value changes = json(send("GET", "/workflows/orders/diff?from=1&to=2").body);
    EXPECT_EQ(at(changes, "changes.0.path"), Value{"/nodes/say/data/text"});
    const Value given =
        json(send("POST", "/workflows/orders/diff", document("orders", "one")).body);
    EXPECT_EQ(at(given, "changes").size(), 0u);
    EXPECT_EQ(at(json(send("POST", "/workflows/orders/validate").body), "valid"), Value{true});
    EXPECT_EQ(send("POST", "/workflows/orders/duplicate", R"({"id": "bills"})").status, 201);
    const Value needs = json(send("GET", "/workflows/bills/nodes/say/dependencies").body);
    EXPECT_EQ(at(needs, "depends_on.0.node_id"), Value{"start"});
    const HttpAnswer known = server().get("/api/v1/workflows");
    EXPECT_EQ(server().get("/api/v1/workflows", {{"If-None-Match", known.header("ETag")}}).status,
              304);
}

TEST_F(ServerWorkflows, ManyAreExportedAndAppliedAtOnce) {
    serve();
    const std::string both = document("a", "one") + "---\n" + document("b", "one");
    ASSERT_EQ(send("POST", "/workflows/apply?activate=true", both).status, 200);
    const HttpAnswer refused =
        send("POST", "/workflows/apply", document("a", "two") + "---\n" + document("b", "{ x"));
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(at(json(send("GET", "/workflows/a").body), "head_version"), Value{1});
    const HttpAnswer stream =
        server().get("/api/v1/workflows/export", {{"Accept", "application/yaml"}});
    const Value again = json(send("POST", "/workflows/apply?dry_run=true", stream.body).body);
    EXPECT_EQ(at(again, "items.0.result"), Value{"unchanged"});
    const Value pruned =
        json(send("POST", "/workflows/apply?prune=true", document("a", "one")).body);
    EXPECT_EQ(at(pruned, "items.1.result"), Value{"removed"});
    expect_problem(send("PUT", "/workflows/a", document("a", "x"), {{"If-Match", "*"}}), 409,
                   "managed_by_file");
}

TEST_F(ServerWorkflows, AWatchedFolderIsWhatTheServerRuns) {
    const std::filesystem::path files = folder.path() / "flows";
    std::filesystem::create_directories(files);
    const auto write = [&](const std::string& name, const std::string& text) {
        write_file(files / "next~", text);
        std::filesystem::rename(files / "next~", files / name);
    };
    write("a.workflow.yaml", document("a", "one"));
    serve({"--workflows", files.string(), "--watch"});
    EXPECT_THAT(server().ready_line(), HasSubstr("1 workflow"));
    EXPECT_EQ(at(server().execute("a"), "outputs.say"), Value{"one"});
    expect_problem(send("PUT", "/workflows/a", document("a", "x"), {{"If-Match", "*"}}), 409,
                   "managed_by_file");
    expect_problem(send("DELETE", "/workflows/a"), 409, "managed_by_file");
    write("a.workflow.yaml", document("a", "two"));
    EXPECT_TRUE(eventually("a", [](const HttpAnswer& answer) {
        return at(json(answer.body), "active_version") == Value{2};
    }));
    write("a.workflow.yaml", document("a", "\"{{ x y }}\""));
    EXPECT_TRUE(eventually("a", [](const HttpAnswer& answer) {
        return answer.body.find("a.workflow.yaml:5:") != std::string::npos;
    }));
    EXPECT_EQ(at(server().execute("a"), "outputs.say"), Value{"two"});
    std::filesystem::remove(files / "a.workflow.yaml");
    EXPECT_TRUE(eventually("a", [](const HttpAnswer& answer) { return answer.status == 404; }));
}

TEST_F(ServerWorkflows, AFileTakesOverNothingThatWasMadeByTheApi) {
    const std::filesystem::path files = folder.path() / "flows";
    std::filesystem::create_directories(files);
    serve({"--workflows", files.string(), "--watch"});
    ASSERT_EQ(send("POST", "/workflows", document("own", "one")).status, 201);
    write_file(files / "own.workflow.yaml", document("own", "two"));
    write_file(files / "other.workflow.yaml", document("other", "one"));
    const auto is_there = [](const HttpAnswer& answer) { return answer.status == 200; };
    EXPECT_TRUE(eventually("other", is_there));
    EXPECT_THAT(server().get("/health").body, HasSubstr("own was not made from a file"));
    std::filesystem::remove(files / "own.workflow.yaml");
    std::filesystem::remove(files / "other.workflow.yaml");
    EXPECT_TRUE(eventually("other", [](const HttpAnswer& answer) { return answer.status == 404; }));
    EXPECT_EQ(at(json(send("GET", "/workflows/own").body), "head_version"), Value{1});
}

TEST_F(ServerWorkflows, VariablesAndSecretsAreMadeOrReplacedAsWished) {
    serve();
    const auto put = [&](const std::string& path, const char* header) {
        return send("PUT", path, R"({"value": "x"})", {{header, "*"}});
    };
    for (const std::string path : {"/variables/mark", "/secrets/mark"}) {
        expect_problem(put(path, "If-Match"), 412, "stale");
        EXPECT_EQ(put(path, "If-None-Match").status, 201);
        expect_problem(put(path, "If-None-Match"), 412, "stale");
        EXPECT_EQ(put(path, "If-Match").status, 200);
    }
}

TEST_F(ServerWorkflows, NodeTypesAreToldCheckedAndTried) {
    serve();
    const HttpAnswer list = send("GET", "/node-types?category=conditions&text=if");
    EXPECT_EQ(list.status, 200);
    EXPECT_EQ(server()
                  .get("/api/v1/node-types?category=conditions&text=if",
                       {{"If-None-Match", list.header("ETag")}})
                  .status,
              304);
    EXPECT_EQ(send("GET", "/node-types/http.request@1").status, 200);
    EXPECT_EQ(send("GET", "/node-types/http.request/schema").status, 200);
    expect_problem(send("GET", "/node-types/none"), 404, "not_found");
    const std::string url = R"({"data": {"url": "http://example.org/"}})";
    EXPECT_EQ(send("POST", "/node-types/http.request/validate", url).status, 200);
    EXPECT_EQ(send("POST", "/node-types/http.request/dry-run", url).status, 200);
    EXPECT_EQ(send("POST", "/node-types/http.request/simulate", url).status, 200);
    expect_problem(send("POST", "/node-types/http.request/dry-run", R"({"dta": 1})"), 422,
                   "invalid");
    for (const char* const kind : {"validate", "dry-run", "simulate"}) {
        const HttpAnswer many = send("POST", std::string{"/node-types/"} + kind,
                                     R"({"items": [{"type": "data.template"}]})");
        EXPECT_EQ(many.status, 200) << many.body;
    }
}

TEST_F(ServerWorkflows, NodesAreKeptInALibrary) {
    serve();
    const std::string node =
        R"({"id": "greet", "node": {"type": "data.template", "data": {"text": "hi"}}})";
    EXPECT_EQ(send("POST", "/nodes", node).status, 201);
    expect_problem(send("POST", "/nodes", node), 409, "conflict");
    const std::string other = R"({"node": {"type": "data.template", "data": {"text": "ho"}}})";
    expect_problem(send("PUT", "/nodes/greet", other), 428, "precondition_required");
    expect_problem(send("PUT", "/nodes/greet", other, {{"If-Match", "\"7.7\""}}), 412, "stale");
    EXPECT_EQ(send("PUT", "/nodes/greet", other, {{"If-Match", "*"}}).status, 200);
    EXPECT_EQ(send("GET", "/nodes?text=gre").status, 200);
    EXPECT_EQ(send("GET", "/nodes/greet").header("ETag"), "\"2.1\"");
    EXPECT_EQ(json(send("GET", "/nodes/greet/versions").body).find("items")->size(), 2u);
    EXPECT_EQ(send("GET", "/nodes/greet/versions/1").status, 200);
    EXPECT_EQ(send("POST", "/nodes/greet/publish").status, 200);
    EXPECT_EQ(send("POST", "/nodes/greet/deprecate").status, 200);
    EXPECT_EQ(send("POST", "/nodes/batch", R"({"items": [)" + other + "]}").status, 200);
    ASSERT_EQ(send("POST", "/workflows", document("orders", "one")).status, 201);
    EXPECT_EQ(
        send("POST", "/nodes/greet/duplicate", R"({"workflow_id": "orders", "from": "start"})")
            .status,
        201);
    EXPECT_EQ(send("POST", "/workflows/orders/nodes/say/save", "{}").status, 201);
    EXPECT_EQ(send("DELETE", "/nodes/greet").status, 204);
    expect_problem(send("GET", "/nodes/greet"), 404, "not_found");
}

}  // namespace
}  // namespace millrace::testing
