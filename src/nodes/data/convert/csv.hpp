// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"

namespace millrace::nodes {

struct CsvOptions {
    char delimiter = ',';
    char quote = '"';
    bool has_header = true;            ///< the first row names the columns
    std::vector<std::string> columns;  ///< their names where the header does not give them
    bool typed = true;                 ///< see cell_value; else every cell is a text
    bool trim = false;                 ///< blanks around cells without quotes
    bool fills_short_rows = false;     ///< what is missing at the end of a row is null
    bool ends_lines_with_crlf = false;
};

/// What is wrong with the k-th row. Returns the failure to end with, or nothing to go on without
/// the row.
using RowErrors = std::function<std::optional<core::Failure>(core::Failure, std::size_t row)>;

/// Reads RFC 4180: an array of objects, or of arrays where there are no names. Quotes that do not
/// pair fail as `bad_csv`; a row with another number of cells is told to `errors`. Failures name
/// the line. Blank lines count for nothing. `result_too_large` beyond `weight_max`.
std::expected<core::Value, core::Failure> read_csv(std::string_view text, const CsvOptions& options,
                                                   std::size_t weight_max, const RowErrors& errors);

/// Writes an array of objects, or of arrays. The columns are those of the options, or else all
/// keys in the order in which they appear.
std::expected<std::string, core::Failure> write_csv(const core::Value& rows,
                                                    const CsvOptions& options,
                                                    std::size_t weight_max);

}  // namespace millrace::nodes
