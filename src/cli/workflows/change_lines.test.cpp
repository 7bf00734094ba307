// SPDX-License-Identifier: Apache-2.0
#include "workflows/change_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
         change_lines(server::document_changes(document(before), document(after)), false))
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

TEST(ChangeLines, FindsNothingInWhatMeansTheSame) {
    EXPECT_THAT(told(plain, plain), IsEmpty());
    EXPECT_THAT(told(plain, with("start -> say", "{ from: start.out, to: say.in }")), IsEmpty());
    EXPECT_THAT(
        told(plain, with("{ id: start,", "{ id: start, position: { x: 1, y: 2 }, notes: n,")),
        IsEmpty());
}

TEST(ChangeLines, TellsValuesWithTheirPlaces) {
    EXPECT_THAT(told(plain, with("message: hi", "message: bye")),
                ElementsAre("~ node say: data.message \"hi\" -> \"bye\""));
    EXPECT_THAT(told(plain, with("[x, y]", "[x, z]")),
                ElementsAre("~ node say: data.tags[1] \"y\" -> \"z\""));
    EXPECT_THAT(told(plain, with("id: a\n", "id: a\nsettings: { timeout: 5s }\n")),
                ElementsAre("+ settings {\"timeout\":\"5s\"}"));
}

TEST(ChangeLines, TellsNodesAndConnectionsByName) {
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

TEST(ChangeLines, IsEmptyExactlyWhenBothWaysAre) {
    const std::string other = with("message: hi", "message: bye");
    EXPECT_EQ(told(plain, other).size(), told(other, plain).size());
}

}  // namespace
}  // namespace millrace::cli
