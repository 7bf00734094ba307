// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/nodes/schedule.hpp"
#include "millrace/store/schedules.hpp"

namespace millrace::server {

struct ScheduleKey {
    std::string workflow_id;
    std::string node_id;

    auto operator<=>(const ScheduleKey&) const = default;
};

/// A due time that must start an execution now.
struct Firing {
    ScheduleKey key;
    core::Time due;
    std::uint64_t life = 0;  ///< what it belongs to; answers for an earlier life count no more
};

/// What is known of a schedule.
struct PlannedSchedule {
    nodes::Schedule schedule;
    store::ScheduleState state;
    std::optional<core::ExecutionId> running;  ///< the last one, as long as it matters
    std::size_t waiting = 0;                   ///< due times that are to be started
    std::string last_error;                    ///< of the last start that was refused; or empty
};

/// Decides which due times of which schedules start executions, and when to look again. It has no
/// clock, store or thread: all of that is told. Each schedule has one start under way at most.
/// Until that is durable, its state has either not come to that due time or names it as waiting, so
/// that whoever takes the states over after a crash asks for the same start again.
class SchedulePlanner {
public:
    /// A due time that is so long ago is missed.
    static constexpr core::Duration late_after{60'000};
    /// What `run_all` makes up for at once, and what is counted of what was missed at once.
    static constexpr std::size_t made_up_max = 1'000;
    static constexpr std::uint64_t counted_max = 10'000;
    /// What waits for the last execution to end.
    static constexpr std::size_t waiting_max = 100;
    /// A clock that stands before what it has shown already by more than this was wrong then.
    static constexpr core::Duration back_max{86'400'000};
    static constexpr core::Duration retry_min{1'000};
    static constexpr core::Duration retry_max{60'000};
    /// How often it is asked whether the execution that others wait for has ended.
    static constexpr core::Duration ask_every{1'000};

    /// A schedule is there, anew or with other policies. With a state of the same due times it goes
    /// on from that, else it begins now.
    void put(const ScheduleKey& key, nodes::Schedule schedule, const store::ScheduleState* state,
             core::Time now);
    void remove(const ScheduleKey& key);
    /// A paused schedule has no due times; it goes on from the time at which it is resumed. False
    /// when there is no such schedule.
    bool set_paused(const ScheduleKey& key, bool is_paused, core::Time now);

    /// At most `max` that must start now, once the states that have changed are written. The answer
    /// to each is one of the next three.
    std::vector<Firing> take(core::Time now, std::size_t max);
    /// It is durable, by now or already before.
    void started(const Firing& firing, core::ExecutionId id, core::Time now);
    /// It can never start.
    void refused(const Firing& firing, std::string why, core::Time now);
    /// It could not start now; it is taken again later.
    void failed(const Firing& firing, core::Time now);

    /// Executions that keep something due from starting: whether they have ended is to be found
    /// out now. Each is asked for again later.
    std::vector<std::pair<ScheduleKey, core::ExecutionId>> doubtful(core::Time now) const;
    void ended(const ScheduleKey& key, core::ExecutionId id, core::Time now);

    /// When there is something to do next; none: not before something is told.
    std::optional<core::Time> next_wake() const;
    /// States that have changed since they were last asked for.
    std::vector<store::ScheduleState> take_changed();
    /// Writing them has failed: they are to be given again.
    void keep_changed(const std::vector<store::ScheduleState>& states);

    /// Null when there is none.
    const PlannedSchedule* find(const ScheduleKey& key) const;
    std::vector<const PlannedSchedule*> list() const;  ///< in order of their keys
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        PlannedSchedule known;
        std::uint64_t life = 0;
        core::Duration delay;                  ///< its share of the jitter
        core::Time decided;                    ///< what was due until then is settled or in `steps`
        std::optional<core::Time> next;        ///< the first due time after `decided`
        std::deque<core::Time> steps;          ///< due times that start one after the other
        bool is_starting = false;              ///< the first of them
        std::optional<core::Time> not_before;  ///< of the next try to start it
        core::Duration backoff;
        std::optional<core::Time> wake;  ///< as it is in `wakes_`
    };

    static void go_on(Entry& entry, const store::ScheduleState& state);
    /// The place from which it counts what is due.
    static void begin_at(Entry& entry, core::Time at);
    static void set_running(Entry& entry, std::optional<core::ExecutionId> id);
    static bool may_overlap(const Entry& entry);
    static bool is_blocked(const Entry& entry);
    static std::optional<core::Time> wake_of(const Entry& entry, core::Time now);

    /// Finds out what has come due.
    void decide(const ScheduleKey& key, Entry& entry, core::Time now);
    void add_steps(Entry& entry, core::Time until, core::Time last) const;
    /// Gives up what must not start any more; whether the first step must start now.
    bool advance(const ScheduleKey& key, Entry& entry, core::Time now);
    void after_start(const ScheduleKey& key, Entry& entry, core::Time now);
    void mark(const ScheduleKey& key, Entry& entry);
    void plan(const ScheduleKey& key, Entry& entry, core::Time now);
    /// Of the start under way that is answered; null when it does not count any more.
    Entry* answered(const Firing& firing);
    void notice_time(core::Time now);

    std::map<ScheduleKey, Entry> entries_;
    std::set<std::pair<core::Time, ScheduleKey>> wakes_;
    std::set<ScheduleKey> changed_;
    std::uint64_t lives_ = 0;
    core::Time latest_{std::numeric_limits<std::int64_t>::min()};  ///< that was told
};

}  // namespace millrace::server
