// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/nodes/webhook_definition.hpp"
#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using testing::problems_of;

std::vector<std::string> problems(std::string_view data) {
    return problems_of(trigger_webhook(), data);
}

std::string path_mistake(std::string_view path) {
    const auto read = parse_webhook_path(path);
    return read ? std::string{} : read.error();
}

TEST(TriggerWebhook, EmitsACallWithTheInputAsItsBodyWhenStartedByHand) {
    const testing::NodeRun run{.input = json(R"({"id":7})")};
    EXPECT_EQ(testing::out_of(run.start(trigger_webhook())),
              json(R"({"body":{"id":7},"headers":{},"query":{},"params":{},"method":"POST"})"));
}

TEST(WebhookPath, HasLiteralsAndParameters) {
    EXPECT_THAT(parse_webhook_path("/orders/{id}/lines").value(),
                ElementsAre(PathSegment{"orders", false}, PathSegment{"id", true},
                            PathSegment{"lines", false}));
    EXPECT_THAT(parse_webhook_path("größe").value(), ElementsAre(PathSegment{"größe", false}));
}

TEST(WebhookPath, SaysWhatIsWrong) {
    EXPECT_THAT(path_mistake(""), HasSubstr("empty"));
    EXPECT_THAT(path_mistake("a//b"), HasSubstr("empty segment"));
    EXPECT_THAT(path_mistake("a/"), HasSubstr("empty segment"));
    EXPECT_THAT(path_mistake("~test/x"), HasSubstr("~"));
    EXPECT_THAT(path_mistake("a/../b"), HasSubstr(".."));
    EXPECT_THAT(path_mistake("a/v{id}"), HasSubstr("whole"));
    EXPECT_THAT(path_mistake("a/{1}"), HasSubstr("letter first"));
    EXPECT_THAT(path_mistake("{id}/{id}"), HasSubstr("twice"));
    EXPECT_THAT(path_mistake("a b"), HasSubstr("spaces"));
    EXPECT_THAT(path_mistake("a?b=c"), HasSubstr("?"));
}

TEST(WebhookDefinition, ReadsAllThereIs) {
    const auto read = read_webhook(json(R"({
        "path": "shop/orders", "method": ["post", "PUT"], "respond": "respond_node",
        "respond_timeout": "5s", "auth": {"type": "basic", "credential": "shop"},
        "provider": "github", "signature": {"secret": "hook", "tolerance": "1m"},
        "schema": {"type": "object"}, "dedupe_key": "item.body.id"})"));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_THAT(read->methods, ElementsAre("POST", "PUT"));
    EXPECT_TRUE(read->takes("PUT"));
    EXPECT_FALSE(read->takes("GET"));
    EXPECT_EQ(read->respond, WebhookRespond::respond_node);
    EXPECT_EQ(read->respond_timeout, core::Duration{5'000});
    EXPECT_EQ(read->auth, WebhookAuth::basic);
    EXPECT_EQ(*read->signature.find("scheme"), core::Value{"github"});
    EXPECT_EQ(read->signature_secret, "hook");
}

TEST(WebhookDefinition, TakesPostUnlessItSaysOtherwise) {
    EXPECT_THAT(read_webhook(json(R"({"path": "a"})"))->methods, ElementsAre("POST"));
    const auto any = read_webhook(json(R"({"path": "a", "method": "ANY"})"));
    EXPECT_TRUE(any->takes("PURGE"));
    EXPECT_FALSE(any->takes("HEAD")) << "who only looks must start nothing";
}

TEST(WebhookDefinition, FindsMistakesBeforeTheRun) {
    EXPECT_THAT(problems(R"({"path": "a//b"})"), ElementsAre("bad_value /data/path"));
    EXPECT_THAT(problems(R"({"path": "a", "respond_timeout": "5s"})"),
                ElementsAre("bad_value /data/respond_timeout"));
    EXPECT_THAT(problems(R"({"path": "a", "respond": "outputs", "respond_timeout": "1h"})"),
                ElementsAre("bad_value /data/respond_timeout"));
    EXPECT_THAT(problems(R"({"path": "a", "auth": {"type": "basic"}})"),
                ElementsAre("missing_key /data/auth"));
    EXPECT_THAT(problems(R"({"path": "a", "signature": {"secret": "s"}})"),
                ElementsAre("missing_key /data/signature"));
    EXPECT_THAT(
        problems(
            R"({"path": "a", "signature": {"scheme": "github", "secret": "s", "header": "X"}})"),
        ElementsAre("bad_value /data/signature/header"));
    EXPECT_THAT(problems(R"({"path": "a", "schema": {"type": "list"}})"),
                ElementsAre("bad_value /data/schema"));
    EXPECT_THAT(problems(R"({"path": "a", "dedupe_key": "nodes.a.out"})"),
                ElementsAre("bad_expression /data/dedupe_key"));
    EXPECT_THAT(problems(R"({"path": "a", "dedupe_key": "inputs.id"})"), IsEmpty());
}

TEST(WebhookExpression, SeesTheCall) {
    const core::Value call =
        webhook_call(json(R"({"id":7})"), json(R"({"x-id":"h"})"), json("{}"), json("{}"), "POST");
    EXPECT_EQ(
        WebhookExpression::compile("item.headers['x-id'] + inputs.id")->evaluate(call).value(),
        core::Value{"h7"});
    EXPECT_FALSE(WebhookExpression::compile("item.body.a.b")->evaluate(call));
}

}  // namespace
}  // namespace millrace::nodes
