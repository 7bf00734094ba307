// SPDX-License-Identifier: Apache-2.0
// The fast reader accepts what core's reader accepts, and reads the same value.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "millrace/core/json.hpp"
#include "millrace/format/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace millrace;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (const bool duplicate_keys : {true, false}) {
        const core::JsonLimits limits{.depth_max = 20, .duplicate_keys = duplicate_keys};
        const auto fast = format::read_json(text, limits);
        const auto exact = core::parse_json(text, limits);
        if (fast.has_value() != exact.has_value()) std::abort();
        if (!fast) {
            if (fast.error().message() != exact.error().message()) std::abort();
        } else if (*fast != *exact || core::to_json(*fast) != core::to_json(*exact)) {
            std::abort();
        }
    }
    return 0;
}
