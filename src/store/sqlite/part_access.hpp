// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/read_pool.hpp"

namespace millrace::store::sqlite {

/// How the parts of a store reach its database.
class PartAccess {
public:
    using Work = std::function<core::Result<>(Connection&)>;

    virtual ~PartAccess() = default;

    virtual ReadPool& readers() = 0;
    /// Runs `work` in one transaction of the writing connection, durable unless `work` failed.
    virtual core::Result<> write(std::string_view action, const Work& work) = 0;
    /// The same without waiting for the disk: durable with the next frame, or lost with the power.
    virtual core::Result<> write_soon(std::string_view action, const Work& work) = 0;
    /// Copies what the log holds into the database, as far as readers allow.
    virtual core::Result<> copy_log() = 0;
};

/// Runs a DELETE of at most `?2` rows that are older than `?1`, like `write_soon`; how many it
/// were.
core::Result<std::uint64_t> forget_soon(PartAccess& access, std::string_view action,
                                        const char* sql, core::Time before, std::size_t limit);

}  // namespace millrace::store::sqlite
