// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

namespace millrace::server {

/// What `POST /schedules/preview` answers at `now`: `{valid, errors, items}`. `wish` holds the data
/// of a trigger.schedule, a whole number `count` and a text `from`.
core::Value schedule_preview(const core::Value& wish, core::Time now);

}  // namespace millrace::server
