// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "millrace/store/result_cache.hpp"
#include "millrace/store/store.hpp"

namespace millrace::store::testing {

enum class StoreFault : std::uint8_t {
    none,
    failed,             ///< an `io` error; the call did nothing
    full,               ///< a `full` error; the call did nothing
    unknown_lost,       ///< `outcome_unknown`; a writing call did nothing
    unknown_committed,  ///< `outcome_unknown`; a writing call did its work
};

/// A Store in front of another that fails when it is told to, in each of the ways a database can.
/// Like a real one it refuses to write after an unknown outcome until it is reopened. In a
/// reading call the unknown faults are plain failures. Header only, so that tests of other
/// rooms can use it.
class FaultyStore final : public Store {
public:
    enum class Call : std::uint8_t {
        take_ownership,
        commit,
        checkpoint,
        reopen,
        save_version,
        read,
        cache_find,
        cache_put,
    };
    /// Asked at each call, counted from 1.
    using Choice = std::function<StoreFault(Call call, std::uint64_t count)>;

    explicit FaultyStore(std::unique_ptr<Store> inner, Choice choice = {})
        : inner_{std::move(inner)}, choice_{std::move(choice)} {}

    void choose(Choice choice) { choice_ = std::move(choice); }
    /// The n-th call from now on, and no other.
    void fail_nth(std::uint64_t n, StoreFault fault) {
        choose([at = count_ + n, fault](Call, std::uint64_t count) {
            return count == at ? fault : StoreFault::none;
        });
    }
    void heal() { choice_ = {}; }
    /// From now on: commits whose frame it answers true to are refused as a `bad_argument`. Must
    /// be set before other threads use the store.
    void refuse(std::function<bool(const engine::Frame&)> frames) { refuses_ = std::move(frames); }
    /// The same for reading an execution or its history, which then ends in this error.
    void hide(std::function<std::optional<core::Error>(core::ExecutionId)> executions) {
        hides_ = std::move(executions);
    }
    std::uint64_t calls() const { return count_; }
    std::uint64_t faults() const { return faults_; }
    Store& inner() { return *inner_; }

    core::Result<Ownership> take_ownership() override {
        broken_ = false;
        return write<Ownership>(Call::take_ownership, [&] { return inner_->take_ownership(); });
    }
    core::Result<> commit(const engine::Frame& frame, Epoch epoch) override {
        return write<void>(Call::commit, [&]() -> core::Result<> {
            if (refuses_ && refuses_(frame))
                return core::fail(StoreErrc::bad_argument, "injected: the frame is refused");
            return inner_->commit(frame, epoch);
        });
    }
    core::Result<> checkpoint() override {
        return write<void>(Call::checkpoint, [&] { return inner_->checkpoint(); });
    }
    core::Result<Ownership> reopen(Epoch epoch) override {
        auto owned = read<Ownership>(Call::reopen, [&] { return inner_->reopen(epoch); });
        broken_ = !owned;
        return owned;
    }
    core::Result<WorkflowVersion> save_version(const std::string& workflow_id,
                                               const std::string& hash, const std::string& document,
                                               core::Time now) override {
        return write<WorkflowVersion>(Call::save_version, [&] {
            return inner_->save_version(workflow_id, hash, document, now);
        });
    }
    core::Result<WorkflowVersion> version(const std::string& workflow_id,
                                          std::uint32_t number) override {
        return read<WorkflowVersion>(Call::read,
                                     [&] { return inner_->version(workflow_id, number); });
    }
    core::Result<engine::ExecutionRow> execution(core::ExecutionId id) override {
        if (auto error = hidden(id)) return std::unexpected(*error);
        return read<engine::ExecutionRow>(Call::read, [&] { return inner_->execution(id); });
    }
    core::Result<ExecutionPage> executions(const ExecutionFilter& filter, std::size_t limit,
                                           const std::string& cursor) override {
        return read<ExecutionPage>(Call::read,
                                   [&] { return inner_->executions(filter, limit, cursor); });
    }
    core::Result<ExecutionPage> failures(core::Time since,
                                         const std::optional<std::string>& workflow_id,
                                         std::size_t limit, const std::string& cursor) override {
        return read<ExecutionPage>(
            Call::read, [&] { return inner_->failures(since, workflow_id, limit, cursor); });
    }
    core::Result<StoredHistory> history(core::ExecutionId id) override {
        if (auto error = hidden(id)) return std::unexpected(*error);
        return read<StoredHistory>(Call::read, [&] { return inner_->history(id); });
    }
    core::Result<std::vector<core::Result<StoredHistory>>> histories(
        std::span<const core::ExecutionId> ids) override {
        using All = std::vector<core::Result<StoredHistory>>;
        auto all = read<All>(Call::read, [&] { return inner_->histories(ids); });
        for (std::size_t i = 0; all && i < ids.size(); ++i)
            if (auto error = hidden(ids[i])) (*all)[i] = std::unexpected(*error);
        return all;
    }
    core::Result<std::vector<std::string>> journal(core::ExecutionId id,
                                                   std::uint64_t after_seq) override {
        return read<std::vector<std::string>>(Call::read,
                                              [&] { return inner_->journal(id, after_seq); });
    }
    core::Result<std::vector<engine::ExecutionRow>> unparked(std::size_t limit,
                                                             core::ExecutionId after) override {
        return read<std::vector<engine::ExecutionRow>>(
            Call::read, [&] { return inner_->unparked(limit, after); });
    }
    core::Result<std::vector<ParkedExecution>> due_parked(core::Time before, std::size_t limit,
                                                          WakePosition after) override {
        return read<std::vector<ParkedExecution>>(
            Call::read, [&] { return inner_->due_parked(before, limit, after); });
    }
    core::Result<std::optional<core::Time>> next_wake(core::Time from) override {
        return read<std::optional<core::Time>>(Call::read, [&] { return inner_->next_wake(from); });
    }
    core::Result<std::vector<ParkedExecution>> limited_parked(std::size_t limit,
                                                              core::ExecutionId after) override {
        return read<std::vector<ParkedExecution>>(
            Call::read, [&] { return inner_->limited_parked(limit, after); });
    }
    core::Result<std::vector<engine::SharedRow>> shared() override {
        return read<std::vector<engine::SharedRow>>(Call::read, [&] { return inner_->shared(); });
    }
    core::Result<StoreStatus> status() override {
        return read<StoreStatus>(Call::read, [&] { return inner_->status(); });
    }
    core::Result<StoreExtent> extent() override {
        return read<StoreExtent>(Call::read, [&] { return inner_->extent(); });
    }
    // Of the parts only the cache fails: it is the only one that executions use while they run.
    Library& library() override { return inner_->library(); }
    DeadLetters& dead_letters() override { return inner_->dead_letters(); }
    ResultCache& result_cache() override { return cache_; }
    Secrets& secrets() override { return inner_->secrets(); }
    Feed& feed() override { return inner_->feed(); }
    Idempotency& idempotency() override { return inner_->idempotency(); }
    StartKeys& start_keys() override { return inner_->start_keys(); }
    Variables& variables() override { return inner_->variables(); }
    NodeLibrary& node_library() override { return inner_->node_library(); }
    Retention& retention() override { return inner_->retention(); }
    Rollups& rollups() override { return inner_->rollups(); }
    Waits& waits() override { return inner_->waits(); }
    Schedules& schedules() override { return inner_->schedules(); }
    Triggers& triggers() override { return inner_->triggers(); }
    TriggerCounts& trigger_counts() override { return inner_->trigger_counts(); }
    Cursors& cursors() override { return inner_->cursors(); }

private:
    class Cache final : public ResultCache {
    public:
        explicit Cache(FaultyStore& store) : store_{store} {}
        core::Result<std::optional<CachedResult>> find(const std::string& key) override {
            return store_.read<std::optional<CachedResult>>(Call::cache_find,
                                                            [&] { return inner().find(key); });
        }
        core::Result<> put(std::span<const CachedResult> results, std::uint64_t bytes_max,
                           core::Time now) override {
            return store_.write<void>(Call::cache_put,
                                      [&] { return inner().put(results, bytes_max, now); });
        }
        core::Result<std::uint64_t> clear(const CacheFilter& filter) override {
            return inner().clear(filter);
        }
        core::Result<CachePage> list(const CacheFilter& filter, std::size_t limit,
                                     const std::string& cursor) override {
            return inner().list(filter, limit, cursor);
        }
        core::Result<CacheTotals> totals() override { return inner().totals(); }

    private:
        ResultCache& inner() { return store_.inner_->result_cache(); }
        FaultyStore& store_;
    };

    std::optional<core::Error> hidden(core::ExecutionId id) const {
        return hides_ ? hides_(id) : std::nullopt;
    }
    StoreFault next(Call call) {
        const std::uint64_t count = ++count_;
        const StoreFault fault = choice_ ? choice_(call, count) : StoreFault::none;
        if (fault != StoreFault::none) ++faults_;
        return fault;
    }

    template <class T, class Work>
    core::Result<T> write(Call call, Work work) {
        const StoreFault fault = next(call);
        if (broken_) return core::fail(StoreErrc::io, "injected: the store must be reopened");
        switch (fault) {
            case StoreFault::none: return work();
            case StoreFault::failed: return core::fail(StoreErrc::io, "injected: the call failed");
            case StoreFault::full: return core::fail(StoreErrc::full, "injected: no space left");
            case StoreFault::unknown_committed:
                if (auto done = work(); !done) return done;
                [[fallthrough]];
            case StoreFault::unknown_lost: broken_ = true; break;
        }
        return core::fail(StoreErrc::outcome_unknown, "injected: the outcome is unknown");
    }

    template <class T, class Work>
    core::Result<T> read(Call call, Work work) {
        if (next(call) == StoreFault::none) return work();
        return core::fail(StoreErrc::io, "injected: the call failed");
    }

    std::unique_ptr<Store> inner_;
    Cache cache_{*this};
    Choice choice_;
    std::function<bool(const engine::Frame&)> refuses_;
    std::function<std::optional<core::Error>(core::ExecutionId)> hides_;
    // Reading calls may come from any thread.
    std::atomic<std::uint64_t> count_ = 0;
    std::atomic<std::uint64_t> faults_ = 0;
    std::atomic<bool> broken_ = false;
};

}  // namespace millrace::store::testing
