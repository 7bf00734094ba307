// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace millrace::expr {

/// As std::search, but in time proportional to both sizes whatever the texts are, by the method of
/// Knuth, Morris and Pratt. The library's searchers are not: Boyer and Moore's table alone takes
/// quadratic time to build for some texts.
template <std::random_access_iterator Iterator>
Iterator linear_search(Iterator first, Iterator last, Iterator wanted, Iterator wanted_last) {
    const auto size = static_cast<std::size_t>(wanted_last - wanted);
    const auto at = [&](std::size_t i) { return wanted[static_cast<std::ptrdiff_t>(i)]; };
    if (size == 0) return first;
    // For each length: that of the longest beginning of the wanted text which ends there too.
    std::vector<std::uint32_t> borders(size);
    for (std::size_t i = 1; i < size; ++i) {
        std::size_t border = borders[i - 1];
        while (border > 0 && at(border) != at(i))
            border = borders[border - 1];
        borders[i] =
            static_cast<std::uint32_t>(border + static_cast<std::size_t>(at(border) == at(i)));
    }
    std::size_t matched = 0;
    for (Iterator here = first; here != last; ++here) {
        while (matched > 0 && at(matched) != *here)
            matched = borders[matched - 1];
        if (at(matched) == *here) ++matched;
        if (matched == size) return here - static_cast<std::ptrdiff_t>(size - 1);
    }
    return last;
}

}  // namespace millrace::expr
