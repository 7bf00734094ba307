// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "terminal/styled.hpp"

namespace millrace::cli {

/// Cells in columns that are as wide as their widest cell. The last column is not padded.
class Table {
public:
    explicit Table(std::vector<std::string> header) : header_{std::move(header)} {}

    void add(std::vector<Span> row) { rows_.push_back(std::move(row)); }
    bool empty() const { return rows_.empty(); }
    /// Lines with a line feed each; those that are longer than `width` are cut.
    std::string text(std::size_t width, bool color) const;

private:
    std::vector<std::string> header_;
    std::vector<std::vector<Span>> rows_;
};

}  // namespace millrace::cli
