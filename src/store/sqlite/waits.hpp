// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "millrace/engine/frame.hpp"
#include "millrace/store/waits.hpp"
#include "sqlite/part_access.hpp"

namespace millrace::store::sqlite {

class SqliteWaits final : public Waits {
public:
    /// `access` outlives it.
    explicit SqliteWaits(PartAccess& access) : access_{access} {}

    core::Result<Wait> find(std::string_view token_hash) override;
    core::Result<Wait> find(core::ExecutionId id, const engine::RunKey& run) override;
    core::Result<WaitPage> list(const WaitFilter& filter, std::size_t limit,
                                const std::string& cursor) override;
    core::Result<std::vector<Wait>> open_events(std::size_t limit, std::uint64_t after) override;
    core::Result<std::vector<Wait>> finished_children(std::size_t limit,
                                                      std::uint64_t after) override;
    core::Result<std::vector<Wait>> abandoned_children(std::size_t limit,
                                                       std::uint64_t after) override;

private:
    PartAccess& access_;
};

/// Within a frame's transaction: opens a wait, or closes the one that its run has.
core::Result<> write_wait(Connection& connection, const engine::WaitRow& row);
core::Result<> postpone_wait(Connection& connection, const engine::PostponedWait& wait);

}  // namespace millrace::store::sqlite
