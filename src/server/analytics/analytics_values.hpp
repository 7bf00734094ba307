// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analytics/window.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/store/rollups.hpp"

// Rollups in the form that the API answers.

namespace millrace::server {

/// `{started, completed, failed, canceled, success_rate, error_rate, duration_ms, errors,
/// resources, …}`; `of_node`: with `skipped`, `attempts` and `retries` of runs.
std::vector<core::Member> rollup_members(const store::Rollup& rollup, bool of_node);

/// Of what completed or failed, the share that completed; null when nothing did.
core::Value success_rate(const store::Rollup& rollup);

/// One entry for each span of the window, also where nothing happened.
core::Value trend_value(const std::vector<store::RollupRow>& rows, const AnalyticsWindow& window);

/// `[{from: TIME or null, to}]`.
core::Value gaps_value(const std::vector<store::RollupGap>& gaps);

/// The week as 168 slots of an hour in local time, `weekday` 1 for Monday. `zone` exists.
core::Value week_value(const std::vector<store::RollupRow>& rows, std::string_view zone);
/// Every hour as a slot of its own, with its local start.
core::Value hours_value(const std::vector<store::RollupRow>& rows, const AnalyticsWindow& window,
                        std::string_view zone);

/// The most frequent first, with their share of all.
core::Value errors_value(const store::Rollup& rollup, std::size_t limit);

std::string_view to_text(store::RollupSpan span);
std::optional<store::RollupSpan> parse_span(std::string_view text);

}  // namespace millrace::server
