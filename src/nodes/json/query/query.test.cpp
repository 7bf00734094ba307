// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using testing::json;
using testing::problems_of;
using testing::TypeRun;

constexpr std::string_view input = R"({"rows":[{"n":1},{"n":null},{"n":3}]})";

core::Value queried(std::string_view data) {
    return TypeRun("json.query", data, input).out();
}

TEST(JsonQuery, TakesWhatIsSelected) {
    EXPECT_EQ(queried(R"({"path":"$.rows[*].n"})"), json("[1,null,3]"));
    EXPECT_EQ(queried(R"({"path":"$.rows[*].n","take":"first"})"), 1);
    EXPECT_EQ(queried(R"({"path":"$.rows[*].n","take":"count"})"), 3);
    EXPECT_EQ(queried(R"({"path":"$.rows[?@.n > 2]","take":"exists"})"), true);
}

TEST(JsonQuery, HasAnAnswerWhereNothingIsSelected) {
    EXPECT_EQ(queried(R"({"path":"$.none"})"), json("[]"));
    EXPECT_TRUE(queried(R"({"path":"$.none","take":"first"})").is_null());
    EXPECT_EQ(queried(R"({"path":"$.none","take":"first","default_value":7})"), 7);
    EXPECT_EQ(queried(R"({"path":"$.none","take":"exists"})"), false);
}

TEST(JsonQuery, ReadsAPathThatATemplateGives) {
    EXPECT_EQ(
        TypeRun("json.query", R"({"path":"$.{{ input.name }}"})", R"({"name":"x","x":1})").out(),
        json("[1]"));
    EXPECT_EQ(TypeRun("json.query", R"({"path":"{{ input }}"})", R"("$[")").failure().code,
              "bad_path");
}

TEST(JsonQuery, FindsABadPathBeforeTheRun) {
    EXPECT_THAT(problems_of(json_query(), R"({"path":"$.rows["})"),
                ElementsAre("bad_expression /data/path"));
}

}  // namespace
}  // namespace millrace::nodes
