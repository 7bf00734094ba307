// SPDX-License-Identifier: Apache-2.0
#include "metrics/part_metrics.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "metrics/progress.hpp"

namespace millrace::server {
namespace {

/// Due times since the first look: what the store has kept of earlier processes is not counted
/// again, and a schedule that goes takes nothing back.
class DueTimes {
public:
    DueTimes(MetricFamily<Counter>& family, const Scheduler& schedules)
        : started_{family.at({"started"})},
          skipped_{family.at({"skipped"})},
          missed_{family.at({"missed"})},
          schedules_{schedules} {}

    void look() {
        const std::scoped_lock lock{mutex_};
        for (const Scheduler::View& view : schedules_.list({})) {
            const store::ScheduleState& now = view.planned.state;
            const auto [at, is_new] = seen_.try_emplace({now.workflow_id, now.node_id});
            Counts& seen = at->second;
            // One that was not there at the first look has begun since then.
            if (is_new && !has_looked_) seen = {now.started, now.skipped, now.missed};
            count(started_, seen.started, now.started);
            count(skipped_, seen.skipped, now.skipped);
            count(missed_, seen.missed, now.missed);
        }
        has_looked_ = true;
    }

private:
    struct Counts {
        std::uint64_t started = 0;
        std::uint64_t skipped = 0;
        std::uint64_t missed = 0;
    };

    static void count(Counter& counter, std::uint64_t& seen, std::uint64_t now) {
        if (now > seen) counter.add(static_cast<double>(now - seen));
        seen = now;
    }

    Counter& started_;
    Counter& skipped_;
    Counter& missed_;
    const Scheduler& schedules_;
    std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, Counts> seen_;
    bool has_looked_ = false;
};

void add_event_metrics(MetricRegistry& registry, const EventDispatcher& events) {
    auto& family = registry.counters({"millrace_events_dispatched_total",
                                      "What events have brought about, and what they could not.",
                                      {"result"}});
    const auto progress = [&](std::string_view result) {
        return std::make_shared<Progress>(family.at({result}));
    };
    registry.before_reading([&events, started = progress("started"),
                             answered = progress("answered"), refused = progress("refused"),
                             failed = progress("filter_failed"), lost = progress("fell_behind")] {
        const DispatchCounts counts = events.counts();
        started->reach(static_cast<double>(counts.started));
        answered->reach(static_cast<double>(counts.answered));
        refused->reach(static_cast<double>(counts.refused));
        failed->reach(static_cast<double>(counts.filters_failed));
        lost->reach(static_cast<double>(counts.fell_behind));
    });
}

void add_due_time_metrics(MetricRegistry& registry, const Scheduler& schedules) {
    auto& family = registry.counters({"millrace_schedule_due_times_total",
                                      "Due times of schedules, by what became of them.",
                                      {"result"}});
    const auto due_times = std::make_shared<DueTimes>(family, schedules);
    due_times->look();
    registry.before_reading([due_times] { due_times->look(); });
}

void add_follower_metrics(MetricRegistry& registry, const EventHub& events,
                          const Observation& observation) {
    auto& followers =
        registry.gauges({"millrace_event_followers", "Streams of events that are followed."})
            .only();
    auto& waiting = registry
                        .gauges({"millrace_observation_waiting_rows",
                                 "Rows of journals that are in no metric yet."})
                        .only();
    registry.before_reading([&events, &observation, &followers, &waiting] {
        followers.set(static_cast<double>(events.followers()));
        waiting.set(static_cast<double>(observation.waiting()));
    });
}

}  // namespace

void add_part_metrics(MetricRegistry& registry, const CountedParts& parts) {
    add_event_metrics(registry, parts.dispatcher);
    add_due_time_metrics(registry, parts.scheduler);
    add_follower_metrics(registry, parts.events, parts.observation);
}

}  // namespace millrace::server
