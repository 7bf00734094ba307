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

constexpr std::string_view with_id = R"({"schema":{"required":["id"]}})";

TEST(DataValidate, SendsAWholeValueOneWay) {
    EXPECT_EQ(TypeRun("data.validate", with_id, R"({"id":1})").ports(),
              json(R"({"valid":{"id":1}})"));
    const core::Value invalid = TypeRun("data.validate", with_id, R"({"x":1})").ports();
    ASSERT_EQ(invalid.size(), 1u);
    EXPECT_EQ(*invalid.find("invalid")->find("value"), json(R"({"x":1})"));
    EXPECT_EQ(invalid.find("invalid")->find("errors")->size(), 1u);
}

TEST(DataValidate, IsADecisionOnlyForWholeValues) {
    EXPECT_EQ(TypeRun("data.validate", json(with_id)).type().role, core::NodeRole::decision);
    EXPECT_EQ(TypeRun("data.validate", json(R"({"schema":{},"mode":"items"})")).type().role,
              core::NodeRole::pure);
}

TEST(DataValidate, PartsGoodItemsFromBadOnes) {
    const core::Value ports = TypeRun("data.validate",
                                      R"({"mode":"items","over":"input.rows",
                    "schema":{"properties":{"id":{"type":"integer"}}}})",
                                      R"({"rows":[{"id":1},{"id":"x"},{"id":3}]})")
                                  .ports();
    EXPECT_EQ(*ports.find("valid"), json(R"([{"id":1},{"id":3}])"));
    const core::Value& bad = ports.find("invalid")->as_array()[0];
    EXPECT_EQ(*bad.find("index"), 1);
    EXPECT_EQ(*bad.find("item"), json(R"({"id":"x"})"));
    EXPECT_EQ(*bad.find("errors")->as_array()[0].find("path"), "/id");
}

TEST(DataValidate, FailsWhenTold) {
    const core::Failure whole =
        TypeRun("data.validate", R"({"schema":{"type":"string"},"on_invalid":"fail"})", "1")
            .failure();
    EXPECT_EQ(whole.code, "invalid_data");
    EXPECT_THAT(whole.message, HasSubstr("the input is not as the schema says: "));
    const core::Failure item =
        TypeRun("data.validate",
                R"({"schema":{"type":"string"},"on_invalid":"fail","mode":"items"})", R"(["a",1])")
            .failure();
    EXPECT_EQ(*item.details.find("item"), 1);
}

TEST(DataValidate, FindsABadSchemaBeforeTheRun) {
    EXPECT_THAT(problems_of(data_validate(), R"({"schema":{"type":"nonsense"}})"),
                ElementsAre("bad_value /data/schema"));
    EXPECT_EQ(TypeRun("data.validate", R"({"schema":{"type":"nonsense"}})", "1").failure().code,
              "bad_schema");
}

}  // namespace
}  // namespace millrace::nodes
