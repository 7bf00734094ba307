// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/form_fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::HasSubstr;
using testing::json;

std::vector<FormField> fields_of(std::string_view properties) {
    auto fields = read_form_fields(
        json(R"({"type":"object","required":["a"],"properties":)" + std::string{properties} + "}"));
    EXPECT_TRUE(fields.has_value()) << fields.error().message;
    return fields.value_or(std::vector<FormField>{});
}

FormFieldKind kind_of(std::string_view schema) {
    return fields_of(R"({"a":)" + std::string{schema} + "}").at(0).kind;
}

FormMistake mistake_of(std::string_view schema) {
    const auto fields = read_form_fields(json(schema));
    return fields ? FormMistake{} : fields.error();
}

TEST(FormFields, AreAskedForAsTheirSchemaSays) {
    EXPECT_EQ(kind_of(R"({"type":"string"})"), FormFieldKind::line);
    EXPECT_EQ(kind_of(R"({"type":"string","maxLength":200})"), FormFieldKind::line);
    EXPECT_EQ(kind_of(R"({"type":"string","maxLength":201})"), FormFieldKind::lines);
    EXPECT_EQ(kind_of(R"({"type":"string","format":"multi-line"})"), FormFieldKind::lines);
    EXPECT_EQ(kind_of(R"({"type":"string","format":"email"})"), FormFieldKind::email);
    EXPECT_EQ(kind_of(R"({"type":"string","format":"uri"})"), FormFieldKind::uri);
    EXPECT_EQ(kind_of(R"({"type":"string","format":"date"})"), FormFieldKind::date);
    EXPECT_EQ(kind_of(R"({"type":"integer"})"), FormFieldKind::integer);
    EXPECT_EQ(kind_of(R"({"type":["number","null"]})"), FormFieldKind::number);
    EXPECT_EQ(kind_of(R"({"type":"boolean"})"), FormFieldKind::flag);
    EXPECT_EQ(kind_of(R"({"enum":["s","m"]})"), FormFieldKind::choice);
    EXPECT_EQ(kind_of(R"({"type":"array","items":{"enum":["s","m"]}})"), FormFieldKind::choices);
    EXPECT_EQ(kind_of(R"({"type":"array","items":{"type":"string"}})"), FormFieldKind::list);
}

TEST(FormFields, HaveTheSchemasOrderAndWords) {
    const auto fields = fields_of(R"({"zip_code":{"type":"string"},
        "a":{"type":"string","title":"Your name","description":"As on the ticket"},
        "firstName":{"type":"string"}})");
    ASSERT_EQ(fields.size(), 3u);
    EXPECT_EQ(fields[0].label, "Zip code");
    EXPECT_FALSE(fields[0].is_required);
    EXPECT_EQ(fields[1].label, "Your name");
    EXPECT_EQ(fields[1].hint, "As on the ticket");
    EXPECT_TRUE(fields[1].is_required);
    EXPECT_EQ(fields[2].label, "First name");
}

TEST(FormFields, ShowChoicesByTheirTitles) {
    const auto fields = fields_of(R"({"a":{"oneOf":[{"const":1,"title":"One"},{"const":"x"}]}})");
    ASSERT_EQ(fields.at(0).choices.size(), 2u);
    EXPECT_EQ(fields[0].choices[0].label, "One");
    EXPECT_EQ(fields[0].choices[0].text, "1");
    EXPECT_EQ(fields[0].choices[0].value, core::Value{1});
    EXPECT_EQ(fields[0].choices[1].label, "x");
}

TEST(FormFields, SayWhatAFormCannotAskFor) {
    EXPECT_THAT(mistake_of("[]").message, HasSubstr("object"));
    EXPECT_THAT(mistake_of(R"({"type":"object"})").message, HasSubstr("properties"));
    EXPECT_EQ(mistake_of(R"({"properties":{"a":{"type":"object"}}})").path, "/properties/a");
    EXPECT_EQ(mistake_of(R"({"properties":{"a":{"type":"array","items":{}}}})").path,
              "/properties/a");
    EXPECT_EQ(mistake_of(R"({"properties":{"_a":{"type":"string"}}})").path, "/properties/_a");
    EXPECT_EQ(mistake_of(R"({"properties":{"a":{"enum":[]}}})").path, "/properties/a/enum");
    EXPECT_EQ(mistake_of(R"({"properties":{"a":{"oneOf":[{"type":"string"}]}}})").path,
              "/properties/a/oneOf");
}

TEST(FormFields, HavePathsThatStandInUrls) {
    for (const char* path : {"contact", "events/2030/register", "a.b-c_d~e"})
        EXPECT_EQ(form_path_mistake(path), "") << path;
    for (const char* path : {"", "/a", "a/", "a//b", "~acme/a", "a b", "a/../b", ".", "ü", "{id}"})
        EXPECT_NE(form_path_mistake(path), "") << path;
}

}  // namespace
}  // namespace millrace::nodes
