// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/value.hpp"

namespace millrace::cli {

/// Where two values differ.
struct Difference {
    std::string place;     ///< such as `outputs.lines[2].sku`
    std::string expected;  ///< JSON, shortened, or `nothing`
    std::string actual;

    friend bool operator==(const Difference&, const Difference&) = default;
};

enum class Matching : std::uint8_t {
    whole,
    part,  ///< objects may have further members, at any depth; arrays are as long as expected
};

inline constexpr std::size_t differences_max = 20;

/// In the order of `expected`, then what only `actual` has; `place` names the whole. No more than
/// `differences_max`.
std::vector<Difference> differences(const core::Value& expected, const core::Value& actual,
                                    Matching matching, std::string_view place);

/// A value as differences show it.
std::string value_brief(const core::Value& value);

}  // namespace millrace::cli
