// SPDX-License-Identifier: Apache-2.0
#include "dispatch/wait_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"

namespace millrace::server {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

core::ExecutionId execution(std::uint8_t number) {
    core::ExecutionId id;
    id.uuid.bytes[15] = number;
    return id;
}

store::Wait wait(std::uint8_t number, std::string_view details, std::int64_t opened_at = 10) {
    store::Wait made;
    made.id = execution(number);
    made.path = "wait";
    made.details = *core::parse_json(details);
    made.opened_at = core::Time{opened_at};
    return made;
}

HappenedEvent event(std::string_view type, std::string_view data, std::int64_t at = 10) {
    GivenEvent given;
    given.id = "e";
    given.type = type;
    given.source = "shop";
    given.since = given.time = core::Time{at};
    given.data = *core::parse_json(data);
    return happened(std::move(given));
}

TEST(WaitIndex, FindsWhatAnEventAnswers) {
    WaitIndex index;
    index.add(wait(1, R"({"type": "paid", "match": {"data.id": 1}})"));
    index.add(wait(2, R"({"type": "paid", "match": {"data.id": 2}})"));
    index.add(wait(3, R"({"type": ["paid", "sent"], "filter": "item.data.id > 1"})"));
    index.add(wait(4, R"({"type": "paid", "source": "other"})"));
    EXPECT_THAT(index.answered_by(event("paid", R"({"id": 1})"), true), SizeIs(1));
    EXPECT_THAT(index.answered_by(event("paid", R"({"id": 2})"), true), SizeIs(2));
    EXPECT_THAT(index.answered_by(event("sent", R"({"id": 2})"), true), SizeIs(1));
    EXPECT_THAT(index.answered_by(event("paid", "7"), true), IsEmpty());
    EXPECT_EQ(index.path_of({execution(1), {}}), "wait");
}

TEST(WaitIndex, TakesNoEventThatCameBeforeTheWait) {
    WaitIndex index;
    index.add(wait(1, R"({"type": "paid"})", 20));
    EXPECT_THAT(index.answered_by(event("paid", "1", 19), false), IsEmpty());
    EXPECT_THAT(index.answered_by(event("paid", "1", 20), false), SizeIs(1));
    EXPECT_THAT(index.answered_by(event("paid", "1", 19), true), SizeIs(1));
}

TEST(WaitIndex, NeverAnswersAnExecutionByItsOwnEvents) {
    WaitIndex index;
    index.add(wait(1, R"({"type": "**"})"));
    HappenedEvent own = event("execution.waiting", "1");
    own.execution_id = execution(1);
    EXPECT_THAT(index.answered_by(own, true), IsEmpty());
}

TEST(WaitIndex, ForgetsWaitsThatEnd) {
    WaitIndex index;
    index.add(wait(1, R"({"type": "execution.failed", "source": "workflow:a"})", 20));
    EXPECT_EQ(index.types(), bit_of(core::EventType::execution_failed));
    EXPECT_TRUE(index.wants_source("workflow:a"));
    EXPECT_FALSE(index.wants_source("workflow:b"));
    engine::WaitRow row;
    row.id = execution(1);
    row.state = engine::WaitRow::State::expired;
    row.at = core::Time{19};
    index.apply(row);
    EXPECT_EQ(index.size(), 1u) << "a row from before it began to wait anew";
    row.at = core::Time{21};
    index.apply(row);
    EXPECT_EQ(index.size(), 0u);
    EXPECT_EQ(index.types(), 0u);
}

TEST(WaitIndex, HearsOfWaitsForEventsOnly) {
    WaitIndex index;
    engine::WaitRow row;
    row.id = execution(1);
    row.what = engine::WaitRow::What::signal;
    index.apply(row);
    EXPECT_EQ(index.size(), 0u);
    row.what = engine::WaitRow::What::event;
    row.details = *core::parse_json(R"({"type": "paid"})");
    index.apply(row);
    index.apply(row);
    EXPECT_EQ(index.size(), 1u);
}

TEST(WaitIndex, LeavesOutWhatCannotBeRead) {
    WaitIndex index;
    index.add(wait(1, R"({"type": "paid", "filter": "item."})"));
    index.add(wait(2, "7"));
    EXPECT_EQ(index.size(), 0u);
}

}  // namespace
}  // namespace millrace::server
