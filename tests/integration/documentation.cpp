// SPDX-License-Identifier: Apache-2.0
#include "documentation.hpp"

#include <sstream>

#include "support/files.hpp"

namespace millrace::testing {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream in{std::string{text}};
    for (std::string line; std::getline(in, line);)
        lines.push_back(std::move(line));
    return lines;
}

std::string trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return std::string{text.substr(first, text.find_last_not_of(' ') - first + 1)};
}

/// Cells of a table's line; `\|` is a bar within a cell.
std::vector<std::string> cells_of(std::string_view line) {
    std::vector<std::string> cells;
    std::string cell;
    for (std::size_t i = 1; i < line.size(); ++i) {
        if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
            cell += '|';
            ++i;
        } else if (line[i] == '|') {
            cells.push_back(trimmed(cell));
            cell.clear();
        } else {
            cell += line[i];
        }
    }
    return cells;
}

/// The text between code marks; nothing when the cell is no code.
std::optional<std::string> code_of(std::string_view cell) {
    for (const std::string_view mark : {"`` ", "`"}) {
        const std::string_view end = mark == "`` " ? " ``" : "`";
        if (cell.size() < mark.size() * 2 || !cell.starts_with(mark) || !cell.ends_with(end)) {
            continue;
        }
        const std::string_view code =
            cell.substr(mark.size(), cell.size() - mark.size() - end.size());
        if (mark == "`" && code.find('`') != std::string_view::npos) return std::nullopt;
        return std::string{code};
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> Block::attribute(std::string_view key) const {
    const std::string wanted = " " + std::string{key} + "=";
    const std::size_t place = info.find(wanted);
    if (place == std::string::npos) return std::nullopt;
    const std::size_t begin = place + wanted.size();
    return info.substr(begin, info.find(' ', begin) - begin);
}

std::string page(std::string_view path) {
    return read_file(MILLRACE_SOURCE_DIR "/" + std::string{path});
}

std::vector<Block> blocks_of(std::string_view page) {
    std::vector<Block> blocks;
    bool inside = false;
    int number = 0;
    for (const std::string& line : lines_of(page)) {
        ++number;
        if (line.starts_with("```")) {
            if (!inside) blocks.push_back({line.substr(3), {}, number});
            inside = !inside;
        } else if (inside) {
            blocks.back().text += line + "\n";
        }
    }
    return blocks;
}

std::vector<Row> rows_of(std::string_view page) {
    std::vector<Row> rows;
    std::string heading;
    bool inside = false;
    int number = 0;
    for (const std::string& line : lines_of(page)) {
        ++number;
        if (!line.starts_with("| ")) {
            inside = false;
            continue;
        }
        const std::vector<std::string> cells = cells_of(line);
        if (!inside) heading = cells.size() > 1 ? cells[1] : "";
        inside = true;
        if (cells.size() < 2) continue;
        const auto first = code_of(cells[0]);
        const auto second = code_of(cells[1]);
        if (first && second) rows.push_back({heading, *first, *second, number});
    }
    return rows;
}

namespace {

/// A page without its code, in which `](` may be anything.
std::string prose_of(std::string_view page) {
    std::string prose;
    while (!page.empty()) {
        const std::size_t begin = std::min(page.find('`'), page.size());
        prose += page.substr(0, begin);
        page.remove_prefix(begin);
        const std::size_t ticks = std::min(page.find_first_not_of('`'), page.size());
        const std::string_view fence = page.substr(0, ticks);
        page.remove_prefix(ticks);
        const std::size_t end = ticks == 0 ? std::string_view::npos : page.find(fence);
        if (end != std::string_view::npos) page.remove_prefix(end + ticks);
    }
    return prose;
}

}  // namespace

std::vector<std::string> links_of(std::string_view text) {
    const std::string page = prose_of(text);
    std::vector<std::string> links;
    for (std::size_t place = page.find("]("); place != std::string_view::npos;
         place = page.find("](", place + 1)) {
        const std::size_t begin = place + 2;
        std::string link{page.substr(begin, page.find(')', begin) - begin)};
        link.resize(std::min(link.find('#'), link.size()));
        if (!link.empty() && link.find("://") == std::string::npos) links.push_back(link);
    }
    return links;
}

}  // namespace millrace::testing
