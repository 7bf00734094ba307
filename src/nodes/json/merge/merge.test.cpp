// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using testing::json;
using testing::TypeRun;

struct MergeCase {
    const char* target;
    const char* patch;
    const char* result;
};
class MergeCases : public ::testing::TestWithParam<MergeCase> {};

TEST_P(MergeCases, GiveWhatTheStandardSays) {
    TypeRun run{"json.merge", core::Value::object({{"patch", json(GetParam().patch)}})};
    EXPECT_EQ(core::to_json(run.with_input(json(GetParam().target)).out()),
              core::to_json(json(GetParam().result)));
}

// The appendix of RFC 7386.
INSTANTIATE_TEST_SUITE_P(
    JsonMerge, MergeCases,
    ::testing::Values(MergeCase{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
                      MergeCase{R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
                      MergeCase{R"({"a":"b"})", R"({"a":null})", "{}"},
                      MergeCase{R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
                      MergeCase{R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
                      MergeCase{R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
                      MergeCase{R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})",
                                R"({"a":{"b":"d"}})"},
                      MergeCase{R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
                      MergeCase{R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
                      MergeCase{R"({"a":"b"})", R"(["c"])", R"(["c"])"},
                      MergeCase{R"({"a":"foo"})", "null", "null"},
                      MergeCase{R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
                      MergeCase{"[1,2]", R"({"a":"b","c":null})", R"({"a":"b"})"},
                      MergeCase{"{}", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}));

TEST(JsonMerge, RefusesAPatchWithoutEnd) {
    core::Value deep = 1;
    for (int i = 0; i < 501; ++i)
        deep = core::Value::object({{"a", deep}});
    TypeRun run{"json.merge", json(R"({"patch":"{{ input }}"})")};
    EXPECT_EQ(run.with_input(deep).failure().code, "patch_too_deep");
    EXPECT_EQ(TypeRun("json.merge", "{}", "1").failure().code, "missing_field");
}

}  // namespace
}  // namespace millrace::nodes
