// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/server/document_diff.hpp"
#include "millrace/store/library.hpp"
#include "millrace/store/store.hpp"

// Putting many documents into a store at once.

namespace millrace::server {

enum class ApplyErrc {
    managed_by_notification,  ///< a rule is to be changed instead
};
std::string_view code_text(ApplyErrc code);

struct ApplyOptions {
    bool activate = false;  ///< make the applied versions the active ones
    bool prune = false;     ///< remove workflows that came from files and are not among these
    /// By `file` the documents are from now on the place to change the workflows.
    store::WorkflowOrigin origin = store::WorkflowOrigin::file;
};

/// A checked document to apply; outlives the steps made of it.
struct ApplySource {
    std::string file;  ///< for people; empty: none
    core::Document document;
};

/// What is to become of one workflow.
struct ApplyStep {
    enum class Kind : std::uint8_t { create, change, adopt, activate, keep, prune };
    Kind kind = Kind::keep;
    std::string id;
    std::uint32_t head = 0;  ///< now; 0: there is none
    std::optional<std::uint32_t> active;
    std::vector<DocumentChange> changes;
    const ApplySource* source = nullptr;  ///< null for what is pruned
};
/// `created`, `changed`, `adopted`, `activated`, `unchanged`, `removed`.
std::string_view to_text(ApplyStep::Kind kind);

/// Compares the documents with the store; null: an empty one. `managed_by_notification` when one
/// would change a workflow that carries a notification out; prune leaves those alone.
core::Result<std::vector<ApplyStep>> plan_apply(store::Store* store,
                                                std::span<const ApplySource> sources,
                                                const ApplyOptions& options);
/// Does all the steps or none, and notes the new head and active version in each. A `conflict`
/// when a workflow has been changed since they were planned, a `webhook_conflict` when two active
/// ones would have the same address.
core::Result<> carry_out(store::Store& store, std::vector<ApplyStep>& steps,
                         const ApplyOptions& options, core::Time now);

/// `{items: [{id, result, head_version?, active_version, file?, changes}], dry_run}`.
core::Value apply_value(std::span<const ApplyStep> steps, bool is_dry_run);

}  // namespace millrace::server
