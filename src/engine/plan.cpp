// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/plan.hpp"

#include <algorithm>
#include <utility>

namespace millrace::engine {
namespace {

constexpr std::string_view manual_trigger = "trigger.manual";

using Names = std::vector<std::string_view>;

std::string quoted_list(const Names& names) {
    std::string text;
    for (const std::string_view name : names)
        text.append(text.empty() ? "`" : ", `").append(name).append("`");
    return text;
}

std::string suggestion(std::string_view word, const Names& candidates) {
    const std::string near = core::nearest(word, candidates);
    return near.empty() ? std::string{} : "; did you mean `" + near + "`?";
}

}  // namespace

std::optional<core::NodeIndex> Plan::find(std::string_view node_id) const {
    const auto id_of = [&](core::NodeIndex i) -> std::string_view { return node(i).id; };
    const auto found = std::ranges::lower_bound(by_id_, node_id, {}, id_of);
    if (found == by_id_.end() || id_of(*found) != node_id) return std::nullopt;
    return *found;
}

std::string_view code_text(StartErrc code) {
    switch (code) {
        case StartErrc::unknown_trigger: return "unknown_trigger";
        case StartErrc::no_trigger: return "no_trigger";
        case StartErrc::ambiguous_trigger: return "ambiguous_trigger";
        case StartErrc::bad_input: return "bad_input";
        case StartErrc::bad_variable: return "bad_variable";
    }
    return "unknown";
}

core::Result<core::NodeIndex> choose_trigger(const Plan& plan, std::string_view name) {
    std::vector<core::NodeIndex> triggers;
    std::vector<core::NodeIndex> manual;
    Names names;
    for (std::uint32_t i = 0; i < plan.nodes().size(); ++i) {
        const PlanNode& node = plan.nodes()[i];
        if (node.role() != core::NodeRole::trigger) continue;
        if (!name.empty() && node.id == name) return core::NodeIndex{i};
        triggers.push_back({i});
        names.push_back(node.id);
        if (node.definition->type.type == manual_trigger) manual.push_back({i});
    }
    if (triggers.empty())
        return core::fail(StartErrc::no_trigger, "the workflow has no trigger, so it cannot start");
    if (!name.empty()) {
        const std::string what = plan.find(name) ? "is no trigger" : "does not exist";
        return core::fail(StartErrc::unknown_trigger,
                          "node `" + std::string{name} + "` " + what + "; the workflow starts at " +
                              quoted_list(names) + suggestion(name, names));
    }
    if (triggers.size() == 1) return triggers.front();
    if (manual.size() == 1) return manual.front();
    return core::fail(StartErrc::ambiguous_trigger,
                      "the workflow has several triggers; name one of " + quoted_list(names));
}

core::Value emitted_by_hand(const PlanNode& trigger, const core::Value& input, core::Time now) {
    const core::Value no_data = core::Value::object({});
    const NodeCall call{.inputs = {&input, 1}, .labels = {}, .data = no_data, .now = now};
    const NodeOutcome outcome = trigger.definition->behaviour->start(call);
    const auto* const emit = std::get_if<Emit>(&outcome);
    return emit == nullptr || emit->ports.empty() ? input : emit->ports.front().value;
}

core::Result<core::Value> resolve_variables(const Plan& plan, const core::Value& overrides) {
    if (!overrides.is_null() && !overrides.is_object()) {
        return core::fail(StartErrc::bad_variable, "variables must be given as an object, not " +
                                                       std::string{core::kind_name(overrides)});
    }
    Names names;
    core::ObjectBuilder values;
    std::string missing;
    for (const core::Variable& variable : plan.variables()) {
        names.push_back(variable.name);
        const core::Value* const given = overrides.find(variable.name);
        const core::Value& value = given == nullptr ? variable.value : *given;
        if (value.is_null()) missing += (missing.empty() ? "`" : ", `") + variable.name + "`";
        values.set(variable.name, value);
    }
    const core::Value known = std::move(values).build();
    if (overrides.is_object()) {
        for (const core::Member& member : overrides.as_object()) {
            if (known.find(member.key) != nullptr) continue;
            return core::fail(
                StartErrc::bad_variable,
                "the workflow has no variable `" + member.key + "`" +
                    (names.empty() ? "; it has none at all" : "; it has " + quoted_list(names)) +
                    suggestion(member.key, names));
        }
    }
    if (!missing.empty()) {
        return core::fail(StartErrc::bad_variable,
                          "these variables have no default and must be given: " + missing);
    }
    return known;
}

core::Result<> check_input(const Plan& plan, const core::Value& input) {
    if (plan.input_check() == nullptr) return {};
    const std::vector<core::SchemaViolation> violations = plan.input_check()->violations(input);
    if (violations.empty()) return {};
    std::string message = "the input does not match the workflow's `inputs`";
    for (const core::SchemaViolation& violation : violations) {
        message += &violation == &violations.front() ? ": " : "; ";
        if (!violation.path.empty()) message += violation.path + ": ";
        message += violation.message;
    }
    return core::fail(StartErrc::bad_input, std::move(message));
}

}  // namespace millrace::engine
