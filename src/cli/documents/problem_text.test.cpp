// SPDX-License-Identifier: Apache-2.0
#include "documents/problem_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "library.hpp"

namespace millrace::cli {
namespace {

using ::testing::HasSubstr;

core::Problem problem(core::ProblemCode code, std::string message, std::uint32_t line,
                      std::uint32_t column, std::string suggestion = {}) {
    core::Problem made;
    made.code = code;
    made.message = std::move(message);
    made.line = line;
    made.column = column;
    made.suggestion = std::move(suggestion);
    return made;
}

TEST(ProblemText, ShowsTheLineWithAMarkAndWhatHelps) {
    const format::SourceText source{"a.yaml", "millrace: 1\nnodess: []\n", format::Syntax::yaml};
    CheckedDocument checked;
    checked.problems = {
        problem(core::ProblemCode::unknown_key, "unknown key \"nodess\"", 2, 1, "nodes")};
    EXPECT_EQ(problem_text(source, checked, {}),
              "a.yaml:2:1: unknown_key: unknown key \"nodess\"\n"
              "    1 │ millrace: 1\n"
              "    2 │ nodess: []\n"
              "      │ ^^^^^^\n"
              "      help: write nodes\n");
    EXPECT_THAT(problem_text(source, checked, {.unicode = false}), HasSubstr("    2 | nodess"));
}

TEST(ProblemText, ShowsNoLineWhereThereIsNone) {
    const format::SourceText source{"a.yaml", "", format::Syntax::yaml};
    CheckedDocument checked;
    checked.problems = {problem(core::ProblemCode::syntax, "the text is empty", 1, 1),
                        problem(core::ProblemCode::limit, "too long", 0, 0)};
    checked.warnings = {problem(core::ProblemCode::bad_value, "odd", 7, 1)};
    EXPECT_EQ(problem_text(source, checked, {}),
              "a.yaml:1:1: syntax: the text is empty\na.yaml: limit: too long\n"
              "warning: a.yaml:7:1: bad_value: odd\n");
}

TEST(ProblemText, PaintsForTerminalsOnly) {
    const format::SourceText source{"a.yaml", "x: 1\n", format::Syntax::yaml};
    CheckedDocument checked;
    checked.problems = {problem(core::ProblemCode::unknown_key, "no", 1, 1)};
    EXPECT_THAT(problem_text(source, checked, {.color = true}), HasSubstr("\x1b[31m^"));
    EXPECT_EQ(problem_text(source, checked, {}).find('\x1b'), std::string::npos);
}

TEST(CutSource, CountsCellsAndNotBytes) {
    const SourceCut wide = cut_source("日本: {x: 1}", 9, 80);
    EXPECT_EQ(wide.text, "日本: {x: 1}");
    EXPECT_EQ(wide.mark_column, 6u);
    const SourceCut tabbed = cut_source("\t\t\"key\": 1", 3, 80);
    EXPECT_EQ(tabbed.text, "        \"key\": 1");
    EXPECT_EQ(tabbed.mark_column, 8u);
    EXPECT_EQ(tabbed.mark_width, 5u);
}

TEST(CutSource, KeepsTheMarkInSightOfLongLines) {
    const std::string line = std::string(5'000, 'a') + " bad: 1" + std::string(5'000, 'b');
    const SourceCut cut = cut_source(line, 5'002, 60);
    EXPECT_EQ(columns_of(cut.text), 60u);
    EXPECT_EQ(cut.text.substr(0, 3), "…");
    const std::size_t bytes_before = cut.mark_column + 2;  // the first character takes three
    EXPECT_EQ(cut.text.substr(bytes_before, 4), "bad:");
    EXPECT_LE(cut.mark_column + cut.mark_width, 60u);
}

TEST(CutSource, LetsNothingReachTheTerminalThatMovesItsCursor) {
    const SourceCut cut = cut_source("a: \x1b[2J\r\xff", 1, 80);
    EXPECT_EQ(cut.text, "a:  [2J \xEF\xBF\xBD");
}

TEST(CutSource, BearsPlacesThatAreNotThere) {
    for (const std::size_t column : {0u, 1u, 4u, 99u}) {
        const SourceCut cut = cut_source("abc", column, 20);
        EXPECT_EQ(cut.text, "abc");
        EXPECT_GE(cut.mark_width, 1u);
    }
    EXPECT_EQ(cut_source("", 1, 20).text, "");
}

TEST(PlaceWithin, FindsTheVeryWord) {
    const std::string_view chain = "  - start -> gret -> wait.inn";
    const auto node = place_within(
        chain, problem(core::ProblemCode::unknown_node, "there is no node `gret`", 1, 5));
    ASSERT_TRUE(node);
    EXPECT_EQ(chain.substr(node->begin, node->size), "gret");
    const auto port =
        place_within(chain, problem(core::ProblemCode::unknown_port,
                                    "`wait` (flow.delay) has no input `inn`; there is `in`", 1, 5));
    ASSERT_TRUE(port);
    EXPECT_EQ(chain.substr(port->begin, port->size), "wait.inn");
    const std::string_view text = R"(  text: "Hi {{ inptu.x }}")";
    const auto name = place_within(
        text, problem(core::ProblemCode::bad_expression, "column 7: `inptu` is unknown", 1, 9));
    ASSERT_TRUE(name);
    EXPECT_EQ(text.substr(name->begin, name->size), "inptu");
}

TEST(PlaceWithin, SaysNothingWhereColumnsAreCountedOtherwise) {
    const auto bad = [](std::string_view line) {
        return place_within(line, problem(core::ProblemCode::bad_expression, "column 9: no", 1, 4));
    };
    EXPECT_FALSE(bad("a: |"));
    EXPECT_FALSE(bad(R"(a: "\n{{ x y }}")"));
    EXPECT_FALSE(bad("a: \"x"));
}

}  // namespace
}  // namespace millrace::cli
