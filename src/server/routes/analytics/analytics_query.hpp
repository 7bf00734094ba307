// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "analytics/window.hpp"
#include "api/route.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/store/rollups.hpp"
#include "service/services.hpp"

namespace millrace::server {

inline constexpr std::string_view analytics_tag = "Analytics";

/// A time, and how it is to be divided.
struct AnalyticsQuery {
    core::Time now;
    core::Time from;
    core::Time to;
    store::RollupSpan bucket = store::RollupSpan::hour;
    std::string zone = "UTC";
};

/// What the query says; without `from` as long as `usual` before its end. `shortest`: of buckets
/// that there are.
std::expected<AnalyticsQuery, Problem> analytics_query(
    const Request& request, core::Duration usual = core::Duration{86'400'000},
    store::RollupSpan shortest = store::RollupSpan::minute);

std::vector<Parameter> window_parameters();
Parameter bucket_parameter();
/// A whole number, or `usual` when it is not given.
Parameter number_parameter(std::string name, std::string description, std::int64_t most);
std::int64_t number_of(const Request& request, std::string_view name, std::int64_t usual);

/// `{from, to, …members, gaps}`.
Answer analytics_answer(Services& services, const AnalyticsWindow& window,
                        std::vector<core::Member> members);

/// Null where there is such a workflow, or executions of one that is gone.
std::optional<Problem> unknown_workflow(Services& services, const std::string& id);

Route analytics_route(std::string pattern, std::string id, std::string summary);

void add_workflow_analytics_routes(RouteTable& table, Services& services);
void add_overall_analytics_routes(RouteTable& table, Services& services);

}  // namespace millrace::server
