// SPDX-License-Identifier: Apache-2.0
#include "dispatch/event_matcher.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "millrace/engine/record.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

constexpr std::size_t executions_known_max = 16'384;
constexpr std::size_t views_max = 1'024;
constexpr std::string_view trigger_type = "trigger.event";

/// Of an execution that this trigger has started with this.
std::uint32_t depth_behind(const engine::Plan& plan, core::NodeIndex trigger,
                           const core::Value& trigger_data) {
    if (trigger.value >= plan.nodes().size()) return 0;
    if (plan.node(trigger).definition->type.type != trigger_type) return 0;
    const core::Value* const depth = trigger_data.find("depth");
    const bool is_depth = depth != nullptr && depth->is_integer() && depth->as_integer() >= 0;
    return is_depth ? static_cast<std::uint32_t>(depth->as_integer()) + 1 : 1;
}

}  // namespace

EventMatcher::EventMatcher(Journals& journals, runtime::Log& log, std::function<std::string()> api)
    : journals_{journals},
      log_{log},
      api_{std::move(api)},
      names_{executions_known_max},
      decoders_{journals, views_max},
      depths_{executions_known_max} {}

void EventMatcher::note_waits(const runtime::CommittedRow& row) {
    for (const engine::WaitRow& wait : row.waits)
        waits_.apply(wait);
}

core::Result<> EventMatcher::match(const runtime::CommittedRow& row, const EventRules& rules,
                                   DispatchCounts& counts, std::vector<Delivery>& found) {
    if (!row.workflow_id.empty()) names_.note(row.id, row.workflow_id);
    const EventTypes types = rules.types | waits_.types();
    if ((types & ~last_event_types) == 0 && !row.finished) return {};
    const Row place{{row.id, row.first_seq, &row.bytes},
                    row.position,
                    row.workflow_id.empty() ? nullptr : &row.workflow_id};
    return match_row(place, {rules, counts, found});
}

core::Result<> EventMatcher::match(const store::FeedRow& row, const EventRules& rules,
                                   DispatchCounts& counts, std::vector<Delivery>& found) {
    return match_row({{row.id, row.first_seq, nullptr}, row.position, nullptr},
                     {rules, counts, found});
}

void EventMatcher::match(std::shared_ptr<const HappenedEvent> event, const EventRules& rules,
                         DispatchCounts& counts, std::vector<Delivery>& found) {
    const Sink sink{rules, counts, found};
    for (const EventRulePtr& rule : rules.rules) {
        if (rule->selector.takes_type(event->type) && rule->selector.takes_source(event->source))
            match_rule(event, rule, {}, sink);
    }
    for (const WaitKey& key : waits_.answered_by(*event, true))
        found.push_back({event, nullptr, key, waits_.path_of(key), {}});
}

core::Result<> EventMatcher::match_row(const Row& row, const Sink& sink) {
    const auto done = match_events(row, sink);
    if (done || may_go_well(done.error())) return done;
    // Retention has removed it, or this version of the program cannot read it: no later one of this
    // process can, and the others must not wait for it.
    if (!done.error().is(store::StoreErrc::not_found)) {
        log_.write(runtime::LogLevel::error,
                   "events of an execution cannot be read, and start nothing",
                   {{"execution_id", row.place.id.text()}, {"error", done.error().message()}});
    }
    return {};
}

core::Result<> EventMatcher::match_events(const Row& row, const Sink& sink) {
    const auto wanted = is_wanted(row, sink.rules);
    if (!wanted) return std::unexpected(wanted.error());
    if (!*wanted) return {};
    const auto events = decoders_.events_of(row.place);
    if (!events) return std::unexpected(events.error());
    for (const core::Event& event : *events)
        if (auto done = match_event(event, row.position, sink); !done) return done;
    return {};
}

core::Result<bool> EventMatcher::is_wanted(const Row& row, const EventRules& rules) {
    if ((rules.types | waits_.types()) == 0) return false;
    std::string source;
    if (row.workflow_id != nullptr) {
        source = workflow_source(*row.workflow_id);
    } else {
        const auto name = names_.of(row.place.id, journals_);
        if (!name) return std::unexpected(name.error());
        source = workflow_source(**name);
    }
    return rules.wants_source(source) || waits_.wants_source(source);
}

core::Result<> EventMatcher::match_event(const core::Event& event, store::FeedPosition position,
                                         const Sink& sink) {
    const EventTypes bit = bit_of(event.type);
    const bool may_answer = (waits_.types() & bit) != 0;
    if (!may_answer && (sink.rules.types & bit) == 0) return {};
    const std::string source = workflow_source(event.workflow_id);
    std::vector<EventRulePtr> rules;
    for (const EventRulePtr& rule : sink.rules.rules) {
        const bool is_own = rule->trigger->workflow_id == event.workflow_id;
        if ((rule->types & bit) == 0 || position <= rule->since) continue;
        if (is_own && !rule->takes_own(source)) continue;
        if (rule->selector.takes_source(source)) rules.push_back(rule);
    }
    if (rules.empty() && !(may_answer && waits_.wants_source(source))) return {};
    const auto made = make(event);
    if (!made) return std::unexpected(made.error());
    for (const EventRulePtr& rule : rules)
        match_rule(*made, rule, position, sink);
    for (const WaitKey& key : waits_.answered_by(**made, false))
        sink.found.push_back({*made, nullptr, key, waits_.path_of(key), position});
    return {};
}

core::Result<std::shared_ptr<const HappenedEvent>> EventMatcher::make(const core::Event& event) {
    core::Value labels;
    std::uint32_t depth = 0;
    if (const engine::ExecutionView* const view = decoders_.view_of(event.execution_id)) {
        labels = view->labels();
        const auto known = depth_of(event.execution_id, *view);
        if (!known) return std::unexpected(known.error());
        depth = *known;
    }
    return std::make_shared<const HappenedEvent>(happened(event, labels, depth, api_()));
}

void EventMatcher::match_rule(const std::shared_ptr<const HappenedEvent>& event,
                              const EventRulePtr& rule, store::FeedPosition position,
                              const Sink& sink) {
    const auto told = [&](runtime::LogLevel level, std::string_view message, std::string why) {
        if (!log_.takes(level)) return;
        log_.write(level, message,
                   {{"workflow_id", rule->trigger->workflow_id},
                    {"node_id", rule->trigger->node_id},
                    {"event_id", event->id},
                    {"event_type", event->type},
                    {"reason", std::move(why)}});
    };
    const auto takes = rule->selector.takes_content(event->value);
    if (!takes) {
        ++sink.counts.filters_failed;
        return told(runtime::LogLevel::info, "a filter of events has failed and takes nothing",
                    takes.error().message);
    }
    if (!*takes) return;
    if (event->depth >= rule->max_depth) {
        ++sink.counts.refused;
        ++sink.counts.too_deep;
        return told(runtime::LogLevel::warning, "an event starts nothing: workflows go in a circle",
                    std::to_string(event->depth) + " executions have led to it, and max_depth is " +
                        std::to_string(rule->max_depth));
    }
    sink.found.push_back({event, rule, {}, {}, position});
}

core::Result<std::uint32_t> EventMatcher::depth_of(core::ExecutionId id,
                                                   const engine::ExecutionView& view) {
    if (const std::uint32_t* const known = depths_.find(id)) return *known;
    std::uint32_t depth = depth_behind(view.plan(), view.trigger(), view.trigger_data());
    if (depth == 0) {
        // What has started it may have been started by an event.
        const auto row = journals_.execution(id);
        if (!row && !row.error().is(store::StoreErrc::not_found))
            return std::unexpected(row.error());
        if (row && row->parent) {
            const auto of_root = depth_of_root(*row->parent);
            if (!of_root) return of_root;
            depth = *of_root;
        }
    }
    return depths_.put(id, depth);
}

core::Result<std::uint32_t> EventMatcher::depth_of_root(core::ExecutionId id) {
    for (;;) {
        if (const std::uint32_t* const known = depths_.find(id)) return *known;
        const auto row = journals_.execution(id);
        if (!row && row.error().is(store::StoreErrc::not_found)) return 0;
        if (!row) return std::unexpected(row.error());
        if (!row->parent) {
            const auto rows = journals_.rows(id, 0);
            if (!rows) return std::unexpected(rows.error());
            if (rows->empty()) return 0;
            const auto records = engine::read_row(rows->front());
            if (!records) return std::unexpected(records.error());
            const auto* const created =
                records->empty() ? nullptr
                                 : std::get_if<engine::ExecutionCreated>(&records->front().body);
            if (created == nullptr) return 0;
            const auto plan = journals_.plan(created->workflow_id, created->workflow_version);
            if (!plan) return std::unexpected(plan.error());
            return depths_.put(id, depth_behind(**plan, created->trigger, created->trigger_data));
        }
        id = *row->parent;
    }
}

}  // namespace millrace::server
