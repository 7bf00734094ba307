// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "events/channels.hpp"
#include "events/decoders.hpp"
#include "events/journals.hpp"
#include "events/workflow_names.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/observer.hpp"

namespace millrace::server {

/// Takes what is committed from the notifier's thread, decodes what somebody follows on a work
/// thread, one task at a time, and tells it. What comes faster than that is dropped: whoever
/// follows is told so and reads the store.
class EventPump final : public runtime::Observer {
public:
    struct Parts {
        Journals& journals;
        Channels& channels;
        WorkflowNames& names;
        /// Does a task on a work thread, and keeps the pump and these parts until then.
        std::function<void(std::function<void()>)> work;
        runtime::Log* log = nullptr;  ///< or null
        std::size_t inbox_bytes_max = 0;
        std::size_t views_max = 0;
    };
    explicit EventPump(Parts parts);

    void on_committed(std::span<const runtime::CommittedRow> rows) override;
    void on_lagged(std::uint64_t rows) override;
    /// Nobody follows any more: drops what was kept for them.
    void forget();

private:
    struct Inbox {
        std::vector<runtime::CommittedRow> rows;
        std::size_t bytes = 0;
        bool has_gap = false;  ///< before these rows
        bool is_void = false;  ///< nobody followed for a while

        static Inbox after_gap() {
            Inbox inbox;
            inbox.has_gap = true;
            return inbox;
        }
    };

    void schedule(bool is_wanted);
    void run();
    void lose();
    WorkflowNames::Name workflow_of(const runtime::CommittedRow& row);
    void tell(const runtime::CommittedRow& row);

    const Parts parts_;
    std::mutex mutex_;
    Inbox inbox_;
    bool is_scheduled_ = false;
    Decoders decoders_;  ///< touched by the running task only
};

}  // namespace millrace::server
