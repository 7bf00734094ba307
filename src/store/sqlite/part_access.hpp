// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "millrace/core/result.hpp"
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

}  // namespace millrace::store::sqlite
