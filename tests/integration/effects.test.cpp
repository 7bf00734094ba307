// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "support/command.hpp"
#include "testing/smtp_sink.hpp"

namespace millrace::testing {
namespace {

using runtime::testing::SmtpReply;
using runtime::testing::SmtpSink;
using ::testing::HasSubstr;
using ::testing::Not;

/// Nodes that act on the outside, with that in all its moods.
class Effects : public CommandTest {
protected:
    /// A workflow of one node; `node` is the rest of its mapping after the id.
    std::string workflow(std::string_view node) const {
        return folder.file("one.workflow.yaml",
                           "millrace: 1\nid: one\nvariables: { base: \"\", mail: \"\" }\nnodes:\n"
                           "  - { id: start, type: trigger.manual }\n  - { id: act, " +
                               std::string{node} + " }\nconnections:\n  - start -> act\n");
    }
    Value run_node(std::string_view node, Arguments more = {}) const {
        Arguments arguments{"run", workflow(node), "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Finished finished = millrace(arguments);
        EXPECT_NE(finished.out, "") << finished.err;
        return finished.out.empty() ? Value{} : json(finished.out);
    }
    static std::string mail_node(std::string_view more) {
        return "type: email.send, data: { server: \"{{ vars.mail }}\", from: a@example.com, to: "
               "b@example.org, subject: s, text: t }" +
               std::string{more};
    }
};

TEST_F(Effects, AMailServerThatNeverAnswersCostsOneAttempt) {
    const auto gate = std::make_shared<Gate>();
    const SmtpSink sink{[&](std::string_view line) -> std::optional<SmtpReply> {
        if (line == "(greeting)") return SmtpReply{.text = "220 late", .gate = gate};
        return std::nullopt;
    }};
    const Value execution = run_node(mail_node(", timeout: 200ms, retry: { max_attempts: 1 }"),
                                     {"--var", "mail=" + sink.url()});
    EXPECT_EQ(at(execution, "error.code"), "timeout");
}

TEST_F(Effects, AMailServerThatHangsUpIsAskedAgain) {
    std::atomic<int> greeted = 0;
    const SmtpSink sink{[&](std::string_view line) -> std::optional<SmtpReply> {
        if (line == "(greeting)" && greeted++ == 0) return SmtpReply::hang_up();
        return std::nullopt;
    }};
    const Value execution = run_node(mail_node(", retry: { max_attempts: 2, delay: 10ms }"),
                                     {"--var", "mail=" + sink.url()});
    EXPECT_EQ(at(execution, "status"), "completed");
    EXPECT_EQ(sink.mails().size(), 1u);
}

TEST_F(Effects, ALockedDatabaseIsWaitedFor) {
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open((folder / "rows.db").c_str(), &other), SQLITE_OK);
    sqlite3_exec(other, "CREATE TABLE rows (n); BEGIN EXCLUSIVE", nullptr, nullptr, nullptr);
    const auto process = start(
        {"run",
         workflow(
             "type: db.sqlite, timeout: 200ms, retry: { max_attempts: 50, delay: 20ms, "
             "backoff: 1 }, data: { database: rows.db, execute: INSERT INTO rows VALUES (1) }"),
         "--json"});
    EXPECT_TRUE(process->wait_for_error_text("retries")) << process->err_so_far();
    sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
    process->wait();
    sqlite3_close(other);
    const Value execution = json(process->out_so_far());
    EXPECT_EQ(at(execution, "status"), "completed");
    EXPECT_EQ(at(execution, "outputs.act.changes"), Value{1});
}

TEST_F(Effects, AProgramEndsWithItsAttempt) {
    const Value execution = run_node(
        "type: command.run, timeout: 300ms, data: { program: sleep, "
        "arguments: [60] }",
        {"--allow-command", "sleep"});
    EXPECT_EQ(at(execution, "error.code"), "timeout");
}

TEST_F(Effects, TheStoreIsClosedToNodes) {
    for (const std::string path : {"data/millrace.db", "data/lock", "data", "./x/../data/lock"}) {
        const Value execution =
            run_node("type: file.read, data: { path: \"" + path + "\", as: bytes }");
        EXPECT_EQ(at(execution, "error.code"), "not_allowed") << path;
    }
}

TEST_F(Effects, AFolderMayBeForReadingOnly) {
    std::filesystem::create_directory(folder / "fixed");
    write_file(folder / "fixed/a.txt", "x");
    const Arguments allow{"--allow-files", (folder / "fixed").string() + ":ro"};
    EXPECT_EQ(at(run_node("type: file.read, data: { path: a.txt }", allow), "status"), "completed");
    const Value refused = run_node("type: file.write, data: { path: a.txt, contents: y }", allow);
    EXPECT_EQ(at(refused, "error.code"), "not_allowed");
    EXPECT_EQ(read_file(folder / "fixed/a.txt"), "x");
}

TEST_F(Effects, ACredentialGoesToThePeerAndNowhereElse) {
    const HttpServer server{[](const ServedRequest& request) {
        return Reply{.status = 403, .body = "no, " + std::string{request.header("x-key")}};
    }};
    ProcessOptions set = options({"credentials", "set", "api", "--type", "http.api_key"});
    set.input = R"({"name": "X-Key", "value": "open-sesame-now"})";
    ASSERT_EQ(run(set).status, 0);
    const Finished finished = millrace({"run",
                                        workflow("type: http.request, credential: api, data: { "
                                                 "url: \"{{ vars.base }}/a\" }"),
                                        "--json", "--var", "base=" + server.url("")});
    EXPECT_EQ(server.requests().at(0).header("x-key"), "open-sesame-now");
    EXPECT_EQ(at(json(finished.out), "error.code"), "http_403");
    EXPECT_THAT(finished.out + finished.err, Not(HasSubstr("sesame")));
    EXPECT_THAT(finished.out, HasSubstr("***"));
}

}  // namespace
}  // namespace millrace::testing
