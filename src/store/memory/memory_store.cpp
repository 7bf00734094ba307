// SPDX-License-Identifier: Apache-2.0
#include "memory/memory_store.hpp"

#include <algorithm>
#include <utility>

#include "millrace/store/open.hpp"

namespace millrace::store::memory {

Ownership MemoryStore::ownership() const {
    Ownership owned{epoch_, 0, {}};
    for (const Position& position : positions_) {
        owned.frame = std::max(owned.frame, position.frame);
        owned.last_frame = std::max(owned.last_frame, position.at);
    }
    return owned;
}

core::Result<Ownership> MemoryStore::take_ownership() {
    const std::scoped_lock lock{mutex_};
    ++epoch_.value;
    return ownership();
}

core::Result<Ownership> MemoryStore::reopen(Epoch epoch) {
    const std::scoped_lock lock{mutex_};
    if (epoch != epoch_) return std::unexpected(epoch_is_stale(epoch, epoch_));
    return ownership();
}

core::Result<> MemoryStore::check_version(const engine::ExecutionRow& row) const {
    const auto version = library_.version(row.workflow_id, row.workflow_version);
    if (!version) return std::unexpected(version.error());
    if (version->hash != row.workflow_hash)
        return std::unexpected(hash_differs(row, version->hash));
    return {};
}

core::Result<> MemoryStore::check_executions(const engine::Frame& frame) const {
    std::map<core::ExecutionId, bool> live;  // as the frame itself changes it
    for (const engine::ExecutionRow& row : frame.inserted) {
        if (auto checked = check_version(row); !checked) return checked;
        if (executions_.contains(row.id) || !live.emplace(row.id, !is_terminal(row.status)).second)
            return std::unexpected(row_exists("the row", row.id));
    }
    const auto is_live = [&](core::ExecutionId id) -> bool& {
        const auto stored = executions_.find(id);
        return live
            .try_emplace(id, stored != executions_.end() && !is_terminal(stored->second.row.status))
            .first->second;
    };
    for (const engine::ParkedRow& row : frame.parked) {
        if (auto checked = check_parked_status(row); !checked) return checked;
        if (!is_live(row.id)) return std::unexpected(not_live(row.id, "parked"));
    }
    for (const engine::ExecutionRow& row : frame.finished) {
        if (!is_terminal(row.status) || !std::exchange(is_live(row.id), false))
            return std::unexpected(not_live(row.id, "finished"));
    }
    const auto known = [&](core::ExecutionId id) {
        return live.contains(id) || executions_.contains(id);
    };
    for (const engine::JournalRow& row : frame.journal)
        if (!known(row.id)) return std::unexpected(execution_not_found(row.id));
    for (const engine::SnapshotRow& row : frame.snapshots)
        if (!known(row.id)) return std::unexpected(execution_not_found(row.id));
    return {};
}

core::Result<> MemoryStore::check(const engine::Frame& frame, Epoch epoch) const {
    if (epoch != epoch_) return std::unexpected(epoch_is_stale(epoch, epoch_));
    const PartitionSet touched = touched_partitions(frame);
    for (std::size_t i = 0; i < partitions_count; ++i) {
        if (touched.test(i) && positions_[i].frame >= frame.number)
            return std::unexpected(frame_is_old(frame.number, positions_[i].frame));
    }
    std::set<std::pair<core::ExecutionId, std::uint64_t>> added;
    for (const engine::JournalRow& row : frame.journal) {
        const auto stored = executions_.find(row.id);
        if (!added.emplace(row.id, row.first_seq).second ||
            (stored != executions_.end() && stored->second.journal.contains(row.first_seq)))
            return std::unexpected(row_exists("a journal row", row.id));
    }
    return check_executions(frame);
}

core::Result<> MemoryStore::commit(const engine::Frame& frame, Epoch epoch) {
    const std::scoped_lock lock{mutex_};
    const PartitionSet touched = touched_partitions(frame);
    if (touched.none()) return {};
    if (auto checked = check(frame, epoch); !checked) return checked;

    for (std::size_t i = 0; i < partitions_count; ++i)
        if (touched.test(i)) positions_[i] = {frame.number, frame.now};
    for (const engine::ExecutionRow& row : frame.inserted)
        insert(row);
    for (const engine::JournalRow& row : frame.journal)
        executions_[row.id].journal.emplace(row.first_seq, StoredRow{row.count, row.bytes});
    for (const engine::SnapshotRow& row : frame.snapshots)
        executions_[row.id].snapshot = row;
    for (const core::ExecutionId id : frame.unparked)
        unpark(id);
    for (const engine::ParkedRow& row : frame.parked)
        park(row);
    for (const engine::ExecutionRow& row : frame.finished)
        finish(row);
    for (const engine::PostponedWait& wait : frame.postponed)
        waits_.postpone(wait);
    for (const engine::WaitRow& row : frame.waits)
        waits_.write(row);
    for (const engine::DeadLetterRow& row : frame.dead_letters)
        dead_letters_.write(row);
    for (const engine::SharedRow& row : frame.shared) {
        if (row.bytes.empty()) {
            shared_.erase({row.kind, row.key});
        } else {
            shared_[{row.kind, row.key}] = row.bytes;
        }
    }
    feed_.write(frame);
    return {};
}

void MemoryStore::insert(const engine::ExecutionRow& row) {
    engine::ExecutionRow& kept = executions_[row.id].row;
    kept = row;
    kept.status = inserted_status(row);
    if (!is_terminal(kept.status)) unparked_.insert(row.id);
}

void MemoryStore::park(const engine::ParkedRow& row) {
    unpark(row.id);
    Entry& entry = executions_[row.id];
    entry.snapshot = {row.id, row.seq, row.snapshot};
    entry.row.status = row.status;
    entry.parked = {row.id,      entry.row.workflow_id, entry.row.workflow_version,
                    row.status,  row.priority,          row.created_at,
                    row.wake_at, row.is_limited};
    unparked_.erase(row.id);
    if (row.is_limited) limited_.insert(row.id);
    if (row.wake_at) wakes_.insert({*row.wake_at, row.id});
}

void MemoryStore::unpark(core::ExecutionId id) {
    const auto found = executions_.find(id);
    if (found == executions_.end() || !found->second.parked) return;
    Entry& entry = found->second;
    if (entry.parked->wake_at) wakes_.erase({*entry.parked->wake_at, id});
    limited_.erase(id);
    entry.parked.reset();
    entry.row.status = core::ExecutionStatus::running;
    unparked_.insert(id);
}

void MemoryStore::finish(const engine::ExecutionRow& row) {
    unpark(row.id);
    Entry& entry = executions_[row.id];
    entry.row.status = row.status;
    entry.row.completed_at = row.completed_at;
    entry.snapshot.reset();
    unparked_.erase(row.id);
}

core::Result<WorkflowVersion> MemoryStore::save_version(const std::string& workflow_id,
                                                        const std::string& hash,
                                                        const std::string& document,
                                                        core::Time now) {
    return library_.save_version(workflow_id, hash, document, now);
}

core::Result<WorkflowVersion> MemoryStore::version(const std::string& workflow_id,
                                                   std::uint32_t number) {
    return library_.version(workflow_id, number);
}

core::Result<engine::ExecutionRow> MemoryStore::execution(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    const auto found = executions_.find(id);
    if (found == executions_.end()) return std::unexpected(execution_not_found(id));
    return found->second.row;
}

core::Result<ExecutionPage> MemoryStore::executions(const ExecutionFilter& filter,
                                                    std::size_t limit, const std::string& cursor) {
    const auto start = page_start(limit, cursor);
    if (!start) return std::unexpected(start.error());
    const std::scoped_lock lock{mutex_};
    ExecutionPage page;
    auto at = *start ? executions_.lower_bound(**start) : executions_.end();
    while (at != executions_.begin()) {
        --at;
        if (!matches(filter, at->second.row)) continue;
        if (page.items.size() == limit) {
            page.next_cursor = page_cursor(page.items.back().id);
            break;
        }
        page.items.push_back(at->second.row);
    }
    return page;
}

core::Result<std::vector<std::string>> MemoryStore::rows_after(core::ExecutionId id,
                                                               std::uint64_t seq) const {
    std::vector<std::string> rows;
    JournalChain chain{id, seq};
    const auto& journal = executions_.at(id).journal;
    // What is before the row that the next record is in, or would be in, has ended.
    auto at = journal.upper_bound(seq + 1);
    if (at != journal.begin()) --at;
    for (; at != journal.end(); ++at) {
        const auto& [first_seq, row] = *at;
        if (first_seq + row.count <= seq + 1) continue;
        if (auto accepted = chain.accept(first_seq, row.count); !accepted)
            return std::unexpected(accepted.error());
        rows.push_back(row.bytes);
    }
    return rows;
}

core::Result<StoredHistory> MemoryStore::history(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    return history_of(id);
}

core::Result<std::vector<core::Result<StoredHistory>>> MemoryStore::histories(
    std::span<const core::ExecutionId> ids) {
    const std::scoped_lock lock{mutex_};
    std::vector<core::Result<StoredHistory>> all;
    all.reserve(ids.size());
    for (const core::ExecutionId id : ids)
        all.push_back(history_of(id));
    return all;
}

core::Result<StoredHistory> MemoryStore::history_of(core::ExecutionId id) const {
    const auto found = executions_.find(id);
    if (found == executions_.end()) return std::unexpected(execution_not_found(id));
    const auto& snapshot = found->second.snapshot;
    auto rows = rows_after(id, snapshot ? snapshot->seq : 0);
    if (!rows) return std::unexpected(rows.error());
    return StoredHistory{snapshot ? snapshot->bytes : std::string{}, std::move(*rows)};
}

core::Result<std::vector<std::string>> MemoryStore::journal(core::ExecutionId id,
                                                            std::uint64_t after_seq) {
    const std::scoped_lock lock{mutex_};
    if (!executions_.contains(id)) return std::unexpected(execution_not_found(id));
    return rows_after(id, after_seq);
}

core::Result<std::vector<engine::ExecutionRow>> MemoryStore::unparked(std::size_t limit,
                                                                      core::ExecutionId after) {
    const std::scoped_lock lock{mutex_};
    std::vector<engine::ExecutionRow> rows;
    for (auto at = unparked_.upper_bound(after); at != unparked_.end() && rows.size() < limit; ++at)
        rows.push_back(executions_.at(*at).row);
    return rows;
}

core::Result<std::vector<ParkedExecution>> MemoryStore::due_parked(core::Time before,
                                                                   std::size_t limit,
                                                                   WakePosition after) {
    const std::scoped_lock lock{mutex_};
    std::vector<ParkedExecution> due;
    for (auto at = wakes_.upper_bound(after);
         at != wakes_.end() && at->wake_at < before && due.size() < limit; ++at)
        due.push_back(*executions_.at(at->id).parked);
    return due;
}

core::Result<std::optional<core::Time>> MemoryStore::next_wake(core::Time from) {
    const std::scoped_lock lock{mutex_};
    const auto next = wakes_.lower_bound({from, {}});
    return next == wakes_.end() ? std::nullopt : std::optional{next->wake_at};
}

core::Result<std::vector<ParkedExecution>> MemoryStore::limited_parked(std::size_t limit,
                                                                       core::ExecutionId after) {
    const std::scoped_lock lock{mutex_};
    std::vector<ParkedExecution> rows;
    for (auto at = limited_.upper_bound(after); at != limited_.end() && rows.size() < limit; ++at)
        rows.push_back(*executions_.at(*at).parked);
    return rows;
}

core::Result<std::vector<engine::SharedRow>> MemoryStore::shared() {
    const std::scoped_lock lock{mutex_};
    std::vector<engine::SharedRow> rows;
    for (const auto& [name, bytes] : shared_)
        rows.push_back({name.first, name.second, bytes});
    return rows;
}

core::Result<StoreStatus> MemoryStore::status() {
    const std::scoped_lock lock{mutex_};
    StoreStatus status;
    status.location = "memory";
    status.executions = executions_.size();
    for (const auto& [id, entry] : executions_) {
        status.live_executions += is_terminal(entry.row.status) ? 0 : 1;
        status.parked_executions += entry.parked ? 1 : 0;
        status.journal_rows += entry.journal.size();
        for (const auto& [seq, row] : entry.journal)
            status.bytes += row.bytes.size();
        if (entry.snapshot) status.bytes += entry.snapshot->bytes.size();
    }
    return status;
}

core::Result<StoreExtent> MemoryStore::extent() {
    const auto all = status();
    if (!all) return std::unexpected(all.error());
    return StoreExtent{.bytes = all->bytes,
                       .wal_bytes = 0,
                       .live_executions = all->live_executions,
                       .parked_executions = all->parked_executions,
                       .open_dead_letters = dead_letters_.open_count()};
}

}  // namespace millrace::store::memory

namespace millrace::store {

std::unique_ptr<Store> open_memory_store(std::uint64_t feed_bytes_max) {
    return std::make_unique<memory::MemoryStore>(feed_bytes_max);
}

}  // namespace millrace::store
