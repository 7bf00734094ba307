// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <map>
#include <sstream>
#include <thread>

#include "server_process.hpp"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr std::string_view quick = R"(millrace: 1
id: quick
nodes:
  - { id: start, type: trigger.manual }
  - { id: greet, type: data.template, data: { text: "Hello!" } }
connections: [start -> greet]
)";

constexpr std::string_view slow = R"(millrace: 1
id: slow
nodes:
  - { id: start, type: trigger.manual }
  - { id: wait, type: flow.delay, data: { for: 300ms } }
connections: [start -> wait]
)";

constexpr std::string_view failing = R"(millrace: 1
id: failing
nodes:
  - { id: start, type: trigger.manual }
  - { id: call, type: http.request, data: { url: "http://127.0.0.1:1/" } }
connections: [start -> call]
)";

class Serve : public ServerTest {
protected:
    /// The objects of a log; a failed test for each line that is none.
    static std::vector<Value> log_of(const std::string& text) {
        std::vector<Value> lines;
        std::istringstream in{text};
        for (std::string line; std::getline(in, line);)
            lines.push_back(json(line));
        return lines;
    }
    std::vector<Value> log() { return log_of(server().process().err_so_far()); }
    /// The first line with that message, once it is there.
    Value logged(std::string_view message) {
        EXPECT_TRUE(server().process().wait_for_error_text(message)) << message;
        for (const Value& line : log())
            if (at(line, "message") == Value{message}) return line;
        return {};
    }
    /// An execution, once it has ended.
    Value ended(const std::string& id) {
        while (true) {
            Value execution = server().get_json("/api/v1/executions/" + id);
            const Value status = at(execution, "status");
            if (status != Value{"running"} && status != Value{"waiting"}) return execution;
        }
    }
    /// Sends all of a request but the `}` at its end, and lets the server see that.
    void begin_request(HttpConnection& connection) {
        ASSERT_TRUE(connection.send(
            "POST /api/v1/workflows/quick/execute HTTP/1.1\r\nHost: " + connection.host() +
            "\r\nContent-Type: application/json\r\n"
            "Content-Length: 2\r\n\r\n{"));
        EXPECT_EQ(server().get("/health/live").status, 200);
    }
    unsigned mode_of(std::string_view name) const {
        struct ::stat found {};
        ::stat((std::filesystem::path{data()} / name).c_str(), &found);
        return found.st_mode & 0777u;
    }
    bool has(std::string_view name) const {
        return std::filesystem::exists(std::filesystem::path{data()} / name);
    }
};

// ---- Start ----------------------------------------------------------------------------------

TEST_F(Serve, EndsItsStartWithItsAddressAndTellsWhereItIs) {
    serve();
    EXPECT_THAT(server().ready_line(),
                MatchesRegex("Millrace is ready: http://127\\.0\\.0\\.1:[0-9]+ "
                             "\\(data: .*/data, 0 workflows, Ctrl-C stops\\)"));
    const Value told = json(read_file(std::filesystem::path{data()} / "server.json"));
    EXPECT_EQ(at(told, "url"), Value{server().url()});
    EXPECT_EQ(at(told, "pid"), Value{static_cast<std::int64_t>(server().process().id())});
    EXPECT_EQ(mode_of("server.json"), 0600u);
    EXPECT_EQ(server().get("/health/ready").status, 200);
    EXPECT_EQ(at(logged("ready"), "url"), Value{server().url()});
}

TEST_F(Serve, RefusesDataThatAServerHasAndSaysWhereThatIs) {
    serve();
    const Finished second = millrace({"serve", "--listen", "127.0.0.1:0"});
    EXPECT_EQ(second.status, 1);
    EXPECT_THAT(second.err, AllOf(HasSubstr("a server runs on"), HasSubstr(server().url())));
    EXPECT_EQ(second.out, "");
    EXPECT_EQ(server().get("/health/live").status, 200);
    EXPECT_TRUE(has("server.json"));
}

TEST_F(Serve, RefusesAnAddressThatIsTakenBeforeItTouchesAnything) {
    serve();
    const std::string other = (folder / "other").string();
    ProcessOptions options;
    options.arguments = {"serve", "--data", other, "--listen", server().url().substr(7)};
    const Finished second = run(options);
    EXPECT_EQ(second.status, 1);
    EXPECT_THAT(second.err, HasSubstr("another program listens there"));
    EXPECT_FALSE(std::filesystem::exists(other));
}

TEST_F(Serve, RefusesTheNetworkWithoutAToken) {
    const Finished refused = millrace({"serve", "--listen", "0.0.0.0:0", "--auth", "none"});
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.err, HasSubstr("only goes with loopback"));
    EXPECT_FALSE(has("millrace.db"));
}

TEST_F(Serve, TellsEverythingThatIsWrongWithTheConfiguration) {
    const std::string file = folder.file("m.yaml", "server:\n  lisen: x\nlog: { level: loud }\n");
    const Finished refused = millrace({"serve", "--config", file});
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.err,
                AllOf(HasSubstr(file + ":2:3: unknown_key: "), HasSubstr(file + ":3:")));
    EXPECT_FALSE(has("millrace.db"));
}

TEST_F(Serve, RefusesAFolderOfWorkflowsThatIsNotThere) {
    const Finished refused =
        millrace({"serve", "--listen", "127.0.0.1:0", "--workflows", "nowhere"});
    EXPECT_EQ(refused.status, 2);
    EXPECT_EQ(refused.err, "error: workflows.folder: nowhere is no folder; name one that exists\n");
    EXPECT_FALSE(has("millrace.db"));
}

TEST_F(Serve, RefusesAKeyThatDoesNotFitBeforeItTouchesTheData) {
    ProcessOptions set = options({"secrets", "set", "password"});
    set.input = "s3cret";
    ASSERT_EQ(run(set).status, 0);
    const std::string wrong = folder.file("wrong.key", "no key at all\n");
    const Finished refused = millrace({"serve", "--listen", "127.0.0.1:0", "--key-file", wrong});
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.err, HasSubstr("key"));
    EXPECT_EQ(refused.out, "");
}

TEST_F(Serve, AsksForTheTokenThatItMadeForItsOwner) {
    serve({"--auth", "token"});
    EXPECT_EQ(mode_of("token"), 0600u);
    const std::string token = server().token();
    EXPECT_EQ(token.size(), 43u);
    EXPECT_EQ(server().get("/api/v1/workflows").status, 401);
    server().use_token(token);
    EXPECT_EQ(server().get("/api/v1/workflows").status, 200);
    EXPECT_THAT(server().process().err_so_far(), Not(HasSubstr(token)));
    server().restart();
    EXPECT_EQ(server().token(), token);
}

TEST_F(Serve, IgnoresWhatACrashHasLeftOfAServer) {
    std::filesystem::create_directories(data());
    write_file(std::filesystem::path{data()} / "server.json",
               R"({"url": "http://127.0.0.1:1", "pid": 1, "started_at": "2020-01-01T00:00:00Z"})");
    serve();
    server().kill_now();
    EXPECT_TRUE(has("server.json"));
    const Finished listed = millrace({"workflows", "list"});
    EXPECT_EQ(listed.status, 0) << listed.err;
    server().restart();
    EXPECT_EQ(server().get("/health/live").status, 200);
}

// ---- End ------------------------------------------------------------------------------------

TEST_F(Serve, AnswersWhatIsUnderWayThenEndsWell) {
    serve();
    server().create_workflow(quick);
    HttpConnection connection{server().port()};
    begin_request(connection);
    server().process().signal(SIGTERM);
    ASSERT_TRUE(server().process().wait_for_error_text("stopping"));
    EXPECT_FALSE(server().process().has_ended());
    ASSERT_TRUE(connection.send("}"));
    const HttpAnswer answer = connection.read_answer();
    EXPECT_EQ(answer.status, 202) << answer.body;
    EXPECT_EQ(server().process().wait().status, 0);
    EXPECT_FALSE(has("server.json"));
    EXPECT_TRUE(at(logged("stopped"), "cpu_ms").is_integer());
}

TEST_F(Serve, LetsNobodyWaitForAnEndThatComesAfterItsOwn) {
    serve();
    server().create_workflow(slow);
    HttpConnection connection{server().port()};
    ASSERT_TRUE(connection.send(HttpRequest{"POST",
                                            "/api/v1/workflows/slow/execute?wait=10s",
                                            {{"Content-Type", "application/json"}},
                                            "{}"}));
    while (at(server().get_json("/api/v1/executions"), "items").size() == 0)
        std::this_thread::yield();
    server().process().signal(SIGTERM);
    const HttpAnswer answer = connection.read_answer();
    EXPECT_EQ(answer.status, 202) << answer.body;
    const std::string id{at(json(answer.body), "execution_id").as_string()};
    EXPECT_EQ(server().process().wait().status, 0);
    server().restart();
    EXPECT_EQ(at(ended(id), "status"), Value{"completed"});
}

TEST_F(Serve, EndsByCtrlCWhileItIsIdle) {
    serve();
    server().process().signal(SIGINT);
    const Finished ended = server().process().wait();
    EXPECT_EQ(ended.status, 0);
    EXPECT_EQ(ended.out, server().ready_line() + "\n");
}

TEST_F(Serve, EndsAtOnceWhenToldTwice) {
    serve();
    server().create_workflow(quick);
    HttpConnection connection{server().port()};
    begin_request(connection);
    server().process().signal(SIGTERM);
    ASSERT_TRUE(server().process().wait_for_error_text("stopping"));
    server().process().signal(SIGTERM);
    EXPECT_EQ(server().process().wait().status, 143);
    EXPECT_FALSE(has("server.json"));
}

TEST_F(Serve, GoesOnWithWhatAKillHasLeft) {
    serve();
    server().create_workflow(slow);
    const Value started = server().post_json("/api/v1/workflows/slow/execute", json("{}"), 202);
    const std::string id{at(started, "execution_id").as_string()};
    server().restart();
    EXPECT_EQ(at(ended(id), "status"), Value{"completed"});
}

// ---- Logs and configuration -----------------------------------------------------------------

TEST_F(Serve, LogsObjectsWithTheIdsOfWhatTheyAreAbout) {
    serve({"--log-level", "debug"});
    server().create_workflow(quick);
    server().create_workflow(failing);
    const Value ran = server().execute("failing");
    server().execute("quick");
    server().terminate();
    Value attempt;
    Value end;
    for (const Value& line : log()) {
        EXPECT_EQ(at(line, "time").as_string().size(), 24u);
        if (at(line, "message") == Value{"an attempt has failed"}) attempt = line;
        if (at(line, "message") == Value{"an execution has failed"}) end = line;
    }
    EXPECT_EQ(at(attempt, "execution_id"), at(ran, "id"));
    EXPECT_EQ(at(attempt, "node_id"), Value{"call"});
    EXPECT_TRUE(at(attempt, "duration_ms").is_integer());
    EXPECT_EQ(at(end, "execution_id"), at(ran, "id"));
    EXPECT_EQ(at(end, "workflow_id"), Value{"failing"});
    EXPECT_EQ(at(end, "level"), Value{"info"});
    EXPECT_THAT(server().process().err_so_far(),
                HasSubstr("\"message\":\"an execution has ended\""));
}

TEST_F(Serve, ReadsItsConfigurationAgainOnSighup) {
    const std::string file =
        folder.file("m.yaml", "log: { level: info }\nserver: { auth: none }\n");
    serve({"--config", file});
    write_file(file, "log: { level: debug }\nserver: { auth: token }\nhttp: { body_max: 2KiB }\n");
    server().process().signal(SIGHUP);
    const Value waits = logged("a changed setting waits for a restart");
    EXPECT_EQ(at(waits, "setting"), Value{"server.auth"});
    logged("the configuration was read again");
    server().create_workflow(quick);
    const Value large = Value::object({{"input", Value{std::string(4'096, 'x')}}});
    EXPECT_EQ(server().post("/api/v1/workflows/quick/execute", large).status, 413);
    server().execute("quick");
    EXPECT_TRUE(server().process().wait_for_error_text("an execution has ended"));

    write_file(file, "log: { levle: debug }\n");
    server().process().signal(SIGHUP);
    const Value wrong = logged("the configuration is wrong; the server goes on as before");
    EXPECT_THAT(std::string{at(wrong, "problem").as_string()}, HasSubstr("m.yaml:1:8"));
    EXPECT_EQ(server().get("/health/live").status, 200);
}

TEST_F(Serve, GoesByFilesUnderTheEnvironmentUnderFlags) {
    const std::string file =
        folder.file("m.yaml", "server: { listen: \"127.0.0.1:1\" }\nlog: { level: error }\n");
    ProcessOptions show =
        options({"config", "show", "--json", "--config", file, "--listen", "127.0.0.1:3"});
    show.environment = {{"MILLRACE_LISTEN", "127.0.0.1:2"},
                        {"MILLRACE_WORKFLOWS", "flows"},
                        {"MILLRACE_WATCH", "true"}};
    const Finished shown = run(show);
    ASSERT_EQ(shown.status, 0) << shown.err;
    const Value items = at(json(shown.out), "items");
    std::map<std::string, std::string> origins;
    for (const Value& item : items.as_array())
        origins[std::string{at(item, "name").as_string()}] = at(item, "origin").as_string();
    EXPECT_EQ(origins["server.listen"], "--listen");
    EXPECT_EQ(origins["workflows.watch"], "$MILLRACE_WATCH");
    EXPECT_EQ(origins["log.level"], file + ":2:8");
    EXPECT_EQ(origins["http.body_max"], "default");
}

}  // namespace
}  // namespace millrace::testing
