// SPDX-License-Identifier: Apache-2.0
#include "terminal/timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/events.hpp"
#include "testing/program_test.hpp"

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

core::Event inner(core::Event event, std::string path) {
    event.path = std::move(path);
    return event;
}

TEST(InnerRuns, AddsUpWhatRunsInsideContainers) {
    InnerRuns runs;
    runs.take(testing::started("outer", 0));
    runs.take(inner(testing::started("nap", 10), "loop[0].nap"));
    runs.take(inner(testing::completed("nap", 30, 20), "loop[0].nap"));
    runs.take(inner(testing::started("nap", 30), "loop[1].nap"));
    runs.take(inner(testing::completed("nap", 80, 50), "loop[1].nap"));
    runs.take(inner(testing::failed("nap", 90, "stop"), "loop[2].nap"));
    ASSERT_EQ(runs.by_node().size(), 1u);
    const InnerRun& nap = runs.by_node().at("nap");
    EXPECT_EQ(nap.runs, 3u);
    EXPECT_EQ(nap.failed, 1u);
    EXPECT_EQ(nap.total.ms, 70);
    EXPECT_EQ(nap.longest.ms, 50);
    EXPECT_EQ(nap.first, testing::start + core::Duration{10});
    EXPECT_EQ(nap.last, testing::start + core::Duration{90});
}

class Timeline : public testing::ProgramTest {
protected:
    /// What `executions show --timeline` prints from the timeline on.
    std::vector<std::string> shown(std::size_t columns) {
        fake_.console.out_is_terminal = true;
        fake_.console.color = false;
        fake_.size.columns = columns;
        EXPECT_EQ(run({"executions", "list", "--json"}), Exit::done);
        const std::string id{json().find("items")->as_array()[0].find("id")->as_string()};
        EXPECT_EQ(run({"executions", "show", id, "--timeline"}), Exit::done);
        std::vector<std::string> all = lines();
        const auto begin = std::ranges::find_if(
            all, [](const std::string& line) { return line.starts_with("timeline"); });
        return {begin, all.end()};
    }
};

constexpr const char* looping = R"(millrace: 1
id: looping
nodes:
  - { id: start, type: trigger.manual }
  - { id: each, type: flow.loop, data: { over: "[1, 2, 3]" } }
  - { id: double, parent: each, type: data.template, data: { text: "{{ item * 2 }}" } }
  - { id: a_node_with_quite_a_long_name_indeed, type: debug.log }
connections:
  - start -> each
  - each.item -> double -> each.result
  - each.done -> a_node_with_quite_a_long_name_indeed
)";

TEST_F(Timeline, MarksTheCriticalPathAndCountsWhatLoops) {
    ASSERT_EQ(run({"run", file("looping.workflow.yaml", looping)}), Exit::done);
    const std::vector<std::string> lines = shown(100);
    ASSERT_EQ(lines.size(), 6u);
    EXPECT_THAT(lines[1], AllOf(StartsWith("◆ start "), HasSubstr("━")));
    EXPECT_THAT(lines[2], AllOf(StartsWith("◆ each "), HasSubstr("3 iterations")));
    EXPECT_THAT(lines[3], AllOf(StartsWith("    double "), HasSubstr("3 runs, longest ")));
    EXPECT_THAT(lines[5], StartsWith("◆ critical path: start → each → "
                                     "a_node_with_quite_a_long_name_indeed ("));
}

TEST_F(Timeline, NamesWhatDidNotRun) {
    const std::string path = file("branch.workflow.yaml", R"(millrace: 1
id: branch
nodes:
  - { id: start, type: trigger.manual }
  - { id: choose, type: flow.if, data: { condition: "1 > 2" } }
  - { id: no, type: debug.log }
  - { id: yes, type: flow.fail, data: { message: no } }
  - { id: after, type: debug.log }
connections: [choose.true -> no, start -> choose, choose.false -> yes -> after]
)");
    ASSERT_EQ(run({"run", path}), Exit::failed);
    const std::vector<std::string> lines = shown(100);
    EXPECT_THAT(lines, ::testing::Contains("  skipped: no"));
    EXPECT_THAT(lines, ::testing::Contains("  not started: after"));
}

TEST_F(Timeline, FitsEveryWidth) {
    ASSERT_EQ(run({"run", file("looping.workflow.yaml", looping)}), Exit::done);
    for (const std::size_t columns : {20u, 30u, 40u, 60u, 80u, 120u, 300u})
        for (const std::string& line : shown(columns)) {
            // A name is not broken.
            if (line.find("critical") != std::string::npos || line.starts_with("  a_node"))
                continue;
            EXPECT_LE(columns_of(line), columns) << line;
        }
}

TEST_F(Timeline, NeedsNothingButAscii) {
    fake_.console.unicode = false;
    ASSERT_EQ(run({"run", file("looping.workflow.yaml", looping)}), Exit::done);
    for (const std::string& line : shown(80))
        for (const char c : line)
            EXPECT_LT(static_cast<unsigned char>(c), 0x80) << line;
}

TEST_F(Timeline, IsPrintedWhenAskedFor) {
    const std::string path = file("looping.workflow.yaml", looping);
    ASSERT_EQ(run({"run", path}), Exit::done);
    EXPECT_THAT(err(), Not(HasSubstr("critical path")));
    ASSERT_EQ(run({"run", path, "--timeline"}), Exit::done);
    EXPECT_THAT(err(), HasSubstr("◆ critical path: start → each"));
    EXPECT_EQ(run({"run", path, "--timeline", "--no-timeline"}), Exit::wrong_use);
}

TEST_F(Timeline, QuietRunsSayOnlyWhatFails) {
    const std::string good = file("looping.workflow.yaml", looping);
    ASSERT_EQ(run({"run", good, "--quiet"}), Exit::done);
    EXPECT_EQ(err(), "");
    EXPECT_THAT(out(), HasSubstr("a_node_with"));
    const std::string bad = file("bad.workflow.yaml",
                                 "millrace: 1\nid: bad\nnodes:\n"
                                 "  - { id: start, type: trigger.manual }\n"
                                 "  - { id: stop, type: flow.fail, data: { message: no } }\n"
                                 "connections: [start -> stop]\n");
    ASSERT_EQ(run({"run", bad, "--quiet"}), Exit::failed);
    EXPECT_THAT(err(), StartsWith("failed at node stop: "));
}

}  // namespace
}  // namespace millrace::cli
