// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/value.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/server/stored_document.hpp"
#include "millrace/store/library.hpp"

// What the API answers about workflows, and `--json` prints.

namespace millrace::server {

/// `run`, `put` or `file`.
std::string_view to_text(store::WorkflowOrigin origin);

/// An item of `GET /workflows`.
core::Value entry_value(const store::WorkflowEntry& entry);
/// An item of `GET /workflows/{id}/versions`.
core::Value version_value(const store::VersionEntry& version);

/// Of each node what it needs and feeds, at once and in all: `{ID: {needs, needs_all, feeds,
/// feeds_all}}`.
core::Value dependencies_value(const engine::Plan& plan);

/// `GET /workflows/{id}`, or of another version than the head. `plan` is null when this build
/// cannot run it; `problem` says why.
core::Value workflow_value(const store::WorkflowEntry& entry, const store::WorkflowVersion& version,
                           const core::Document& document, const engine::Plan* plan,
                           std::string_view problem = {});

}  // namespace millrace::server
