// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dispatch/wait_index.hpp"
#include "events/journals.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/store/feed.hpp"
#include "millrace/store/waits.hpp"
#include "triggers/start_by_trigger.hpp"
#include "triggers/trigger_table.hpp"

namespace millrace::server {

struct Services;

/// What one event has brought about.
struct EventOutcome {
    struct Started {
        std::string workflow_id;
        std::string node_id;
        core::ExecutionId execution_id;
    };
    struct Answered {
        core::ExecutionId execution_id;
        std::string path;
    };
    struct Failed {
        std::string workflow_id;  ///< empty where it is about a run that waits
        std::string node_id;      ///< of the trigger, or the path of that run
        core::Error error;
    };
    std::vector<Started> started;
    std::vector<Answered> answered;
    std::vector<Failed> refused;  ///< for good: the same event would be refused again
    std::vector<Failed> failed;   ///< may go well when the same event is given again
};

/// What has been done since the start.
struct DispatchCounts {
    std::uint64_t started = 0;         ///< executions
    std::uint64_t answered = 0;        ///< waits
    std::uint64_t refused = 0;         ///< starts that cannot be done
    std::uint64_t too_deep = 0;        ///< of those: the end of a circle
    std::uint64_t filters_failed = 0;  ///< expressions that failed, and so took nothing
    std::uint64_t fell_behind = 0;     ///< times at which events were gone before they were seen
};

/// The same may go well another time: a queue is full, or the store does not answer.
bool may_go_well(const core::Error& error);

/// What a dispatcher works with: functions, so that tests decide what happens when.
struct DispatchParts {
    using Named = std::pair<std::string, store::FeedPosition>;

    std::unique_ptr<Journals> journals;
    std::function<TriggerTable::Snapshot()> triggers;
    /// On a work thread; the answer may come on any thread.
    std::function<void(const TriggerStart&, std::function<void(core::Result<core::ExecutionId>)>)>
        start;
    std::function<void(engine::AnswerWait, std::function<void(core::Result<>)>)> answer;
    std::function<core::Result<std::vector<store::Wait>>(std::size_t limit, std::uint64_t after)>
        open_waits;
    std::function<core::Result<std::optional<store::FeedPosition>>(const std::string&)> cursor;
    std::function<core::Result<>(std::vector<Named>)> put_cursors;
    std::function<void(std::function<void()>)> work;
    std::function<void(core::Duration, std::function<void()>)> later;
    runtime::Log& log;
    std::function<std::string()> api;  ///< where it is: `https://flows.example/api/v1`
    std::size_t inbox_bytes_max = 16u << 20;
    std::size_t unsent_max = 10'000;        ///< that are kept to be tried again
    std::size_t unsent_of_one_max = 1'000;  ///< of these, one trigger's
};
DispatchParts dispatch_parts(Services& services);
/// As people reach it; the path alone where nobody has said how they do.
std::string api_address(runtime::Runtime& runtime);

}  // namespace millrace::server
