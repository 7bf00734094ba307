// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "millrace/core/failure.hpp"
#include "sql/sql_connection.hpp"

namespace millrace::runtime {

/// Keeps connections open for the next node that uses the same file. Thread-safe.
class SqlDatabases {
public:
    /// For the caller alone.
    std::expected<std::unique_ptr<SqlConnection>, core::Failure> take(const std::string& path,
                                                                      SqlConnection::Mode mode);
    void give_back(std::unique_ptr<SqlConnection> connection);

private:
    static constexpr std::size_t idle_max = 16;

    std::mutex mutex_;
    std::list<std::unique_ptr<SqlConnection>> idle_;  // the last used first
};

}  // namespace millrace::runtime
