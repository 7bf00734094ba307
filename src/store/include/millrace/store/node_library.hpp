// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

namespace millrace::store {

// The numbers are stored; never renumber.
enum class NodeLifecycle : std::uint8_t {
    draft = 0,
    published = 1,
    deprecated = 2,  ///< still there for those that use it, but not for new use
};
std::string_view to_text(NodeLifecycle lifecycle);
std::optional<NodeLifecycle> parse_node_lifecycle(std::string_view text);

/// A configured node that is kept for use in workflows.
struct LibraryNode {
    std::string id;
    std::string name;
    std::string description;
    std::string type;         ///< of its newest version
    std::string workflow_id;  ///< where it comes from or belongs; empty: to none
    std::vector<std::string> tags;
    NodeLifecycle lifecycle = NodeLifecycle::draft;
    bool is_public = false;
    core::Value node;            ///< as in a workflow document, without connections
    std::uint32_t version = 1;   ///< rises when `node` changes
    std::uint32_t revision = 1;  ///< within the version: rises when something else changes
    core::Time created_at;
    core::Time updated_at;
};

struct LibraryNodeVersion {
    std::uint32_t version = 1;
    std::uint32_t revision = 1;  ///< the last one
    core::Value node;
    std::string comment;
    std::string created_by;
    std::vector<std::string> changed_fields;  ///< JSON Pointers, against the version before
    core::Time created_at;
};

struct LibraryNodeFilter {
    std::string text;  ///< words that begin in id, name, description, type or tags; empty: all
    std::optional<std::string> workflow_id;
    std::optional<std::string> type;
    std::optional<std::string> tag;
    std::optional<NodeLifecycle> lifecycle;
    std::optional<bool> is_public;
};

struct LibraryNodePage {
    std::vector<LibraryNode> items;  ///< last updated first
    std::optional<std::string> next_cursor;
};

/// A node to save; `version` and `revision` of `node` are what the caller has read, `version` 0: it
/// must be new. Anything else that is stored: a `conflict`. With `is_new_version` the version rises
/// and its revision begins at 1, without it `node.node` has to be what it was.
struct LibraryNodePut {
    LibraryNode node;
    std::string comment;
    std::string by;
    std::vector<std::string> changed_fields;
    bool is_new_version = true;
};

/// Nodes that are kept for use in workflows. Part of a Store and used like it.
class NodeLibrary {
public:
    virtual ~NodeLibrary() = default;

    /// At most `limit` (1 to 1,000) that follow `cursor`; empty: from the first.
    virtual core::Result<LibraryNodePage> list(const LibraryNodeFilter& filter, std::size_t limit,
                                               const std::string& cursor) = 0;
    virtual core::Result<LibraryNode> find(const std::string& id) = 0;
    /// All or none of them, in one transaction.
    virtual core::Result<std::vector<LibraryNode>> put(std::span<const LibraryNodePut> nodes,
                                                       core::Time now) = 0;
    virtual core::Result<> remove(const std::string& id) = 0;
    /// Newest first.
    virtual core::Result<std::vector<LibraryNodeVersion>> versions(const std::string& id) = 0;
};

}  // namespace millrace::store
