// SPDX-License-Identifier: Apache-2.0
#include "documents/document_fix.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "documents/document_file.hpp"
#include "documents/starter.hpp"
#include "documents/text_file.hpp"
#include "library.hpp"

namespace millrace::cli {
namespace {

using ::testing::IsEmpty;

const engine::NodeLibrary& library() {
    static const auto registry = *standard_library();
    return *registry;
}

format::SourceText yaml(std::string text) {
    return {"a.workflow.yaml", std::move(text), format::Syntax::yaml};
}

std::string fixed(const std::string& text) {
    return fix_document(yaml(text), library()).text;
}

struct Mended {
    const char* name;
    const char* before;
    const char* after;
};

const Mended mended[] = {
    {"KeyOfTheDocument", "millrace: 1\nid: a\nnodess: # why\n  - { id: s, type: trigger.manual }\n",
     "millrace: 1\nid: a\nnodes: # why\n  - { id: s, type: trigger.manual }\n"},
    {"QuotedKeyOfANode", "millrace: 1\nid: a\nnodes:\n  - { id: s, \"tpye\": trigger.manual }\n",
     "millrace: 1\nid: a\nnodes:\n  - { id: s, \"type\": trigger.manual }\n"},
    {"NodeType", "millrace: 1\nid: a\nnodes:\n  - { id: s, type: 'triger.manual' }\n",
     "millrace: 1\nid: a\nnodes:\n  - { id: s, type: 'trigger.manual' }\n"},
    {"NodesAndPortsOfAChain",
     "millrace: 1\nid: a\nnodes:\n  - { id: start, type: trigger.manual }\n"
     "  - { id: wait, type: flow.delay, data: { for: 1s } }\n"
     "connections:\n  - strat -> wait.inn   # here\n",
     "millrace: 1\nid: a\nnodes:\n  - { id: start, type: trigger.manual }\n"
     "  - { id: wait, type: flow.delay, data: { for: 1s } }\n"
     "connections:\n  - start -> wait.in   # here\n"},
    {"DurationsWithoutAUnit",
     "millrace: 1\nid: a\nsettings: { timeout: 90 }\nnodes:\n"
     "  - { id: start, type: trigger.manual }\n"
     "  - { id: wait, type: flow.delay, data: { for: 2500 } }\nconnections: [start -> wait]\n",
     "millrace: 1\nid: a\nsettings: { timeout: 90s }\nnodes:\n"
     "  - { id: start, type: trigger.manual }\n"
     "  - { id: wait, type: flow.delay, data: { for: 2500ms } }\nconnections: [start -> wait]\n"},
    {"IdOfTheWorkflow", "millrace: 1\nid: Order_Intake\nnodes: [{ id: s, type: trigger.manual }]\n",
     "millrace: 1\nid: order-intake\nnodes: [{ id: s, type: trigger.manual }]\n"},
};

class DocumentFix : public ::testing::TestWithParam<Mended> {};

TEST_P(DocumentFix, ChangesNothingButTheWord) {
    EXPECT_EQ(fixed(GetParam().before), GetParam().after);
    EXPECT_EQ(fixed(GetParam().after), GetParam().after);
}

INSTANTIATE_TEST_SUITE_P(Table, DocumentFix, ::testing::ValuesIn(mended),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(DocumentFix, QuotesDurationsInJson) {
    const format::SourceText source{"a.workflow.json",
                                    R"({"millrace": 1, "id": "a", "settings": {"timeout": 5},)"
                                    R"( "nodes": [{"id": "s", "type": "trigger.manual"}]})",
                                    format::Syntax::json};
    EXPECT_EQ(fix_document(source, library()).text,
              R"({"millrace": 1, "id": "a", "settings": {"timeout": "5s"},)"
              R"( "nodes": [{"id": "s", "type": "trigger.manual"}]})");
}

TEST(DocumentFix, TellsWhatItMended) {
    const FixedText result = fix_document(
        yaml("millrace: 1\nid: a\nnodes:\n  - { id: s, type: triger.manual }\n"), library());
    EXPECT_EQ(result.fixes, (std::vector<AppliedFix>{{core::ProblemCode::unknown_type, 4,
                                                      "triger.manual", "trigger.manual"}}));
}

TEST(DocumentFix, LeavesToPeopleWhatMayMeanTwoThings) {
    const std::string text =
        "millrace: 1\nid: a\nnodes:\n  - { id: start, type: trigger.manual }\n"
        "  - { id: bat, type: debug.log }\n  - { id: cat, type: debug.log }\n"
        "connections: [start -> bat, start -> cat, start -> hat]\n";
    EXPECT_EQ(fixed(text), text);
    // A key that is there already is not what another one was meant to be.
    const std::string twice =
        "millrace: 1\nid: a\nname: x\nnam: y\nnodes: [{ id: s, type: trigger.manual }]\n";
    EXPECT_EQ(fixed(twice), twice);
}

/// A misprint: at a place, a letter is dropped, doubled or changed.
struct Misprint {
    std::size_t place = 0;
    int kind = 0;
};

std::string misprinted(std::string text, const std::vector<Misprint>& misprints) {
    for (const Misprint& misprint : misprints) {
        const std::size_t at = misprint.place % text.size();
        if (misprint.kind == 0) text.erase(at, 1);
        if (misprint.kind == 1) text.insert(at, 1, text[at]);
        if (misprint.kind == 2) text[at] = 'x';
        if (text.empty()) text = " ";
    }
    return text;
}

RC_GTEST_PROP(DocumentFixLaw, NeverMakesThingsWorseAndIsDoneInOneGo, ()) {
    const auto starters = starter_templates();
    const StarterTemplate& starter = starters[*rc::gen::inRange<std::size_t>(0, starters.size())];
    const auto misprints = *rc::gen::container<std::vector<Misprint>>(
        rc::gen::build<Misprint>(rc::gen::set(&Misprint::place, rc::gen::inRange(0, 4'000)),
                                 rc::gen::set(&Misprint::kind, rc::gen::inRange(0, 3))));
    const std::string text =
        misprinted(starter_document(starter, "a.workflow.yaml", "a", "A b"), misprints);
    const std::size_t before = check_document(yaml(text), library()).problems.size();
    const FixedText once = fix_document(yaml(text), library());
    const std::size_t after = check_document(yaml(once.text), library()).problems.size();
    RC_LOG() << text << "\nbecomes\n" << once.text << "\nand then\n" << fixed(once.text) << "\n";
    RC_ASSERT(after <= before);
    if (before == 0) RC_ASSERT(once.text == text);
    RC_ASSERT(std::ranges::count(once.text, '\n') == std::ranges::count(text, '\n'));
    RC_ASSERT(fix_document(yaml(once.text), library()).fixes.empty());
}

TEST(LineDiff, ShowsOnlyLinesThatDiffer) {
    EXPECT_EQ(line_diff("a", "1\n2\n3\n4\n", "1\nB\nC\n4\n", false),
              "--- a\n+++ a\n@@ -2,2 +2,2 @@\n-2\n-3\n+B\n+C\n");
    EXPECT_EQ(line_diff("a", "1\n", "1\n2\n", false), "--- a\n+++ a\n@@ -1,0 +2 @@\n+2\n");
    EXPECT_THAT(line_diff("a", "1\n", "1\n", false), IsEmpty());
}

}  // namespace
}  // namespace millrace::cli
