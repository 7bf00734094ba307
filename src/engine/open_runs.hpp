// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <ranges>
#include <utility>

#include "run_ref.hpp"

namespace millrace::engine {

/// What is known of runs that wait, in the order in which they began to; `Open` has a member `run`.
/// Thousands may wait at once, so that finding and ending one is O(log size). Empty, it costs no
/// heap.
template <class Open>
class OpenRuns {
public:
    bool empty() const { return in_order_.empty(); }
    std::size_t size() const { return in_order_.size(); }
    auto items() const { return std::views::values(in_order_); }

    const Open* find(RunRef run) const {
        const auto place = places_.find(run);
        return place == places_.end() ? nullptr : &in_order_.find(place->second)->second;
    }
    /// Answers false, and changes nothing, when the run waits already.
    bool push(Open open) {
        if (!places_.emplace(open.run, next_).second) return false;
        in_order_.emplace_hint(in_order_.end(), next_++, std::move(open));
        return true;
    }
    /// Answers whether it waited.
    bool erase(RunRef run) {
        const auto place = places_.find(run);
        if (place == places_.end()) return false;
        in_order_.erase(place->second);
        places_.erase(place);
        return true;
    }
    void clear() {
        in_order_.clear();
        places_.clear();
    }

private:
    std::map<std::uint64_t, Open> in_order_;
    std::map<RunRef, std::uint64_t> places_;
    std::uint64_t next_ = 0;
};

}  // namespace millrace::engine
