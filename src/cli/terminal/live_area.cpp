// SPDX-License-Identifier: Apache-2.0
#include "terminal/live_area.hpp"

#include <algorithm>

namespace millrace::cli {
namespace {

std::size_t columns_of_line(const Line& line, std::size_t width) {
    std::size_t columns = 0;
    for (const Span& span : line)
        columns += columns_of(span.text);
    return std::min(columns, width);
}

}  // namespace

/// Most terminals wrap what they show again when they become narrower.
std::size_t LiveArea::rows_shown(std::size_t columns) const {
    std::size_t rows = 0;
    for (const std::size_t width : widths_)
        rows += std::max<std::size_t>(1, (width + columns - 1) / columns);
    return rows;
}

std::string LiveArea::draw(const Picture& picture, TerminalSize size) {
    const std::size_t columns = std::max<std::size_t>(size.columns, 10);
    std::vector<std::string> lines;
    std::vector<std::size_t> widths;
    for (const Line& line : picture.live) {
        // The last column stays free: writing it makes some terminals begin a new row.
        lines.push_back(rendered(line, columns - 1, color_));
        widths.push_back(columns_of_line(line, columns - 1));
    }
    const bool is_resized = size.columns != size_.columns;
    if (picture.settled.empty() && lines == shown_ && !is_resized) return {};

    // The cursor is hidden while it jumps; one write shows the whole picture at once.
    std::string out = "\x1b[?25l\r";
    if (const std::size_t rows = rows_shown(columns); rows > 0)
        out += "\x1b[" + std::to_string(rows) + "A";
    if (is_resized) out += "\x1b[J";
    for (const Line& line : picture.settled)
        out += rendered(line, color_) + "\x1b[K\r\n";
    for (const std::string& line : lines)
        out += line + "\x1b[K\r\n";
    out += "\x1b[J\x1b[?25h";
    shown_ = std::move(lines);
    widths_ = std::move(widths);
    size_ = size;
    return out;
}

}  // namespace millrace::cli
