// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "events/journals.hpp"
#include "events/recent_map.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/plan.hpp"
#include "observation/facts.hpp"

namespace millrace::server {

/// A journal row whose facts are wanted.
struct RowToFold {
    core::ExecutionId id;
    std::uint64_t first_seq = 0;
    std::string_view bytes;  ///< empty: they are read from the journal
};

/// Turns journal rows of many executions into facts. Values are not unpacked, so that it keeps up
/// with the engine. What it must remember of unfinished executions is bounded: those that have not
/// moved for long are read from the store again when they do. Those with many records, of which
/// that would take long, have half of the room for themselves. Not thread-safe.
class FactFold {
public:
    static constexpr std::size_t bytes_default = 64u << 20;

    /// `journals` outlives it. `bytes_max` is about what it remembers.
    explicit FactFold(Journals& journals, std::size_t bytes_max = bytes_default);
    ~FactFold();
    FactFold(const FactFold&) = delete;
    FactFold& operator=(const FactFold&) = delete;

    /// Tells the facts of one row, and before them those of rows of the same execution that were
    /// left out since the last one. A row that was told already gives nothing. The store's
    /// `not_found` when what is needed has been removed; after an error nothing is known of the
    /// execution.
    core::Result<> fold(const RowToFold& row, FactSink& sink);

    /// Executions that are remembered.
    std::size_t size() const;
    void clear();

private:
    struct Open;
    using OpenPtr = std::unique_ptr<Open>;
    using OpenMap = RecentMap<core::ExecutionId, OpenPtr>;
    using PlanKey = std::pair<std::string, std::uint32_t>;

    OpenPtr take(core::ExecutionId id);
    void keep(OpenPtr open);
    core::Result<> advance(Open& open, const RowToFold& row, FactSink& before, FactSink& sink);
    core::Result<std::string> next_row(Open& open);
    core::Result<> apply(Open& open, std::string_view bytes, FactSink& sink);
    core::Result<std::shared_ptr<const engine::Plan>> plan(const std::string& workflow_id,
                                                           std::uint32_t version);

    Journals& journals_;
    OpenMap short_;
    OpenMap long_;  ///< those with many records
    std::map<PlanKey, std::shared_ptr<const engine::Plan>> plans_;
};

}  // namespace millrace::server
