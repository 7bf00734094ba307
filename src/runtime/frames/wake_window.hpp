// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/store/store.hpp"

namespace millrace::runtime {

/// Which parked executions wake next. Knows those that are due soon, at most so many of them; the
/// store knows the others. A machine without I/O, threads or clocks.
///
/// Before `cover_all` only those count that have parked in front of its eyes, and it knows them
/// all: what an earlier process has left is not its business.
class WakeWindow {
public:
    struct Limits {
        core::Duration span{60'000};
        std::size_t executions_max = 100'000;
    };
    /// A parked execution and the version of its workflow.
    struct Sleeper {
        core::ExecutionId id;
        std::pair<std::string, std::uint32_t> workflow;
    };
    /// What to ask of the store.
    struct Load {
        core::Time before;
        std::size_t limit = 0;
        store::WakePosition after;
    };

    explicit WakeWindow(Limits limits) : limits_{limits} {}

    /// From now on everything counts that the store has.
    void cover_all();
    bool covers_all() const { return covers_all_; }

    /// It has left memory, as of a committed frame.
    void parked(const engine::ParkedRow& row);
    /// It runs again, or has ended.
    void forget(core::ExecutionId id);
    /// It could not be woken: again at `at`.
    void put_back(const Sleeper& sleeper, core::Time at);

    /// At most `count` that are due, which are forgotten, those that have waited longest first.
    std::vector<Sleeper> take_due(core::Time now, std::size_t count);

    /// What has to be read before `take_due` is right, if anything: answer it with `loaded` or
    /// `load_failed`.
    std::optional<Load> next_load(core::Time now);
    void loaded(std::span<const store::ParkedExecution> found);
    void load_failed() { loading_.reset(); }

    /// When there is something to take or to load.
    std::optional<core::Time> next_event() const;
    std::size_t size() const { return order_.size(); }

private:
    struct Known {
        core::Time wake_at;
        std::uint32_t workflow = 0;
    };

    void insert(core::ExecutionId id, core::Time wake_at, const std::string& workflow_id,
                std::uint32_t version);
    std::uint32_t number_of(const std::string& workflow_id, std::uint32_t version);
    bool has_room() const { return order_.size() * 2 < limits_.executions_max; }
    void trim();

    const Limits limits_;
    bool covers_all_ = false;
    std::set<store::WakePosition> order_;
    std::unordered_map<core::ExecutionId, Known> known_;
    /// Everything that wakes before it is known here.
    store::WakePosition horizon_;
    std::optional<Load> loading_;
    // Versions are few and executions many.
    std::map<std::pair<std::string, std::uint32_t>, std::uint32_t> workflow_numbers_;
    std::vector<std::pair<std::string, std::uint32_t>> workflows_;
};

}  // namespace millrace::runtime
