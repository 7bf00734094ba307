// SPDX-License-Identifier: Apache-2.0
#include "sql/sql_databases.hpp"

#include <algorithm>
#include <utility>

namespace millrace::runtime {

std::expected<std::unique_ptr<SqlConnection>, core::Failure> SqlDatabases::take(
    const std::string& path, SqlConnection::Mode mode) {
    while (true) {
        std::unique_ptr<SqlConnection> found;
        {
            const std::scoped_lock lock{mutex_};
            const auto at = std::ranges::find_if(idle_, [&](const auto& connection) {
                return connection->path() == path && connection->is_read_only() == mode.read_only;
            });
            if (at == idle_.end()) break;
            found = std::move(*at);
            idle_.erase(at);
        }
        // The file may have been replaced since, and this one would write to nowhere.
        if (found->is_current()) return found;
    }
    return SqlConnection::open(path, mode);
}

void SqlDatabases::give_back(std::unique_ptr<SqlConnection> connection) {
    connection->obey({});
    std::unique_ptr<SqlConnection> oldest;
    const std::scoped_lock lock{mutex_};
    idle_.push_front(std::move(connection));
    if (idle_.size() <= idle_max) return;
    oldest = std::move(idle_.back());
    idle_.pop_back();
}

}  // namespace millrace::runtime
