// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/expr/host.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/schedules.hpp"
#include "schedules/schedule_planner.hpp"
#include "triggers/start_by_trigger.hpp"
#include "triggers/trigger_table.hpp"

namespace millrace::server {

struct Services;

/// What a Scheduler works with: functions, so that tests need neither threads nor a runtime.
struct SchedulerParts {
    std::function<core::Result<std::vector<store::ScheduleState>>()> load;
    /// Lets a task make writing calls; durable on return.
    std::function<core::Result<>(const std::function<core::Result<>(store::Schedules&)>&)> write;
    /// Whether the execution is over, or gone.
    std::function<core::Result<bool>(core::ExecutionId)> has_ended;
    std::function<void(const TriggerStart&, runtime::Runtime::Accepted, runtime::Runtime::Finished)>
        start;
    const expr::Host& host;
    runtime::Log& log;
    /// Does a task on a work thread.
    std::function<void(std::function<void()>)> work;
    /// Does a task after a while.
    std::function<void(core::Duration, std::function<void()>)> later;
    std::function<core::Time()> now;
};
SchedulerParts scheduler_parts(Services& services);

/// Labels of executions that a schedule has started.
inline constexpr std::string_view schedule_label = "schedule";
inline constexpr std::string_view run_label = "schedule_run";  ///< `manual` or `backfill`

/// Of a due time: whatever is restarted, and whoever starts it, there is one such execution.
core::ExecutionId firing_id(const ScheduleKey& key, core::Time due);
/// What starts the execution of a due time.
TriggerStart firing_start(const TriggerPtr& trigger, const nodes::Schedule& schedule,
                          core::Time due, core::Time now);

/// Starts executions when the schedules of active workflows are due. Thread-safe.
class Scheduler {
public:
    /// The longest time without a look at the clock, which may have been set.
    static constexpr core::Duration look_every{30'000};
    /// Starts under way at once.
    static constexpr std::size_t starts_max = 256;

    explicit Scheduler(SchedulerParts parts);
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// Goes on from what the store says, and follows the triggers from then on; they outlive what
    /// is started here. Executions should have been recovered.
    core::Result<> start(TriggerTable& triggers);
    /// Waits for what is under way; nothing is started after it.
    void stop();

    struct View {
        TriggerPtr trigger;
        PlannedSchedule planned;
    };
    /// In order of workflow and node; an empty id: of all workflows.
    std::vector<View> list(const std::string& workflow_id) const;
    std::optional<View> find(const ScheduleKey& key) const;
    /// Durable on return; none: there is no such schedule.
    core::Result<std::optional<View>> set_paused(const ScheduleKey& key, bool is_paused);

private:
    class Core;
    std::shared_ptr<Core> core_;  // callbacks that come too late keep it, and do nothing
};

}  // namespace millrace::server
