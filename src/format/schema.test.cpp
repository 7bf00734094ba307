// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "millrace/format/json.hpp"

namespace millrace::format {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> violations(std::string_view schema, std::string_view value) {
    const auto compiled = compile_schema(*read_json(schema));
    if (!compiled) return {compiled.error().message()};
    std::vector<std::string> texts;
    for (const auto& [path, message] : (*compiled)->violations(*read_json(value))) {
        texts.push_back(path + ": " + message);
    }
    return texts;
}

std::string refusal(std::string_view schema) {
    const auto compiled = compile_schema(*read_json(schema));
    return compiled ? "accepted" : compiled.error().message();
}

TEST(Schema, SaysWhereWhatWasExpectedAndFound) {
    EXPECT_THAT(violations(R"({"type": "object", "required": ["id", "n"],
                    "properties": {"id": {"type": "string"}, "n": {"type": "integer"}}})",
                           R"({"id": 5})"),
                ElementsAre("/id: expected text, found number 5", ": key \"n\" is missing"));
}

TEST(Schema, NamesTheNearestKnownKey) {
    EXPECT_THAT(violations(R"({"properties": {"method": true}, "additionalProperties": false})",
                           R"({"metod": "GET"})"),
                ElementsAre("/metod: unknown key \"metod\"; did you mean \"method\"?"));
}

TEST(Schema, ChecksNumbers) {
    const std::string_view schema = R"({"minimum": 1, "exclusiveMaximum": 10, "multipleOf": 0.5})";
    EXPECT_THAT(violations(schema, "9.5"), IsEmpty());
    EXPECT_THAT(violations(schema, "10"), ElementsAre(": expected less than 10, found number 10"));
    EXPECT_THAT(violations(schema, "0.75"),
                ElementsAre(": expected at least 1, found number 0.75",
                            ": expected a multiple of 0.5, found number 0.75"));
    EXPECT_THAT(violations(R"({"type": "integer"})", "5.0"), IsEmpty());
    EXPECT_THAT(violations(R"({"type": "integer"})", "1e300"), IsEmpty());
    EXPECT_THAT(violations(R"({"multipleOf": -1})", "-9223372036854775808"), IsEmpty());
}

TEST(Schema, CountsCharactersNotBytes) {
    EXPECT_THAT(violations(R"({"maxLength": 2, "pattern": "^.{2}$"})", R"("éè")"), IsEmpty());
    EXPECT_THAT(violations(R"({"maxLength": 2})", R"("éèê")"),
                ElementsAre(": expected at most 2 characters, found 3"));
}

TEST(Schema, ChecksArrays) {
    EXPECT_THAT(
        violations(R"({"items": {"type": "string"}, "uniqueItems": true, "maxItems": 2})",
                   R"(["a", 1, "a"])"),
        ElementsAre("/1: expected text, found number 1", ": expected at most 2 elements, found 3",
                    "/2: text \"a\" is given twice"));
    EXPECT_THAT(
        violations(R"({"items": [{"type": "null"}], "additionalItems": false})", R"([null, 1])"),
        ElementsAre("/1: there is one element too many"));
}

TEST(Schema, ChecksCombinations) {
    EXPECT_THAT(violations(R"({"anyOf": [{"type": "string"}, {"type": "null"}]})", "5"),
                ElementsAre(": none of the allowed forms: expected text, found number 5; or "
                            "expected null, found number 5"));
    EXPECT_THAT(violations(R"({"oneOf": [{"minimum": 1}, {"minimum": 2}]})", "5"),
                ElementsAre(": fits more than one of the forms of which one is allowed"));
    EXPECT_THAT(violations(R"({"if": {"type": "string"}, "then": {"minLength": 1}})", R"("")"),
                ElementsAre(": expected at least 1 character, found 0"));
    EXPECT_THAT(violations(R"({"enum": ["a", 1]})", R"("b")"),
                ElementsAre(": expected one of \"a\", 1, found text \"b\""));
    EXPECT_THAT(violations(R"({"not": {"type": "null"}})", "null"),
                ElementsAre(": null is not allowed here"));
}

TEST(Schema, ChecksFormats) {
    EXPECT_THAT(violations(R"({"format": "email"})", R"("a@b.example")"), IsEmpty());
    EXPECT_THAT(violations(R"({"format": "email"})", R"("a@@b")"),
                ElementsAre(": expected text of format email, found text \"a@@b\""));
    EXPECT_THAT(violations(R"({"format": "uri"})", R"("no uri")"), testing::SizeIs(1));
    EXPECT_THAT(violations(R"({"format": "date-time"})", R"("2026-02-30T00:00:00Z")"),
                testing::SizeIs(1));
    EXPECT_THAT(violations(R"({"format": "ipv6"})", R"("::1")"), IsEmpty());
}

TEST(Schema, FollowsReferencesInsideItself) {
    const std::string_view tree = R"({"$ref": "#/definitions/t", "definitions": {"t": {
        "type": "object", "properties": {"sub": {"items": {"$ref": "#/definitions/t"}}}}}})";
    EXPECT_THAT(violations(tree, R"({"sub": [{}, {"sub": [1]}]})"),
                ElementsAre("/sub/1/sub/0: expected an object, found number 1"));
}

TEST(Schema, RefusesWhatItCanNotCompile) {
    EXPECT_THAT(refusal(R"({"$ref": "http://127.0.0.1/x"})"), HasSubstr("leads out of the schema"));
    EXPECT_THAT(refusal(R"({"$ref": "#/definitions/x"})"), HasSubstr("names nothing"));
    EXPECT_THAT(refusal(R"({"$ref": "#"})"), HasSubstr("in a circle"));
    EXPECT_THAT(refusal(R"({"items": {"pattern": "("}})"), HasSubstr("no ECMAScript regular"));
    EXPECT_THAT(refusal(R"({"pattern": "(a)\\1"})"), HasSubstr("back references"));
    EXPECT_THAT(refusal(R"({"type": "strng"})"), HasSubstr("strng"));
    EXPECT_THAT(refusal(R"({"properties": 5})"), testing::Ne("accepted"));
}

TEST(Schema, EndsOnASchemaThatRefersToItselfOnly) {
    EXPECT_THAT(violations(R"({"definitions": {"a": {"allOf": [{"$ref": "#/definitions/a"}]}},
                              "items": {"$ref": "#/definitions/a"}})",
                           "[1]"),
                ElementsAre("/0: the schema refers to itself without end"));
}

TEST(Schema, MatchesAHostilePatternInBoundedTime) {
    const std::string text = "\"" + std::string(schema_pattern_bytes_max, 'a') + "!\"";
    EXPECT_THAT(violations(R"({"pattern": "^(a+)+$"})", text), testing::SizeIs(1));
    const std::string shorter = "\"" + std::string(2000, 'a') + "!\"";
    EXPECT_THAT(violations(R"({"pattern": "^(a|a)*$"})", shorter), testing::SizeIs(1));
}

}  // namespace
}  // namespace millrace::format
