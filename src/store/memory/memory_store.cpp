// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "memory/library.hpp"
#include "memory/parts.hpp"
#include "memory/server_parts.hpp"
#include "millrace/store/open.hpp"
#include "retention_rules.hpp"
#include "rows.hpp"

namespace millrace::store {

namespace {

struct StoredRow {
    std::uint32_t count = 0;
    std::string bytes;
};
struct Entry {
    engine::ExecutionRow row;
    std::map<std::uint64_t, StoredRow> journal;  // by first_seq
    std::optional<engine::SnapshotRow> snapshot;
    std::optional<ParkedExecution> parked;
};
struct Position {
    std::uint64_t frame = 0;
    core::Time at;
};

class MemoryStore final : public Store, private Retention {
public:
    explicit MemoryStore(std::uint64_t feed_bytes_max) : feed_{feed_bytes_max} {}

    core::Result<Ownership> take_ownership() override;
    core::Result<> commit(const engine::Frame& frame, Epoch epoch) override;
    core::Result<> checkpoint() override { return {}; }
    core::Result<Ownership> reopen(Epoch epoch) override;
    core::Result<WorkflowVersion> save_version(const std::string& workflow_id,
                                               const std::string& hash, const std::string& document,
                                               core::Time now) override;
    core::Result<WorkflowVersion> version(const std::string& workflow_id,
                                          std::uint32_t number) override;
    core::Result<engine::ExecutionRow> execution(core::ExecutionId id) override;
    core::Result<ExecutionPage> executions(const ExecutionFilter& filter, std::size_t limit,
                                           const std::string& cursor) override;
    core::Result<StoredHistory> history(core::ExecutionId id) override;
    core::Result<std::vector<core::Result<StoredHistory>>> histories(
        std::span<const core::ExecutionId> ids) override;
    core::Result<std::vector<std::string>> journal(core::ExecutionId id,
                                                   std::uint64_t after_seq) override;
    core::Result<std::vector<engine::ExecutionRow>> unparked(std::size_t limit,
                                                             core::ExecutionId after) override;
    core::Result<std::vector<ParkedExecution>> due_parked(core::Time before, std::size_t limit,
                                                          WakePosition after) override;
    core::Result<std::optional<core::Time>> next_wake(core::Time from) override;
    core::Result<std::vector<ParkedExecution>> limited_parked(std::size_t limit,
                                                              core::ExecutionId after) override;
    core::Result<std::vector<engine::SharedRow>> shared() override;
    core::Result<StoreStatus> status() override;
    Library& library() override { return library_; }
    DeadLetters& dead_letters() override { return dead_letters_; }
    ResultCache& result_cache() override { return result_cache_; }
    Secrets& secrets() override { return secrets_; }
    Feed& feed() override { return feed_; }
    Idempotency& idempotency() override { return idempotency_; }
    Variables& variables() override { return variables_; }
    NodeLibrary& node_library() override { return node_library_; }
    Retention& retention() override { return *this; }

private:
    core::Result<Prunable> prunable(const PruneRequest& request) override;
    core::Result<Pruned> prune(std::span<const core::ExecutionId> ids) override;
    core::Result<> remove(core::ExecutionId id) override;
    core::Result<std::uint64_t> free_bytes() override { return 0; }
    core::Result<std::uint64_t> give_back(std::uint64_t) override { return 0; }
    std::optional<core::ExecutionId> newest_from(const PruneRequest& request) const;
    /// Why a finished execution must stay, if it must.
    std::optional<core::Error> needed(core::ExecutionId id);

    Ownership ownership() const;
    core::Result<> check(const engine::Frame& frame, Epoch epoch) const;
    core::Result<> check_executions(const engine::Frame& frame) const;
    core::Result<> check_version(const engine::ExecutionRow& row) const;
    void insert(const engine::ExecutionRow& row);
    void park(const engine::ParkedRow& row);
    void unpark(core::ExecutionId id);
    void finish(const engine::ExecutionRow& row);
    core::Result<StoredHistory> history_of(core::ExecutionId id) const;
    core::Result<std::vector<std::string>> rows_after(core::ExecutionId id,
                                                      std::uint64_t seq) const;

    mutable std::mutex
        mutex_;  // not a shared one: readers that never pause would keep the writer out
    Epoch epoch_;
    std::array<Position, partitions_count> positions_{};
    std::map<core::ExecutionId, Entry> executions_;
    std::set<core::ExecutionId> unparked_;  // neither finished nor parked
    std::set<core::ExecutionId> limited_;   // parked, and counted
    std::set<WakePosition> wakes_;
    std::map<std::pair<std::string, std::string>, std::string> shared_;  // by kind and key

    memory::MemoryLibrary library_;
    memory::MemoryDeadLetters dead_letters_;
    memory::MemoryResultCache result_cache_;
    memory::MemorySecrets secrets_;
    memory::MemoryFeed feed_;
    memory::MemoryIdempotency idempotency_;
    memory::MemoryVariables variables_;
    memory::MemoryNodeLibrary node_library_;
};

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

// ---- Retention ------------------------------------------------------------------------------

std::optional<core::ExecutionId> MemoryStore::newest_from(const PruneRequest& request) const {
    std::uint64_t seen = 0;
    for (auto at = executions_.rbegin(); at != executions_.rend(); ++at) {
        const engine::ExecutionRow& row = at->second.row;
        if (request.workflow_id && row.workflow_id != *request.workflow_id) continue;
        if (is_terminal(row.status) && ++seen == *request.keep_newest) return row.id;
    }
    return std::nullopt;
}

std::optional<core::Error> MemoryStore::needed(core::ExecutionId id) {
    if (dead_letters_.has_open(id)) return is_needed_by_letter(id);
    for (const auto& [other, entry] : executions_)
        if (entry.row.forked_from == id && !is_terminal(entry.row.status))
            return is_needed_by_fork(id);
    return std::nullopt;
}

core::Result<Prunable> MemoryStore::prunable(const PruneRequest& request) {
    auto place = prune_start(request);
    if (!place) return std::unexpected(place.error());
    const std::scoped_lock lock{mutex_};
    Prunable found;
    if (request.keep_newest.value_or(0) > 0 && !place->below) {
        place->below = newest_from(request);
        if (!place->below) return found;
    }
    const std::size_t looks_max = prune_looks_max(request);
    for (auto at = executions_.upper_bound(place->after);
         at != executions_.end() && (!place->below || at->first < *place->below); ++at) {
        if (found.looked_at == looks_max || found.ids.size() == request.limit) {
            found.next_cursor = prune_cursor(*place);
            break;
        }
        const engine::ExecutionRow& row = at->second.row;
        place->after = row.id;
        ++found.looked_at;
        if ((!request.workflow_id || row.workflow_id == *request.workflow_id) &&
            is_terminal(row.status) &&
            (!request.completed_before ||
             row.completed_at.value_or(row.created_at) < *request.completed_before))
            found.ids.push_back(row.id);
    }
    return found;
}

core::Result<Pruned> MemoryStore::prune(std::span<const core::ExecutionId> ids) {
    const std::scoped_lock lock{mutex_};
    Pruned pruned;
    for (const core::ExecutionId id : ids) {
        ++pruned.done;
        const auto found = executions_.find(id);
        if (found == executions_.end() || !is_terminal(found->second.row.status) || needed(id))
            continue;
        dead_letters_.erase(id);
        executions_.erase(found);
        ++pruned.executions;
    }
    return pruned;
}

core::Result<> MemoryStore::remove(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    const auto found = executions_.find(id);
    if (found == executions_.end()) return std::unexpected(execution_not_found(id));
    if (!is_terminal(found->second.row.status)) return std::unexpected(is_unfinished(id));
    if (auto reason = needed(id)) return std::unexpected(std::move(*reason));
    dead_letters_.erase(id);
    executions_.erase(found);
    return {};
}

}  // namespace

std::unique_ptr<Store> open_memory_store(std::uint64_t feed_bytes_max) {
    return std::make_unique<MemoryStore>(feed_bytes_max);
}

}  // namespace millrace::store
