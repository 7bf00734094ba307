// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/test_document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <span>
#include <string>

#include "millrace/format/json.hpp"
#include "millrace/format/schema.hpp"
#include "test_readers.hpp"

namespace millrace::format {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TestDocumentRead read(const std::string& text) {
    return read_tests({"orders.test.yaml", text, Syntax::yaml});
}

/// All problems, as people see them.
std::vector<std::string> problems_of(const std::string& text) {
    std::vector<std::string> lines;
    for (const core::Problem& problem : read(text).problems)
        lines.push_back(to_text("t", problem));
    return lines;
}

constexpr const char* whole = R"(
millrace_test: 1
workflow: orders.workflow.yaml
defaults:
  variables: { base: "http://shop", limit: 5 }
  mocks:
    stock: { out: { count: 3 } }
    charge: { out: paid }
tests:
  - name: pays
    input: { total: 7 }
    variables: { limit: 9 }
    start_at: 2026-01-31T09:00:00Z
    allow: { http: [127.0.0.1], files: true, commands: [date] }
    files: { in.csv: "a,b", "data/more.csv": { copy: fixtures/more.csv } }
    cancel_after: 10s
    mocks:
      charge:
        - error: { code: http_503, retry_after: 2s }
        - { respond: { status: 200, body: { id: 1 } }, takes: 200ms }
    expect:
      contains: { receipt: A }
      nodes: { charge: { status: completed, attempts: 2 }, aside: skipped }
      order: [stock, charge]
      calls: { charge: 2, stock: [{ method: GET }] }
      duration: { min: 200ms, max: 5s }
      dead_letters: [{ path: charge, code: http_503 }]
      files: { out.json: { json: [1] }, gone.txt: { absent: true } }
      assert: [value.total > 5]
      snapshot: true
  - name: asks
    trigger_data: { due_at: "2026-01-31T09:00:00Z" }
    workflows: [ship.workflow.yaml]
    steps:
      - { approve: ask, after: 2d, by: Ada, reason: fine, data: { limit: 5 } }
      - { answer: link, data: { ok: true }, method: POST, query: { a: b } }
      - { signal: paid, at: 3h, data: 7 }
      - { event: order.paid, at: 3h, source: shop, id: E1 }
    expect:
      waits: { ask: { state: answered, took: 2d, answer: { by: Ada } }, link: expired }
      mails: [{ to: ada@example.com, subject: Please, links: [link] }, { to: [a@b.example] }]
  - name: fails
    expect: { error: { code: http_402, node_id: charge } }
)";

TEST(TestDocument, ReadsAllThatTestsSay) {
    const TestDocumentRead tests = read(whole);
    ASSERT_TRUE(tests.document) << problems_of(whole).front();
    EXPECT_EQ(tests.document->workflow, "orders.workflow.yaml");
    ASSERT_EQ(tests.document->tests.size(), 3u);
    const TestCase& pays = tests.document->tests[0];
    EXPECT_EQ(pays.name, "pays");
    EXPECT_EQ(pays.setup.start_at->text(), "2026-01-31T09:00:00.000Z");
    EXPECT_EQ(pays.setup.allow.commands, std::vector<std::string>{"date"});
    EXPECT_EQ(pays.setup.files[1].copy_of, "fixtures/more.csv");
    EXPECT_EQ(pays.setup.cancel_after->ms, 10'000);
    EXPECT_EQ(pays.expect.calls[0].count, 2u);
    EXPECT_EQ(pays.expect.calls[1].requests.size(), 1u);
    EXPECT_EQ(pays.expect.duration->max.ms, 5'000);
    EXPECT_EQ(pays.expect.assertions[0].pointer, "/tests/0/expect/assert/0");
    EXPECT_TRUE(pays.expect.snapshot);
    EXPECT_EQ(tests.document->tests[2].expect.error->node_id, "charge");
}

TEST(TestDocument, ReadsWhatComesWhileSomethingWaits) {
    const TestDocumentRead tests = read(whole);
    ASSERT_TRUE(tests.document);
    const TestCase& asks = tests.document->tests[1];
    ASSERT_EQ(asks.setup.steps.size(), 4u);
    EXPECT_EQ(asks.setup.steps[0].kind, TestStep::Kind::approve);
    EXPECT_EQ(asks.setup.steps[0].after.ms, 2 * 86'400'000);
    EXPECT_FALSE(asks.setup.steps[0].at);
    EXPECT_EQ(asks.setup.steps[2].at->ms, 3 * 3'600'000);
    EXPECT_EQ(asks.setup.steps[3].target, "order.paid");
    EXPECT_EQ(asks.expect.waits[0].took->min.ms, 2 * 86'400'000);
    EXPECT_EQ(asks.expect.waits[1].state, "expired");
    EXPECT_EQ(asks.expect.mails->at(0).links, std::vector<std::string>{"link"});
    EXPECT_TRUE(asks.setup.trigger_data);
}

TEST(TestDocument, SaysWhatIsWrongWithAStep) {
    EXPECT_THAT(problems_of("millrace_test: 1\n"
                            "tests:\n"
                            "  - name: a\n"
                            "    steps:\n"
                            "      - { after: 2d }\n"
                            "      - { signal: a, by: Ada }\n"
                            "      - { approve: a, at: 1d, after: 1d }\n"
                            "    expect: { waits: { a: asked } }\n"),
                ElementsAre(HasSubstr("t:5:9: bad_value: expected exactly one of approve"),
                            HasSubstr("by belongs to approve and reject"), HasSubstr("either `at`"),
                            HasSubstr("t:8:27: bad_value")));
}

TEST(TestDocument, PutsATestsOwnOverTheDefaults) {
    const TestDocumentRead tests = read(whole);
    ASSERT_TRUE(tests.document);
    const TestSetup& setup = tests.document->tests[0].setup;
    EXPECT_EQ(*setup.variables.find("base"), core::Value{"http://shop"});
    EXPECT_EQ(*setup.variables.find("limit"), core::Value{9});
    ASSERT_EQ(setup.mocks.size(), 2u);
    EXPECT_EQ(setup.mocks[0].target, "stock");
    EXPECT_EQ(setup.mocks[1].answers.size(), 2u);
}

TEST(TestDocument, GivesTheAnswersOfAListOneAfterTheOther) {
    const TestDocumentRead tests = read(whole);
    ASSERT_TRUE(tests.document);
    const std::vector<MockAnswer>& answers = tests.document->tests[0].setup.mocks[1].answers;
    EXPECT_EQ(answers[0].times, 1u);
    EXPECT_EQ(answers[0].failure.error_class, core::ErrorClass::http_5xx);
    EXPECT_EQ(answers[0].failure.retry_after_ms, 2'000);
    EXPECT_FALSE(answers[1].times);
    EXPECT_EQ(answers[1].takes.ms, 200);
}

TEST(TestDocument, SaysWhereWhatIsWrong) {
    EXPECT_THAT(problems_of("millrace_test: 1\n"
                            "tests:\n"
                            "  - name: a\n"
                            "    mock: {}\n"
                            "    mocks: { x: { out: 1, error: timeout } }\n"
                            "    files: { ../x: a }\n"
                            "    start_at: noon\n"
                            "    expect: { statsu: completed }\n"),
                ElementsAre(HasSubstr("t:4:5: unknown_key: unknown key \"mock\""),
                            HasSubstr("t:5:17: bad_value: expected exactly one of out"),
                            HasSubstr("t:6:20: bad_value: \"../x\" is no file"),
                            HasSubstr("t:7:15: bad_value: \"noon\" is no time"),
                            HasSubstr("did you mean \"status\"?")));
}

TEST(TestDocument, NeedsNamesThatDiffer) {
    EXPECT_THAT(problems_of("millrace_test: 1\ntests:\n"
                            "  - { name: a, expect: { status: failed } }\n"
                            "  - { name: a, expect: { status: failed } }\n"),
                ElementsAre(HasSubstr("taken by tests[0]")));
    EXPECT_THAT(problems_of("millrace_test: 2\ntests: []\n"),
                ElementsAre(HasSubstr("bad_format_version")));
    EXPECT_THAT(problems_of("[]\n"), ElementsAre(HasSubstr("expected tests (an object)")));
}

TEST(TestSchema, AcceptsWhatTheReaderAccepts) {
    const auto schema = compile_schema(*read_json(test_schema()));
    ASSERT_TRUE(schema) << schema.error().message();
    const TreeRead tree = read_tree({"t", whole, Syntax::yaml});
    EXPECT_TRUE((*schema)->violations(*tree.value).empty());
    const TreeRead bad = read_tree({"t", "{millrace_test: 1, tests: [{name: a}]}", Syntax::yaml});
    EXPECT_FALSE((*schema)->violations(*bad.value).empty());
}

std::set<std::string> keys_at(const core::Value& schema, std::vector<std::string> path) {
    const core::Value* at = &schema;
    for (const std::string& step : path)
        at = at->find(step);
    std::set<std::string> names;
    for (const core::Member& member : at->find("properties")->as_object())
        names.insert(member.key);
    return names;
}

std::set<std::string> names_of(std::span<const Key> keys, std::set<std::string> more = {}) {
    for (const Key& key : keys)
        more.emplace(key.name);
    return more;
}

TEST(TestSchema, HasTheKeysThatTheReaderKnows) {
    const core::Value schema = *read_json(test_schema());
    EXPECT_EQ(keys_at(schema, {}), names_of(test_document_keys));
    EXPECT_EQ(keys_at(schema, {"properties", "defaults"}), names_of(test_setup_keys));
    EXPECT_EQ(keys_at(schema, {"definitions", "test"}),
              names_of(test_setup_keys, {"name", "expect"}));
    EXPECT_EQ(keys_at(schema, {"definitions", "expect"}), names_of(expectation_keys));
    EXPECT_EQ(keys_at(schema, {"definitions", "answer"}), names_of(mock_keys));
    EXPECT_EQ(keys_at(schema, {"definitions", "allow"}), names_of(test_permission_keys));
    EXPECT_EQ(keys_at(schema, {"definitions", "step"}), names_of(step_keys));
}

}  // namespace
}  // namespace millrace::format
