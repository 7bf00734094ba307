// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/runtime/runtime.hpp"
#include "triggers/trigger_table.hpp"

namespace millrace::server {

struct Services;

/// An execution that something other than a person's wish starts.
struct TriggerStart {
    TriggerPtr trigger;
    core::Value input;         ///< the business input, `inputs` in expressions
    core::Value trigger_data;  ///< what the trigger emits, `trigger.data` in expressions
    /// For what may happen twice: the execution of this id is the one that is meant, and when there
    /// is one, no second is started. See `derived_id`.
    std::optional<core::ExecutionId> id;
    std::optional<engine::TraceContext> trace;  ///< of the one who caused it
    core::Value labels;                         ///< object of names and texts, or null
};

/// The same for the same moment and parts, so that what is done again finds what it has done: of a
/// schedule's firing the due time, the workflow and the node. Names that are joined differently are
/// different.
core::ExecutionId derived_id(core::Time at, std::initializer_list<std::string_view> parts);

/// What the runtime is to start, with the plan of the trigger's very version. Reads the store when
/// the catalog does not know it; never call it on the connections' thread then, see
/// `known_request`.
core::Result<runtime::StartRequest> trigger_request(Services& services, const TriggerStart& start);
/// The same as far as it can be had without reading; none: ask `trigger_request` on a work thread.
std::optional<runtime::StartRequest> known_request(const Services& services,
                                                   const TriggerStart& start);

/// Starts it; returns once it is durable. Errors are those of Runtime::execute:
/// `too_many_executions`, `busy` and `unavailable` ask to be tried again.
core::Result<core::ExecutionId> start_by_trigger(Services& services, const TriggerStart& start);
/// The same without waiting for the commit; `finished` may be empty. Reads what it must, so it
/// belongs on a work thread.
void start_by_trigger(Services& services, const TriggerStart& start,
                      runtime::Runtime::Accepted accepted,
                      runtime::Runtime::Finished finished = {});
/// Whether it is certain that a start which failed so has started nothing, now or later.
bool starts_nothing(const core::Error& error);

}  // namespace millrace::server
