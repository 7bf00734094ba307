// SPDX-License-Identifier: Apache-2.0
#include "sqlite/part_access.hpp"

namespace millrace::store::sqlite {

core::Result<std::uint64_t> forget_soon(PartAccess& access, std::string_view action,
                                        const char* sql, core::Time before, std::size_t limit) {
    std::uint64_t forgotten = 0;
    const auto done = access.write_soon(action, [&](Connection& connection) -> core::Result<> {
        auto statement = connection.cached(sql);
        if (!statement) return std::unexpected(statement.error());
        (*statement)->bind(1, before.ms).bind(2, static_cast<std::int64_t>(limit));
        if (!(*statement)->run()) return std::unexpected(connection.error(**statement, action));
        forgotten = static_cast<std::uint64_t>(connection.changes());
        return {};
    });
    if (!done) return std::unexpected(done.error());
    return forgotten;
}

}  // namespace millrace::store::sqlite
