// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::json;
using testing::problems_of;
using testing::TypeRun;

constexpr std::string_view left = R"([{"id":1,"a":1},{"id":2,"a":2},{"id":null},{"id":2,"a":3}])";
constexpr std::string_view right = R"([{"id":2,"b":1},{"id":3,"b":2},{"id":2,"b":3},{"b":4}])";

TypeRun joined(std::string_view data) {
    TypeRun run{"data.join", json(data)};
    return run.with_inputs({json(left), json(right)});
}

TEST(DataJoin, PairsItemsWithEqualKeys) {
    EXPECT_EQ(joined(R"({"key":"item.id"})").out(),
              json(R"([{"id":2,"a":2,"b":1},{"id":2,"a":2,"b":3},
                       {"id":2,"a":3,"b":1},{"id":2,"a":3,"b":3}])"));
}

TEST(DataJoin, KeepsWhatHasNoPartner) {
    EXPECT_EQ(joined(R"({"key":"item.id","kind":"left"})").out().size(), 6u);
    EXPECT_EQ(joined(R"({"key":"item.id","kind":"right"})").out().size(), 6u);
    const core::Value full = joined(R"({"key":"item.id","kind":"full","combine":"nest"})").out();
    ASSERT_EQ(full.size(), 8u);
    EXPECT_EQ(full.as_array()[0], json(R"({"left":{"id":1,"a":1},"right":null})"));
    EXPECT_EQ(full.as_array()[3], json(R"({"left":{"id":null},"right":null})"));
    EXPECT_EQ(full.as_array()[6], json(R"({"left":null,"right":{"id":3,"b":2}})"));
    EXPECT_EQ(full.as_array()[7], json(R"({"left":null,"right":{"b":4}})"));
}

TEST(DataJoin, MergesFieldsAsTold) {
    TypeRun run{"data.join", json(R"({"left_key":"item.k","right_key":"item.id",
                                      "prefer":"right","right_prefix":"r_"})")};
    run.with_inputs({json(R"([{"k":1,"r_x":0}])"), json(R"([{"id":1,"x":5}])")});
    EXPECT_EQ(core::to_json(run.out()), R"([{"k":1,"r_x":5,"r_id":1}])");
    TypeRun plain{"data.join", json(R"({"key":"item.id"})")};
    plain.with_inputs({json(R"([{"id":1,"x":1}])"), json(R"([{"id":1,"x":2}])")});
    EXPECT_EQ(plain.out(), json(R"([{"id":1,"x":1}])"));
}

TEST(DataJoin, RefusesTooManyRows) {
    const core::Failure failure = joined(R"({"key":"1","max_rows":10})").failure();
    EXPECT_EQ(failure.code, "too_many_rows");
    EXPECT_EQ(failure.error_class, core::ErrorClass::limit);
}

TEST(DataJoin, NamesTheSideThatIsWrong) {
    TypeRun run{"data.join", json(R"({"key":"item"})")};
    EXPECT_THAT(run.with_inputs({json("[1]"), json("{}")}).failure().message,
                HasSubstr("the input `right` is no array but object"));
    EXPECT_THAT(run.with_inputs({json("[1]"), json("[1]")}).failure().message,
                HasSubstr("item 0 of `left` is no object"));
}

TEST(DataJoin, NeedsAKeyForBothSides) {
    EXPECT_THAT(problems_of(data_join(), R"({"left_key":"item.id"})"),
                ElementsAre("missing_key /data/right_key"));
    EXPECT_THAT(problems_of(data_join(), R"({"key":"item","combine":"nest","prefer":"left"})"),
                ElementsAre("bad_value /data/prefer"));
}

}  // namespace
}  // namespace millrace::nodes
