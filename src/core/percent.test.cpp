// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/percent.hpp"

#include <gtest/gtest.h>

namespace millrace::core {
namespace {

TEST(PercentEncoded, LeavesWhatIsUnreserved) {
    EXPECT_EQ(percent_encoded("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(percent_encoded("a b/c?d=e&f+g%"), "a%20b%2Fc%3Fd%3De%26f%2Bg%25");
    EXPECT_EQ(percent_encoded("\xC3\xA4"), "%C3%A4");
    EXPECT_EQ(percent_encoded(std::string_view{"\0", 1}), "%00");
}

TEST(PercentEncoded, LeavesFurtherMarksWhereTheyMayStand) {
    EXPECT_EQ(percent_encoded("a:b/c", ":"), "a:b%2Fc");
}

}  // namespace
}  // namespace millrace::core
