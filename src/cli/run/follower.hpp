// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millrace/core/event.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/execution_view.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/store/store.hpp"

namespace millrace::cli {

/// One execution as its journal tells it: takes rows as they come, and reads what it missed.
class Follower {
public:
    Follower(core::ExecutionId id, std::shared_ptr<const engine::Plan> plan, std::string scope = {})
        : id_{id}, view_{id, std::move(plan), std::move(scope)} {}

    /// A packed row whose first record has the number `first_seq`. Records that are known already
    /// are left out. False when rows before it are missing: then `catch_up`.
    core::Result<bool> take(std::uint64_t first_seq, const std::string& row,
                            std::vector<core::Event>& events);
    /// Rows from the first, up to the record `last`; the number of the last one taken.
    core::Result<std::uint64_t> take_until(const std::vector<std::string>& rows, std::uint64_t last,
                                           std::vector<core::Event>& events);
    /// All that the store has and this has not.
    core::Result<> catch_up(store::Store& store, std::vector<core::Event>& events);

    core::ExecutionId id() const { return id_; }
    const engine::ExecutionView& view() const { return view_; }
    bool has_ended() const { return core::is_terminal(view_.status()); }

private:
    core::ExecutionId id_;
    engine::ExecutionView view_;
    std::uint64_t last_seq_ = 0;
};

}  // namespace millrace::cli
