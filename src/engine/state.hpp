// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fifo.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/status.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/ecs/entity.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/engine/record.hpp"
#include "phase.hpp"

namespace millrace::engine {

// The components of the World: one entity per execution, per node run and per connection. All of
// it is a function of the records so far; only `apply` writes it.

/// What is to be decided next, in the order in which records made it due. The systems take from
/// the front; a decision's own record takes the item away, so that a rebuilt World decides the
/// same.
struct Agenda {
    Fifo<core::ConnectionIndex> links;  ///< live, and its filter or transform is not evaluated yet
    Fifo<core::NodeIndex> skips;        ///< settled, and a required port is dead
    Fifo<core::NodeIndex> outcomes;     ///< attempt succeeded, wait over, fallback finished
    Fifo<core::NodeIndex> expired;      ///< a timeout or the deadline fired
    Fifo<core::NodeIndex> failures;     ///< attempt failed
    Fifo<core::NodeIndex> interrupted;  ///< open when the process went away
    Fifo<core::NodeIndex> pure_starts;  ///< ready, computed in the frame
    Fifo<core::NodeIndex> effect_starts;  ///< ready, limited by max_parallel_nodes

    void clear();
    /// Anything to decide without waiting for a free place for an effect?
    bool empty_but_effects() const;
};

/// Why an execution is being wound up before all of its runs are settled.
enum class Ending : std::uint8_t { none = 0, failing = 1, canceling = 2 };

/// What an execution has used of the frame at hand. Not part of its history.
struct FrameShare {
    std::uint64_t frame = 0;  ///< counts calls of advance; a stale share belongs to an earlier one
    RowWriter* row = nullptr;
    std::size_t first_effect = 0;  ///< effects of the frame before this one's first
    std::size_t transitions = 0;
    bool created = false;
    bool used_up = false;  ///< work is left, and the next frame does it
};

struct ExecutionState {
    core::ExecutionId id;
    std::shared_ptr<const Plan> plan;
    core::ExecutionStatus status = core::ExecutionStatus::pending;
    std::uint64_t next_seq = 1;
    core::Time last_at;              ///< of the last record
    std::uint32_t continued = 0;     ///< frames that only went on with what an earlier one left
    std::uint64_t snapshot_seq = 0;  ///< the last record that the newest snapshot contains
    core::Time created_at;
    core::Time started_at;
    std::uint32_t semantics = engine_semantics;
    core::NodeIndex trigger;
    core::Value input;
    core::Value trigger_data;
    core::Value variables;
    std::uint64_t seed_high = 0;
    std::uint64_t seed_low = 0;

    std::vector<ecs::Entity> runs;   // by NodeIndex
    std::vector<ecs::Entity> links;  // by ConnectionIndex
    std::uint32_t unfinished = 0;    ///< runs without a terminal status
    std::uint32_t open = 0;          ///< attempts handed out or being computed
    std::uint32_t open_effects = 0;  ///< those that count against max_parallel_nodes
    std::uint32_t timed = 0;         ///< runs that wait for a timer

    Ending ending = Ending::none;
    core::Failure failure;      ///< for Ending::failing
    std::string cancel_reason;  ///< for Ending::canceling
    std::optional<core::Time> cancel_grace_due;
    bool cancel_forced = false;  ///< the grace is over, or a second cancel came

    Agenda agenda;
    FrameShare share;
};

struct RunState {
    core::NodeIndex node;
    Phase phase = Phase::blocked;
    core::NodeStatus status = core::NodeStatus::pending;
    std::uint32_t unsettled = 0;  ///< connections into this run that are neither live nor dead
    std::uint32_t attempt = 0;
    std::uint32_t reissued = 0;
    TimerPurpose expired = TimerPurpose::attempt_timeout;  ///< which clock put it on `expired`
    core::Time first_started;                              ///< the deadline counts from here
    core::Time attempt_started;                            ///< the timeout counts from here
    core::Time wait_due;                                   ///< of a delay or a retry
};

struct RunData {
    std::vector<PortValue> outputs;  ///< final once the run is completed
    std::vector<PortValue> pending;  ///< of the attempt that succeeded, or of the wait
    std::shared_ptr<const core::Failure> failure;
};

struct LinkState {
    enum class Settled : std::uint8_t { open = 0, live = 1, dead = 2 };
    Settled settled = Settled::open;
    /// What arrived; while a filter or transform is due, what is to be evaluated.
    core::Value value;
};

}  // namespace millrace::engine
