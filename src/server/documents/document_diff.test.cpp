// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/document_diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"
#include "millrace/format/document.hpp"

namespace millrace::server {
namespace {

using ::testing::IsEmpty;

core::Document document(const std::string& text) {
    const format::DocumentRead read =
        format::read_document(format::SourceText{"a.yaml", text, format::Syntax::yaml});
    if (!read.document) ADD_FAILURE() << text;
    return read.document ? *read.document : core::Document{};
}

const std::string plain =
    "millrace: 1\nid: a\nnodes:\n  - { id: start, type: trigger.manual }\n"
    "  - { id: say, type: debug.log, data: { message: hi } }\n"
    "connections: [start -> say]\n";

std::string with(std::string_view what, std::string_view instead) {
    std::string text = plain;
    text.replace(text.find(what), what.size(), instead);
    return text;
}

TEST(DocumentDiff, FindsNothingInWhatMeansTheSame) {
    EXPECT_THAT(document_changes(document(plain), document(plain)), IsEmpty());
    EXPECT_THAT(document_changes(document(plain),
                                 document(with("start -> say", "{ from: start.out, to: say.in }"))),
                IsEmpty());
}

TEST(DocumentDiff, GivesProgramsPointers) {
    const auto changes = document_changes(document(plain), document(with("hi", "bye")));
    EXPECT_EQ(core::to_json(changes_value(changes)),
              R"([{"change":"changed","path":"/nodes/say/data/message","before":"hi",)"
              R"("after":"bye"}])");
}

}  // namespace
}  // namespace millrace::server
