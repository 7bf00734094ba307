// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "keys.hpp"
#include "millrace/format/json.hpp"
#include "millrace/format/schema.hpp"
#include "testing/document_table.hpp"

namespace millrace::format {
namespace {

using core::Value;
using testing::ElementsAre;
using testing::IsEmpty;

SourceText yaml(std::string text) {
    return {"w.yaml", std::move(text), Syntax::yaml};
}

core::Document read(std::string text) {
    DocumentRead result = read_document(yaml(std::move(text)));
    return result.document.value_or(core::Document{});
}

TEST(ReadDocument, ReadsTheShortExample) {
    const core::Document document = read(room_file("testing/hello.workflow.yaml"));
    EXPECT_EQ(document.id, "hello");
    EXPECT_EQ(document.nodes.at(1).data, Value::object({{"text", "Hello, {{ inputs.name }}!"}}));
    EXPECT_EQ(document.connections.at(0).from, (core::PortRef{"start", "out"}));
    EXPECT_EQ(document.connections.at(0).to, (core::PortRef{"greet", "in"}));
}

TEST(ReadDocument, RefusesOfTheFullExampleWhatIsNotExecutedYet) {
    const SourceText source{"order", room_file("testing/order_intake.workflow.yaml"), Syntax::yaml};
    const std::string rest = " is not executed by this version yet; remove it\n";
    EXPECT_EQ(messages_of(source), "order:43:5: not_supported: \"rate_limit\"" + rest +
                                       "order:44:5: not_supported: \"buffer\"" + rest);
}

TEST(ReadDocument, ReadsLimitsPrioritiesAndTheRetryOfAll) {
    const core::Settings settings =
        read(
            "millrace: 1\nid: a\nnodes: []\nsettings:\n  priority: -100\n"
            "  max_concurrent_executions: { limit: 8, when_exceeded: reject }\n"
            "  on_error: { retry_workflow: { max_attempts: 2, delay: 2m } }\n")
            .settings;
    EXPECT_EQ(settings.priority, -100);
    EXPECT_EQ(settings.max_concurrent_executions,
              (core::ConcurrencyLimit{8, core::ConcurrencyLimit::WhenExceeded::reject}));
    EXPECT_EQ(settings.on_error.kind, core::WorkflowOnError::Kind::retry);
    EXPECT_EQ(settings.on_error.retry,
              (core::WorkflowRetry{2, core::Duration{120'000}, 2, core::Duration{120'000}}));
}

TEST(ReadDocument, QueuesWhatIsMoreThanABareLimit) {
    const core::Settings settings =
        read("millrace: 1\nid: a\nnodes: []\nsettings: { max_concurrent_executions: 3 }").settings;
    EXPECT_EQ(settings.max_concurrent_executions,
              (core::ConcurrencyLimit{3, core::ConcurrencyLimit::WhenExceeded::queue}));
    EXPECT_EQ(settings.on_error, core::WorkflowOnError{});
}

TEST(ReadDocument, ReadsHowLongExecutionsAreKept) {
    const core::Settings settings = read(
                                        "millrace: 1\nid: a\nnodes: []\nsettings:\n"
                                        "  retention: { max_age: 7d, max_count: 1000 }")
                                        .settings;
    EXPECT_EQ(settings.retention, (core::WorkflowRetention{core::Duration{7 * 86'400'000}, 1'000}));
}

TEST(ReadDocument, ReadsTheRulesOfEffects) {
    const core::NodeSpec node = read(
                                    "millrace: 1\nid: a\nnodes:\n  - id: n\n    type: t\n"
                                    "    cache: { ttl: 60s, key: inputs.id, tags: [prices] }\n"
                                    "    circuit_breaker: { failures: 3, window: 1m, reset: 5s, "
                                    "probes: 2, name: bank-api }\n"
                                    "    compensate: undo\n    credential: bank.main\n")
                                    .nodes.at(0);
    EXPECT_EQ(node.cache, (core::NodeCache{core::Duration{60'000}, "inputs.id", {"prices"}}));
    EXPECT_EQ(node.circuit_breaker, (core::CircuitBreaker{"bank-api", 3, core::Duration{60'000},
                                                          core::Duration{5'000}, 2}));
    EXPECT_EQ(node.compensate, "undo");
    EXPECT_EQ(node.credential, "bank.main");
}

TEST(ReadDocument, GivesACircuitBreakerItsDefaults) {
    const core::Document document =
        read("millrace: 1\nid: a\nnodes: [{ id: n, type: t, circuit_breaker: {} }]");
    EXPECT_EQ(document.nodes.at(0).circuit_breaker, core::CircuitBreaker{});
}

TEST(ReadDocument, PutsANodeIntoItsContainer) {
    const core::Document document =
        read("millrace: 1\nid: a\nnodes: [{ id: n, type: debug.log, parent: all }]");
    ASSERT_EQ(document.nodes.size(), 1u);
    EXPECT_EQ(document.nodes[0].parent, "all");
}

TEST(ReadDocument, TakesAChainApart) {
    const core::Document document =
        read("millrace: 1\nid: a\nnodes: []\nconnections: [a.x -> b -> c.y]");
    ASSERT_EQ(document.connections.size(), 2u);
    EXPECT_EQ(document.connections[0].from, (core::PortRef{"a", "x"}));
    EXPECT_EQ(document.connections[0].to, (core::PortRef{"b", "in"}));
    EXPECT_EQ(document.connections[1].from, (core::PortRef{"b", "out"}));
    EXPECT_EQ(document.connections[1].to, (core::PortRef{"c", "y"}));
}

TEST(ReadDocument, KeepsWhatBelongsToOthers) {
    const core::Document document = read(
        "millrace: 1\nid: a\nnodes: [{ id: n, type: t, x-a: 1 }]\nx-b: [2]\n"
        "editor: { pins: { n: 1 } }\nconnections: [{ from: n, to: n, x-c: ~ }]");
    EXPECT_THAT(document.extensions, ElementsAre(core::Member{"x-b", Value::array({Value{2}})}));
    EXPECT_THAT(document.nodes.at(0).extensions, ElementsAre(core::Member{"x-a", 1}));
    EXPECT_THAT(document.connections.at(0).extensions, ElementsAre(core::Member{"x-c", nullptr}));
    EXPECT_TRUE(document.editor.find("pins"));
}

TEST(ReadDocument, LetsALongDelayRaiseTheDefaultLimitOfDelays) {
    const core::Document document =
        read("millrace: 1\nid: a\nnodes: [{ id: n, type: t, retry: { delay: 5m } }]");
    EXPECT_EQ(document.nodes.at(0).retry.value().max_delay, core::Duration{300'000});
}

TEST(ReadDocument, LetsAShortLimitOfDelaysLowerTheDefaultDelay) {
    const std::string start = "millrace: 1\nid: a\nnodes: [{ id: n, type: t, retry: { max_delay: ";
    const core::RetryPolicy retry = read(start + "500ms } }]").nodes.at(0).retry.value();
    EXPECT_EQ(retry.delay, core::Duration{500});
    EXPECT_EQ(retry.max_delay, core::Duration{500});
    EXPECT_FALSE(read_document(yaml(start + "500ms, delay: 1s } }]")).document);
}

TEST(ReadDocument, StopsAtTheLimitOfConnections) {
    const std::string start = "{\"millrace\":1,\"id\":\"a\",\"nodes\":[],\"connections\":[\"a";
    DocumentLimits limits;
    limits.connections_max = 3;
    const SourceText fits{"w", start + "->b->c\",\"d->e\"]}", Syntax::json};
    EXPECT_TRUE(read_document(fits, limits).document);
    const SourceText chain{"w", start + "->b->c->d->e->f->g\"]}", Syntax::json};
    const DocumentRead refused = read_document(chain, limits);
    ASSERT_EQ(refused.problems.size(), 1u);
    EXPECT_EQ(refused.problems[0].code, core::ProblemCode::limit);
    EXPECT_EQ(refused.draft->connections.size(), 4u);
    std::string list = start + "->b\"";
    for (int i = 0; i < 3; ++i)
        list += ",\"c->d\"";
    EXPECT_FALSE(read_document({"w", list + "]}", Syntax::json}, limits).document);
}

TEST(ReadDocument, ReadsManyTagsInPassing) {
    std::string text = R"({"millrace":1,"id":"a","nodes":[],"tags":["first")";
    for (int i = 0; i < 200'000; ++i)
        text += ",\"t" + std::to_string(i) + "\"";
    EXPECT_EQ(read_document({"w", text + "]}", Syntax::json}).document->tags.size(), 200'001u);
    EXPECT_FALSE(read_document({"w", text + ",\"first\"]}", Syntax::json}).document);
}

TEST(ReadDocument, DecodesBytesOfData) {
    const core::Document document =
        read("millrace: 1\nid: a\nnodes: []\nvariables: { logo: { $bytes: aGk= } }");
    ASSERT_TRUE(document.variables.at(0).value.is_bytes());
    EXPECT_EQ(document.variables[0].value.size(), 2u);
}

TEST(ReadDocument, WarnsOfWhatIsSurelyNotMeant) {
    const DocumentRead result =
        read_document(yaml("millrace: 1\nid: a\nnodes:\n  - id: n\n    type: t\n    timeout: 5s\n"
                           "    deadline: 1s\n    retry: { max_attempts: 1 }\n"));
    EXPECT_TRUE(result.document);
    ASSERT_EQ(result.warnings.size(), 2u);
    EXPECT_EQ(to_text("w", result.warnings[0]),
              "w:7:15: bad_value: the deadline over all attempts, 1s, ends before the timeout of "
              "one, 5s");
}

TEST(ReadDocument, AcceptsAByteOrderMarkAndWindowsLineEnds) {
    EXPECT_EQ(read("\xEF\xBB\xBFmillrace: 1\r\nid: a\r\nnodes: []\r\n").id, "a");
    EXPECT_EQ(messages_of(yaml("\xEF\xBB\xBFmillrace: 2\n")),
              "w.yaml:1:11: bad_format_version: this version reads format 1, the document says "
              "number 2; did you mean \"1\"?\n");
}

TEST(ReadTree, ResolvesPlainScalarsByTheCoreSchema) {
    const TreeRead tree = read_tree(yaml(
        "[no, On, ~, null, True, 0o17, 0x1F, +5, 007, 9223372036854775807, 9223372036854775808,"
        " .5, 1e3, 1_000, '5', !!str 5, 0b1, 2026-01-01, 1.5e-400]"));
    ASSERT_TRUE(tree.value);
    EXPECT_EQ(core::to_json(*tree.value),
              R"(["no","On",null,null,true,15,31,5,7,9223372036854775807,9223372036854776000,)"
              R"(0.5,1000,"1_000","5","5","0b1","2026-01-01",0])");
}

TEST(ReadTree, TakesNumbersBelowTheSmallestDoubleFor0) {
    const std::string tiny = "0." + std::string(400, '0') + "1";
    const TreeRead tree = read_tree(yaml("[" + tiny + ", +.1e-999, 1" + std::string(400, '0') +
                                         "e-400, 5., 00.5, 9223372036854775808.]"));
    ASSERT_TRUE(tree.value);
    EXPECT_EQ(core::to_json(*tree.value), "[0,0,1,5,0.5,9223372036854776000]");
}

TEST(ReadTree, CutsLongNumbersInMessages) {
    const TreeRead tree = read_tree(yaml("[" + std::string(5000, '9') + "]"));
    ASSERT_EQ(tree.problems.size(), 1u);
    EXPECT_LT(tree.problems[0].message.size(), 200u);
}

TEST(ReadTree, NamesTheRemedyForSurrogatePairs) {
    const TreeRead tree = read_tree(yaml(R"(["\ud83d\ude00"])"));
    ASSERT_EQ(tree.problems.size(), 1u);
    EXPECT_NE(tree.problems[0].message.find(R"(one escape: \U0001F600)"), std::string::npos);
}

TEST(ReadTree, TakesPlainKeysAsText) {
    EXPECT_EQ(*read_tree(yaml("{1: a, true: b, 0x1: c}")).value,
              Value::object({{"1", "a"}, {"true", "b"}, {"0x1", "c"}}));
}

TEST(ReadTree, RepeatsAliases) {
    EXPECT_EQ(*read_tree(yaml("[&a {x: 1}, *a, &k key, {*k : *a}]")).value,
              *read_json(R"([{"x": 1}, {"x": 1}, "key", {"key": {"x": 1}}])"));
}

TEST(Locate, FindsThePlaceOfAPathOrOfItsNearestAncestor) {
    const SourceText source = yaml(
        "millrace: 1\nid: a\nnodes:\n  - id: n\n    type: t\n    data:\n      deep: { x: 1 }\n"
        "connections:\n  - a -> b -> c\n  - from: a\n    to: b.q\n");
    core::Problems problems{{core::ProblemCode::schema, "/nodes/0/data/deep/x", "1", {}},
                            {core::ProblemCode::schema, "/nodes/0/data/deep/y/z", "2", {}},
                            {core::ProblemCode::unknown_key, "/nodes/0/data", "3", {}},
                            {core::ProblemCode::unknown_node, "/connections/1/to", "4", {}},
                            {core::ProblemCode::unknown_port, "/connections/2/to", "5", {}},
                            {core::ProblemCode::cycle, "", "6", {}}};
    locate(source, problems);
    std::vector<std::string> texts;
    for (const core::Problem& problem : problems) {
        texts.push_back(problem.message + "@" + std::to_string(problem.line) + ":" +
                        std::to_string(problem.column) + " " + problem.path);
    }
    EXPECT_THAT(texts, ElementsAre("6@1:1 ", "3@6:5 /nodes/0/data", "2@7:13 /nodes/0/data/deep/y/z",
                                   "1@7:18 /nodes/0/data/deep/x", "4@9:5 /connections/0",
                                   "5@11:9 /connections/1/to"));
}

TEST(Locate, FindsPlacesInJson) {
    const SourceText source{
        "w.json", "{\n \"nodes\": [ {},\n  {\"a\\u0062/\": [1, \"x\\\"]\", {}]}]}", Syntax::json};
    core::Problems problems{{core::ProblemCode::schema, "/nodes/1/ab~1/2", "1", {}},
                            {core::ProblemCode::unknown_key, "/nodes/1/ab~1", "2", {}},
                            {core::ProblemCode::schema, "/nodes/0", "3", {}}};
    locate(source, problems);
    std::vector<std::string> texts;
    for (const core::Problem& problem : problems)
        texts.push_back(to_text("w", problem));
    EXPECT_THAT(texts,
                ElementsAre("w:2:13: schema: 3", "w:3:4: unknown_key: 2", "w:3:28: schema: 1"));
}

}  // namespace
}  // namespace millrace::format
