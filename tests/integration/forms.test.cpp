// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "server_process.hpp"

// Forms that start workflows, as a browser without scripts sends them.

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view registration = R"(
millrace: 1
id: registration
nodes:
  - id: form
    type: trigger.form
    data:
      path: events/register
      title: Register <now>
      fields:
        type: object
        required: [name, seats]
        properties:
          name: { type: string, title: Your name, minLength: 2 }
          email: { type: string, format: email }
          seats: { type: integer, minimum: 1, maximum: 5 }
          days: { type: array, items: { enum: [Mo, Tu] } }
          news: { type: boolean }
      thank_you: { title: See you there, text: We have sent a mail. }
  - { id: keep, type: data.set, data: { fields: { kept: true } } }
connections: [form -> keep]
outputs: "{{ nodes.keep.out }}"
)";

constexpr std::string_view feedback = R"(
millrace: 1
id: feedback
nodes:
  - id: form
    type: trigger.form
    data:
      path: feedback
      redirect: https://example.com/thanks
      fields: { properties: { text: { type: string, format: multi-line } } }
connections: []
)";

class Forms : public ServerTest {
protected:
    void start_server(Arguments arguments = {}) {
        serve(std::move(arguments));
        for (const std::string_view document : {registration, feedback})
            server().create_workflow(document);
        for (const char* id : {"registration", "feedback"})
            server().post_json("/api/v1/workflows/" + std::string{id} + "/activate", json("{}"));
    }
    HttpAnswer look(const std::string& target = "/forms/events/register") {
        return server().get(target, {{"Accept", "text/html"}});
    }
    HttpAnswer send(std::string body, std::string target = "/forms/events/register",
                    HeaderList headers = {}) {
        headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
        return server().request({"POST", std::move(target), std::move(headers), std::move(body)});
    }
    /// The hidden field that a page carries.
    std::string once() {
        const std::string page = look().body;
        const std::string mark = "name=\"_once\" value=\"";
        const std::size_t begin = page.find(mark) + mark.size();
        return page.substr(begin, page.find('"', begin) - begin);
    }
    Value executions_of(const std::string& workflow) {
        return at(server().get_json("/api/v1/workflows/" + workflow + "/executions"), "items");
    }
};

TEST_F(Forms, StartTheirWorkflowWithWhatWasFilledIn) {
    start_server();
    const HttpAnswer page = look();
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr("<h1>Register &lt;now&gt;</h1>"));
    EXPECT_THAT(page.body, Not(HasSubstr("<script")));
    EXPECT_THAT(page.header("Content-Security-Policy"), HasSubstr("form-action 'self'"));
    const HttpAnswer sent = send(
        "name=Ada+L&email=ada%40example.org&seats=02&days=Tu&days=Mo&news=true&spam=x",
        "/forms/events/register", {{"Origin", server().url()}, {"Sec-Fetch-Site", "same-origin"}});
    EXPECT_EQ(sent.status, 303) << sent.body;
    EXPECT_EQ(sent.header("Location"), "./register?sent=1");
    EXPECT_THAT(look("/forms/events/register?sent=1&utm_source=mail").body,
                HasSubstr("<h1>See you there</h1>"));
    const Value started = executions_of("registration");
    ASSERT_EQ(started.size(), 1u);
    const std::string id{at(started, "0.id").as_string()};
    Value execution = server().get_json("/api/v1/executions/" + id);
    while (at(execution, "status") != Value{"completed"})
        execution = server().get_json("/api/v1/executions/" + id);
    EXPECT_EQ(at(execution, "outputs"),
              json(R"({"name": "Ada L", "email": "ada@example.org", "seats": 2,
                       "days": ["Tu", "Mo"], "news": true, "kept": true})"));
}

TEST_F(Forms, SayWhatIsWrongAndKeepTheRest) {
    start_server();
    const HttpAnswer page = send("name=A&email=ada&seats=9&days=Mo");
    EXPECT_EQ(page.status, 422);
    for (const char* text :
         {"role=\"alert\"", "href=\"#f-name\"", "at least 2 characters", "Enter an e-mail address",
          "Seats must be 5 or less", "value=\"ada\"", "value=\"Mo\" checked"})
        EXPECT_THAT(page.body, HasSubstr(text));
    EXPECT_EQ(executions_of("registration").size(), 0u);
}

TEST_F(Forms, StartOnceHoweverOftenTheyAreSent) {
    start_server();
    const std::string first = "name=Ada&seats=1&_once=" + once();
    EXPECT_EQ(send(first).status, 303);
    EXPECT_EQ(send(first).status, 303);
    EXPECT_EQ(executions_of("registration").size(), 1u);
    EXPECT_EQ(send("name=Eve&seats=1&_once=" + once()).status, 303);
    EXPECT_EQ(send("name=Bob&seats=1&_once=made-up").status, 303);
    EXPECT_EQ(executions_of("registration").size(), 3u);
}

TEST_F(Forms, AreThereWhileTheirWorkflowIsActive) {
    start_server();
    EXPECT_EQ(look("/forms/nobody").status, 404);
    EXPECT_EQ(look("/forms/~other/feedback").status, 404);
    EXPECT_EQ(look("/forms/~default/feedback").status, 200);
    EXPECT_EQ(at(json(server().get("/forms/nobody").body), "code"), Value{"not_found"});
    EXPECT_EQ(server().request({"PUT", "/forms/feedback", {}, {}}).status, 405);
    server().post_json("/api/v1/workflows/feedback/deactivate", json("{}"));
    EXPECT_EQ(look("/forms/feedback").status, 404);
    EXPECT_EQ(send("text=x", "/forms/feedback").status, 404);
}

TEST_F(Forms, LeadElsewhereWhenTheirAuthorSaysSo) {
    start_server();
    EXPECT_THAT(look("/forms/feedback").header("Content-Security-Policy"),
                HasSubstr("form-action 'self' https://example.com;"));
    const HttpAnswer sent = send("text=one%0D%0Atwo", "/forms/feedback");
    EXPECT_EQ(sent.status, 303);
    EXPECT_EQ(sent.header("Location"), "https://example.com/thanks");
}

TEST_F(Forms, AreSentByTheirOwnPagesOnly) {
    start_server();
    EXPECT_EQ(send("text=x", "/forms/feedback", {{"Origin", "https://evil.example.com"}}).status,
              403);
    EXPECT_EQ(send("text=x", "/forms/feedback", {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
    EXPECT_EQ(server().post("/forms/feedback", json(R"({"text": "x"})")).status, 415);
    EXPECT_EQ(send("text=%zz", "/forms/feedback").status, 400);
    EXPECT_EQ(executions_of("feedback").size(), 0u);
}

TEST_F(Forms, WorkBelowAPathOfAProxy) {
    start_server({"--public-url", "https://flows.example.com/base"});
    const std::string path = "/forms/events/register";
    for (const std::string& target : {"/base" + path, path}) {
        HttpConnection connection{server().port()};
        EXPECT_EQ(connection.exchange({"GET", target, {{"Host", "flows.example.com"}}, {}}).status,
                  200);
        const HttpAnswer sent =
            connection.exchange({"POST",
                                 target,
                                 {{"Host", "flows.example.com"},
                                  {"Origin", "https://flows.example.com"},
                                  {"Content-Type", "application/x-www-form-urlencoded"}},
                                 "name=Ada&seats=1"});
        EXPECT_EQ(sent.status, 303) << target;
        EXPECT_EQ(sent.header("Location"), "./register?sent=1");
    }
    EXPECT_EQ(executions_of("registration").size(), 2u);
}

TEST_F(Forms, BelongToOneWorkflow) {
    start_server();
    std::string other{feedback};
    other.replace(other.find("id: feedback"), 12, "id: feedback-2");
    server().create_workflow(other);
    const HttpAnswer refused = server().post("/api/v1/workflows/feedback-2/activate", json("{}"));
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(at(json(refused.body), "code"), Value{"webhook_conflict"});
}

}  // namespace
}  // namespace millrace::testing
