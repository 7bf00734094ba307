// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace millrace::core {

struct QuantityUnit {
    std::string_view name;
    std::int64_t factor;  ///< in the smallest unit
};

/// Rules for one kind of number with unit; durations and sizes share them.
struct QuantityScale {
    std::string_view noun;
    std::span<const QuantityUnit> units;  ///< the smallest, of factor 1, first
    std::string_view bare_unit;           ///< what to suggest for a number without unit
    std::int64_t largest;
    std::string_view largest_text;
    std::string_view smallest_text;
};

/// Reads `1.5s` and the like, exactly; the error is a message that says what to write.
std::expected<std::int64_t, std::string> parse_quantity(std::string_view text,
                                                        const QuantityScale& scale);

/// A whole number of the largest unit that divides `amount`.
std::string quantity_text(std::int64_t amount, const QuantityScale& scale);

}  // namespace millrace::core
