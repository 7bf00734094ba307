// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

TEST(Log, WritesLevelMessageAndFieldsOnOneLine) {
    CaptureStderr();
    make_stderr_log()->write(LogLevel::warning, "the clock jumped", {{"by", "1h"}, {"at", "x y"}});
    EXPECT_THAT(GetCapturedStderr(), HasSubstr("warning the clock jumped by=1h at=\"x y\"\n"));
}

TEST(Log, LeavesOutWhatIsLessImportant) {
    CaptureStderr();
    make_stderr_log(LogLevel::error)->write(LogLevel::info, "all is well");
    EXPECT_EQ(GetCapturedStderr(), "");
}

TEST(Log, KeepsValuesOfPeersFromForgingLines) {
    CaptureStderr();
    make_stderr_log()->write(LogLevel::error, "failed", {{"error", "a\n2026 error \"forged\""}});
    EXPECT_THAT(GetCapturedStderr(), HasSubstr("error=\"a 2026 error \\\"forged\\\"\"\n"));
}

}  // namespace
}  // namespace millrace::runtime
