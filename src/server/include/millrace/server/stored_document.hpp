// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "millrace/core/document.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {

enum class DocumentErrc {
    unreadable,  ///< stored by another build, which knew more or other things
};
std::string_view code_text(DocumentErrc code);

/// A stored version, read and compiled as the engine does it. An error when this version of
/// Millrace cannot do that any more.
struct StoredWorkflow {
    store::WorkflowVersion version;
    core::Document document;
    std::shared_ptr<const engine::Plan> plan;
};
core::Result<StoredWorkflow> stored_workflow(store::Store& store,
                                             const engine::NodeLibrary& library,
                                             const std::string& workflow_id, std::uint32_t number);

/// The same without compiling it, which a document with node types of another build still allows.
core::Result<core::Document> read_version(const store::WorkflowVersion& version);
core::Result<core::Document> stored_document(store::Store& store, const std::string& workflow_id,
                                             std::uint32_t number);

}  // namespace millrace::server
