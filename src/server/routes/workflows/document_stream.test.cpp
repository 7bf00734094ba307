// SPDX-License-Identifier: Apache-2.0
#include "routes/workflows/document_stream.hpp"

#include <gmock/gmock.h>

namespace millrace::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> pieces(std::string text, format::Syntax syntax) {
    std::vector<std::string> found;
    const auto split = split_documents({"body", std::move(text), syntax});
    if (!split) return {split.error().code};
    for (const DocumentPiece& piece : *split)
        found.push_back(piece.source.text + " @" + std::to_string(piece.lines_before) + ":" +
                        std::to_string(piece.columns_before));
    return found;
}

TEST(DocumentStream, TakesYamlApartAtItsMarkers) {
    const auto yaml = format::Syntax::yaml;
    EXPECT_THAT(pieces("a: 1\n", yaml), ElementsAre("a: 1\n @0:0"));
    EXPECT_THAT(pieces("---\na: 1\n---\nb: 2\n", yaml),
                ElementsAre("---\na: 1\n @0:0", "---\nb: 2\n @2:0"));
    EXPECT_THAT(pieces("# nothing\n---\na: |\n  ---\n  x\n...\n--- # none\n\n", yaml),
                ElementsAre("---\na: |\n  ---\n  x\n...\n @1:0"));
    EXPECT_THAT(pieces("a: ---x\n---y: 1\n", yaml), ElementsAre("a: ---x\n---y: 1\n @0:0"));
    EXPECT_THAT(pieces("", yaml), IsEmpty());
}

TEST(DocumentStream, TakesJsonListsApart) {
    const auto json = format::Syntax::json;
    EXPECT_THAT(pieces(R"([{"a": "]\"}"}, [1, {}],
  2])",
                       json),
                ElementsAre(R"({"a": "]\"}"} @0:1)", "[1, {}] @0:16", "2 @1:2"));
    EXPECT_THAT(pieces(R"({"next": [1], "items": [{"b": 1}], "x": 1})", json),
                ElementsAre(R"({"b": 1} @0:24)"));
    EXPECT_THAT(pieces(R"({"nodes": [], "items": []})", json),
                ElementsAre(R"({"nodes": [], "items": []} @0:0)"));
    EXPECT_THAT(pieces("[]", json), IsEmpty());
    EXPECT_THAT(pieces("[1,", json), ElementsAre("malformed_json"));
}

TEST(DocumentStream, GivesProblemsTheirPlacesInTheWhole) {
    core::Problem first;
    first.path = "/id";
    first.line = 1;
    first.column = 3;
    core::Problem second = first;
    second.line = 2;
    core::Problems problems{first, second};
    place_in_whole({{}, 4, 10}, 7, problems);
    EXPECT_EQ(problems[0].path, "/7/id");
    EXPECT_EQ(problems[0].line, 5u);
    EXPECT_EQ(problems[0].column, 13u);
    EXPECT_EQ(problems[1].line, 6u);
    EXPECT_EQ(problems[1].column, 3u);
}

}  // namespace
}  // namespace millrace::server
