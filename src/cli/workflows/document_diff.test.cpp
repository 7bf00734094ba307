// SPDX-License-Identifier: Apache-2.0
#include "workflows/document_diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"
#include "millrace/format/document.hpp"

namespace millrace::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

core::Document document(const std::string& text) {
    const format::DocumentRead read =
        format::read_document(format::SourceText{"a.yaml", text, format::Syntax::yaml});
    if (!read.document) ADD_FAILURE() << text;
    return read.document ? *read.document : core::Document{};
}

std::vector<std::string> told(const std::string& before, const std::string& after) {
    std::vector<std::string> lines;
    for (const Line& line :
         change_lines(document_changes(document(before), document(after)), false))
        lines.push_back(rendered(line, false));
    return lines;
}

const std::string plain =
    "millrace: 1\nid: a\nnodes:\n  - { id: start, type: trigger.manual }\n"
    "  - { id: say, type: debug.log, data: { message: hi, tags: [x, y] } }\n"
    "connections: [start -> say]\n";

std::string with(std::string_view what, std::string_view instead) {
    std::string text = plain;
    text.replace(text.find(what), what.size(), instead);
    return text;
}

TEST(DocumentDiff, FindsNothingInWhatMeansTheSame) {
    EXPECT_THAT(told(plain, plain), IsEmpty());
    EXPECT_THAT(told(plain, with("start -> say", "{ from: start.out, to: say.in }")), IsEmpty());
    EXPECT_THAT(
        told(plain, with("{ id: start,", "{ id: start, position: { x: 1, y: 2 }, notes: n,")),
        IsEmpty());
}

TEST(DocumentDiff, TellsValuesWithTheirPlaces) {
    EXPECT_THAT(told(plain, with("message: hi", "message: bye")),
                ElementsAre("~ node say: data.message \"hi\" -> \"bye\""));
    EXPECT_THAT(told(plain, with("[x, y]", "[x, z]")),
                ElementsAre("~ node say: data.tags[1] \"y\" -> \"z\""));
    EXPECT_THAT(told(plain, with("id: a\n", "id: a\nsettings: { timeout: 5s }\n")),
                ElementsAre("+ settings {\"timeout\":\"5s\"}"));
}

TEST(DocumentDiff, TellsNodesAndConnectionsByName) {
    const std::string more = with("connections: [start -> say]",
                                  "  - { id: end, type: debug.log }\n"
                                  "connections: [start -> say, say.error -> end]");
    EXPECT_THAT(told(plain, more),
                ElementsAre("+ node end (debug.log)", "+ connection say.error -> end"));
    EXPECT_THAT(told(more, plain),
                ElementsAre("- node end (debug.log)", "- connection say.error -> end"));
    EXPECT_THAT(
        told(plain, with("[start -> say]", "[{ from: start, to: say, filter: \"value\" }]")),
        ElementsAre("+ connection start -> say: filter \"value\""));
}

TEST(DocumentDiff, GivesProgramsPointers) {
    const auto changes = document_changes(document(plain), document(with("hi", "bye")));
    EXPECT_EQ(core::to_json(changes_value(changes)),
              R"([{"change":"changed","path":"/nodes/say/data/message","before":"hi",)"
              R"("after":"bye"}])");
}

TEST(DocumentDiff, IsEmptyExactlyWhenBothWaysAre) {
    const std::string other = with("message: hi", "message: bye");
    EXPECT_EQ(told(plain, other).size(), told(other, plain).size());
}

}  // namespace
}  // namespace millrace::cli
