// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "millrace/store/start_keys.hpp"
#include "sqlite/part_access.hpp"

namespace millrace::store::sqlite {

class SqliteStartKeys final : public StartKeys {
public:
    /// `access` outlives it.
    explicit SqliteStartKeys(PartAccess& access) : access_{access} {}

    core::Result<> change(const Work& work) override;
    core::Result<std::uint64_t> forget_over(core::Time now, std::size_t limit) override;

private:
    PartAccess& access_;
};

/// Notes that an execution is removed, within the transaction that does so.
core::Result<> note_removed(Connection& connection, core::ExecutionId id);

}  // namespace millrace::store::sqlite
