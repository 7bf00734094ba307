// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/value.hpp"

// A notification is a rule: of which ends of executions somebody is told, and how. A workflow that
// is made of the rule carries it out, so that what is told is durable, tried again, and seen like
// all other work.

namespace millrace::store {
struct WorkflowEntry;
}  // namespace millrace::store

namespace millrace::server {

/// JSON Schema of a rule as callers give it.
extern const std::string_view notification_schema;

/// `notify-`: begins the ids of the workflows that carry rules out.
inline constexpr std::string_view notification_prefix = "notify-";
/// They have this tag.
inline constexpr std::string_view notification_tag = "notification";
/// The key of their documents that holds the rule.
inline constexpr std::string_view notification_key = "x-millrace-notification";

std::string notification_workflow(std::string_view rule_id);
/// The id of the rule that a workflow carries out; empty: it is none of those.
std::string carried_rule(const store::WorkflowEntry& entry);

/// A rule in full: `body` fits the schema; what it leaves out is filled in. `enabled` is left out:
/// it is whether the workflow is active.
core::Value normal_rule(const core::Value& body, std::string_view id);

/// The document of the workflow that carries the rule out.
core::Value notification_document(const core::Value& rule);
/// The rule of such a document; null when it is none.
core::Value rule_of(const core::Value& document);

/// An event as the rule's workflow would get it, of an execution that there is not.
core::Value sample_event(const core::Value& rule, std::string_view now, std::string_view api);

}  // namespace millrace::server
