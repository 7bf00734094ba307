// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::json;
using testing::problems_of;
using testing::TypeRun;

TEST(DataSplit, MakesBatches) {
    EXPECT_EQ(TypeRun("data.split", R"({"size":2})", "[1,2,3]").out(), json("[[1,2],[3]]"));
    EXPECT_EQ(TypeRun("data.split", R"({"size":5})", "[1,2,3]").out(), json("[[1,2,3]]"));
    EXPECT_EQ(TypeRun("data.split", R"({"size":5})", "[]").out(), json("[]"));
}

TEST(DataSplit, CutsATextAtItsSeparator) {
    EXPECT_EQ(TypeRun("data.split", R"({"separator":"--"})", R"("a--b----c--")").out(),
              json(R"(["a","b","","c",""])"));
    EXPECT_EQ(TypeRun("data.split", R"({"separator":",","trim":true,"keep_empty":false})",
                      R"(" a , ,b\n,")")
                  .out(),
              json(R"(["a","b"])"));
    EXPECT_EQ(TypeRun("data.split", R"({"separator":","})", R"("")").out(), json(R"([""])"));
}

TEST(DataSplit, RefusesTheOtherKind) {
    EXPECT_EQ(TypeRun("data.split", R"({"separator":","})", "[1]").failure().code, "not_a_text");
    EXPECT_EQ(TypeRun("data.split", R"({"size":2})", R"("a,b")").failure().code, "not_an_array");
    EXPECT_EQ(TypeRun("data.split", R"({"size":0})", "[1]").failure().code, "bad_field");
    EXPECT_EQ(TypeRun("data.split", "{}", "[1]").failure().code, "missing_field");
}

TEST(DataSplit, FindsBothOrNoneBeforeTheRun) {
    EXPECT_THAT(problems_of(data_split(), R"({"size":1,"separator":","})"),
                ElementsAre("bad_value /data/separator"));
    EXPECT_THAT(problems_of(data_split(), R"({"size":1,"trim":true})"),
                ElementsAre("bad_value /data/trim"));
    EXPECT_THAT(problems_of(data_split(), "{}"), ElementsAre("missing_key /data/size"));
    EXPECT_THAT(problems_of(data_split(), R"({"size":1})"), IsEmpty());
}

}  // namespace
}  // namespace millrace::nodes
