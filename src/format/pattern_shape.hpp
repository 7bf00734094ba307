// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::format {

/// What a regular expression will cost, and what of it std::regex does not have.
struct PatternShape {
    /// About as many states as its automaton has: counted repeats multiply what they repeat.
    std::size_t states = 0;
    bool looks_ahead = false;
    std::string unsupported;  ///< the first such construct, as `lookbehind (?<=…)`
};

PatternShape shape_of(std::string_view pattern);

}  // namespace millrace::format
