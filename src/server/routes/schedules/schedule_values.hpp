// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "api/problem.hpp"
#include "api/route.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "schedules/scheduler.hpp"

namespace millrace::server {

inline constexpr std::string_view schedules_tag = "Schedules";
inline constexpr std::size_t due_times_usual = 10;  ///< that are told

/// As the schema `Schedule` has it.
core::Value schedule_value(const Scheduler::View& view);
/// `{due_at, local}`: the same time as the clocks of the schedule's zone show it.
core::Value due_value(const nodes::Schedule& schedule, core::Time due);
/// The next `count` due times after `after`, as `due_value` tells them.
core::Value due_values(const nodes::Schedule& schedule, core::Time after, std::size_t count);

/// Of the path's workflow and node; 404 when the active version has no such schedule.
std::expected<Scheduler::View, Problem> find_schedule(const Scheduler& scheduler,
                                                      const Request& request);

/// `/api/v1/workflows/{id}/schedules/{node}` and what follows.
Route schedule_route(Method method, std::string_view rest, std::string id, std::string summary);

void add_schedule_starts(RouteTable& table, Services& services);

}  // namespace millrace::server
