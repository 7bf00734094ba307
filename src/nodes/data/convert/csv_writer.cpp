// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <utility>

#include "data/convert/csv.hpp"
#include "limit_failure.hpp"
#include "millrace/engine/node.hpp"
#include "ordering.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;

constexpr std::size_t columns_max = 10'000;

class CsvWriter {
public:
    CsvWriter(const CsvOptions& options, std::size_t weight_max)
        : options_{options}, weight_max_{weight_max} {}

    std::expected<std::string, Failure> write(const Value& rows) {
        if (!rows.is_array()) {
            return std::unexpected{engine::validation_failure(
                "not_an_array", "CSV is written of an array of rows, not of " +
                                    std::string{core::kind_name(rows)} +
                                    "; name the array by `value`, such as {{ input.rows }}")};
        }
        if (auto failure = find_columns(rows)) return std::unexpected{*std::move(failure)};
        if (options_.has_header && !columns_.empty()) {
            for (const std::string& column : columns_)
                add_cell(Value{column});
            end_row();
        }
        std::size_t place = 0;
        for (const Value& row : rows.as_array()) {
            if (!add_row(row)) {
                return std::unexpected{engine::validation_failure(
                    "bad_row", "row " + std::to_string(place) + " is " +
                                   std::string{core::kind_name(row)} +
                                   ", and rows are all objects or all arrays")};
            }
            if (text_.size() > weight_max_) return std::unexpected{result_too_large(weight_max_)};
            ++place;
        }
        return std::move(text_);
    }

private:
    std::optional<Failure> find_columns(const Value& rows) {
        columns_ = options_.columns;
        if (!columns_.empty()) return std::nullopt;
        std::set<std::string_view> seen;
        for (const Value& row : rows.as_array()) {
            if (!row.is_object()) continue;
            for (const core::Member& member : row.as_object()) {
                if (!seen.insert(member.key).second) continue;
                columns_.push_back(member.key);
                if (columns_.size() > columns_max) {
                    return limit_failure("conversion_limit",
                                         "the rows have more than " + std::to_string(columns_max) +
                                             " different keys; choose columns by `csv.columns`");
                }
            }
        }
        return std::nullopt;
    }

    bool add_row(const Value& row) {
        if (row.is_object()) {
            for (const std::string& column : columns_) {
                const Value* const cell = row.find(column);
                add_cell(cell == nullptr ? Value{} : *cell);
            }
        } else if (row.is_array() && (columns_.empty() || !options_.columns.empty())) {
            for (const Value& cell : row.as_array())
                add_cell(cell);
        } else {
            return false;
        }
        end_row();
        return true;
    }

    void add_cell(const Value& value) {
        if (cells_++ > 0) text_ += options_.delimiter;
        if (value.is_null()) return;
        const Value written = text_value(value);
        const std::string_view cell = written.as_string();
        const char special[] = {options_.delimiter, options_.quote, '\r', '\n'};
        const bool needs_quotes = cell.find_first_of(std::string_view{special, sizeof(special)}) !=
                                      std::string_view::npos ||
                                  cell.starts_with("\xEF\xBB\xBF") || cell.starts_with(' ') ||
                                  cell.ends_with(' ') || cell.starts_with('\t') ||
                                  cell.ends_with('\t');
        if (!needs_quotes) {
            text_ += cell;
            return;
        }
        text_ += options_.quote;
        for (const char c : cell) {
            if (c == options_.quote) text_ += c;
            text_ += c;
        }
        text_ += options_.quote;
    }

    void end_row() {
        // A row of one empty cell would be a blank line, which readers pass over.
        const bool is_blank = cells_ == 1 && (text_.empty() || text_.back() == '\n');
        if (is_blank) text_.append(2, options_.quote);
        cells_ = 0;
        text_ += options_.ends_lines_with_crlf ? "\r\n" : "\n";
    }

    const CsvOptions& options_;
    std::size_t weight_max_;
    std::vector<std::string> columns_;
    std::string text_;
    std::size_t cells_ = 0;
};

}  // namespace

std::expected<std::string, Failure> write_csv(const Value& rows, const CsvOptions& options,
                                              std::size_t weight_max) {
    return CsvWriter{options, weight_max}.write(rows);
}

}  // namespace millrace::nodes
