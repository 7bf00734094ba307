// SPDX-License-Identifier: Apache-2.0
#include "terminal/table.hpp"

#include <algorithm>

namespace millrace::cli {

std::string Table::text(std::size_t width, bool color) const {
    std::vector<std::size_t> widths;
    for (std::size_t column = 0; column < header_.size(); ++column) {
        widths.push_back(columns_of(header_[column]));
        for (const std::vector<Span>& row : rows_)
            if (column < row.size())
                widths[column] = std::max(widths[column], columns_of(row[column].text));
    }
    const auto line_of = [&](const std::vector<Span>& row) {
        Line line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            const bool is_last = column + 1 == row.size();
            const std::string& cell = row[column].text;
            line.push_back(
                {row[column].tone, is_last ? cell : padded(cell, widths[column]) + "  "});
        }
        return rendered(line, width, color) + "\n";
    };
    std::vector<Span> head;
    for (const std::string& title : header_)
        head.push_back({Tone::dim, title});
    std::string text = line_of(head);
    for (const std::vector<Span>& row : rows_)
        text += line_of(row);
    return text;
}

}  // namespace millrace::cli
