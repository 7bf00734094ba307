// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::HasSubstr;
using testing::json;
using testing::TypeRun;

TypeRun patch(std::string_view operations, std::string_view target) {
    return {"json.patch", R"({"patch":)" + std::string{operations} + "}", target};
}

struct PatchCase {
    const char* operations;
    const char* target;
    const char* result;  ///< or a part of the failure
};
class PatchCases : public ::testing::TestWithParam<PatchCase> {};

TEST_P(PatchCases, GiveWhatTheStandardSays) {
    EXPECT_EQ(patch(GetParam().operations, GetParam().target).out(), json(GetParam().result));
}

// After the appendix of RFC 6902.
INSTANTIATE_TEST_SUITE_P(
    JsonPatch, PatchCases,
    ::testing::Values(
        PatchCase{R"([{"op":"add","path":"/baz","value":"q"}])", R"({"foo":"bar"})",
                  R"({"foo":"bar","baz":"q"})"},
        PatchCase{R"([{"op":"add","path":"/foo/1","value":"q"}])", R"({"foo":["a","b"]})",
                  R"({"foo":["a","q","b"]})"},
        PatchCase{R"([{"op":"remove","path":"/baz"}])", R"({"baz":1,"foo":2})", R"({"foo":2})"},
        PatchCase{R"([{"op":"remove","path":"/foo/1"}])", R"({"foo":[1,2,3]})", R"({"foo":[1,3]})"},
        PatchCase{R"([{"op":"replace","path":"/baz","value":null}])", R"({"baz":1})",
                  R"({"baz":null})"},
        PatchCase{R"([{"op":"move","from":"/a/x","path":"/b/y"}])", R"({"a":{"x":1},"b":{}})",
                  R"({"a":{},"b":{"y":1}})"},
        PatchCase{R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])", R"({"foo":[1,2,3,4]})",
                  R"({"foo":[1,3,4,2]})"},
        PatchCase{R"([{"op":"copy","from":"/0","path":"/0"}])", "[1]", "[1,1]"},
        PatchCase{R"([{"op":"test","path":"/a","value":{"y":1,"x":[2.0]}}])",
                  R"({"a":{"x":[2],"y":1}})", R"({"a":{"x":[2],"y":1}})"},
        PatchCase{R"([{"op":"add","path":"/a/b/-","value":[1]}])", R"({"a":{"b":[0]}})",
                  R"({"a":{"b":[0,[1]]}})"},
        PatchCase{R"([{"op":"replace","path":"","value":1}])", R"({"a":1})", "1"},
        PatchCase{R"([{"op":"test","path":"/~01","value":10}])", R"({"/":9,"~1":10})",
                  R"({"/":9,"~1":10})"},
        PatchCase{R"([{"op":"remove","path":"/a"},{"op":"add","path":"/a","value":2}])",
                  R"({"a":1,"b":1})", R"({"b":1,"a":2})"}));

class BadPatches : public ::testing::TestWithParam<PatchCase> {};

TEST_P(BadPatches, AreToldWithTheirPlace) {
    const core::Failure failure = patch(GetParam().operations, GetParam().target).failure();
    EXPECT_THAT(failure.message, HasSubstr(GetParam().result));
    EXPECT_EQ(*failure.details.find("pointer"), "/patch/0");
}

INSTANTIATE_TEST_SUITE_P(
    JsonPatch, BadPatches,
    ::testing::Values(
        PatchCase{R"([{"op":"add","path":"/a/b","value":1}])", R"({"q":1})",
                  "no object or array to hold \"/a/b\""},
        PatchCase{R"([{"op":"add","path":"/2","value":1}])", "[1]", "has 1 elements"},
        PatchCase{R"([{"op":"add","path":"/00","value":1}])", "[1]", "is no place in it"},
        PatchCase{R"([{"op":"remove","path":"/x"}])", "{}", "nothing at \"/x\""},
        PatchCase{R"([{"op":"test","path":"/a","value":"1"}])", R"({"a":1})",
                  "the test fails: \"/a\" is 1, not \"1\""},
        PatchCase{R"([{"op":"move","from":"/a","path":"/a/b"}])", R"({"a":{}})",
                  "cannot be moved into itself"},
        PatchCase{R"([{"op":"add","path":"a","value":1}])", "{}", "is no JSON Pointer"},
        PatchCase{R"([{"op":"add","path":"/~2","value":1}])", "{}", "`~` is written `~0`"},
        PatchCase{R"([{"op":"add","path":"/a"}])", "{}", "`add` needs a `value`"},
        PatchCase{R"([{"op":"put","path":"/a"}])", "{}", "not \"put\""},
        PatchCase{R"([{"path":"/a"}])", "{}", "`op` must be"},
        PatchCase{R"([{"op":"copy","path":"/a"}])", "{}", "`from` must be a JSON Pointer"}));

TEST(JsonPatch, TellsAFailedTestFromABadPatch) {
    EXPECT_EQ(patch(R"([{"op":"test","path":"","value":1}])", "2").failure().code, "test_failed");
    EXPECT_EQ(patch(R"([{"op":"remove","path":"/x"}])", "{}").failure().code, "bad_patch");
    EXPECT_EQ(patch("1", "{}").failure().code, "bad_field");
}

TEST(JsonPatch, StopsBeforeItShiftsForEver) {
    std::vector<core::Value> operations(9'999, json(R"({"op":"add","path":"/0","value":1})"));
    TypeRun run{"json.patch",
                core::Value::object({{"patch", core::Value::array(std::move(operations))}})};
    run.with_input(core::Value::array(std::vector<core::Value>(100'000)));
    EXPECT_THAT(run.failure().message, HasSubstr("moves and compares more than"));
}

}  // namespace
}  // namespace millrace::nodes
