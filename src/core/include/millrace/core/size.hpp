// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"

namespace millrace::core {

struct ByteSize {
    std::uint64_t bytes = 0;

    auto operator<=>(const ByteSize&) const = default;
};

enum class SizeErrc { bad_size };
std::string_view code_text(SizeErrc code);

/// `512B 64KiB 1MiB 2GiB`. A bare number is an error whose message suggests a unit.
Result<ByteSize> parse_size(std::string_view text);
/// The largest unit that divides exactly: 65536 is `64KiB`.
std::string to_text(ByteSize size);

}  // namespace millrace::core
