// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "part_readers.hpp"

namespace millrace::format {

using core::ProblemCode;
using core::Value;

namespace {

void read_delays(Reading& reading, const Value& value, const Path& path, Waits& waits) {
    const Value* const delay = value.find("delay");
    const Value* const max_delay = value.find("max_delay");
    const std::size_t before = reading.problems.size();
    if (delay != nullptr) waits.delay = reading.duration(*delay, Path{path, "delay"}, true);
    // Without a limit of its own, a long first delay is not cut by the default one.
    waits.max_delay = std::max(waits.max_delay, waits.delay);
    if (max_delay == nullptr) return;
    waits.max_delay = reading.duration(*max_delay, Path{path, "max_delay"}, true);
    if (delay == nullptr) {
        // Nobody chose the default delay: it gives way to a shorter limit.
        waits.delay = std::min(waits.delay, waits.max_delay);
    } else if (reading.problems.size() == before && waits.max_delay < waits.delay) {
        reading.report(ProblemCode::bad_value, Path{path, "max_delay"},
                       "max_delay " + core::to_text(waits.max_delay) + " is shorter than delay " +
                           core::to_text(waits.delay));
    }
}

}  // namespace

void read_waits(Reading& reading, const Value& value, const Path& path, Waits& waits) {
    read_delays(reading, value, path, waits);
    const Value* const backoff = value.find("backoff");
    if (backoff == nullptr) return;
    waits.backoff = reading.number(*backoff, Path{path, "backoff"});
    if (backoff->is_number() && !(waits.backoff >= 1 && waits.backoff <= backoff_max)) {
        reading.wrong_kind(*backoff, Path{path, "backoff"}, "a number from 1 to 100");
    }
}

}  // namespace millrace::format
