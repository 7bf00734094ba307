// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "behaviours.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

engine::NodeOutcome by_label(std::span<const Value> values,
                             std::span<const std::string_view> labels) {
    std::vector<core::Member> members;
    std::vector<std::string_view> seen{labels.begin(), labels.end()};
    std::ranges::sort(seen);
    if (const auto twice = std::ranges::adjacent_find(seen); twice != seen.end()) {
        return engine::validation_failure(
            "duplicate_label", "two of the merged values are called \"" + std::string{*twice} +
                                   "\"; give their connections different tags");
    }
    for (std::size_t i = 0; i < values.size() && i < labels.size(); ++i) {
        members.push_back({std::string{labels[i]}, values[i]});
    }
    return engine::Emit::out(Value::object(std::move(members)));
}

engine::NodeOutcome joined(std::span<const Value> values) {
    std::vector<Value> elements;
    for (const Value& value : values) {
        if (!value.is_array()) {
            return engine::validation_failure(
                "not_an_array", "mode concat joins arrays, and one of the values is " +
                                    std::string{core::kind_name(value)} + "; use mode all");
        }
        elements.insert(elements.end(), value.as_array().begin(), value.as_array().end());
    }
    return engine::Emit::out(Value::array(std::move(elements)));
}

class FlowMerge final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        const Value& all = call.input();
        const std::span<const Value> values =
            all.is_array() ? all.as_array() : std::span<const Value>{};
        const Value& field = call.field("mode");
        const std::string_view mode = field.is_string() ? field.as_string() : "all";
        if (mode == "all") return engine::Emit::out(all);
        if (mode == "first") return engine::Emit::out(values.empty() ? Value{} : values.front());
        if (mode == "object") return by_label(values, call.labels);
        if (mode == "concat") return joined(values);
        return engine::validation_failure(
            "bad_mode",
            "mode must be first, all, object or concat, not \"" + std::string{mode} + "\"");
    }
};

}  // namespace

Behaviour flow_merge() {
    return std::make_shared<FlowMerge>();
}

}  // namespace millrace::nodes
