// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/store/admin.hpp"
#include "sqlite/connection.hpp"

namespace millrace::store::sqlite {

struct Migration {
    std::uint32_t version = 0;
    const char* name = "";
    const char* forward = "";
    const char* backward = "";
    /// Counts the rows that `backward` would delete and nothing could bring back; may be empty.
    const char* rows_lost = "";
    const char* rows_are = "";  ///< what those are, for people
};

/// In order, from version 1. A released migration never changes.
std::span<const Migration> migrations();
std::uint32_t newest_version();

/// The version that a database has; 0: it is empty. `newer_schema` beyond ours, `bad_argument` when
/// it is another program's. Reads only.
core::Result<std::uint32_t> schema_version(Connection& connection);

/// `older_schema` when the database lacks a migration.
core::Result<> require_newest(Connection& connection);

/// Brings an empty or older database forward in one transaction.
core::Result<> migrate_forward(Connection& connection);
core::Result<> migrate_back(Connection& connection, std::uint32_t version, bool lose_data);

core::Result<std::vector<MigrationInfo>> migration_list(Connection& connection);

}  // namespace millrace::store::sqlite
