// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "memory/library.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/store/cursors.hpp"
#include "millrace/store/schedules.hpp"
#include "millrace/store/trigger_counts.hpp"
#include "millrace/store/triggers.hpp"
#include "millrace/store/waits.hpp"

// What starts workflows and what executions wait for, in memory. Each part is thread-safe.

namespace millrace::store::memory {

class MemoryWaits final : public Waits {
public:
    /// Tells whether an execution is there and has not ended.
    using IsLive = std::function<bool(core::ExecutionId)>;

    explicit MemoryWaits(IsLive is_live) : is_live_{std::move(is_live)} {}
    core::Result<Wait> find(std::string_view token_hash) override;
    core::Result<Wait> find(core::ExecutionId id, const engine::RunKey& run) override;
    core::Result<WaitPage> list(const WaitFilter& filter, std::size_t limit,
                                const std::string& cursor) override;
    core::Result<std::vector<Wait>> open_events(std::size_t limit, std::uint64_t after) override;
    core::Result<std::vector<Wait>> finished_children(std::size_t limit,
                                                      std::uint64_t after) override;
    core::Result<std::vector<Wait>> abandoned_children(std::size_t limit,
                                                       std::uint64_t after) override;

    /// What a frame says: opens a wait, or closes the one that its run has.
    void write(const engine::WaitRow& row);
    void postpone(const engine::PostponedWait& wait);
    /// Whether `parent` waits for `child`.
    bool has_open_child(core::ExecutionId parent, core::ExecutionId child);
    /// All of an execution that is removed.
    void erase(core::ExecutionId id);

private:
    using Name = std::pair<core::ExecutionId, engine::RunKey>;

    core::Result<std::vector<Wait>> children(WaitState state, bool is_live, std::size_t limit,
                                             std::uint64_t after);

    IsLive is_live_;  // asked without the mutex: it takes the store's, which is held in writing
    std::mutex mutex_;
    std::map<std::uint64_t, Wait> waits_;
    std::map<Name, std::uint64_t> by_run_;
    std::uint64_t last_number_ = 0;
};

class MemorySchedules final : public Schedules {
public:
    core::Result<std::vector<ScheduleState>> list() override;
    core::Result<ScheduleState> find(const std::string& workflow_id,
                                     const std::string& node_id) override;
    core::Result<> put(std::span<const ScheduleState> states) override;
    core::Result<> remove(const std::string& workflow_id, const std::string& node_id) override;

private:
    std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, ScheduleState> states_;
};

class MemoryTriggers final : public Triggers {
public:
    /// `library` outlives it.
    explicit MemoryTriggers(const MemoryLibrary& library) : library_{library} {}
    core::Result<std::vector<ActiveTrigger>> active() override;
    core::Result<std::vector<ActiveTrigger>> active(const std::string& workflow_id) override;

private:
    const MemoryLibrary& library_;
};

class MemoryTriggerCounts final : public TriggerCounts {
public:
    core::Result<> add(std::span<const TriggerCount> counts) override;
    core::Result<std::vector<TriggerCount>> list(
        const std::optional<std::string>& workflow_id) override;

private:
    std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, TriggerCount> counts_;
};

class MemoryCursors final : public Cursors {
public:
    core::Result<std::optional<FeedPosition>> get(const std::string& name) override;
    core::Result<> put(const std::string& name, FeedPosition position) override;

private:
    std::mutex mutex_;
    std::map<std::string, FeedPosition> positions_;
};

}  // namespace millrace::store::memory
