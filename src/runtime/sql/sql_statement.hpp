// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/effect.hpp"
#include "sql/sql_connection.hpp"

namespace millrace::runtime {

/// How much statements may still give.
struct SqlBudget {
    std::uint32_t rows_max = 0;
    std::uint32_t rows = 0;
    std::size_t bytes = 0;
};

struct SqlResult {
    std::vector<core::Value> columns;
    std::vector<core::Value> rows;  ///< objects by column
    std::int64_t changes = 0;
    core::Value last_id;  ///< of the row that was inserted last, or null

    core::Value to_value() &&;
};

/// Runs one statement, with each set of its parameters. `where` names it in messages.
std::expected<SqlResult, core::Failure> run_statement(SqlConnection& connection,
                                                      const engine::SqlStatement& statement,
                                                      const std::string& where, SqlBudget& budget);

}  // namespace millrace::runtime
