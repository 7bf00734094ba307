// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/engine/execution_view.hpp"
#include "millrace/engine/shard.hpp"
#include "testing/library.hpp"

// A shard with a store and a clock that tests hold in their hands. Nothing in here needs
// GoogleTest.
namespace millrace::engine {

/// What a restart rebuilds an execution from.
enum class RebuildFrom : std::uint8_t { journal, snapshot };

/// What the store holds of one execution.
struct CommittedExecution {
    std::shared_ptr<const Plan> plan;
    std::vector<std::string> rows;
    std::string snapshot;
    std::size_t rows_in_snapshot = 0;  ///< so many rows lie before the snapshot's end
    core::ExecutionStatus status = core::ExecutionStatus::running;
    std::optional<ParkedRow> parked;  ///< it has left the shard's memory

    /// `from` a snapshot: the newest one, or the journal when there is none.
    StoredExecution stored(core::ExecutionId id, RebuildFrom from) const;
};

/// Do idle executions leave memory?
enum class Parking : std::uint8_t { off, on };

/// Drives the production shard frame by frame. Every frame is committed at once. Verbs without an
/// id are about the execution started last.
class ShardFixture {
public:
    explicit ShardFixture(ShardLimits limits = {}, Parking parking = Parking::off);

    // What the outside does. Each ends with one frame at the current time.

    /// Starts an execution of the plan's node `start`; further ones get further ids.
    core::ExecutionId start(const PlanBuilder& plan, core::Value input = {});
    core::ExecutionId start(const std::shared_ptr<const Plan>& plan, core::Value input = {});
    /// Answers the newest attempt of an effect.
    void complete(std::string_view node, core::Value output = {});
    void fail(std::string_view node, core::Failure failure);
    void fail(std::string_view node, core::ErrorClass error_class = core::ErrorClass::internal,
              std::string_view code = "broken");
    /// Runs the job that a large input made of a pure node.
    void run_job(std::string_view node);
    void cancel(std::string_view reason = "no longer wanted");
    /// Time passes.
    void pass(core::Duration span);
    /// Time passes until the next timer is due.
    void pass_to_next_timer();
    /// Frames until the shard has nothing more to do by itself; how many.
    int drain();

    // The parts of those verbs, for tests that put several inputs in one frame.

    CreateExecution creation(const std::shared_ptr<const Plan>& plan, core::Value input = {});
    Completion completion(const Effect& effect, core::Value output = {}) const;
    void tell(Input input) { inbox.push_back(std::move(input)); }
    const Frame& advance();

    // A restart: the World is gone, what was committed is not.

    void restart(RebuildFrom from = RebuildFrom::journal);
    /// Restores an execution that another shard has left behind, at the time of its last record.
    void adopt(core::ExecutionId id, const CommittedExecution& left, RebuildFrom from);
    /// What the shell does for a parked execution before something happens to it.
    void unpark(core::ExecutionId id);
    /// Tells every execution that its process is gone.
    void recover();

    // What there is to see.

    core::ExecutionId id() const { return id_; }
    const Plan& plan() const { return *stored().plan; }
    const CommittedExecution& stored() const { return executions.at(id_); }
    ExecutionView view() const;
    NodeView node(std::string_view name) const;
    core::ExecutionStatus status() const { return view().status(); }
    std::vector<Record> records() const;
    /// `kind` or `kind node` of each record so far.
    std::vector<std::string> history() const;
    /// The same of the last frame alone.
    std::vector<std::string> latest() const;
    /// The newest effect of a node; aborts when there is none.
    const Effect& effect(std::string_view node) const;
    /// Node and attempt of each effect of the last frame: `call#1`.
    std::vector<std::string> effects() const;
    std::vector<std::string> aborts() const;
    /// All bodies of one kind in the execution's history.
    template <class Body>
    std::vector<Body> all() const {
        std::vector<Body> found;
        for (const Record& record : records())
            if (const auto* body = std::get_if<Body>(&record.body)) found.push_back(*body);
        return found;
    }
    std::string describe(const Record& record) const;

    core::Time now{1'700'000'000'000};
    ShardOptions options;
    Shard shard;
    std::deque<Input> inbox;
    Frame frame;  ///< the last one
    std::map<core::ExecutionId, CommittedExecution> executions;
    std::map<std::string, SharedRow> shared;  ///< by key

private:
    void commit();
    void restore_limited(core::ExecutionId id, const CommittedExecution& execution);

    core::ExecutionId id_;
    std::uint64_t started_ = 0;
    std::uint64_t last_number_ = 0;
    std::map<std::pair<core::ExecutionId, std::string>, Effect> effects_;
};

/// Feeds a history's input records to an empty shard, frame by frame; the rows it writes.
std::vector<std::string> replay(core::ExecutionId id, const CommittedExecution& history,
                                const ShardOptions& options);

core::Failure failure_of(core::ErrorClass error_class, std::string_view code,
                         std::string_view message = "told to");

}  // namespace millrace::engine
