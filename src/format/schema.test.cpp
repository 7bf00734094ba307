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
                ElementsAre(": expected a multiple of 0.5, found number 0.75",
                            ": expected at least 1, found number 0.75"));
    EXPECT_THAT(violations(R"({"type": "integer"})", "5.0"), IsEmpty());
    EXPECT_THAT(violations(R"({"type": "integer"})", "1e300"), IsEmpty());
    EXPECT_THAT(violations(R"({"multipleOf": 1})", "-9223372036854775808"), IsEmpty());
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

TEST(Schema, ComparesIntegersExactly) {
    const std::string_view at_most = R"({"maximum": 9223372036854775806})";
    EXPECT_THAT(violations(at_most, "9223372036854775806"), IsEmpty());
    EXPECT_THAT(
        violations(at_most, "9223372036854775807"),
        ElementsAre(": expected at most 9223372036854775806, found number 9223372036854775807"));
    EXPECT_THAT(violations(R"({"exclusiveMinimum": -9007199254740993})", "-9007199254740992"),
                IsEmpty());
    EXPECT_THAT(violations(R"({"minimum": 9007199254740993})", "9007199254740992"),
                testing::SizeIs(1));
    EXPECT_THAT(violations(R"({"exclusiveMaximum": 9223372036854775807})", "1e19"),
                testing::SizeIs(1));
    EXPECT_THAT(violations(R"({"minimum": 1.5})", "1"), testing::SizeIs(1));
    EXPECT_THAT(violations(R"({"minimum": 1.5, "maximum": 1e300})", "2"), IsEmpty());
}

TEST(Schema, RefusesKeywordsOfTheWrongKind) {
    EXPECT_EQ(refusal(R"({"items": {"minItems": "2"}})"),
              "minItems must be a whole number from 0, found text \"2\"");
    EXPECT_THAT(refusal(R"({"maxLength": -1})"), HasSubstr("a whole number from 0"));
    EXPECT_THAT(refusal(R"({"multipleOf": 0})"), HasSubstr("a number above 0"));
    EXPECT_THAT(refusal(R"({"maximum": "5"})"), HasSubstr("a number"));
    EXPECT_THAT(refusal(R"({"required": true})"), HasSubstr("a list of keys"));
    // What looks like a keyword may be the name of a property, or data.
    EXPECT_EQ(refusal(R"({"properties": {"minItems": {"type": "string"}},
                          "default": {"minItems": "2"}, "x-note": {"minItems": "2"}})"),
              "accepted");
}

TEST(Schema, DecodesReferences) {
    EXPECT_THAT(violations(R"({"definitions": {"a b": {"type": "null"}},
                               "items": {"$ref": "#/definitions/a%20b"}})",
                           "[1]"),
                testing::SizeIs(1));
    EXPECT_THAT(refusal(R"({"$ref": "#here"})"), HasSubstr("anchor, which is not supported"));
}

TEST(Schema, EndsWhenTheWorkDoublesAtEveryLevel) {
    std::string schema = R"({"allOf": [{"$ref": "#/definitions/a0"}], "definitions": {)";
    for (int i = 0; i < 50; ++i) {
        const std::string next = R"({"$ref": "#/definitions/a)" + std::to_string(i + 1) + "\"}";
        schema += "\"a" + std::to_string(i) + R"(": {"allOf": [)" + next + "," + next + "]},";
    }
    EXPECT_THAT(violations(schema + R"("a50": {"type": "integer"}}})", "1"),
                ElementsAre(": too costly to check; simplify the schema"));
}

TEST(Schema, LooksForNearKeysOnlyAmongFew) {
    std::vector<core::Member> known;
    std::vector<core::Member> given;
    for (int i = 0; i < 1001; ++i)
        known.push_back({"key_" + std::to_string(i), core::Value::object({})});
    for (int i = 0; i < 100; ++i)
        given.push_back({"kye_" + std::to_string(i), i});
    const auto compiled = compile_schema(core::Value::object(
        {{"properties", core::Value::object(std::move(known))}, {"additionalProperties", false}}));
    const auto found = (*compiled)->violations(core::Value::object(std::move(given)));
    ASSERT_EQ(found.size(), 100u);
    EXPECT_EQ(found[0].message, "unknown key \"kye_0\"");
}

TEST(Schema, EndsOnManyKeysOfManyThatAreKnown) {
    std::vector<core::Member> known;
    std::vector<core::Member> given;
    for (int i = 0; i < 20'000; ++i)
        known.push_back({"known_" + std::to_string(i), core::Value::object({})});
    for (int i = 0; i < 50'000; ++i)
        given.push_back({"given_" + std::to_string(i), i});
    const auto compiled =
        compile_schema(core::Value::object({{"properties", core::Value::object(known)}}));
    const auto found = (*compiled)->violations(core::Value::object(std::move(given)));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].message, "too costly to check; simplify the schema");
}

TEST(Schema, HasABudgetThatGrowsWithTheValue) {
    std::string list = "[0";
    for (int i = 0; i < 300'000; ++i)
        list += ",1";
    const std::string_view schema = R"({"items": {"type": "integer", "minimum": 0, "maximum": 9}})";
    EXPECT_THAT(violations(schema, list + "]"), IsEmpty());
}

TEST(Schema, MatchesPatternsAnywhereInLongTexts) {
    const std::string text = std::string(30'000, 'a') + "\\n" + std::string(30'000, 'b');
    EXPECT_THAT(violations(R"({"pattern": "[ab]b$"})", "\"" + text + "\""), IsEmpty());
    EXPECT_THAT(violations(R"({"pattern": "a\\sb"})", "\"" + text + "\""), IsEmpty());
    EXPECT_THAT(violations(R"({"pattern": "^b|a$"})", "\"" + text + "\""), testing::SizeIs(1));
    EXPECT_THAT(violations(R"({"pattern": "^(?=.*\\d)[a-z0-9]{4,}$"})", R"("abc1")"), IsEmpty());
    EXPECT_THAT(violations(R"({"pattern": "^(?=.*\\d)[a-z0-9]{4,}$"})", R"("abcd")"),
                testing::SizeIs(1));
    EXPECT_THAT(violations(R"({"pattern": "a"})", "\"" + std::string(65'537, 'a') + "\""),
                ElementsAre(": text of 65537 bytes is too long to be matched against pattern a; "
                            "at most 65536 bytes are"));
    EXPECT_THAT(violations(R"({"pattern": "^a{4000}$"})", "\"" + std::string(4'000, 'a') + "\""),
                ElementsAre(HasSubstr("is too long to be matched")));
}

TEST(Schema, SaysWhatPatternsCanNotHave) {
    EXPECT_THAT(refusal(R"({"pattern": "\\p{L}"})"),
                HasSubstr(R"(not supported here (Unicode class \p{…}))"));
    EXPECT_THAT(refusal(R"({"pattern": "[\\p{L}]"})"), HasSubstr("not supported here"));
    EXPECT_THAT(refusal(R"({"pattern": "(?<=a)b"})"),
                HasSubstr("not supported here (lookbehind (?<=…))"));
    EXPECT_THAT(refusal(R"({"pattern": "(?<year>a)+"})"), HasSubstr("(named group (?<…>…))"));
    EXPECT_THAT(refusal(R"({"pattern": "(?=(?=a))b"})"), HasSubstr("lookahead within"));
    EXPECT_THAT(refusal(R"({"pattern": "((a{100}){100}){100}"})"), HasSubstr("too large"));
    EXPECT_THAT(refusal(R"({"pattern": "a)|(b"})"), HasSubstr("no ECMAScript regular"));
}

}  // namespace
}  // namespace millrace::format
