// SPDX-License-Identifier: Apache-2.0
#include "unicode_category.hpp"

#include <algorithm>

namespace millrace::expr {

Category category_of(char32_t character) {
    // The first run that begins behind the character; the one before it holds the character.
    const auto behind = std::ranges::upper_bound(category_runs, character, {},
                                                 [](std::uint32_t run) { return run / 32; });
    return static_cast<Category>(*(behind - 1) % 32);
}

std::uint32_t category_bits(std::string_view name) {
    if (name.empty() || name.size() > 2 || name == "Cs") return 0;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < category_names.size(); i += 2) {
        if (category_names.substr(i, name.size()) == name) bits |= 1u << (i / 2);
    }
    return bits;
}

}  // namespace millrace::expr
