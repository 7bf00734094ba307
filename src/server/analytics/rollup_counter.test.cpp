// SPDX-License-Identifier: Apache-2.0
#include "analytics/rollup_counter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <deque>
#include <limits>
#include <random>

#include "analytics/analytics_values.hpp"
#include "analytics/window.hpp"
#include "millrace/format/expression_host.hpp"
#include "millrace/store/open.hpp"
#include "millrace/store/testing/temp_folder.hpp"

// What is counted in pieces, with failures and restarts in between, against counting it all anew.

namespace millrace::server {
namespace {

using core::Duration;
using core::Time;
using store::Rollup;
using store::RollupSpan;
using store::RollupSubject;

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t day_ms = 24 * hour_ms;
const Time now = Time::parse("2026-06-15T10:17:23.456Z").value();

/// Something that happened, in whole numbers of what the sinks are told.
struct Event {
    enum class Kind : std::uint8_t { created, node, ended };
    Kind kind = Kind::created;
    std::string workflow;
    std::string node;  // empty: it is about an execution
    Time at;
    std::optional<std::int64_t> took_ms;  // none: it never started
    std::size_t outcome = 0;              // 0 completed, 1 failed, 2 canceled, 3 skipped
    std::string code;
    std::uint32_t attempts = 0;
    std::uint32_t retries = 0;
    bool is_pinned = false;
};
using EventFrame = std::vector<Event>;

class History {
public:
    explicit History(std::uint64_t seed) : random_{seed} {}

    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    /// Of the last hours, days and months, as often of each.
    Time moment() {
        constexpr std::array<std::uint64_t, 3> reaches{6 * hour_ms, 35 * day_ms, 390 * day_ms};
        return Time{now.ms - static_cast<std::int64_t>(below(reaches[below(reaches.size())]))};
    }
    std::vector<EventFrame> frames(std::size_t count) {
        std::vector<EventFrame> frames(count);
        for (EventFrame& frame : frames)
            for (std::uint64_t events = 1 + below(6); events > 0; --events)
                frame.push_back(event());
        return frames;
    }

private:
    Event event() {
        constexpr std::array<const char*, 6> codes{"http_503",   "timeout", "no_stock",
                                                   "connection", "limit",   "expression"};
        Event event;
        event.kind = static_cast<Event::Kind>(below(3));
        event.workflow = "flow-" + std::to_string(below(4));
        event.at = moment();
        if (event.kind == Event::Kind::created) return event;
        const bool of_node = event.kind == Event::Kind::node;
        if (of_node) event.node = "node-" + std::to_string(below(5));
        event.outcome = below(of_node ? 4 : 3);
        // From none over some milliseconds to weeks, as many of each size.
        if (below(8) > 0 && event.outcome != 3)
            event.took_ms = static_cast<std::int64_t>(random_() >> (34 + below(30))) - 1;
        if (event.outcome == 1) event.code = codes[below(1 + below(codes.size()))];
        if (event.took_ms) event.attempts = static_cast<std::uint32_t>(1 + below(3));
        event.retries = static_cast<std::uint32_t>(below(3));
        event.is_pinned = of_node && below(10) == 0;
        return event;
    }

    std::mt19937_64 random_;
};

void tell(RollupCounter& counter, const Event& event) {
    const engine::Plan plan;
    const core::Value labels;
    const std::string forked_from;
    const Time started{event.at.ms - event.took_ms.value_or(0)};
    ObservedExecution execution{.plan = plan, .labels = labels, .forked_from = forked_from};
    execution.workflow_id = event.workflow;
    execution.created = event.kind == Event::Kind::created ? event.at : started;
    if (event.took_ms) execution.started = started;
    core::Failure failure;
    failure.code = event.code;
    if (event.kind == Event::Kind::created) return counter.on_created(execution);
    if (event.kind == Event::Kind::ended) {
        constexpr std::array statuses{core::ExecutionStatus::completed,
                                      core::ExecutionStatus::failed,
                                      core::ExecutionStatus::canceled};
        execution.generation = event.retries;
        ExecutionFact fact{.execution = execution};
        fact.status = statuses[event.outcome];
        fact.ended = event.at;
        fact.error = event.code.empty() ? nullptr : &failure;
        return counter.on_ended(fact);
    }
    constexpr std::array statuses{core::NodeStatus::completed, core::NodeStatus::failed,
                                  core::NodeStatus::canceled, core::NodeStatus::skipped};
    NodeFact fact{.execution = execution};
    fact.node_id = event.node;
    fact.status = statuses[event.outcome];
    if (event.is_pinned) fact.by = engine::CompletedBy::pinned;
    fact.started = started;
    fact.ended = event.at;
    fact.attempts = event.attempts;
    fact.retries = event.retries;
    fact.error = event.code.empty() ? nullptr : &failure;
    counter.on_node(fact);
}

/// Counted from all events at each question.
struct Naive {
    Rollup counts;  // without durations
    std::vector<std::uint64_t> durations;
};

Naive count(const std::vector<EventFrame>& frames, const RollupSubject& subject, Time from,
            Time before) {
    Naive naive;
    for (const EventFrame& frame : frames) {
        for (const Event& event : frame) {
            if (event.node != subject.node_id || event.at < from || event.at >= before) continue;
            if (!subject.workflow_id.empty() && event.workflow != subject.workflow_id) continue;
            Rollup& counts = naive.counts;
            const bool of_node = event.kind == Event::Kind::node;
            if (event.kind == Event::Kind::created || (of_node && event.attempts > 0))
                ++counts.started;
            if (event.kind == Event::Kind::created) continue;
            ++*std::array{&counts.completed, &counts.failed, &counts.canceled,
                          &counts.skipped}[event.outcome];
            if (of_node) counts.attempts += event.attempts;
            counts.retries += event.retries;
            if (!event.code.empty()) ++counts.errors[event.code];
            if (event.took_ms && !event.is_pinned)
                naive.durations.push_back(
                    static_cast<std::uint64_t>(std::max<std::int64_t>(*event.took_ms, 0)));
        }
    }
    std::ranges::sort(naive.durations);
    return naive;
}

void expect_same(const Rollup& rollup, const Naive& naive) {
    Rollup counts = rollup;
    counts.duration_ms = {};
    ASSERT_EQ(counts, naive.counts);
    const store::Histogram& durations = rollup.duration_ms;
    ASSERT_EQ(durations.count(), naive.durations.size());
    if (naive.durations.empty()) return;
    std::uint64_t sum = 0;
    for (const std::uint64_t duration : naive.durations)
        sum += duration;
    ASSERT_EQ(durations.sum(), sum);
    ASSERT_EQ(durations.min(), naive.durations.front());
    ASSERT_EQ(durations.max(), naive.durations.back());
    for (const double share : {0.0, 0.01, 0.5, 0.95, 0.99, 1.0}) {
        const double rank = std::ceil(share * static_cast<double>(naive.durations.size()));
        const auto place = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
        const auto exact = static_cast<double>(naive.durations[place]);
        const auto told = static_cast<double>(durations.quantile(share));
        ASSERT_LE(std::abs(told - exact), exact * store::Histogram::relative_error_max) << share;
    }
}

/// How the next writing goes.
enum class Fate : std::uint8_t { good, refused, lost, kept };

class RollupCounterTest : public ::testing::TestWithParam<bool> {
protected:
    void SetUp() override {
        if (GetParam()) {
            auto opened = store::open_store({.folder = folder_.path()});
            ASSERT_TRUE(opened) << opened.error().message();
            store_ = *std::move(opened);
        }
        ASSERT_TRUE(store_->take_ownership());
    }

    RollupCounter::Parts parts() {
        return {.store = *store_,
                .write =
                    [this](const std::function<core::Result<>(store::Store&)>& task) {
                        const Fate fate = std::exchange(fate_, Fate::good);
                        if (fate == Fate::refused)
                            return core::Result<>{core::fail(store::StoreErrc::full, "full")};
                        auto done = fate == Fate::lost ? core::Result<>{} : task(*store_);
                        if (fate == Fate::good || !done) return done;
                        return core::Result<>{
                            core::fail(store::StoreErrc::outcome_unknown, "who knows")};
                    },
                .log = *log_,
                .later = [this](Duration,
                                std::function<void()> task) { tasks_.push_back(std::move(task)); },
                .now = [] { return now; },
                .steady_ms = [this] { return steady_ms_; }};
    }
    /// A counter of a new process; how many frames were counted.
    std::size_t begin() {
        tasks_.clear();
        counter_ = std::make_shared<RollupCounter>(parts());
        const auto place = counter_->place();
        EXPECT_TRUE(place);
        return place ? place->frame : 0;
    }
    void tell_frame(const std::vector<EventFrame>& frames, std::size_t index) {
        for (const Event& event : frames[index])
            tell(*counter_, event);
        const auto row = static_cast<std::uint32_t>(frames[index].size());
        counter_->on_position({index + 1, row});
    }
    /// Everything in order, with what may happen on the way.
    void live_through(const std::vector<EventFrame>& frames, History& chance) {
        std::size_t next = begin();
        while (next < frames.size()) {
            steady_ms_ += static_cast<std::int64_t>(chance.below(400));
            if (chance.below(10) == 0) fate_ = static_cast<Fate>(chance.below(4));
            if (chance.below(40) == 0) {  // killed within a frame
                tell(*counter_, frames[next].front());
                if (!tasks_.empty()) tasks_.front()();
                next = begin();
                continue;
            }
            tell_frame(frames, next++);
            if (chance.below(8) == 0 && !tasks_.empty()) {
                const auto task = std::move(tasks_.front());
                tasks_.pop_front();
                task();
            }
            if (chance.below(20) == 0) static_cast<void>(counter_->flush());
            if (chance.below(60) == 0) {
                counter_->stop();
                next = begin();
            }
        }
        fate_ = Fate::good;
        ASSERT_TRUE(counter_->flush());
    }
    void expect_totals(const std::vector<EventFrame>& frames, const AnalyticsWindow& window,
                       const std::string& workflow) {
        const auto totals = store_->rollups().totals(workflow, window.parts);
        ASSERT_TRUE(totals);
        for (const auto& [subject, rollup] : *totals)
            expect_same(rollup, count(frames, subject, window.from, window.before));
    }

    store::testing::TempFolder folder_;
    std::unique_ptr<store::Store> store_ = store::open_memory_store();
    std::shared_ptr<runtime::Log> log_ = runtime::make_silent_log();
    std::shared_ptr<RollupCounter> counter_;
    std::deque<std::function<void()>> tasks_;
    std::int64_t steady_ms_ = 0;
    Fate fate_ = Fate::good;
};

TEST_P(RollupCounterTest, AgreesWithCountingAnewWhateverHappens) {
    History chance{GetParam() ? 11u : 12u};
    const auto frames = chance.frames(900);
    live_through(frames, chance);
    for (int round = 0; round < 60; ++round) {
        Time from = chance.moment();
        Time before = round % 3 == 0 ? now : chance.moment();
        if (before < from) std::swap(from, before);
        const auto finest = static_cast<RollupSpan>(round % 3);
        const AnalyticsWindow window = cover(from, before, finest, now);
        for (const RollupSubject& subject : {RollupSubject{}, RollupSubject{"flow-1", ""}}) {
            const auto total = store_->rollups().total(subject, window.parts);
            ASSERT_TRUE(total);
            expect_same(*total, count(frames, subject, window.from, window.before));
        }
        if (round % 6 != 0) continue;
        const AnalyticsWindow coarse = cover(from, before, RollupSpan::hour, now);
        expect_totals(frames, coarse, "");
        expect_totals(frames, coarse, "flow-2");
    }
    const AnalyticsWindow all = cover(Time{0}, now, RollupSpan::day, now);
    EXPECT_EQ(store_->rollups().totals("", all.parts)->size(), 4u);
    EXPECT_EQ(store_->rollups().totals("flow-3", all.parts)->size(), 5u);
    EXPECT_TRUE(store_->rollups().gaps(all.from, all.before)->empty());
}

TEST_P(RollupCounterTest, RowsOfATrendAgreeToo) {
    History chance{13};
    const auto frames = chance.frames(400);
    live_through(frames, chance);
    for (const RollupSpan span : {RollupSpan::minute, RollupSpan::hour, RollupSpan::day}) {
        const AnalyticsWindow window = cover_evenly(now - Duration{9 * day_ms}, now, span, now);
        const auto rows = store_->rollups().rows({"flow-0", ""}, window.parts.front());
        ASSERT_TRUE(rows);
        EXPECT_FALSE(rows->empty());
        std::uint64_t ended = 0;
        for (const store::RollupRow& row : *rows) {
            const Time end = row.start + store::length_of(span);
            expect_same(row.rollup, count(frames, {"flow-0", ""}, row.start, end));
            ended += row.rollup.ended();
        }
        EXPECT_EQ(ended, count(frames, {"flow-0", ""}, window.from, window.before).counts.ended());
    }
}

TEST_P(RollupCounterTest, HeatmapsAreByTheHoursOfTheZone) {
    History chance{14};
    const auto frames = chance.frames(900);
    live_through(frames, chance);
    const AnalyticsWindow window =
        cover_evenly(now - Duration{35 * day_ms}, now, RollupSpan::hour, now);
    const auto rows = store_->rollups().rows({}, window.parts.front());
    ASSERT_TRUE(rows);
    for (const char* const zone : {"UTC", "America/New_York", "Asia/Kolkata"}) {
        std::array<std::array<std::int64_t, 24>, 8> expected{};
        for (const EventFrame& frame : frames) {
            for (const Event& event : frame) {
                if (event.kind != Event::Kind::ended || event.at < window.from) continue;
                const Time hour = store::start_of(RollupSpan::hour, event.at);
                const std::chrono::sys_time<std::chrono::milliseconds> local{
                    std::chrono::milliseconds{hour.ms +
                                              format::expression_host().offset_at(zone, hour.ms)}};
                const auto midnight = std::chrono::floor<std::chrono::days>(local);
                const auto since =
                    std::chrono::duration_cast<std::chrono::hours>(local - midnight).count();
                ++expected[std::chrono::weekday{midnight}.iso_encoding()]
                          [static_cast<std::size_t>(since)];
            }
        }
        const core::Value week = week_value(*rows, zone);
        ASSERT_EQ(week.as_array().size(), 168u);
        for (const core::Value& slot : week.as_array()) {
            const auto day = static_cast<std::size_t>(slot.find("weekday")->as_integer());
            const auto hour = static_cast<std::size_t>(slot.find("hour")->as_integer());
            ASSERT_EQ(slot.find("count")->as_integer(), expected[day][hour]) << zone << day << hour;
        }
    }
}

TEST_P(RollupCounterTest, TheMostFrequentErrorsComeFirst) {
    History chance{15};
    const auto frames = chance.frames(300);
    live_through(frames, chance);
    const AnalyticsWindow all = cover(Time{0}, now, RollupSpan::day, now);
    const core::Value errors = errors_value(store_->rollups().total({}, all.parts).value(), 4);
    auto counts = count(frames, {}, all.from, all.before).counts.errors;
    ASSERT_EQ(errors.as_array().size(), 4u);
    std::int64_t last = std::numeric_limits<std::int64_t>::max();
    for (const core::Value& error : errors.as_array()) {
        const std::int64_t told = error.find("count")->as_integer();
        EXPECT_LE(told, last);
        last = told;
        const auto known = counts.find(error.find("code")->as_string());
        ASSERT_NE(known, counts.end());
        EXPECT_EQ(static_cast<std::int64_t>(known->second), told);
        counts.erase(known);
        for (const auto& [code, rest] : counts)
            EXPECT_GE(told, static_cast<std::int64_t>(rest)) << code;
    }
}

TEST_P(RollupCounterTest, TellsWhatTheFeedHasForgotten) {
    begin();
    Event event;
    event.workflow = "flow-0";
    event.at = now - Duration{hour_ms};
    tell_frame({{event}}, 0);
    tell(*counter_, event);
    counter_->on_gap({9, 1});
    ASSERT_TRUE(counter_->flush());
    EXPECT_EQ(counter_->counted_until(), now);
    const auto gaps = store_->rollups().gaps(now - Duration{day_ms}, now + Duration{1});
    ASSERT_TRUE(gaps);
    ASSERT_EQ(gaps->size(), 1u);
    EXPECT_EQ(gaps->front().from, event.at);
    EXPECT_EQ(gaps->front().to, now);
    EXPECT_EQ(begin(), 9u);
}

TEST_P(RollupCounterTest, CountsWhatAttemptsUse) {
    begin();
    runtime::AttemptUse use;
    use.workflow_id = "flow-0";
    use.node_id = "node-0";
    use.cpu = std::chrono::microseconds{1'500};
    use.sent = 10;
    for (const std::uint64_t received : {100u, 300u}) {
        use.received = received;
        counter_->on_attempt(use);
    }
    counter_->on_position({1, 1});
    ASSERT_TRUE(counter_->flush());
    const AnalyticsWindow window = cover(now - Duration{1}, now, RollupSpan::hour, now);
    for (const RollupSubject& subject :
         {RollupSubject{}, RollupSubject{"flow-0", ""}, RollupSubject{"flow-0", "node-0"}}) {
        const Rollup total = store_->rollups().total(subject, window.parts).value();
        EXPECT_EQ(total.cpu_us, (store::Usage{2, 3'000, 1'500}));
        EXPECT_EQ(total.received_bytes, (store::Usage{2, 400, 300}));
        EXPECT_EQ(total.memory_bytes, store::Usage{});
        EXPECT_EQ(total.ended(), 0u);
    }
}

std::string store_name(const ::testing::TestParamInfo<bool>& is_sqlite) {
    return is_sqlite.param ? "Sqlite" : "Memory";
}
INSTANTIATE_TEST_SUITE_P(, RollupCounterTest, ::testing::Bool(), store_name);

}  // namespace
}  // namespace millrace::server
