// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/node.hpp"

#include <gtest/gtest.h>

#include <array>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

TEST(NodeCall, ReadsNullWhereThereIsNothing) {
    const core::Value data = json(R"({"a": 1})");
    const NodeCall call{{}, {}, data, {}};
    EXPECT_TRUE(call.input().is_null());
    EXPECT_TRUE(call.field("b").is_null());
    EXPECT_EQ(call.field("a"), core::Value{1});
}

TEST(NodeCall, TakesTheFirstPortAsTheInput) {
    const core::Value data;
    const std::array<core::Value, 2> inputs{core::Value{"first"}, core::Value{"second"}};
    const NodeCall call{inputs, {}, data, {}};
    EXPECT_EQ(call.input(), core::Value{"first"});
    EXPECT_TRUE(call.field("a").is_null());
}

TEST(NodeBehaviour, RefusesAnAnswerItNeverAskedFor) {
    const auto pass = test_library()->find("test.pass", 1);
    const auto value = pass->behaviour->finish({}, {});
    ASSERT_FALSE(value.has_value());
    EXPECT_EQ(value.error().code, "unexpected_answer");
}

TEST(ValidationFailure, IsOfTheClassValidation) {
    const core::Failure failure = validation_failure("bad_thing", "it is bad");
    EXPECT_EQ(failure.code, "bad_thing");
    EXPECT_EQ(failure.error_class, core::ErrorClass::validation);
    EXPECT_FALSE(failure.recoverable);
}

}  // namespace
}  // namespace millrace::engine
