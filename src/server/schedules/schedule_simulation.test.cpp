// SPDX-License-Identifier: Apache-2.0
// Random schedules, crashes between any two steps, and clocks that jump. MILLRACE_SEEDS=20000 runs
// more worlds, MILLRACE_SEED=41 runs one again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/json.hpp"
#include "millrace/core/random.hpp"
#include "millrace/format/expression_host.hpp"
#include "schedules/schedule_planner.hpp"

namespace millrace::server {
namespace {

using nodes::MissedPolicy;
using nodes::OverlapPolicy;
using nodes::Schedule;

constexpr std::int64_t second = 1'000;
constexpr std::int64_t hour = 3'600 * second;

class Dice {
public:
    explicit Dice(std::uint64_t seed) : seed_{seed} {}
    std::int64_t below(std::int64_t n) {
        return static_cast<std::int64_t>(core::counter_random(seed_, 9, ++drawn_, 0) %
                                         static_cast<std::uint64_t>(n));
    }
    bool percent(int chance) { return below(100) < chance; }
    template <class T>
    const T& one_of(const std::vector<T>& all) {
        return all[static_cast<std::size_t>(below(static_cast<std::int64_t>(all.size())))];
    }

private:
    std::uint64_t seed_;
    std::uint64_t drawn_ = 0;
};

std::string random_data(Dice& dice) {
    static const std::vector<std::string> rules{
        R"("cron":"*/20 * * * *","timezone":"Europe/Berlin")",
        R"("cron":"30 2 * * *","timezone":"Europe/Berlin")",
        R"("cron":"15,45 1-3 * * *","timezone":"Australia/Lord_Howe")",
        R"("cron":"*/10 1,2 * * SUN","timezone":"America/New_York")",
        R"("cron":"*/30 * * * * *")",
        R"("cron":"0 0 L * *","timezone":"Asia/Kathmandu")",
        R"("interval":"1s")",
        R"("interval":"7m","start":"2026-03-28T23:00:00Z")",
        R"("interval":"6h","end":"2026-03-30T00:00:00Z")",
        R"("at":["2026-03-29T01:00:00Z","2026-03-29T01:00:01Z","2026-04-01T00:00:00Z"])"};
    static const std::vector<std::string> missed{"skip", "run_once", "run_all"};
    static const std::vector<std::string> overlap{"allow", "skip", "queue"};
    return "{" + dice.one_of(rules) + R"(,"missed":")" + dice.one_of(missed) + R"(","overlap":")" +
           dice.one_of(overlap) + "\"" + (dice.percent(20) ? R"(,"jitter":"900ms")" : "") + "}";
}

Schedule schedule_of(const std::string& data) {
    core::Problems problems;
    return Schedule::read(core::parse_json(data).value(), format::expression_host(), "", problems)
        .value();
}

/// The store and the executions outlive the planners; all of it is told by seed.
class World {
public:
    explicit World(std::uint64_t seed) : dice_{seed} {
        now_ = core::Time{1'774'738'800'000 + dice_.below(30 * hour)};  // 2026-03-28T23:00:00Z
        if (dice_.percent(30)) now_ = core::Time{1'775'222'400'000 + dice_.below(40 * hour)};
        latest_ = now_;
        far_back_ = dice_.percent(15);
        for (std::int64_t k = 0, count = 1 + dice_.below(3); k < count; ++k) {
            const std::string data = random_data(dice_);
            One one{.data = data, .schedule = schedule_of(data), .begun = now_};
            schedules_.emplace(ScheduleKey{"w", std::string(1, static_cast<char>('a' + k))},
                               std::move(one));
        }
        restart();
    }

    void run() {
        for (int step = 0; step < 120; ++step) {
            pass_time();
            tick();
            if (dice_.percent(6)) restart();
            if (dice_.percent(4)) operate();
        }
        // From here on nothing fails, and whatever runs ends.
        is_calm_ = true;
        for (int k = 0; k < 3; ++k) {
            now_ = std::max(now_, latest_) + core::Duration{dice_.below(100) * second};
            latest_ = now_;
            settle();
        }
        check_promises();
    }

private:
    struct One {
        std::string data;
        Schedule schedule;
        core::Time begun;
        std::uint64_t left_out = 0;  ///< due while it was paused
        bool was_set_back = false;   ///< the clock had been wrong by days
        std::map<core::Time, core::ExecutionId> started;
        std::set<core::Time> open;  ///< of these, those that may be asked for again
    };

    static core::ExecutionId id_of(const ScheduleKey& key, core::Time due) {
        return core::ExecutionId{core::Uuid::v7(due, static_cast<std::uint8_t>(key.node_id[0]), 1)};
    }

    void pass_time() {
        if (is_calm_ || dice_.percent(60)) {
            now_ = now_ + core::Duration{dice_.below(90 * second)};
        } else if (dice_.percent(60)) {
            now_ = now_ + core::Duration{dice_.below(4 * hour)};
        } else if (dice_.percent(50)) {
            now_ = now_ - core::Duration{dice_.below(2 * hour)};
        } else if (dice_.percent(30)) {
            now_ = now_ + core::Duration{dice_.below(24 * hour)};
        } else if (far_back_ && dice_.percent(30)) {
            now_ = now_ - core::Duration{30 * hour};
            for (auto& [key, one] : schedules_)
                one.was_set_back = true;
        }
        latest_ = std::max(latest_, now_);
    }

    /// The process is another one from now on; what was not durable is forgotten.
    void restart() {
        planner_ = SchedulePlanner{};
        for (const auto& [key, one] : schedules_) {
            const auto state = store_.find(key);
            planner_.put(key, one.schedule, state == store_.end() ? nullptr : &state->second, now_);
        }
        write();
    }

    void operate() {
        auto& [key, one] = *std::next(schedules_.begin(),
                                      dice_.below(static_cast<std::int64_t>(schedules_.size())));
        const store::ScheduleState& state = planner_.find(key)->state;
        if (state.is_paused) {
            if (state.updated_at < now_)
                one.left_out += one.schedule.count_within(state.updated_at, now_, 1u << 30);
            planner_.set_paused(key, false, now_);
        } else {
            planner_.set_paused(key, true, now_);
        }
        write();
    }

    void write() {
        for (const store::ScheduleState& state : planner_.take_changed()) {
            const ScheduleKey key{state.workflow_id, state.node_id};
            store_[key] = state;
            One& one = schedules_.at(key);
            std::erase_if(one.open, [&state = state](core::Time due) {
                return due <= state.updated_at &&
                       std::ranges::find(state.waiting, due) == state.waiting.end();
            });
        }
    }

    bool crashes() { return !is_calm_ && dice_.percent(3); }

    void end_some() {
        std::erase_if(running_, [this](const auto&) { return is_calm_ || dice_.percent(20); });
        for (const auto& [key, one] : schedules_) {
            // Mostly somebody tells of the end; else it is found out.
            const auto id = planner_.find(key)->running;
            if (id && !running_.contains(*id) && (is_calm_ || dice_.percent(70)))
                planner_.ended(key, *id, now_);
        }
    }

    /// One round of what drives a planner.
    void tick() {
        end_some();
        for (const auto& [key, id] : planner_.doubtful(now_))
            if (!running_.contains(id)) planner_.ended(key, id, now_);
        const std::vector<Firing> firings = planner_.take(now_, 64);
        if (crashes()) return restart();
        write();
        for (const Firing& firing : firings) {
            if (crashes()) return restart();
            if (!answer(firing)) return restart();
        }
        write();
        if (is_calm_) end_some();
    }

    /// False: the process goes before it has heard of it.
    bool answer(const Firing& firing) {
        One& one = schedules_.at(firing.key);
        check_firing(firing, one);
        if (!is_calm_ && dice_.percent(10)) {
            planner_.failed(firing, now_);
            return true;
        }
        const core::ExecutionId id = id_of(firing.key, firing.due);
        if (!one.started.contains(firing.due)) {
            check_overlap(firing);
            one.started.emplace(firing.due, id);
            one.open.insert(firing.due);
            running_.emplace(id, firing.key);
        }
        if (crashes()) return false;
        planner_.started(firing, id, now_);
        return !crashes();
    }

    void check_firing(const Firing& firing, const One& one) {
        const Schedule& schedule = one.schedule;
        EXPECT_EQ(schedule.next_after(firing.due - core::Duration{1}), firing.due) << "not due";
        EXPECT_LE(firing.due, latest_) << "early";
        EXPECT_TRUE(one.was_set_back || firing.due > one.begun) << "before it was there";
        EXPECT_TRUE(one.was_set_back || !one.started.contains(firing.due) ||
                    one.open.contains(firing.due))
            << "again: " << firing.due.text();
        const bool must_be_young =
            schedule.missed() == MissedPolicy::skip && schedule.overlap() == OverlapPolicy::allow;
        EXPECT_TRUE(!must_be_young || now_ - firing.due <= core::Duration{61 * second})
            << "too late: " << firing.due.text();
    }

    void check_overlap(const Firing& firing) const {
        const One& one = schedules_.at(firing.key);
        if (one.schedule.overlap() == OverlapPolicy::allow) return;
        for (const auto& [id, key] : running_)
            EXPECT_NE(key, firing.key) << "one is running, " << firing.due.text() << " is started";
    }

    /// All that can be done is done.
    void settle() {
        for (auto& [key, one] : schedules_) {
            const store::ScheduleState& state = planner_.find(key)->state;
            if (!state.is_paused) continue;
            if (state.updated_at < now_)
                one.left_out += one.schedule.count_within(state.updated_at, now_, 1u << 30);
            planner_.set_paused(key, false, now_);
        }
        for (int k = 0; k < 5'000; ++k) {
            tick();
            const auto wake = planner_.next_wake();
            if (!wake || *wake > now_ + core::Duration{70 * second}) break;
            now_ = std::max(now_, *wake);
            latest_ = std::max(now_, latest_);
        }
    }

    void check_promises() const {
        for (const auto& [key, one] : schedules_) {
            const Schedule& schedule = one.schedule;
            const store::ScheduleState& state = store_.at(key);
            EXPECT_TRUE(state.waiting.empty()) << one.data;
            if (one.was_set_back) continue;
            // Nothing is lost: each due time was started, left out or given up, and is counted so.
            const std::uint64_t due =
                schedule.count_within(one.begun, state.updated_at, 1u << 30) - one.left_out;
            const std::uint64_t told = state.started + state.skipped + state.missed;
            EXPECT_TRUE(told == due || due >= SchedulePlanner::counted_max)
                << one.data << ": " << told << " of " << due;
            // What a crash kept from being told may be counted as missed.
            EXPECT_LE(state.started, one.started.size()) << one.data;
            if (schedule.overlap() != OverlapPolicy::allow) continue;
            EXPECT_EQ(state.skipped, 0u);
            const bool are_all =
                schedule.missed() == MissedPolicy::run_all && due <= SchedulePlanner::made_up_max;
            EXPECT_TRUE(!are_all || one.started.size() >= due) << one.data;
            // Whatever was missed, the last one was made up for.
            const auto last = schedule.last_within(one.begun, state.updated_at);
            const bool is_made_up =
                schedule.missed() != MissedPolicy::skip && last && one.left_out == 0;
            EXPECT_TRUE(!is_made_up || one.started.contains(*last)) << one.data << last->text();
        }
    }

    Dice dice_;
    core::Time now_;
    core::Time latest_;
    bool is_calm_ = false;
    bool far_back_ = false;
    std::map<ScheduleKey, One> schedules_;
    std::map<ScheduleKey, store::ScheduleState> store_;
    std::map<core::ExecutionId, ScheduleKey> running_;
    SchedulePlanner planner_;
};

std::optional<std::uint64_t> number_in(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? std::nullopt : std::optional{std::strtoull(text, nullptr, 10)};
}

TEST(ScheduleSimulation, EachDueTimeStartsOnceAtMostAndAsThePolicySays) {
    const auto only = number_in("MILLRACE_SEED");
    const std::uint64_t first = only.value_or(1);
    const std::uint64_t count = only ? 1 : number_in("MILLRACE_SEEDS").value_or(40);
    for (std::uint64_t seed = first; seed < first + count && !HasFailure(); ++seed) {
        SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed));
        World{seed}.run();
    }
}

}  // namespace
}  // namespace millrace::server
