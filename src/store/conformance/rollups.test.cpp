// SPDX-License-Identifier: Apache-2.0
#include "millrace/store/rollups.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "conformance/conformance.hpp"

namespace millrace::store::conformance {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class RollupsTest : public Conformance {
protected:
    Rollups& rollups() { return store_->rollups(); }
    void add(std::vector<RollupAdd> adds, std::uint64_t frame = 1) {
        const auto done = rollups().add(adds, {{frame, 1}, core::Time{5}}, std::nullopt);
        ASSERT_TRUE(done) << done.error().message();
    }
    std::vector<std::int64_t> starts(const RollupSubject& subject, const RollupPart& part) {
        std::vector<std::int64_t> found;
        const auto rows = rollups().rows(subject, part);
        for (const RollupRow& row : rows.value())
            found.push_back(row.start.ms);
        return found;
    }
};

Rollup completed(std::uint64_t count, std::uint64_t duration) {
    Rollup rollup;
    rollup.started = rollup.completed = count;
    for (std::uint64_t i = 0; i < count; ++i)
        rollup.duration_ms.add(duration);
    return rollup;
}

RollupAdd at(RollupSubject subject, RollupSpan span, std::int64_t start_ms, Rollup rollup) {
    return {std::move(subject), span, core::Time{start_ms}, std::move(rollup)};
}

RollupPart part(RollupSpan span, std::int64_t from, std::int64_t before) {
    return {span, core::Time{from}, core::Time{before}};
}

const RollupSubject flow{"w", ""};
const RollupSubject node{"w", "a"};

Rollup full() {
    Rollup rollup = completed(3, 70);
    rollup.failed = 2;
    rollup.canceled = 1;
    rollup.skipped = 4;
    rollup.attempts = 9;
    rollup.retries = 5;
    rollup.count_error("timeout", 2);
    rollup.cpu_us.add(700);
    rollup.memory_bytes.add(1u << 20);
    rollup.sent_bytes.add(10);
    rollup.received_bytes.add(20);
    return rollup;
}

}  // namespace

TEST_P(RollupsTest, WhatWasAddedIsMergedAndComesBack) {
    add({at(flow, RollupSpan::hour, 0, full())});
    add({at(flow, RollupSpan::hour, 0, full()), at(node, RollupSpan::hour, 0, completed(1, 5))});
    Rollup twice = full();
    twice.merge(full());
    const auto rows = rollups().rows(flow, part(RollupSpan::hour, 0, 1));
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_EQ(rows->front().rollup, twice);
    EXPECT_EQ(twice.completed, 6u);
    EXPECT_EQ(rollups().total(node, std::vector{part(RollupSpan::hour, 0, 1)})->completed, 1u);
}

TEST_P(RollupsTest, RowsAreThoseThatBeginInThePart) {
    for (const std::int64_t start : {3'600'000, 0, 7'200'000})
        add({at(flow, RollupSpan::hour, start, completed(1, 1))});
    add({at(flow, RollupSpan::day, 0, completed(3, 1))});
    EXPECT_THAT(starts(flow, part(RollupSpan::hour, 0, 7'200'000)), ElementsAre(0, 3'600'000));
    EXPECT_THAT(starts(flow, part(RollupSpan::hour, 1, 9'000'000)),
                ElementsAre(3'600'000, 7'200'000));
    EXPECT_THAT(starts(flow, part(RollupSpan::day, 0, 1)), ElementsAre(0));
    EXPECT_THAT(starts(flow, part(RollupSpan::hour, 5, 4)), IsEmpty());
    EXPECT_THAT(starts({"x", ""}, part(RollupSpan::hour, 0, 9'000'000)), IsEmpty());
}

TEST_P(RollupsTest, TotalsAreThoseOfNodesOrOfWorkflows) {
    add({at({"", ""}, RollupSpan::hour, 0, completed(6, 1)),
         at({"b", ""}, RollupSpan::hour, 0, completed(5, 1)),
         at({"a", ""}, RollupSpan::hour, 0, completed(1, 1)),
         at({"a", "y"}, RollupSpan::hour, 0, completed(1, 1)),
         at({"a", "x"}, RollupSpan::hour, 0, completed(1, 1)),
         at({"a", "x"}, RollupSpan::day, 86'400'000, completed(2, 1)),
         at({"b", "x"}, RollupSpan::hour, 0, completed(1, 1))});
    const std::vector parts{part(RollupSpan::hour, 0, 1),
                            part(RollupSpan::day, 86'400'000, 86'400'001)};
    const auto nodes = rollups().totals("a", parts);
    ASSERT_EQ(nodes->size(), 2u);
    EXPECT_EQ((*nodes)[0].first, (RollupSubject{"a", "x"}));
    EXPECT_EQ((*nodes)[0].second.completed, 3u);
    EXPECT_EQ((*nodes)[1].first.node_id, "y");
    const auto workflows = rollups().totals("", parts);
    ASSERT_EQ(workflows->size(), 2u);
    EXPECT_EQ((*workflows)[1].first, (RollupSubject{"b", ""}));
    EXPECT_EQ((*workflows)[1].second.completed, 5u);
}

TEST_P(RollupsTest, ProgressAndGapsAreKeptWithTheRows) {
    EXPECT_EQ(*rollups().progress(), std::nullopt);
    const RollupProgress progress{{7, 3}, core::Time{100}};
    ASSERT_TRUE(rollups().add({}, progress, RollupGap{std::nullopt, core::Time{50}}));
    ASSERT_TRUE(rollups().add({}, progress, RollupGap{core::Time{60}, core::Time{70}}));
    EXPECT_EQ(*rollups().progress(), progress);
    EXPECT_THAT(*rollups().gaps(core::Time{0}, core::Time{60}),
                ElementsAre(RollupGap{std::nullopt, core::Time{50}}));
    EXPECT_THAT(*rollups().gaps(core::Time{50}, core::Time{61}),
                ElementsAre(RollupGap{core::Time{60}, core::Time{70}}));
    if (!backend_->is_durable()) return;
    store_.reset();
    store_ = backend_->open();
    EXPECT_EQ(*rollups().progress(), progress);
}

TEST_P(RollupsTest, WhatIsOldIsForgottenAPieceAtATime) {
    for (std::int64_t hour = 0; hour < 5; ++hour)
        add({at(flow, RollupSpan::hour, hour * 3'600'000, completed(1, 1))});
    add({at(flow, RollupSpan::day, 0, completed(5, 1))});
    EXPECT_EQ(*rollups().forget(RollupSpan::hour, core::Time{3 * 3'600'000}, 2), 2u);
    EXPECT_EQ(*rollups().forget(RollupSpan::hour, core::Time{3 * 3'600'000}, 2), 1u);
    EXPECT_EQ(*rollups().forget(RollupSpan::hour, core::Time{3 * 3'600'000}, 2), 0u);
    EXPECT_EQ(starts(flow, part(RollupSpan::hour, 0, 99'000'000)).size(), 2u);
    EXPECT_EQ(*rollups().forget(RollupSpan::day, core::Time{1}, 9), 1u);
    EXPECT_EQ(*rollups().forget(RollupSpan::hour, core::Time{99'000'000}, 9), 2u);
    add({at(flow, RollupSpan::hour, 0, completed(1, 1))});
    EXPECT_EQ(starts(flow, part(RollupSpan::hour, 0, 1)).size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(All, RollupsTest, ::testing::ValuesIn(kinds()),
                         [](const auto& kind) { return kind.param.name; });

TEST(Histogram, QuantilesAreWithinTheStatedError) {
    std::mt19937_64 random{41};
    for (const double scale : {1.0, 8.0, 16.0, 40.0}) {
        Histogram all;
        Histogram half;
        std::vector<std::uint64_t> values;
        for (int i = 0; i < 3'000; ++i) {
            const double power = std::uniform_real_distribution{0.0, scale}(random);
            values.push_back(static_cast<std::uint64_t>(std::exp2(power)));
            (i % 2 == 0 ? all : half).add(values.back());
        }
        all.merge(half);
        std::ranges::sort(values);
        EXPECT_EQ(all.count(), values.size());
        EXPECT_EQ(all.min(), values.front());
        EXPECT_EQ(all.max(), values.back());
        for (const double share : {0.0, 0.01, 0.5, 0.95, 0.99, 1.0}) {
            const double rank = std::ceil(share * static_cast<double>(values.size()));
            const auto place = static_cast<std::size_t>(std::max(rank - 1.0, 0.0));
            const auto exact = static_cast<double>(values[place]);
            EXPECT_NEAR(static_cast<double>(all.quantile(share)), exact,
                        exact * Histogram::relative_error_max)
                << share << " of 2^" << scale;
        }
    }
}

TEST(Histogram, TakesTheGreatestNumberAndNone) {
    Histogram histogram;
    EXPECT_EQ(histogram.quantile(0.5), 0u);
    histogram.add(std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(histogram.quantile(0.5), histogram.max());
    Rollup rollup;
    rollup.duration_ms = histogram;
    EXPECT_EQ(unpack_rollup(pack_rollup(rollup)), rollup);
}

TEST(Rollup, CountsTheRarestErrorsTogether) {
    Rollup rollup;
    for (std::size_t i = 0; i < Rollup::errors_max; ++i)
        rollup.count_error("code" + std::to_string(i), i + 2);
    rollup.count_error("rare");
    EXPECT_THAT(rollup.errors, ::testing::Contains(Pair("other", 1)));
    rollup.count_error("frequent", 50);
    EXPECT_THAT(rollup.errors, ::testing::Contains(Pair("frequent", 50)));
    EXPECT_THAT(rollup.errors, ::testing::Contains(Pair("other", 3)));
    EXPECT_EQ(rollup.errors.size(), Rollup::errors_max + 1);
    EXPECT_EQ(unpack_rollup(pack_rollup(rollup)), rollup);
}

TEST(Rollup, ReadsNothingThatIsDamaged) {
    const std::string bytes = pack_rollup(full());
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(unpack_rollup(std::string_view{bytes}.substr(0, size))) << size;
    EXPECT_FALSE(unpack_rollup(bytes + "x"));
}

TEST(RollupSpans, BeginWhereUtcDoes) {
    const core::Time time = *core::Time::parse("2026-03-29T13:47:59.999Z");
    EXPECT_EQ(start_of(RollupSpan::minute, time).text(), "2026-03-29T13:47:00.000Z");
    EXPECT_EQ(start_of(RollupSpan::hour, time).text(), "2026-03-29T13:00:00.000Z");
    EXPECT_EQ(start_of(RollupSpan::day, time).text(), "2026-03-29T00:00:00.000Z");
    EXPECT_EQ(start_of(RollupSpan::hour, core::Time{-1}).ms, -3'600'000);
}

}  // namespace millrace::store::conformance
