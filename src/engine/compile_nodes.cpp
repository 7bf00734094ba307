// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "compile_data.hpp"
#include "compile_draft.hpp"

namespace millrace::engine {
namespace {

using core::NodeRole;
using core::ProblemCode;

/// Types of the document format that may not be in the library yet: a document that names one is
/// right, this build is behind.
constexpr std::array<std::string_view, 7> format_types{
    "trigger.webhook", "trigger.form",     "trigger.schedule", "flow.wait",
    "flow.respond",    "flow.subworkflow", "function.js"};

/// Versions of a type that the library has. Versions count up from 1, so a small bound does.
std::string existing_versions(const NodeLibrary& library, std::string_view type) {
    constexpr std::uint32_t versions_max = 64;
    std::string text;
    for (std::uint32_t version = 1; version <= versions_max; ++version) {
        if (library.find(type, version) == nullptr) continue;
        text += (text.empty() ? "" : ", ") + std::to_string(version);
    }
    return text;
}

void report_unknown_type(Draft& draft, core::NodeIndex node,
                         const std::vector<std::string>& names) {
    const core::NodeSpec& spec = draft.spec(node);
    const std::string path = pointer_of(node, "type");
    if (std::ranges::binary_search(names, spec.type)) {
        const std::string versions = existing_versions(draft.library, spec.type);
        draft.problem(ProblemCode::unknown_type, path,
                      versions.empty() ? "node type " + quoted(spec.type) + " is not enabled here"
                                       : "node type " + quoted(spec.type) + " has no version " +
                                             std::to_string(spec.type_version) +
                                             "; there is version " + versions,
                      versions.empty()
                          ? std::string{}
                          : spec.type + "@" + versions.substr(versions.rfind(' ') + 1));
        return;
    }
    if (std::ranges::find(format_types, spec.type) != format_types.end()) {
        draft.problem(ProblemCode::not_supported, path,
                      "node type " + quoted(spec.type) + " is not part of this build yet");
        return;
    }
    const std::string suggestion = draft.nearest(spec.type, {names.begin(), names.end()});
    draft.problem(ProblemCode::unknown_type, path,
                  "there is no node type " + quoted(spec.type) +
                      "; `millrace node-types list` shows those that exist",
                  suggestion);
}

/// Checks the node's `data`, and lets its type become what that makes of it.
void specialise(Draft& draft, core::NodeIndex node) {
    const core::NodeSpec& spec = draft.spec(node);
    const std::shared_ptr<const NodeDefinition> kept = draft[node].definition;
    const NodeDefinition& definition = *kept;
    const std::string pointer = pointer_of(node, "data");
    if (!spec.data.is_null() && !spec.data.is_object()) {
        draft.problem(ProblemCode::schema, pointer,
                      "`data` must be an object, not " + std::string{core::kind_name(spec.data)});
        return;
    }
    const core::Value data = spec.data.is_null() ? core::Value::object({}) : spec.data;
    for (const core::SchemaViolation& violation : data_violations(definition.type, data)) {
        draft.problem(ProblemCode::schema, pointer + violation.path,
                      violation.message + " (data of " + quoted(definition.type.type) + ")");
    }
    if (!definition.behaviour) return;
    definition.behaviour->check(data, pointer, draft.problems);
    if (auto special = definition.behaviour->specialise(definition, data))
        draft[node].definition = std::move(special);
}

void check_retry(Draft& draft, core::NodeIndex node) {
    const std::optional<core::RetryPolicy>& retry = draft.spec(node).retry;
    if (!retry) return;
    const std::string pointer = pointer_of(node, "retry");
    const auto refuse = [&](std::string_view key, std::string_view rule) {
        draft.problem(ProblemCode::bad_value, core::pointer_child(pointer, key),
                      quoted(key) + " must be " + std::string{rule});
    };
    if (retry->max_attempts == 0) refuse("max_attempts", "at least 1; it counts the first try");
    if (retry->delay.ms < 0) refuse("delay", "0ms or longer");
    if (retry->max_delay.ms < 0) refuse("max_delay", "0ms or longer");
    if (!std::isfinite(retry->backoff) || retry->backoff < 1) refuse("backoff", "1 or greater");
    if (!(retry->jitter >= 0 && retry->jitter <= 1)) refuse("jitter", "between 0 and 1");
}

/// Refuses options that could have no effect: whoever wrote them expects something of them. A
/// retry is fine on every node that can fail, and a deadline also bounds a delay. What bounds a
/// call also bounds the job that a large input makes of a pure node or a decision; but as that is
/// seldom what was meant, it is worth a warning.
void check_idle_options(Draft& draft, core::NodeIndex node) {
    const core::NodeSpec& spec = draft.spec(node);
    const NodeRole role = draft[node].definition->type.role;
    if (role == NodeRole::effect) return;
    const bool is_container = role == NodeRole::container;
    const bool may_be_a_job = role == NodeRole::pure || role == NodeRole::decision;
    const auto complain = [&](std::string_view key) {
        if (may_be_a_job) {
            draft.warning(ProblemCode::bad_value, pointer_of(node, key),
                          quoted(key) + " counts on " + quoted(spec.id) +
                              " only when its input is too large to be computed at once; " +
                              quoted(spec.type) + " makes no calls");
        } else {
            draft.problem(ProblemCode::bad_value, pointer_of(node, key),
                          quoted(key) + " can have no effect on " + quoted(spec.id) + ": " +
                              quoted(spec.type) + " makes no calls; remove it");
        }
    };
    if (spec.retry && role == NodeRole::trigger) complain("retry");
    if (spec.timeout && !is_container) complain("timeout");
    // Over several attempts a deadline means something, however short each of them is.
    const bool has_span = role == NodeRole::delay || is_container || (may_be_a_job && spec.retry);
    if (spec.deadline && !has_span) complain("deadline");
    if (spec.on_interrupt) complain("on_interrupt");
}

/// What is about calls means nothing where none are made.
void check_calls(Draft& draft, core::NodeIndex node) {
    const core::NodeSpec& spec = draft.spec(node);
    const core::NodeType& type = draft[node].definition->type;
    const auto refuse = [&](std::string_view key) {
        draft.problem(ProblemCode::bad_value, pointer_of(node, key),
                      quoted(key) + " can have no effect on " + quoted(spec.id) + ": " +
                          quoted(spec.type) + " makes no calls; remove it");
    };
    if (type.role != NodeRole::effect) {
        if (spec.cache) refuse("cache");
        if (spec.circuit_breaker) refuse("circuit_breaker");
    }
    if (spec.credential.empty() || !type.credentials.empty()) return;
    draft.problem(ProblemCode::bad_value, pointer_of(node, "credential"),
                  quoted(spec.type) + " takes no credential; remove it");
}

void require_trigger(Draft& draft) {
    const bool is_there = std::ranges::any_of(draft.nodes, [](const NodeDraft& node) {
        // A node of unknown type may be meant as the trigger; that is reported already.
        return !node.definition || node.definition->type.role == NodeRole::trigger;
    });
    if (is_there) return;
    draft.problem(ProblemCode::missing_key, "/nodes",
                  "the workflow has no trigger, so it could never start; add a node such as "
                  "`{ id: start, type: trigger.manual }` and connect it");
}

}  // namespace

void resolve_nodes(Draft& draft) {
    std::optional<std::vector<std::string>> names;  // fetched for the first unknown type
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i) {
        const core::NodeIndex node{i};
        const core::NodeSpec& spec = draft.spec(node);
        NodeDraft& entry = draft[node];
        entry.definition = draft.library.find(spec.type, spec.type_version);
        check_retry(draft, node);
        if (!entry.definition) {
            if (!names) names = draft.library.names();
            report_unknown_type(draft, node, *names);
            continue;
        }
        specialise(draft, node);
        entry.inputs.resize(entry.definition->type.inputs.size());
        entry.outputs.resize(entry.definition->type.outputs.size() + 1);
        check_idle_options(draft, node);
        check_calls(draft, node);
    }
    require_trigger(draft);
}

}  // namespace millrace::engine
