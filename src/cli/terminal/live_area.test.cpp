// SPDX-License-Identifier: Apache-2.0
#include "terminal/live_area.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Picture picture_of(std::vector<std::string> live, std::vector<std::string> settled = {}) {
    Picture picture;
    for (std::string& text : live)
        picture.live.push_back({{Tone::plain, std::move(text)}});
    for (std::string& text : settled)
        picture.settled.push_back({{Tone::plain, std::move(text)}});
    return picture;
}

constexpr TerminalSize size{20, 10};

TEST(LiveArea, GoesBackOverWhatItShowedAndWritesOnce) {
    LiveArea area{false};
    area.draw(picture_of({"one", "two"}), size);
    EXPECT_EQ(area.draw(picture_of({"one", "2"}), size),
              "\x1b[?25l\r\x1b[2Aone\x1b[K\r\n2\x1b[K\r\n\x1b[J\x1b[?25h");
}

TEST(LiveArea, SendsNothingWhenNothingChanged) {
    LiveArea area{false};
    area.draw(picture_of({"one"}), size);
    EXPECT_EQ(area.draw(picture_of({"one"}), size), "");
}

TEST(LiveArea, PutsSettledLinesAboveTheLiveOnes) {
    LiveArea area{false};
    area.draw(picture_of({"one"}), size);
    EXPECT_THAT(area.draw(picture_of({"one"}, {"said"}), size),
                HasSubstr("\x1b[1Asaid\x1b[K\r\none\x1b[K\r\n"));
}

TEST(LiveArea, LeavesTheLastColumnFree) {
    LiveArea area{false};
    EXPECT_THAT(area.draw(picture_of({"12345678901234567890"}), size),
                HasSubstr("J123456789012345678…\x1b[K"));
}

TEST(LiveArea, GoesBackOverLinesThatANarrowerTerminalWrapped) {
    LiveArea area{false};
    area.draw(picture_of({"123456789012345", "short"}), size);
    EXPECT_THAT(area.draw(picture_of({"123456789012345", "short"}), {10, 10}),
                HasSubstr("\x1b[3A\x1b[J"));
}

TEST(LiveArea, LeavesNothingBehindWhenAllIsSettled) {
    LiveArea area{false};
    area.draw(picture_of({"one", "two"}), size);
    const std::string last = area.draw(picture_of({}, {"one"}), size);
    EXPECT_EQ(last, "\x1b[?25l\r\x1b[2Aone\x1b[K\r\n\x1b[J\x1b[?25h");
    EXPECT_THAT(area.draw(picture_of({"new"}), size), Not(HasSubstr("A")));
}

}  // namespace
}  // namespace millrace::cli
