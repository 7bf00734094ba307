// SPDX-License-Identifier: Apache-2.0
#include "run/run_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/events.hpp"

namespace millrace::cli {
namespace {

using testing::completed;
using testing::created;
using ::testing::ElementsAre;
using testing::failed;
using ::testing::IsEmpty;
using testing::remark;
using testing::retrying;
using ::testing::SizeIs;
using testing::started;
using testing::waiting;

core::Time after(std::int64_t ms) {
    return testing::start + core::Duration{ms};
}

std::vector<std::string> texts(const std::vector<Line>& lines) {
    std::vector<std::string> result;
    for (const Line& line : lines)
        result.push_back(rendered(line, false));
    return result;
}

RunFacts three_nodes() {
    return RunFacts{{{"start", 1, false}, {"charge", 4, true}, {"tell", 1, true}}};
}

class View : public ::testing::Test {
protected:
    View() { view_.feed(created()); }

    std::vector<std::string> live(std::int64_t after_ms) {
        return texts(view_.picture(after(after_ms), {80, 24}).live);
    }

    RunView view_{three_nodes(), true, "Ctrl-C cancels"};
};

TEST_F(View, ShowsANodePerLineInTheOrderOfTheirStarts) {
    view_.feed(started("charge", 2));
    view_.feed(started("start", 3));
    view_.feed(completed("start", 4, 1));
    EXPECT_THAT(live(500), ElementsAre("● charge  running", "✓ start   1 ms",
                                       "  1 of 3 nodes done  (Ctrl-C cancels)"));
}

TEST_F(View, CountsSecondsOnlyOfWhatTakesLong) {
    view_.feed(started("charge", 0));
    EXPECT_THAT(live(3'700),
                ElementsAre("● charge  running 3 s", "  0 of 3 nodes done  3 s  (Ctrl-C cancels)"));
}

TEST_F(View, CountsDownToTheNextAttempt) {
    view_.feed(started("charge", 0));
    view_.feed(retrying("charge", 100, 2'000, 2));
    EXPECT_EQ(live(600).front(), "↻ charge  attempt 2 of 4 in 2 s  http_503");
    EXPECT_EQ(live(5'000).front(), "↻ charge  attempt 2 of 4 in 0 s  http_503");
    view_.feed(started("charge", 5'000, 2));
    EXPECT_EQ(live(5'001).front(), "● charge  running  attempt 2 of 4");
    view_.feed(completed("charge", 5'100, 5'100, 2));
    EXPECT_EQ(live(5'200).front(), "✓ charge  5.1 s  attempt 2");
}

TEST_F(View, CountsDownAWait) {
    view_.feed(waiting("tell", 0, 90'000));
    EXPECT_EQ(live(1'000).front(), "○ tell    waits 1 min 29 s");
}

TEST_F(View, CutsALongFailureInsteadOfWrappingIt) {
    view_.feed(started("charge", 0));
    view_.feed(failed("charge", 10, "stop"));
    const Picture last = view_.last_picture(after(20), {24, 24});
    EXPECT_THAT(texts(last.settled), ElementsAre("✗ charge  http_503: GET…"));
    EXPECT_THAT(last.live, IsEmpty());
}

TEST_F(View, KeepsWhatNodesSayAboveTheNodes) {
    view_.feed(started("charge", 0));
    view_.feed(remark("tell", "warn", "about to\nend"));
    EXPECT_THAT(texts(view_.picture(after(0), {80, 24}).settled),
                ElementsAre("tell: warn: about to end"));
    EXPECT_THAT(view_.picture(after(0), {80, 24}).settled, IsEmpty());
}

TEST_F(View, DoesNotRepeatWhatWasSaidBeforeARestart) {
    view_.recall(started("charge", 0));
    view_.recall(remark("tell", "info", "hello"));
    const Picture picture = view_.picture(after(100), {80, 24});
    EXPECT_THAT(picture.settled, IsEmpty());
    EXPECT_THAT(picture.live, SizeIs(2));
}

TEST_F(View, SettlesEndedNodesWhenThereAreMoreThanRows) {
    view_.feed(completed("start", 0, 0));
    view_.feed(started("charge", 0));
    view_.feed(started("tell", 0));
    const Picture picture = view_.picture(after(0), {80, 4});
    EXPECT_THAT(texts(picture.settled), ElementsAre("✓ start   0 ms"));
    EXPECT_THAT(texts(picture.live), ElementsAre("● charge  running", "● tell    running",
                                                 "  1 of 3 nodes done  (Ctrl-C cancels)"));
}

TEST_F(View, CountsWhatDoesNotFit) {
    view_.feed(started("start", 0));
    view_.feed(started("charge", 0));
    view_.feed(started("tell", 0));
    EXPECT_THAT(texts(view_.picture(after(0), {80, 3}).live),
                ElementsAre("● start   running", "● charge  running",
                            "  0 of 3 nodes done, 1 more not shown  (Ctrl-C cancels)"));
}

TEST_F(View, IgnoresNodesThatTheWorkflowDoesNotHave) {
    view_.feed(started("other", 0));
    EXPECT_THAT(live(0), SizeIs(1));
}

TEST(RunView, CountsTheIterationsOfALoopAndShowsNoneOfThem) {
    RunView view{RunFacts{{{.id = "loop", .is_loop = true}}}, true, "Ctrl-C cancels"};
    view.feed(started("loop", 0));
    core::Event inner = completed("charge", 0, 2);
    inner.path = "loop[0].charge";
    view.feed(inner);
    view.count("loop", {.opened = 412, .completed = 400, .failed = 2});
    EXPECT_THAT(texts(view.picture(after(0), {80, 24}).live),
                ElementsAre("● loop  running  402 iterations, 10 running, 2 failed",
                            "  0 of 1 node done  (Ctrl-C cancels)"));
}

TEST(RunView, SpeaksAsciiWhereTheTerminalDoes) {
    RunView view{three_nodes(), false, "Ctrl-C cancels"};
    view.feed(completed("start", 0, 2));
    EXPECT_EQ(texts(view.picture(after(0), {80, 24}).live).front(), "+ start   2 ms");
}

}  // namespace
}  // namespace millrace::cli
