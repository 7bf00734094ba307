// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/nodes/registry.hpp"
#include "millrace/server/document_check.hpp"

// One node, tried without a workflow of its own; nothing outside is called.

namespace millrace::server {

enum class TrialErrc {
    unknown_type,
    not_alone,   ///< triggers and containers do nothing by themselves
    bad_answer,  ///< one that stands in for the outside cannot be read
};
std::string_view code_text(TrialErrc code);

/// `http.request` is the newest version, `http.request@1` that one, even when it is disabled.
core::Result<nodes::Registry::Definition> find_node_type(const nodes::Registry& registry,
                                                         const std::string& text);

struct NodeTrial {
    std::string type;
    core::Value node;   ///< as in a document, without id and type: `{data, retry, …}`; or null
    core::Value input;  ///< at each of its inputs
    core::Value variables;  ///< object, or null
    /// What its calls get, each the next one and the last one all further: `{outputs}`,
    /// `{failure: {code, class?, message?}}` or of an HTTP call `{status, headers?, body?}`, with
    /// `takes`. Empty: the type's stand-in.
    std::vector<core::Value> answers;
    core::Time start_at;
};

/// `{status, outputs, error?, request?, duration_ms, issues}`; when the node cannot run
/// `{status: null, issues}`. `tells_calls` adds `attempts` and `calls: [{attempt, at_ms,
/// request}]`. Also errors of `runtime::rehearse`.
core::Result<core::Value> try_node(const nodes::Registry& registry, const NodeTrial& trial,
                                   bool tells_calls = false);

/// What is wrong with the node; paths lead into `trial.node`.
core::Result<CheckedDocument> check_node(const nodes::Registry& registry, const NodeTrial& trial);

}  // namespace millrace::server
