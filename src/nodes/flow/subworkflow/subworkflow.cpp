// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "behaviours.hpp"
#include "field.hpp"
#include "field_reader.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

constexpr std::size_t workflow_id_max = 63;
constexpr std::string_view id_wanted =
    "the id of a workflow: a-z, 0-9 and -, at most 63, not beginning with -";

bool is_workflow_id(std::string_view id) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    return !id.empty() && id.size() <= workflow_id_max && id[0] != '-' &&
           std::ranges::all_of(id, fits);
}

constexpr Word<bool> cancel_words[] = {{"cancel", false}, {"abandon", true}};

bool are_texts(const Value& labels) {
    return labels.is_object() && std::ranges::all_of(labels.as_object(), [](const auto& label) {
               return label.value.is_string();
           });
}

class FlowSubworkflow final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        const auto id = fixed_text(data, "workflow");
        if (id && !is_workflow_id(*id)) {
            add_problem(problems, core::ProblemCode::bad_value,
                        core::pointer_child(pointer, "workflow"),
                        "workflow must be " + std::string{id_wanted});
        }
        if (const Value* const version = data.find("version");
            version != nullptr && version->is_string() && !is_template(*version)) {
            add_problem(problems, core::ProblemCode::bad_value,
                        core::pointer_child(pointer, "version"),
                        "version must be a number, such as 3, or a template that gives one");
        }
        const Value* const wait = data.find("wait");
        if (wait == nullptr || *wait != Value{false} || data.find("on_cancel") == nullptr) return;
        add_problem(problems, core::ProblemCode::bad_value,
                    core::pointer_child(pointer, "on_cancel"),
                    "on_cancel has no effect without waiting: the child is on its own; remove it");
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<core::Failure> failure;
        FieldReader reader{call.data, {}, failure};
        engine::SubworkflowCall made;
        made.workflow = reader.text("workflow");
        if (!is_workflow_id(made.workflow)) reader.refuse("workflow", std::string{id_wanted});
        made.version = static_cast<std::uint32_t>(
            reader.integer("version", 0, 1, std::numeric_limits<std::uint32_t>::max()));
        const Value* const input = call.data.find("input");
        made.input = input == nullptr ? call.input() : *input;
        if (const Value* const variables = reader.find("variables")) {
            made.variables = *variables;
            if (!variables->is_object()) reader.refuse("variables", "an object of variables");
        }
        if (const Value* const labels = reader.find("labels")) {
            made.labels = *labels;
            if (!are_texts(*labels)) reader.refuse("labels", "an object of names and texts");
        }
        made.waits = reader.flag("wait", true);
        made.abandons = reader.word("on_cancel", cancel_words, false);
        if (failure) return *std::move(failure);
        return engine::EffectRequest{std::move(made)};
    }
};

}  // namespace

Behaviour flow_subworkflow() {
    return std::make_shared<FlowSubworkflow>();
}

}  // namespace millrace::nodes
