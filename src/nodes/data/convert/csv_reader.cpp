// SPDX-License-Identifier: Apache-2.0
#include <csv.h>

#include <algorithm>
#include <set>
#include <utility>

#include "data/convert/cell_value.hpp"
#include "data/convert/csv.hpp"
#include "limit_failure.hpp"
#include "millrace/engine/node.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;

Failure bad_csv(std::size_t line, const std::string& what) {
    Failure failure =
        engine::validation_failure("bad_csv", "line " + std::to_string(line) + " " + what);
    failure.details = Value::object({{"line", static_cast<std::int64_t>(line)}});
    return failure;
}

int is_no_blank(unsigned char) {
    return 0;
}

class CsvReader {
public:
    CsvReader(const CsvOptions& options, std::size_t weight_max, const RowErrors& errors)
        : options_{options},
          errors_{errors},
          weight_left_{weight_max},
          weight_max_{weight_max},
          names_{options.columns},
          awaits_header_{options.has_header} {
        csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI);
        csv_set_delim(&parser_, static_cast<unsigned char>(options.delimiter));
        csv_set_quote(&parser_, static_cast<unsigned char>(options.quote));
        if (!options.trim) csv_set_space_func(&parser_, is_no_blank);
    }
    ~CsvReader() { csv_free(&parser_); }
    CsvReader(const CsvReader&) = delete;
    CsvReader& operator=(const CsvReader&) = delete;

    std::expected<Value, Failure> read(std::string_view text) {
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
        // One line at a time, so that each callback knows the line it belongs to.
        while (!text.empty() && !failure_) {
            ++line_;
            if (!is_in_quotes_) row_line_ = line_;
            const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
            const auto quotes = std::ranges::count(text.substr(0, end), options_.quote);
            is_in_quotes_ = is_in_quotes_ != (quotes % 2 != 0);
            if (csv_parse(&parser_, text.data(), end, &on_cell, &on_row, this) != end) {
                return std::unexpected{unreadable()};
            }
            text.remove_prefix(end);
        }
        if (!failure_ && csv_fini(&parser_, &on_cell, &on_row, this) != 0) {
            return std::unexpected{unreadable()};
        }
        if (failure_) return std::unexpected{*std::move(failure_)};
        return Value::array(std::move(rows_));
    }

private:
    static void on_cell(void* text, std::size_t size, void* self) {
        auto& reader = *static_cast<CsvReader*>(self);
        reader.cells_.emplace_back(static_cast<const char*>(text), size);
    }
    static void on_row(int, void* self) { static_cast<CsvReader*>(self)->end_row(); }

    Failure unreadable() {
        if (failure_) return *std::move(failure_);
        switch (csv_error(&parser_)) {
            case CSV_ENOMEM:
            case CSV_ETOOBIG: return limit_failure("conversion_limit", "a cell is too large");
            default: break;
        }
        // An open quote is found at the end of the text only: its row is the better place.
        return bad_csv(row_line_, "begins a row whose quotes do not pair (noticed in line " +
                                      std::to_string(line_) +
                                      "); a quote within a cell is written twice, and the cell in "
                                      "quotes");
    }

    void end_row() {
        std::vector<std::string> cells = std::move(cells_);
        cells_.clear();
        const std::size_t line = row_line_;
        if (failure_) return;
        if (std::exchange(awaits_header_, false)) {
            if (names_.empty()) read_header(std::move(cells), line);
            return;
        }
        std::optional<Failure> wrong = check_size(cells.size(), line);
        if (wrong) {
            failure_ = errors_(*std::move(wrong), row_++);
            return;
        }
        ++row_;
        Value row = names_.empty() ? array_of(cells) : object_of(cells);
        if (row.weight() > weight_left_) {
            failure_ = result_too_large(weight_max_);
            return;
        }
        weight_left_ -= row.weight();
        rows_.push_back(std::move(row));
    }

    void read_header(std::vector<std::string> cells, std::size_t line) {
        std::set<std::string_view> seen;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (cells[i].empty()) cells[i] = "column_" + std::to_string(i + 1);
        }
        for (const std::string& cell : cells) {
            if (seen.insert(cell).second) continue;
            failure_ = bad_csv(
                line, "names two columns \"" + cell + "\"; name the columns by `csv.columns`");
            return;
        }
        names_ = std::move(cells);
    }

    std::optional<Failure> check_size(std::size_t size, std::size_t line) const {
        const std::size_t wanted = names_.size();
        if (names_.empty() || size == wanted) return std::nullopt;
        if (size < wanted && options_.fills_short_rows) return std::nullopt;
        const std::string remedy =
            size < wanted ? "; `csv.short_rows: fill` makes the rest null" : "";
        return bad_csv(line, "has " + std::to_string(size) + " cells, and there are " +
                                 std::to_string(wanted) + " columns" + remedy);
    }

    Value value_of(const std::string& cell) const {
        return options_.typed ? cell_value(cell) : Value{cell};
    }
    Value array_of(const std::vector<std::string>& cells) const {
        std::vector<Value> values;
        values.reserve(cells.size());
        for (const std::string& cell : cells)
            values.push_back(value_of(cell));
        return Value::array(std::move(values));
    }
    Value object_of(const std::vector<std::string>& cells) const {
        std::vector<core::Member> members;
        members.reserve(names_.size());
        for (std::size_t i = 0; i < names_.size(); ++i)
            members.push_back({names_[i], i < cells.size() ? value_of(cells[i]) : Value{}});
        return Value::object(std::move(members));
    }

    const CsvOptions& options_;
    const RowErrors& errors_;
    std::size_t weight_left_;
    std::size_t weight_max_;
    std::vector<std::string> names_;
    bool awaits_header_;
    csv_parser parser_{};
    std::vector<std::string> cells_;  // of the row that is being read
    std::size_t line_ = 0;
    std::size_t row_line_ = 1;  // where that row began
    bool is_in_quotes_ = false;
    std::size_t row_ = 0;
    std::vector<Value> rows_;
    std::optional<Failure> failure_;
};

}  // namespace

std::expected<Value, Failure> read_csv(std::string_view text, const CsvOptions& options,
                                       std::size_t weight_max, const RowErrors& errors) {
    return CsvReader{options, weight_max, errors}.read(text);
}

}  // namespace millrace::nodes
