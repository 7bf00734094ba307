// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "consistency.hpp"
#include "shard_impl.hpp"
#include "snapshot.hpp"

namespace millrace::engine {

void Shard::Impl::close() {
    for (const core::ExecutionId id : touched_)
        close(*executions_.find(id));
    std::erase_if(now_frame_.effects,
                  [](const Effect& effect) { return effect.attempt == taken_back; });
    timers_.compact([&](const Timer& timer) {
        const ExecutionState* x = executions_.find(timer.id);
        return x != nullptr && applier_.is_current(*x, timer);
    });
    touched_.clear();
    rows_.clear();
}

void Shard::Impl::close(ExecutionState& x) {
    const core::ExecutionId id = x.id;
    RowWriter& row = *x.share.row;
    const bool ended = is_terminal(x.status);
    const PlanIdentity& identity = x.plan->identity();
    x.journal_bytes += row.bytes().size();
    now_frame_.journal.push_back({id, row.first_seq(), row.count(), row.take_bytes()});
    ExecutionRow summary;
    summary.id = id;
    summary.workflow_id = identity.workflow_id;
    summary.workflow_version = identity.version;
    summary.workflow_hash = identity.hash;
    summary.status = ended ? x.status : core::ExecutionStatus::running;
    summary.created_at = x.created_at;
    summary.priority = priority_of(x);
    if (x.control && !x.control->forked_from.empty())
        summary.forked_from = core::ExecutionId::parse(x.control->forked_from);
    if (x.control && x.control->parent) summary.parent = x.control->parent->id;
    if (ended) summary.completed_at = now_frame_.now;
    if (x.share.created) {
        now_frame_.inserted.push_back(std::move(summary));
    } else if (ended) {
        now_frame_.finished.push_back(std::move(summary));
    }
    if (ended || park(x)) {
        if (ended && x.was_parked) now_frame_.unparked.push_back(id);
        executions_.destroy(id);
        return;
    }
    if (x.was_parked) now_frame_.unparked.push_back(id);
    x.was_parked = false;
    // A large state is written less often, so that snapshots cost no more than the journal does.
    const bool is_due = x.next_seq - 1 - x.snapshot_seq >= options_.limits.snapshot_records &&
                        (x.snapshot_bytes <= small_snapshot || x.journal_bytes >= x.snapshot_bytes);
    if (!is_due) return;
    x.snapshot_seq = x.next_seq - 1;
    x.journal_bytes = 0;
    // A state that is too large to write is rebuilt from its records alone.
    if (snapshot_exceeds(executions_, x, options_.limits.value_weight_max)) return;
    std::string bytes = write_snapshot(executions_, x);
    x.snapshot_bytes = bytes.size();
    now_frame_.snapshots.push_back({id, x.snapshot_seq, std::move(bytes)});
}

/// Takes an execution that only a far timer or a command can move out of memory.
bool Shard::Impl::park(ExecutionState& x) {
    if (!options_.limits.parks_idle) return false;
    if (x.in_flight() > 0 || x.share.used_up || has_work(executions_, x)) return false;
    const auto due = applier_.next_due(x);
    if (due && *due <= now_frame_.now + options_.limits.park_after) return false;
    if (snapshot_exceeds(executions_, x, options_.limits.value_weight_max)) return false;
    ParkedRow row;
    row.id = x.id;
    row.status = x.status;
    row.seq = x.next_seq - 1;
    row.snapshot = write_snapshot(executions_, x);
    row.wake_at = due;
    row.workflow_id = x.plan->identity().workflow_id;
    row.workflow_version = x.plan->identity().version;
    row.priority = priority_of(x);
    row.created_at = x.created_at;
    row.is_limited = x.is_limited() && !x.is_delayed();
    now_frame_.parked.push_back(std::move(row));
    return true;
}

core::Result<> Shard::Impl::restore(const StoredExecution& stored) {
    if (executions_.find(stored.id) != nullptr)
        return core::fail(CommandErrc::already_exists, stored.id.text() + " is live already");
    ExecutionState& x = executions_.create(stored.id, stored.plan);
    applier_.set_arming(false);
    core::Result<> read = read_snapshot(executions_, x, stored.snapshot);
    // Records are applied to a state that can be, whatever the bytes of the snapshot were.
    if (read && !stored.snapshot.empty()) read = check_consistency(executions_, x);
    for (std::size_t i = 0; read && i < stored.rows.size(); ++i) {
        core::Result<std::vector<Record>> records = read_row(stored.rows[i]);
        if (!records) read = std::unexpected(records.error());
        const std::uint64_t before = x.next_seq;
        for (std::size_t r = 0; read && r < records->size(); ++r) {
            const Record& record = (*records)[r];
            if (record.seq >= x.next_seq) read = applier_.apply(x, record);
        }
        if (x.next_seq != before) x.journal_bytes += stored.rows[i].size();
    }
    applier_.set_arming(true);
    if (read && x.next_seq == 1)
        read = core::fail(JournalErrc::corrupt, "the journal has no record of its creation");
    if (read && !is_terminal(x.status)) read = check_consistency(executions_, x);
    if (!read) {
        executions_.destroy(stored.id);
        return std::unexpected(read.error().during("restore execution", stored.id.text()));
    }
    if (is_terminal(x.status)) {
        executions_.destroy(stored.id);
        return {};
    }
    x.was_parked = stored.was_parked;
    applier_.arm(x);
    if (has_work(executions_, x)) backlog_.push_back(stored.id);
    count(x);
    const bool waits = x.is_limited() && x.status == core::ExecutionStatus::pending &&
                       !x.is_ending() && !(x.control && x.control->has_permit);
    if (waits && limiter_.is_running(x.plan->identity().workflow_id, x.id))
        admitted_.push_back(x.id);
    return {};
}

void Shard::Impl::restore_limited(const LimitedExecution& limited) {
    const auto& limit = limited.plan->settings().max_concurrent_executions;
    if (!limit || executions_.find(limited.id) != nullptr) return;
    const std::string& workflow = limited.plan->identity().workflow_id;
    if (limited.has_permit) {
        limiter_.hold(workflow, limit->limit, limited.id);
    } else {
        limiter_.enqueue(workflow, limit->limit,
                         {limited.priority, limited.created_at, limited.id});
    }
}

}  // namespace millrace::engine
