// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::json;
using testing::NodeRun;
using testing::out_of;
using testing::problems_of;

TEST(TriggerEvent, MakesAnEventOfWhatARunByHandIsGiven) {
    const NodeRun run{json("{}"), json(R"({"total": 7})")};
    const core::Value event = out_of(run.start(trigger_event()));
    EXPECT_EQ(*event.find("data"), run.input);
    EXPECT_EQ(*event.find("type"), "manual");
    EXPECT_EQ(*event.find("time"), testing::test_time.text());
}

TEST(TriggerEvent, FindsMistakesBeforeAnyEventComes) {
    EXPECT_THAT(problems_of(trigger_event(), R"({"event": ["order.*", "a b"]})"),
                ElementsAre("bad_value /data/event/1"));
    EXPECT_THAT(problems_of(trigger_event(), R"({"event": "a", "source": "\u00e4"})"),
                ElementsAre("bad_value /data/source"));
    EXPECT_THAT(problems_of(trigger_event(), R"({"event": "a", "filter": "item.data.total >"})"),
                ElementsAre("bad_expression /data/filter"));
    EXPECT_THAT(problems_of(trigger_event(), R"({"event": "a", "filter": "inputs.total > 1"})"),
                ElementsAre("bad_expression /data/filter"));
}

TEST(TriggerEvent, TakesWhatCanBeRead) {
    EXPECT_THAT(problems_of(trigger_event(),
                            R"({"event": "order.**", "source": ["workflow:*", "https://a/b"],
                                "filter": "{{ item.data.total > 100 }}", "max_depth": 3})"),
                IsEmpty());
}

}  // namespace
}  // namespace millrace::nodes
