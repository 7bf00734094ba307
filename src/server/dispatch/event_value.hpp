// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/event.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/frame.hpp"

namespace millrace::server {

/// An event that may start executions and end waits.
struct HappenedEvent {
    std::string id;  ///< within its source; told twice, it is the same event
    std::string type;
    std::string source;
    core::Time time;
    std::optional<core::ExecutionId> execution_id;  ///< whose event it is, if it is one's
    std::string workflow_id;                        ///< of that execution
    std::uint32_t depth = 0;  ///< executions that led to it, each started by the one before
    core::Value data;
    core::Value value;                          ///< all of it, as nodes get it
    std::optional<engine::TraceContext> trace;  ///< of whoever has sent it
};

/// What somebody has sent.
struct GivenEvent {
    std::string id;
    std::string type;
    std::string source;
    core::Time time;
    std::string subject;  ///< empty: none
    core::Value data;
    /// When an event of this id came for the first time: what is derived from the event must be the
    /// same when it comes again.
    core::Time since;
    std::optional<engine::TraceContext> trace;
};

HappenedEvent happened(GivenEvent given);
/// Of an execution with these labels; `api` is where the API is: `https://flows.example/api/v1`.
HappenedEvent happened(const core::Event& event, const core::Value& labels, std::uint32_t depth,
                       std::string_view api);

/// `workflow:ID`.
std::string workflow_source(std::string_view workflow_id);
/// Types and sources that only the server itself may use; empty: this is none of them. Else a
/// sentence that says so.
std::string reserved_name(std::string_view type, std::string_view source);

}  // namespace millrace::server
