// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::engine {

struct ShardLimits {
    std::size_t frame_inputs_max = 4'096;
    std::size_t frame_transitions_max = 50'000;
    std::size_t frame_record_bytes_max = 4u << 20;
    std::size_t execution_transitions_max = 1'000;      ///< per frame
    std::size_t execution_record_bytes_max = 4u << 20;  ///< per frame; the record at hand is whole
    /// Of one output, connection's value or input, by `Value::weight`. Values share their parts in
    /// memory, but not when they are written.
    std::size_t value_weight_max = 64u << 20;
    std::size_t inline_weight_max = 64u << 10;  ///< larger inputs of pure nodes become jobs
    std::size_t inline_elements_max = 10'000;
    std::uint64_t snapshot_records = 256;
    std::uint64_t expression_fuel = 1'000'000;
    core::Duration cancel_grace{10'000};
    /// An idle execution whose next timer is further away than this leaves memory.
    core::Duration park_after{60'000};
    /// Executions of one workflow that wait for their turn; further ones are refused.
    std::size_t pending_max = 10'000;
    bool parks_idle = true;  ///< false: none does; for an embedding program without a store
};

struct ShardOptions {
    ShardLimits limits;
    /// Digest of an idempotency key's text, BLAKE2b in production. Must be a pure function.
    std::function<std::string(std::string_view)> digest;
};

/// What the store holds of one live execution.
struct StoredExecution {
    core::ExecutionId id;
    std::shared_ptr<const Plan> plan;
    std::string snapshot;           ///< empty: none
    std::vector<std::string> rows;  ///< packed rows after the snapshot, in order
    bool was_parked = false;        ///< the store knows it as parked
};

/// A parked execution that counts against its workflow's limit of executions at once.
struct LimitedExecution {
    core::ExecutionId id;
    std::shared_ptr<const Plan> plan;
    std::int32_t priority = 0;
    core::Time created_at;
    bool has_permit = false;  ///< false: it waits for one
};

/// Runs a set of partitions in one World: inputs in, records and effects out. Deterministic: the
/// same inputs at the same times give the same frames. Used from one thread; does no I/O.
class Shard {
public:
    explicit Shard(ShardOptions options);
    Shard(Shard&&) noexcept;
    Shard& operator=(Shard&&) noexcept;
    ~Shard();

    /// Computes one frame at `now`, which never goes back: an earlier time counts as the last one.
    /// Takes inputs from the front of `inbox`, in order but for creations, which take turns by
    /// workflow; then the timers that are due. While RecoverExecutions stand at the front, nothing
    /// else happens. What exceeds the frame's limits stays in the inbox, which is the caller's, so
    /// that nothing is lost with the shard.
    Frame advance(core::Time now, std::deque<Input>& inbox);

    /// More to do without any further input.
    bool has_backlog() const;
    /// When the next timer is due.
    std::optional<core::Time> next_due() const;
    /// Executions that are not finished, sorted.
    std::vector<core::ExecutionId> live() const;
    std::size_t live_count() const;
    /// Timers of them, those included that no longer matter and are not dropped yet.
    std::size_t timer_count() const;
    /// Executions that wait until others of their workflow have ended, parked ones included.
    std::size_t waiting_count() const;

    /// Rebuilds an execution from what the store holds: snapshot, then the tail applied. Nothing
    /// is decided again. When its process is gone, a RecoverExecution follows before anything else
    /// does: its open attempts are then handed out again.
    core::Result<> restore(const StoredExecution& stored);
    /// Makes a parked execution known to the limits; `Frame::wanted` asks for it when its turn has
    /// come. Once for each after a restart.
    void restore_limited(const LimitedExecution& limited);
    /// A parked execution that cannot be restored; it no longer counts against a limit.
    void forget(core::ExecutionId id);
    /// What executions share, as an earlier owner has left it. Once for each key after a restart.
    void restore_shared(const SharedRow& row);
    /// Frame numbers and times continue after these.
    void set_position(std::uint64_t frame, core::Time last_frame);

    /// The execution's state as versioned bytes, the same for the same history.
    std::string snapshot(core::ExecutionId id) const;
    /// Permutes the rows of the World. Nothing may depend on them; the simulation proves it.
    void shuffle_rows(std::uint64_t seed);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::engine
