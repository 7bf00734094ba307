// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/event_ring.hpp"
#include "events/journals.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/runtime/observer.hpp"

namespace millrace::server::testing {

core::ExecutionId execution(std::uint8_t number);

/// A workflow with the nodes `start` and `work`.
std::shared_ptr<const engine::Plan> two_nodes(const std::string& workflow_id);

/// A store and a notifier whose every step a test decides: what is committed when, and who is told
/// of it when. Used from one thread.
class FakeStore {
public:
    using Row = runtime::CommittedRow;

    // What is to be committed, a frame at a time.

    /// A row with so many events of the execution; its first one creates it. `padding` is what each
    /// event carries.
    Row row(core::ExecutionId id, const std::string& workflow_id, std::size_t events,
            std::size_t padding = 0);
    /// The row that ends it.
    Row last_row(core::ExecutionId id);
    void plan_frame(std::vector<Row> rows);

    /// The next planned frame; false: there is none.
    bool commit();
    /// The notifier tells one frame; false: there is none.
    bool tell();
    /// It drops what it has not told.
    void lag();
    /// The feed forgets all but the newest `frames`.
    void forget_all_but(std::size_t frames);
    /// Retention removes it.
    void remove(core::ExecutionId id);

    bool is_observed() const { return observer_ != nullptr; }
    std::size_t reads = 0;             ///< of journals
    std::optional<core::Error> fails;  ///< reading ends in it
    std::function<void()> after_read;  ///< called once, before what was read is used

    /// For a hub; the store outlives it.
    std::unique_ptr<Journals> journals();

    /// All events of what is committed, in order, with their places in the feed.
    std::vector<PlacedEvent> feed_events() const;
    /// The same of one execution.
    std::vector<PlacedEvent> execution_events(core::ExecutionId id) const;

private:
    class View;
    struct Execution {
        std::string workflow_id;
        std::uint64_t next_seq = 1;
        bool is_removed = false;
    };

    std::map<core::ExecutionId, Execution> executions_;
    std::deque<std::vector<Row>> planned_;
    std::vector<std::vector<Row>> frames_;  ///< committed, from number 1
    std::uint64_t forgotten_ = 0;           ///< of the feed, up to this frame
    std::shared_ptr<runtime::Observer> observer_;
    std::deque<std::vector<Row>> untold_;
};

}  // namespace millrace::server::testing
