// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/writer.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <string>

#include "millrace/core/json.hpp"
#include "millrace/format/document.hpp"
#include "millrace/format/document_value.hpp"
#include "testing/document_gen.hpp"
#include "testing/document_table.hpp"

namespace millrace::format {
namespace {

using core::Value;

std::string problems_text(const DocumentRead& read, const std::string& text) {
    std::string all = text;
    for (const core::Problem& problem : read.problems)
        all += "\n" + to_text("w", problem);
    return all;
}

RC_GTEST_PROP(WriteYaml, IsReadBackAsTheSameDocument, ()) {
    const core::Document document = *any_document(false);
    const std::string text = write_yaml(document);
    const DocumentRead read = read_document({"w", text, Syntax::yaml});
    RC_LOG() << problems_text(read, text);
    RC_ASSERT(read.document.has_value());
    RC_ASSERT(to_value(*read.document) == to_value(document));
    RC_ASSERT(*read.document == document);
}

RC_GTEST_PROP(WriteJson, IsReadBackAsTheSameDocument, ()) {
    const core::Document document = *any_document(false);
    const std::string text = write_json(document);
    const DocumentRead read = read_document({"w", text, Syntax::json});
    RC_LOG() << problems_text(read, text);
    RC_ASSERT(read.document.has_value());
    RC_ASSERT(*read.document == document);
}

RC_GTEST_PROP(ToValue, IsReadBackAsTheSameDocument, ()) {
    const core::Document document = *any_document(false);
    const DocumentRead read = read_document(to_value(document));
    RC_ASSERT(read.document.has_value());
    RC_ASSERT(*read.document == document);
}

RC_GTEST_PROP(WriteYaml, KeepsAnyValue, ()) {
    const Value value = Value::array({*any_value(false)});
    const std::string text = write_yaml(value);
    const TreeRead read = read_tree({"w", text, Syntax::yaml});
    RC_LOG() << text;
    RC_ASSERT(read.value.has_value());
    RC_ASSERT(core::decode_bytes(*read.value).value() == value);
}

TEST(WriteJson, KeepsDoublesThatLookLikeIntegers) {
    const DocumentRead read = read_document({"w", R"({"millrace": 1, "id": "a", "nodes": [],
                                "variables": {"large": 1e18, "zero": -0.0}})",
                                             Syntax::json});
    const DocumentRead again = read_document({"w", write_json(*read.document), Syntax::json});
    ASSERT_TRUE(again.document);
    EXPECT_EQ(again.document->variables[0].value.kind(), Value::Kind::number);
    EXPECT_TRUE(std::signbit(again.document->variables[1].value.as_double()));
}

TEST(WriteYaml, LooksAsPeopleWriteIt) {
    const SourceText source{"w.yaml", room_file("testing/pretty.workflow.yaml"), Syntax::yaml};
    EXPECT_EQ(messages_of(source), "");
    EXPECT_EQ(write_yaml(read_document(source).document.value()), source.text);
}

TEST(WriteYaml, PutsAKeyBeyondWhatReadersLookAheadInItsLongForm) {
    const Value value = Value::object({{std::string(2000, 'k'), Value::object({{"a", 1}})}});
    const TreeRead read = read_tree({"w", write_yaml(value), Syntax::yaml});
    ASSERT_TRUE(read.value);
    EXPECT_EQ(*read.value, value);
}

}  // namespace
}  // namespace millrace::format
