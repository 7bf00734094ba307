// SPDX-License-Identifier: Apache-2.0
#include "meter_slot.hpp"

#include <ctime>

namespace millrace::runtime {

std::chrono::nanoseconds thread_time() {
    timespec used{};
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) != 0) return {};
    return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

}  // namespace millrace::runtime
