// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/core/value.hpp"

namespace millrace::server {

/// What one version of a workflow has and another has not, told in the document's own words.
struct DocumentChange {
    enum class Kind : std::uint8_t { added, removed, changed };
    Kind kind = Kind::changed;
    /// JSON Pointer in which nodes stand by id and connections by their ends:
    /// `/nodes/charge/data/url`, `/connections/start.out -> greet.in/filter`, `/settings/timeout`.
    std::string path;
    core::Value before;  ///< null for what is added
    core::Value after;   ///< null for what is removed

    friend bool operator==(const DocumentChange&, const DocumentChange&) = default;
};

/// What differs in meaning, in the order of the later document. Positions, notes, the editor's own
/// data and `x-…` keys make no version and are left out, as is the order of nodes.
std::vector<DocumentChange> document_changes(const core::Document& before,
                                             const core::Document& after);

/// Where two values differ, as deep as both are objects, or arrays of one length.
std::vector<DocumentChange> value_changes(const core::Value& before, const core::Value& after);

/// `[{change, path, before?, after?}]`.
core::Value changes_value(const std::vector<DocumentChange>& changes);

}  // namespace millrace::server
