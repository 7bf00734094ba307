// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/result.hpp"

#include <gtest/gtest.h>

#include "millrace/core/check.hpp"

namespace millrace::core {
namespace {

enum class FirstErrc { lost };
std::string_view code_text(FirstErrc) {
    return "lost";
}

enum class SecondErrc { lost };
std::string_view code_text(SecondErrc) {
    return "lost";
}

Result<int> lose() {
    return fail(FirstErrc::lost, "it is gone");
}

TEST(Error, TellsEqualCodesOfTwoRoomsApart) {
    const Error error = lose().error();
    EXPECT_TRUE(error.is(FirstErrc::lost));
    EXPECT_FALSE(error.is(SecondErrc::lost));
    EXPECT_EQ(error.code(), "lost");
}

TEST(Error, TakesContextAndStaysTheSame) {
    const Error error = lose().error().during("open", "journal").during("start");
    EXPECT_EQ(error.message(), "start: open journal: it is gone");
    EXPECT_TRUE(error.is(FirstErrc::lost));
}

TEST(CheckDeathTest, NamesTheConditionAndItsPlace) {
    const int frames = 3;
    MR_CHECK(frames == 3);
    EXPECT_DEATH(MR_CHECK(frames < 3), "result.test.cpp:[0-9]+: broken invariant: frames < 3");
}

}  // namespace
}  // namespace millrace::core
