// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "millrace/core/event.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/execution_view.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/runtime/runtime.hpp"

namespace millrace::runtime {

enum class RehearsalErrc {
    did_not_end,       ///< a limit was reached, or nothing can happen any more
    refused,           ///< an effect was asked for that nobody stands in for
    effect_timed_out,  ///< one that was performed for real
    bad_option,
    internal,
};
std::string_view code_text(RehearsalErrc code);

/// One attempt of a node to have something done outside.
struct OutsideCall {
    std::string node_id;
    std::string path;           ///< `charge`, or `loop[3].charge` within a container
    std::uint32_t attempt = 1;  ///< of this run
    std::uint32_t number = 1;   ///< among all calls of this node, from 1
    core::Time at;
    core::Value request;      ///< what `request_value` makes of it
    core::Value input;        ///< of the run, at its first port; known once the rehearsal is over
    std::string workflow{};   ///< the sub-workflow that asks; empty: the one that is rehearsed
    bool has_failed = false;  ///< the attempt did, as far as it has ended
};

/// A run that has waited for somebody outside.
struct OutsideWait {
    engine::WaitRow wait;  ///< as it began, but `state` and `answer`, which are as it ended
    std::optional<core::Time> closed_at;
    std::string workflow;  ///< as of OutsideCall
};

/// What an attempt gives without being made.
struct StandIn {
    /// An HTTP answer is read by the node as one of the network would be.
    std::variant<std::vector<engine::PortValue>, core::Failure, engine::HttpAnswer> outcome;
    core::Duration takes{0};
};
struct PerformForReal {};
struct Refuse {
    std::string why;  ///< a sentence with the remedy
};
using Direction = std::variant<StandIn, PerformForReal, Refuse>;

/// Says how an attempt ends. The view has seen all that happened before.
using Director = std::function<Direction(const OutsideCall& call, const engine::Effect& effect,
                                         const engine::ExecutionView& view)>;

/// Acts on executions from outside while they go on. Called from the thread that rehearses.
class Outsider {
public:
    virtual ~Outsider() = default;
    /// The execution that is rehearsed starts.
    virtual void begins(core::ExecutionId id, core::Time now) = 0;
    /// A run waits, or does no longer; not told of sub-workflows that are waited for.
    virtual void sees(const OutsideWait& wait) = 0;
    /// When something comes next.
    virtual std::optional<core::Time> next_due() const = 0;
    /// Signals and answers that have come by now.
    virtual core::Result<std::vector<engine::Input>> take_due(core::Time now) = 0;
};

/// Finds the plan that a sub-workflow node is to run when its call is performed; null: there is
/// none.
using FindWorkflow = std::function<std::shared_ptr<const engine::Plan>(const std::string& id)>;

/// Where the links of a rehearsal begin. The name of the node follows, so that they are known.
inline constexpr std::string_view rehearsed_links = "https://millrace.test/wait/";

struct RehearsalOptions {
    core::Time start_at{1'767'225'600'000};  ///< what the clock shows first: 2026-01-01
    std::uint64_t seed = 1;                  ///< of the execution's id and its random numbers
    Director director;
    Outsider* outsider = nullptr;  ///< outlives the rehearsal; null: nobody
    FindWorkflow workflows;
    std::optional<core::Duration> cancel_after;
    core::Duration time_max{366LL * 86'400'000};  ///< of the clock that jumps
    std::uint64_t records_max = 1'000'000;
    core::Duration effect_patience{30'000};  ///< real time for one that is performed
    engine::ShardLimits limits;
    // What effects may use that are performed.
    HttpOptions http;
    FileOptions files;
    CommandOptions commands;
    const Functions* functions = nullptr;  ///< outlives the rehearsal
};

struct Rehearsed {
    engine::ExecutionView view;  ///< with the inside of all containers
    std::vector<core::Event> events;
    std::vector<OutsideCall> calls;
    std::vector<engine::DeadLetterRow> dead_letters;
    std::vector<OutsideWait> waits;  ///< in the order in which they began
};

/// Runs one execution from its trigger to its end with the production engine, but without a store
/// and on a clock that jumps to whatever comes next: a workflow that waits for a day takes no time.
/// What nodes ask of the outside is answered as the director says, and waiting runs by the
/// outsider; sub-workflows that are performed run beside it, to their ends where they have one. The
/// same plan, request and answers give the same history. Effects that are performed take no time on
/// that clock; those that are under way together end in the order in which they were asked for.
///
/// `StartErrc` when the execution cannot start. Thread-safe.
core::Result<Rehearsed> rehearse(const StartRequest& request, const RehearsalOptions& options);

/// What an effect asks for, as data: `{method, url, headers, body}` of an HTTP call, and so on.
core::Value request_value(const engine::EffectRequest& request);

}  // namespace millrace::runtime
