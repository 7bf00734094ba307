// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>

#include "server_process.hpp"

// Links that people and programs answer, over real connections and in real workflows.

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view decide = R"(
millrace: 1
id: decide
variables: { base: null, timeout: 1d }
nodes:
  - { id: start, type: trigger.manual }
  - id: tell
    type: http.request
    data: { method: POST, url: "{{ vars.base }}/tell", body: { link: "{{ links.ask }}" } }
  - id: ask
    type: flow.wait
    data:
      timeout: "{{ vars.timeout }}"
      approval:
        title: "Pay {{ inputs.total }} euro?"
        fields:
          type: object
          required: [account]
          properties: { account: { type: integer, title: Account } }
  - { id: late, type: data.set, data: { keep: none, fields: { late: true } } }
connections:
  - start -> tell -> ask
  - ask.timeout -> late
outputs: { answer: "{{ nodes.ask.out }}", late: "{{ nodes.late.out }}" }
)";

constexpr std::string_view called_back = R"(
millrace: 1
id: called-back
variables: { base: null }
nodes:
  - { id: start, type: trigger.manual }
  - id: tell
    type: http.request
    data: { method: POST, url: "{{ vars.base }}/tell", body: { link: "{{ links.hook }}" } }
  - { id: hook, type: flow.wait, data: { webhook: true } }
connections: [start -> tell -> hook]
outputs: { answer: "{{ nodes.hook.out }}" }
)";

class Waits : public ServerTest {
protected:
    void start_server(Arguments arguments = {}) {
        serve(std::move(arguments));
        for (const std::string_view document : {decide, called_back})
            server().create_workflow(document);
    }
    /// The path of a new execution of a workflow that tells its link.
    std::string start(const std::string& workflow, std::string_view variables = "") {
        const std::size_t before = told.requests().size();
        const Value body = json(R"({"input": {"total": 900}, "variables": {"base": ")" +
                                told.url("") + "\"" + std::string{variables} + "}}");
        const Value started =
            server().post_json("/api/v1/workflows/" + workflow + "/execute", body, 202);
        told.wait_for_requests(before + 1);
        return "/api/v1/executions/" + std::string{at(started, "execution_id").as_string()};
    }
    /// The link that was told last.
    std::string link() const {
        return std::string{at(json(told.requests().back().body), "link").as_string()};
    }
    /// Its path here.
    std::string target() const { return link().substr(link().find("/wait/")); }
    static std::string token_of(const std::string& target) {
        return target.substr(target.rfind('/') + 1);
    }
    /// What the execution has put out when it has ended.
    Value outputs_of(const std::string& execution) {
        for (;;) {
            const Value read = server().get_json(execution);
            const auto status = at(read, "status").as_string();
            if (status == "completed") return at(read, "outputs");
            if (status == "failed" || status == "canceled") {
                ADD_FAILURE() << core::to_json(read);
                return {};
            }
            std::this_thread::yield();
        }
    }
    /// Waits until the execution asks.
    void await_question(const std::string& execution) {
        while (server().get_json(execution + "/waits").find("items")->size() == 0)
            std::this_thread::yield();
    }
    HttpAnswer look(const std::string& at_target) {
        return server().get(at_target, {{"Accept", "text/html,*/*"}});
    }
    HttpAnswer send_form(const std::string& at_target, std::string body) {
        return server().request({"POST",
                                 at_target,
                                 {{"Accept", "text/html"},
                                  {"Content-Type", "application/x-www-form-urlencoded"},
                                  {"Origin", "null"}},
                                 std::move(body)});
    }
    /// All bytes of the data folder but the key of links.
    std::string stored() const {
        std::string all;
        for (const auto& file : std::filesystem::recursive_directory_iterator{data()})
            if (file.is_regular_file()) all += read_file(file.path());
        return all;
    }

    HttpServer told{[](const ServedRequest& request) { return Reply::json(request.body); }};
};

TEST_F(Waits, AreDecidedOnOnAPageOnce) {
    start_server();
    const std::string execution = start("decide");
    await_question(execution);
    const HttpAnswer page = look(target());
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr("<h1>Pay 900 euro?</h1>"));
    EXPECT_THAT(page.header("Content-Security-Policy"), HasSubstr("default-src 'none'"));
    // Mail programs look, too.
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(server().request({"HEAD", target(), {}, {}}).status, 200);
    EXPECT_EQ(at(server().get_json(execution), "status"), Value{"waiting"});

    const HttpAnswer wrong = send_form(target(), "_decision=approve&account=x");
    EXPECT_EQ(wrong.status, 422);
    EXPECT_THAT(wrong.body, HasSubstr("Enter your name"));
    EXPECT_THAT(wrong.body, HasSubstr("Account must be a number"));
    EXPECT_THAT(wrong.body, HasSubstr("value=\"x\""));
    const HttpAnswer right =
        send_form(target(), "_decision=approve&account=7&_by=Ada&_reason=Within+budget");
    EXPECT_EQ(right.status, 200);
    EXPECT_THAT(right.body, HasSubstr("<h1>Approved</h1>"));
    const Value outputs = outputs_of(execution);
    EXPECT_EQ(at(outputs, "answer.approved"), Value{true});
    EXPECT_EQ(at(outputs, "answer.by"), Value{"Ada"});
    EXPECT_EQ(at(outputs, "answer.reason"), Value{"Within budget"});
    EXPECT_EQ(at(outputs, "answer.values.account"), Value{7});

    EXPECT_EQ(look(target()).status, 410);
    const HttpAnswer late = send_form(target(), "_decision=reject&_by=Eve");
    EXPECT_EQ(late.status, 410);
    EXPECT_THAT(late.body, HasSubstr("This was approved already"));
    EXPECT_THAT(late.body, HasSubstr("Ada"));
    const HttpAnswer late_program = server().post(target(), json(R"({"approved": false})"));
    EXPECT_EQ(at(json(late_program.body), "code"), Value{"wait_over"});
    EXPECT_THAT(late_program.body, HasSubstr("approved already by Ada on "));
}

TEST_F(Waits, AreDecidedOnByPrograms) {
    start_server();
    const std::string execution = start("decide");
    await_question(execution);
    const auto send = [&](std::string_view body) {
        return server().post(target(), json(body)).status;
    };
    EXPECT_EQ(send(R"({"by": "bot"})"), 422);
    EXPECT_EQ(send(R"({"approved": true, "by": "bot"})"), 422) << "an account is asked for";
    EXPECT_EQ(send(R"({"approved": true, "by": "bot", "other": 1})"), 422);
    EXPECT_EQ(server().request({"POST", target(), {{"Content-Type", "text/plain"}}, "yes"}).status,
              415);
    EXPECT_EQ(send(R"({"approved": false, "by": "bot", "reason": "no"})"), 200);
    const Value answer = at(outputs_of(execution), "answer");
    EXPECT_EQ(at(answer, "approved"), Value{false});
    EXPECT_EQ(at(answer, "reason"), Value{"no"});
}

TEST_F(Waits, TakeTheFirstOfTwoAnswers) {
    start_server();
    const std::string execution = start("decide");
    await_question(execution);
    int statuses[2] = {};
    {
        std::jthread others[2];
        for (int i = 0; i < 2; ++i) {
            others[i] = std::jthread{[&, i] {
                HttpConnection connection{server().port()};
                statuses[i] = connection
                                  .exchange({"POST",
                                             target(),
                                             {{"Content-Type", "application/json"}},
                                             R"({"approved": true, "by": "p)" + std::to_string(i) +
                                                 R"(", "values": {"account": 1}})"})
                                  .status;
            }};
        }
    }
    EXPECT_EQ(statuses[0] + statuses[1], 200 + 410);
    const std::string winner = statuses[0] == 200 ? "p0" : "p1";
    EXPECT_EQ(at(outputs_of(execution), "answer.by"), Value{winner});
}

TEST_F(Waits, TellWhatHasBecomeOfThem) {
    start_server();
    EXPECT_EQ(look("/wait/" + std::string(64, 'A')).status, 404);
    EXPECT_EQ(server().get("/wait/x").status, 404);
    const std::string expired = start("decide", R"(, "timeout": "1ms")");
    EXPECT_EQ(at(outputs_of(expired), "late.late"), Value{true});
    const HttpAnswer over = look(target());
    EXPECT_EQ(over.status, 410);
    EXPECT_THAT(over.body, HasSubstr("The time is over"));
    const std::string canceled = start("decide");
    await_question(canceled);
    server().post_json(canceled + "/cancel", json("{}"));
    while (at(server().get_json(canceled), "status") != Value{"canceled"})
        std::this_thread::yield();
    EXPECT_EQ(look(target()).status, 410);
    EXPECT_EQ(send_form(target(), "_decision=approve&_by=Ada&account=1").status, 410);
}

TEST_F(Waits, TakeCallsWithWhatTheyBring) {
    start_server();
    const std::string execution = start("called-back");
    await_question(execution);
    EXPECT_THAT(look(target()).body, HasSubstr("This address is for programs"));
    const HttpAnswer answer =
        server().request({"PUT",
                          target() + "?a=1",
                          {{"Content-Type", "application/json"}, {"Cookie", "c=1"}, {"X-Y", "z"}},
                          R"({"paid": true})"});
    EXPECT_EQ(answer.status, 200) << answer.body;
    const Value brought = at(outputs_of(execution), "answer");
    EXPECT_EQ(at(brought, "body.paid"), Value{true});
    EXPECT_EQ(at(brought, "query.a"), Value{"1"});
    EXPECT_EQ(at(brought, "method"), Value{"PUT"});
    EXPECT_EQ(at(brought, "headers.x-y"), Value{"z"});
    EXPECT_EQ(brought.find("headers")->find("cookie"), nullptr);
    EXPECT_EQ(server().post(target(), json("{}")).status, 410);
}

TEST_F(Waits, KeepCallsThatComeEarlyAndLetPeopleComeAgain) {
    const auto gate = std::make_shared<Gate>();
    HttpServer slow{[gate](const ServedRequest& request) {
        Reply reply = Reply::json(request.body);
        reply.gate = gate;
        return reply;
    }};
    start_server();
    const auto begin = [&](const std::string& workflow, std::size_t count) {
        const Value started =
            server().post_json("/api/v1/workflows/" + workflow + "/execute",
                               json(R"({"variables": {"base": ")" + slow.url("") + R"("}})"), 202);
        slow.wait_for_requests(count);
        return "/api/v1/executions/" + std::string{at(started, "execution_id").as_string()};
    };
    const auto told_target = [&] {
        const Value told_link = at(json(slow.requests().back().body), "link");
        const std::string text{told_link.as_string()};
        return text.substr(text.find("/wait/"));
    };
    const std::string calling = begin("called-back", 1);
    EXPECT_EQ(server().post(told_target(), json(R"({"n": 1})")).status, 202);
    EXPECT_EQ(server().post(told_target(), json(R"({"n": 2})")).status, 410);
    begin("decide", 2);
    const HttpAnswer early = look(told_target());
    EXPECT_EQ(early.status, 409);
    EXPECT_EQ(early.header("Retry-After"), "30");
    EXPECT_EQ(at(json(server().post(told_target(), json(R"({"approved": false})")).body), "code"),
              Value{"not_waiting_yet"});
    gate->open();
    EXPECT_EQ(at(outputs_of(calling), "answer.body.n"), Value{1});
}

TEST_F(Waits, KeepTheirLinksToThoseWhoWereSentThem) {
    start_server({"--log-level", "debug"});
    const std::string execution = start("decide");
    await_question(execution);
    const std::string token = token_of(target());
    EXPECT_EQ(look(target()).status, 200);
    ASSERT_EQ(token.size(), 64u);
    // The peer sends back what it was sent; that is an output, an event and a log line.
    EXPECT_THAT(core::to_json(server().get_json(execution)), Not(HasSubstr(token)));
    EXPECT_THAT(server().get(execution + "/events").body, Not(HasSubstr(token)));
    EXPECT_THAT(server().get(execution + "/waits").body, Not(HasSubstr(token)));
    EXPECT_THAT(server().get("/api/v1/waits").body, Not(HasSubstr(token)));
    const Finished ended = server().terminate();
    EXPECT_THAT(ended.out + ended.err, Not(HasSubstr(token)));
    EXPECT_THAT(stored(), Not(HasSubstr(token)));
}

TEST_F(Waits, OutliveTheProcess) {
    start_server();
    const std::string execution = start("decide");
    await_question(execution);
    server().restart();
    EXPECT_EQ(look(target()).status, 200);
    EXPECT_EQ(send_form(target(), "_decision=reject&_by=Ada").status, 200);
    EXPECT_EQ(at(outputs_of(execution), "answer.approved"), Value{false});
}

TEST_F(Waits, AreListedAndAnsweredByOperators) {
    start_server();
    const std::string execution = start("decide");
    await_question(execution);
    const Value open =
        server().get_json("/api/v1/waits?open=true&what=approval&workflow_id=decide");
    ASSERT_EQ(open.find("items")->size(), 1u);
    EXPECT_EQ(at(open, "items.0.path"), Value{"ask"});
    EXPECT_EQ(at(open, "items.0.status"), Value{"open"});
    EXPECT_EQ(at(open, "items.0.details.title"), Value{"Pay 900 euro?"});
    EXPECT_NE(at(open, "items.0.until"), Value{});
    const std::string answers = execution + "/waits/ask/answer";
    EXPECT_EQ(server().post(answers, json(R"({"approved": true})")).status, 422);
    EXPECT_EQ(server().post(execution + "/waits/nobody/answer", json("{}")).status, 404);
    const Value taken =
        server().post_json(answers, json(R"({"approved": true, "values": {"account": 3}})"));
    EXPECT_EQ(at(taken, "status"), Value{"answered"});
    EXPECT_EQ(at(outputs_of(execution), "answer.values.account"), Value{3});
    EXPECT_EQ(at(server().get_json(execution + "/waits"), "items.0.status"), Value{"answered"});
    EXPECT_EQ(server().get_json("/api/v1/waits?open=true").find("items")->size(), 0u);
    const int again = server().post(answers, json(R"({"approved": false})")).status;
    EXPECT_EQ(again, 409);
    EXPECT_EQ(server().get("/api/v1/executions/00000000-0000-7000-8000-000000000000/waits").status,
              404);
}

TEST_F(Waits, HaveLinksBelowThePublicUrl) {
    start_server({"--public-url", "https://flows.example.com/base"});
    const std::string execution = start("decide");
    await_question(execution);
    EXPECT_THAT(link(), ::testing::StartsWith("https://flows.example.com/base/wait/"));
    // Not by the server's own contract, which knows no such path.
    const auto ask = [&](HttpRequest request) {
        request.headers.emplace_back("Host", "flows.example.com");
        return HttpConnection{server().port()}.exchange(request);
    };
    const HeaderList as_page{{"Accept", "text/html"}};
    EXPECT_EQ(ask({"GET", "/base" + target(), as_page, {}}).status, 200);
    EXPECT_EQ(ask({"GET", target(), as_page, {}}).status, 200);
    // What a request says of itself makes no link.
    const HeaderList lie{{"X-Forwarded-Host", "evil.example.com"}};
    EXPECT_THAT(ask({"GET", "/base" + target(), lie, {}}).body, Not(HasSubstr("evil")));
    const HttpAnswer made = ask({"POST",
                                 "/base/api/v1/workflows/decide/execute",
                                 {{"Content-Type", "application/json"}},
                                 R"({"variables": {"base": "http://127.0.0.1:1"}})"});
    EXPECT_THAT(made.header("Location"), ::testing::StartsWith("/base/api/v1/executions/"));
    EXPECT_THAT(ask({"GET", "/base/", as_page, {}}).body, HasSubstr("href=\"/base/problems\""));
    const HttpAnswer sent = ask({"POST",
                                 "/base" + target(),
                                 {{"Content-Type", "application/x-www-form-urlencoded"}},
                                 "_decision=reject&_by=Ada"});
    EXPECT_EQ(sent.status, 200);
    EXPECT_EQ(at(outputs_of(execution), "answer.by"), Value{"Ada"});
}

TEST_F(Waits, CannotBeToldWhereNobodyAnswers) {
    const std::string file = folder.file("decide.workflow.yaml", std::string{decide});
    const Finished ran = millrace({"run", file, "--var", "base=" + told.url("")});
    EXPECT_EQ(ran.status, 1);
    EXPECT_THAT(ran.out + ran.err, HasSubstr("MILLRACE_PUBLIC_URL"));
    EXPECT_TRUE(told.requests().empty());
}

}  // namespace
}  // namespace millrace::testing
