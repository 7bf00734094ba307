// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace millrace::expr {

/// Unicode's general categories, in the order of `category_names`.
enum class Category : std::uint8_t {};

inline constexpr std::string_view category_names =
    "LuLlLtLmLoMnMcMeNdNlNoPcPdPsPePiPfPoSmScSkSoZsZlZpCcCfCsCoCn";

/// Runs of code points with one category, ascending: the first of a run times 32, plus the
/// category. Made by testing/make_unicode_categories.py.
extern const std::span<const std::uint32_t> category_runs;

Category category_of(char32_t character);

/// A bit for each category whose name begins with `name`: `Lu`, or `L` for all letters; 0 when
/// there is none. I-Regexp knows no `Cs`, which no text holds.
std::uint32_t category_bits(std::string_view name);

}  // namespace millrace::expr
