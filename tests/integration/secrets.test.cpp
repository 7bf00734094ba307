// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include "support/command.hpp"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr int wrong_use = 2;
// Long and strange enough to be found wherever it might turn up.
constexpr const char* canary = "c4n4ry-Zq8#x7/secret value";

class Secrets : public CommandTest {
protected:
    Finished with_input(Arguments arguments, std::string input) const {
        ProcessOptions how = options(std::move(arguments));
        how.input = std::move(input);
        return run(how);
    }
    Finished set_login(const std::string& name, const std::string& password) const {
        return with_input({"credentials", "set", name, "--type", "http.basic"},
                          R"({"username": "ada", "password": ")" + password + R"("})");
    }
    /// All bytes of the data folder's files but the key.
    std::string stored() const {
        std::string all;
        for (const auto& file : fs::recursive_directory_iterator{data()})
            if (file.is_regular_file()) all += read_file(file.path());
        return all;
    }
    std::string fetch(const std::string& path) const {
        return folder.file("fetch.workflow.yaml", R"(millrace: 1
id: fetch
variables: { base: null }
nodes:
  - { id: start, type: trigger.manual }
  - id: call
    type: http.request
    data: { url: "{{ vars.base }})" + path + R"(" }
    credential: shop
connections: [start -> call]
outputs: { status: "{{ nodes.call.out.status }}" }
)");
    }

    HttpServer server{[](const ServedRequest& request) {
        Reply reply = Reply::text("refused " + std::string{request.header("authorization")});
        reply.status = request.target == "/good" ? 200 : 403;
        if (reply.status == 200) reply.body = "welcome";
        return reply;
    }};
};

}  // namespace

TEST_F(Secrets, ComeFromStandardInputAndNeverBack) {
    const Finished set = with_input({"secrets", "set", "token"}, std::string{canary} + "\n");
    EXPECT_EQ(set.status, 0) << set.err;
    EXPECT_EQ(set_login("shop", canary).status, 0);
    const Value listed = result_of({"secrets", "list"});
    EXPECT_EQ(at(listed, "items").size(), 1u);
    EXPECT_EQ(at(listed, "items.0.name"), Value{"token"});
    EXPECT_EQ(at(listed, "next_cursor"), Value{});
    EXPECT_EQ(at(result_of({"credentials", "list"}), "items.0.type"), Value{"http.basic"});
    for (const Finished& said :
         {set, millrace({"secrets", "list"}), millrace({"credentials", "list"})})
        EXPECT_THAT(said.out + said.err, Not(HasSubstr("c4n4ry")));
    EXPECT_THAT(stored(), Not(HasSubstr("c4n4ry")));
    EXPECT_EQ(fs::status(fs::path{data()} / "key").permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Secrets, AreRefusedWithoutBeingRepeated) {
    const Finished bad_json =
        with_input({"credentials", "set", "shop", "--type", "http.basic"}, canary);
    EXPECT_EQ(bad_json.status, wrong_use);
    EXPECT_THAT(bad_json.err, HasSubstr("is not JSON"));
    const Finished bad_field = with_input({"credentials", "set", "shop", "--type", "http.bearer"},
                                          R"({"tokn": "c4n4ry"})");
    EXPECT_NE(bad_field.status, 0);
    EXPECT_THAT(bad_field.err, HasSubstr("did you mean \"token\"?"));
    const Finished bad_type =
        with_input({"credentials", "set", "shop", "--type", "http.baisc"}, canary);
    EXPECT_THAT(bad_type.err, HasSubstr("did you mean \"http.basic\"?"));
    EXPECT_THAT(bad_json.err + bad_field.err + bad_type.err, Not(HasSubstr("c4n4ry")));
    EXPECT_NE(with_input({"secrets", "set", "token"}, "").status, 0);
    EXPECT_NE(with_input({"secrets", "set", "a b"}, "x").status, 0);
}

TEST_F(Secrets, ACanaryNeverTurnsUpWhereWorkflowsLeaveTraces) {
    ASSERT_EQ(set_login("shop", canary).status, 0);
    const std::string base = "base=" + server.url("");
    const Finished good = millrace({"run", fetch("/good"), "--var", base});
    EXPECT_EQ(good.status, 0) << good.err;
    EXPECT_EQ(json(good.out), json(R"({"status": 200})"));
    const Finished bad = millrace({"run", fetch("/bad"), "--var", base});
    EXPECT_EQ(bad.status, 1);
    const std::vector<ServedRequest> requests = server.requests();
    ASSERT_EQ(requests.size(), 2u);
    const std::string sent{requests[0].header("authorization")};
    ASSERT_EQ(sent, "Basic " + core::base64(std::string{"ada:"} + canary));
    std::string traces = good.out + good.err + bad.out + bad.err + stored();
    for (const std::string& id : executions())
        traces +=
            core::to_json(events_of(id)) + core::to_json(result_of({"executions", "show", id}));
    EXPECT_THAT(traces, Not(HasSubstr("c4n4ry")));
    EXPECT_THAT(traces, Not(HasSubstr(sent.substr(6))));
}

TEST_F(Secrets, AMissingCredentialIsTheFailureOfItsNode) {
    const Finished failed =
        millrace({"run", fetch("/good"), "--var", "base=" + server.url(""), "--json"});
    EXPECT_EQ(failed.status, 1);
    EXPECT_EQ(at(json(failed.out), "error.code"), Value{"unknown_credential"});
    EXPECT_THAT(failed.err + failed.out, HasSubstr("millrace credentials set shop"));
    EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(Secrets, ANewKeyKeepsAllAndALostOneIsNoticed) {
    ASSERT_EQ(set_login("shop", canary).status, 0);
    const fs::path key = fs::path{data()} / "key";
    const std::string before = read_file(key);
    const Value rotated = result_of({"secrets", "rotate-key"});
    EXPECT_EQ(at(rotated, "secrets"), Value{1});
    EXPECT_NE(read_file(key), before);
    const std::string base = "base=" + server.url("");
    EXPECT_EQ(millrace({"run", fetch("/good"), "--var", base}).status, 0);
    write_file(key, before);
    const Finished wrong = millrace({"run", fetch("/good"), "--var", base});
    EXPECT_EQ(wrong.status, 1);
    EXPECT_THAT(wrong.err, HasSubstr("key"));
    fs::remove(key);
    const Finished refused = set_login("other", "x");
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.err, HasSubstr("restore it from a backup"));
    EXPECT_EQ(millrace({"credentials", "delete", "shop"}).status, 0);
    EXPECT_EQ(set_login("other", "x").status, 0);
}

TEST_F(Secrets, BesideADatabaseOfAnyNameLiesItsOwnKey) {
    const std::string url = "sqlite:" + (folder / "other.db").string();
    ProcessOptions how = options({"secrets", "set", "token", "--store", url});
    how.input = canary;
    EXPECT_EQ(run(how).status, 0);
    EXPECT_TRUE(fs::exists(folder / "other.db.key"));
    EXPECT_EQ(at(result_of({"secrets", "list", "--store", url}), "items").size(), 1u);
    EXPECT_EQ(millrace({"secrets", "delete", "token", "--store", url}).status, 0);
    EXPECT_EQ(millrace({"secrets", "delete", "token", "--store", url}).status, 1);
}

}  // namespace millrace::testing
