// SPDX-License-Identifier: Apache-2.0
// Whatever can be read as a cron expression has due times, in order, each of which fits.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "millrace/core/check.hpp"
#include "trigger/schedule/cron.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using millrace::nodes::Cron;
    const auto cron = Cron::parse({reinterpret_cast<const char*>(data), size});
    if (!cron) {
        MR_CHECK(!cron.error().empty());
        return 0;
    }
    constexpr std::int64_t year_2026 = 1'767'225'600;
    std::int64_t after = year_2026;
    for (int k = 0; k < 4; ++k) {
        const auto next = cron->next_after(after);
        MR_CHECK(next.has_value());
        MR_CHECK(*next > after);
        MR_CHECK(cron->fits(*next));
        after = *next;
    }
    return 0;
}
