// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "millrace/core/json.hpp"

namespace millrace::runtime {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

std::shared_ptr<LevelLog> text_log(LogLevel least = LogLevel::info) {
    return make_log(LogFormat::text, least);
}

TEST(Log, WritesTimeLevelMessageAndFieldsOnOneLine) {
    CaptureStderr();
    text_log()->write(LogLevel::warning, "the clock jumped", {{"by", "1h"}, {"at", "x y"}});
    EXPECT_THAT(GetCapturedStderr(),
                MatchesRegex("[0-9-]+T[0-9:.]+Z warning the clock jumped by=1h at=\"x y\"\n"));
}

TEST(Log, LeavesOutWhatIsLessImportant) {
    CaptureStderr();
    const auto log = text_log(LogLevel::error);
    EXPECT_FALSE(log->takes(LogLevel::info));
    log->write(LogLevel::info, "all is well");
    log->set_level(LogLevel::debug);
    EXPECT_TRUE(log->takes(LogLevel::debug));
    log->write(LogLevel::debug, "from now on");
    EXPECT_THAT(GetCapturedStderr(), AllOf(HasSubstr("from now on"), Not(HasSubstr("well"))));
}

TEST(Log, KeepsTextsOfPeersFromForgingLines) {
    CaptureStderr();
    text_log()->write(LogLevel::error, "failed\nerror x\x1b[2J",
                      {{"error", "a\n2026 error \"forged\""}});
    EXPECT_THAT(GetCapturedStderr(),
                HasSubstr("error failed error x [2J error=\"a 2026 error \\\"forged\\\"\"\n"));
}

TEST(Log, WritesAnObjectPerLineWhateverTheTextsHold) {
    CaptureStderr();
    make_log(LogFormat::json, LogLevel::info)
        ->write(LogLevel::info, "it \"said\"\n\x80{}",
                {{"execution_id", "e1"}, {"duration_ms", "12", true}});
    const std::string line = GetCapturedStderr();
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    const auto value = core::parse_json(line);
    ASSERT_TRUE(value) << line;
    EXPECT_EQ(*value->find("level"), core::Value{"info"});
    EXPECT_EQ(*value->find("message"), core::Value{"it \"said\"\n\xEF\xBF\xBD{}"});
    EXPECT_EQ(*value->find("execution_id"), core::Value{"e1"});
    EXPECT_EQ(*value->find("duration_ms"), core::Value{12});
}

TEST(Log, NamesItsLevels) {
    for (const LogLevel level :
         {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error})
        EXPECT_EQ(log_level_of(to_text(level)), level);
    EXPECT_EQ(log_level_of("warn"), std::nullopt);
}

}  // namespace
}  // namespace millrace::runtime
