// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::testing {

/// A fenced block of a page: ```` ```yaml file=examples/hello.workflow.yaml ````
struct Block {
    std::string info;  ///< what follows the opening fence
    std::string text;
    int line = 0;

    /// The value of `key=value` in its info.
    std::optional<std::string> attribute(std::string_view key) const;
};

/// A row of a table whose first two cells are code.
struct Row {
    std::string heading;  ///< of the table's second column
    std::string first;
    std::string second;
    int line = 0;
};

std::string page(std::string_view path);
std::vector<Block> blocks_of(std::string_view page);
std::vector<Row> rows_of(std::string_view page);
/// Targets of links that lead to files of the project.
std::vector<std::string> links_of(std::string_view text);

}  // namespace millrace::testing
