// SPDX-License-Identifier: Apache-2.0
#include "dispatch/event_rules.hpp"

#include <algorithm>
#include <utility>

namespace millrace::server {

EventTypes types_of(const nodes::EventSelector& selector) {
    EventTypes types = 0;
    for (unsigned i = 0; i <= static_cast<unsigned>(core::EventType::node_event); ++i) {
        const auto type = static_cast<core::EventType>(i);
        if (selector.takes_type(core::to_text(type))) types |= bit_of(type);
    }
    return types;
}

void EventRules::add(EventRulePtr rule) {
    types |= rule->types;
    rules.push_back(std::move(rule));
}

bool EventRules::wants_source(std::string_view source) const {
    return std::ranges::any_of(rules, [&](const EventRulePtr& rule) {
        return rule->types != 0 && rule->selector.takes_source(source);
    });
}

EventRulePtr make_rule(const TriggerPtr& trigger, store::FeedPosition since, runtime::Log& log) {
    auto selector = nodes::EventSelector::make(trigger->data, "event");
    if (!selector) {
        log.write(runtime::LogLevel::error, "a trigger of events cannot be read and starts nothing",
                  {{"workflow_id", trigger->workflow_id},
                   {"node_id", trigger->node_id},
                   {"error", selector.error().message()}});
        return nullptr;
    }
    auto rule = std::make_shared<EventRule>();
    rule->trigger = trigger;
    rule->selector = *std::move(selector);
    rule->types = types_of(rule->selector);
    rule->since = since;
    const core::Value* const depth = trigger->data.find("max_depth");
    if (depth != nullptr && depth->is_integer())
        rule->max_depth = static_cast<std::uint32_t>(depth->as_integer());
    if (const core::Value* const labels = trigger->data.find("labels")) rule->labels = *labels;
    return rule;
}

}  // namespace millrace::server
