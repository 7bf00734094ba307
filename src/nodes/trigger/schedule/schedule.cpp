// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/schedule.hpp"

#include <algorithm>

namespace millrace::nodes {
namespace {

/// The end of the year 9999: what can be written as a time.
constexpr core::Time time_max{253'402'300'799'999};

}  // namespace

std::string_view to_text(MissedPolicy policy) {
    switch (policy) {
        case MissedPolicy::skip: return "skip";
        case MissedPolicy::run_once: return "run_once";
        case MissedPolicy::run_all: return "run_all";
    }
    return {};
}

std::string_view to_text(OverlapPolicy policy) {
    switch (policy) {
        case OverlapPolicy::allow: return "allow";
        case OverlapPolicy::skip: return "skip";
        case OverlapPolicy::queue: return "queue";
    }
    return {};
}

std::optional<core::Time> Schedule::next_after(core::Time after) const {
    if (start_) after = std::max(after, *start_ - core::Duration{1});
    const std::optional<core::Time> next = rule_->next_after(after);
    return next && *next <= end_.value_or(time_max) ? next : std::nullopt;
}

std::optional<core::Time> Schedule::last_within(core::Time after, core::Time until) const {
    const std::optional<core::Time> first = next_after(after);
    if (!first || *first > until) return std::nullopt;
    // Between `low`, after which something is due, and `high`, after which nothing is.
    std::int64_t low = after.ms;
    std::int64_t high = until.ms;
    core::Time last = *first;
    if (const auto second = next_after(last); !second || *second > until) return last;
    while (high - low > 1) {
        const std::int64_t middle = low + (high - low) / 2;
        const auto next = next_after(core::Time{middle});
        if (next && *next <= until) {
            last = *next;
            low = std::max(middle, last.ms - 1);
        } else {
            high = middle;
        }
    }
    return last;
}

std::uint64_t Schedule::count_within(core::Time after, core::Time until, std::uint64_t max) const {
    std::uint64_t count = 0;
    for (auto due = next_after(after); due && *due <= until && count < max; due = next_after(*due))
        ++count;
    return count;
}

std::vector<core::Time> Schedule::within(core::Time after, core::Time until,
                                         std::size_t max) const {
    if (max == 0 || after >= until) return {};
    if (count_within(after, until, max + 1) > max) {
        std::int64_t low = after.ms;
        std::int64_t high = until.ms;
        while (high - low > 1) {
            const std::int64_t middle = low + (high - low) / 2;
            (count_within(core::Time{middle}, until, max + 1) > max ? low : high) = middle;
        }
        after = core::Time{high};
    }
    std::vector<core::Time> found;
    for (auto due = next_after(after); due && *due <= until; due = next_after(*due))
        found.push_back(*due);
    return found;
}

}  // namespace millrace::nodes
