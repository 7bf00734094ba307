// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dispatch/dispatch_parts.hpp"
#include "dispatch/event_rules.hpp"
#include "dispatch/event_value.hpp"
#include "dispatch/wait_index.hpp"
#include "events/decoders.hpp"
#include "events/recent_map.hpp"
#include "events/workflow_names.hpp"
#include "millrace/core/event.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/execution_view.hpp"
#include "millrace/runtime/observer.hpp"

namespace millrace::server {

/// One thing that an event does: starts an execution, or answers a wait.
struct Delivery {
    std::shared_ptr<const HappenedEvent> event;
    EventRulePtr rule;  ///< null: it answers `wait`
    WaitKey wait;
    std::string path;              ///< of the run that waits
    store::FeedPosition position;  ///< behind the row that tells the event
};

/// Finds what committed rows and given events do. Not thread-safe.
class EventMatcher {
public:
    /// Both outlive it.
    EventMatcher(Journals& journals, runtime::Log& log, std::function<std::string()> api);

    WaitIndex& waits() { return waits_; }
    /// Notes who waits, and for what not any more. `match` does not.
    void note_waits(const runtime::CommittedRow& row);
    /// Adds what the row does. An error of the store: ask again later.
    core::Result<> match(const runtime::CommittedRow& row, const EventRules& rules,
                         DispatchCounts& counts, std::vector<Delivery>& found);
    /// The same of a row whose bytes are in the journal only.
    core::Result<> match(const store::FeedRow& row, const EventRules& rules, DispatchCounts& counts,
                         std::vector<Delivery>& found);
    void match(std::shared_ptr<const HappenedEvent> event, const EventRules& rules,
               DispatchCounts& counts, std::vector<Delivery>& found);
    /// Rows were left out.
    void forget() { decoders_.clear(); }

private:
    struct Row {
        RowToDecode place;
        store::FeedPosition position;
        const std::string* workflow_id = nullptr;  ///< null: not told
    };
    struct Sink {
        const EventRules& rules;
        DispatchCounts& counts;
        std::vector<Delivery>& found;
    };

    core::Result<> match_row(const Row& row, const Sink& sink);
    core::Result<> match_events(const Row& row, const Sink& sink);
    core::Result<bool> is_wanted(const Row& row, const EventRules& rules);
    core::Result<> match_event(const core::Event& event, store::FeedPosition position,
                               const Sink& sink);
    core::Result<std::shared_ptr<const HappenedEvent>> make(const core::Event& event);
    void match_rule(const std::shared_ptr<const HappenedEvent>& event, const EventRulePtr& rule,
                    store::FeedPosition position, const Sink& sink);
    core::Result<std::uint32_t> depth_of(core::ExecutionId id, const engine::ExecutionView& view);
    core::Result<std::uint32_t> depth_of_root(core::ExecutionId id);

    Journals& journals_;
    runtime::Log& log_;
    const std::function<std::string()> api_;
    WorkflowNames names_;
    Decoders decoders_;
    RecentMap<core::ExecutionId, std::uint32_t> depths_;
    WaitIndex waits_;
};

}  // namespace millrace::server
