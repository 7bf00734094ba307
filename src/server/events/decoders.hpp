// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/journals.hpp"
#include "events/recent_map.hpp"
#include "millrace/core/event.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/execution_view.hpp"

namespace millrace::server {

/// A journal row whose events are wanted.
struct RowToDecode {
    core::ExecutionId id;
    std::uint64_t first_seq = 0;
    const std::string* bytes = nullptr;  ///< null: they are read from the journal
};

/// Turns journal rows of many executions into events. What an event says depends on all rows before
/// it: views of the executions that moved last are kept, others are made anew from the store. Not
/// thread-safe.
class Decoders {
public:
    Decoders(Journals& journals, std::size_t views_max) : journals_{journals}, views_{views_max} {}

    /// Rows of one execution are asked for in their order; others than all of them may be. The
    /// store's `not_found` when the execution has been removed.
    core::Result<std::vector<core::Event>> events_of(const RowToDecode& row);
    /// The execution behind the row that was asked for last; null when that was another's. Valid
    /// until the next call.
    const engine::ExecutionView* view_of(core::ExecutionId id);
    void clear() {
        views_.clear();
        done_.reset();
    }

private:
    struct Decoded {
        engine::ExecutionView view;
        std::uint64_t next_seq = 1;     ///< of the first record that the view does not know
        std::deque<std::string> ahead;  ///< rows behind that, as far as they have been read
    };

    core::Result<Decoded*> decoded_of(const RowToDecode& row);
    core::Result<std::unique_ptr<Decoded>> begin(const RowToDecode& row);
    core::Result<std::vector<core::Event>> decode(Decoded& decoded, const RowToDecode& row);
    core::Result<std::string> next_row(Decoded& decoded, core::ExecutionId id);

    Journals& journals_;
    RecentMap<core::ExecutionId, std::unique_ptr<Decoded>> views_;
    std::optional<core::ExecutionId> done_;  ///< its view is not needed any more
};

}  // namespace millrace::server
