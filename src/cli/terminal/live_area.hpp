// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "run/run_view.hpp"

namespace millrace::cli {

/// Turns pictures into what a terminal must be sent, and remembers what it shows. The cursor rests
/// at the beginning of the row below the live lines, so that a process that is killed leaves the
/// terminal usable. Without I/O.
class LiveArea {
public:
    explicit LiveArea(bool color) : color_{color} {}

    /// Empty when nothing on the terminal would change. Live lines are cut to its width, so that
    /// they take one row each; settled ones may wrap.
    std::string draw(const Picture& picture, TerminalSize size);

private:
    std::size_t rows_shown(std::size_t columns) const;

    bool color_;
    std::vector<std::string> shown_;   // rendered live lines
    std::vector<std::size_t> widths_;  // their cells
    TerminalSize size_;
};

}  // namespace millrace::cli
