// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "millrace/store/dead_letters.hpp"
#include "sqlite/part_access.hpp"

namespace millrace::store::sqlite {

class SqliteDeadLetters final : public DeadLetters {
public:
    /// `access` outlives it.
    explicit SqliteDeadLetters(PartAccess& access) : access_{access} {}

    core::Result<DeadLetterPage> list(const DeadLetterFilter& filter, std::size_t limit,
                                      const std::string& cursor) override;
    core::Result<DeadLetter> find(std::uint64_t number) override;
    core::Result<> mark_replayed(std::uint64_t number, core::ExecutionId as,
                                 core::Time now) override;
    core::Result<> discard(std::uint64_t number, core::Time now) override;

private:
    core::Result<> decide(std::uint64_t number, DeadLetterStatus status, core::Time now,
                          std::optional<core::ExecutionId> as);

    PartAccess& access_;
};

// Rows of a frame, in its transaction; both prepare nothing until the first row.
core::Result<> write_dead_letter(Connection& connection, const engine::DeadLetterRow& row);
core::Result<> write_shared(Connection& connection, const engine::SharedRow& row);

core::Result<std::vector<engine::SharedRow>> read_shared(Connection& connection);

}  // namespace millrace::store::sqlite
