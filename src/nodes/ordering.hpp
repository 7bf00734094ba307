// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

#include "millrace/core/value.hpp"

namespace millrace::nodes {

/// How two values are compared.
enum class Comparison : std::uint8_t {
    by_kind,  ///< booleans, numbers, texts, then the rest; texts by code point
    natural,  ///< as texts without regard to case, digits in them as numbers: `a9` before `a10`
    numeric,  ///< as numbers, also those that are written as texts
    text,     ///< as texts by code point
};

/// What is compared for `value`: null where it has nothing of the kind, as "x" among numbers.
core::Value sort_key(const core::Value& value, Comparison comparison);

/// Orders two sort keys that are not null. Equal are also all arrays and all objects.
std::weak_ordering compare_keys(const core::Value& a, const core::Value& b, Comparison comparison);

/// The text that stands for a value among texts: JSON of arrays and objects.
core::Value text_value(const core::Value& value);

}  // namespace millrace::nodes
