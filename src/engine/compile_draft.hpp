// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/engine/plan.hpp"

namespace millrace::engine {

/// A node while its document is being compiled.
struct NodeDraft {
    std::shared_ptr<const NodeDefinition> definition;         ///< null: the type is unknown
    std::vector<std::vector<core::ConnectionIndex>> inputs;   ///< as in PlanNode
    std::vector<std::vector<core::ConnectionIndex>> outputs;  ///< last the error port
    bool is_target = false;  ///< some connection names it as its target, be it at a wrong port
    bool is_source = false;
    bool has_broken_input = false;      ///< one of its connections has been reported
    bool is_named_as_fallback = false;  ///< rightly or not: it needs no connections
    FailureHandling on_failure = FailureHandling::stop;
    std::optional<core::NodeIndex> fallback;  ///< only when it is a right one
    std::optional<core::NodeIndex> fallback_for;
    bool is_named_as_undoing = false;          ///< by some `compensate`, rightly or not
    std::optional<core::NodeIndex> undone_by;  ///< only when that is a right one
    std::optional<core::NodeIndex> undoes;
    std::optional<core::NodeIndex> parent;  ///< only when it is a container
    std::uint32_t scope = 0;                ///< in Draft::scopes
    std::vector<std::string> secrets;       ///< names that its data holds

    bool is_container() const {
        return definition && definition->type.container != core::ContainerKind::none;
    }
};

/// One part of a container, or the top level.
struct ScopeDraft {
    std::optional<core::NodeIndex> container;
    ScopePart part = ScopePart::body;
    std::uint32_t parent = 0;
    std::uint32_t loop = 0;
};

/// A connection while its document is being compiled; what could not be found is empty.
struct LinkDraft {
    std::optional<core::NodeIndex> from;
    std::optional<core::NodeIndex> to;
    std::optional<core::PortIndex> from_port;
    std::optional<core::PortIndex> to_port;
    bool is_entry = false;   ///< from a container to its body
    bool is_result = false;  ///< from the body back to its container
};

/// What the passes of the plan compiler know so far. Every pass adds to it and reports what it
/// finds; a pass that needs what an earlier one could not find out keeps quiet about it, so that
/// one mistake gives one problem.
class Draft {
public:
    /// Both arguments outlive the draft.
    Draft(const core::Document& document, const NodeLibrary& library);

    const core::Document& document;
    const NodeLibrary& library;
    std::vector<NodeDraft> nodes;  ///< in document order
    std::vector<LinkDraft> links;
    std::vector<ScopeDraft> scopes;  ///< first the top level
    core::Problems problems;
    core::Problems warnings;

    std::optional<core::NodeIndex> find(std::string_view node_id) const;
    const core::NodeSpec& spec(core::NodeIndex node) const { return document.nodes[node.value]; }
    const core::ConnectionSpec& spec(core::ConnectionIndex link) const {
        return document.connections[link.value];
    }
    NodeDraft& operator[](core::NodeIndex node) { return nodes[node.value]; }
    const NodeDraft& operator[](core::NodeIndex node) const { return nodes[node.value]; }
    const LinkDraft& operator[](core::ConnectionIndex link) const { return links[link.value]; }

    /// A node id of the document that was probably meant; empty when none is near.
    std::string nearest_node(std::string_view node_id) { return nearest(node_id, ids_); }
    /// The same among other names; all searches share one budget.
    std::string nearest(std::string_view name, const std::vector<std::string_view>& names);
    /// What the document declares, each name at its first place.
    std::optional<std::uint32_t> find_variable(std::string_view name) const;
    const std::vector<std::string_view>& variable_names() const { return variable_names_; }

    /// More problems than anybody reads are not kept, nor is it worth while to look for them.
    bool is_full() const { return problems.size() >= problems_max; }
    void problem(core::ProblemCode code, std::string path, std::string message,
                 std::string suggestion = {});
    void warning(core::ProblemCode code, std::string path, std::string message);
    /// All of them, or the first thousand and one that says that there are more.
    core::Problems take_problems();

private:
    static constexpr std::size_t problems_max = 1'000;

    std::unordered_map<std::string_view, core::NodeIndex> by_id_;
    std::vector<std::string_view> ids_;
    std::unordered_map<std::string_view, std::uint32_t> variables_;
    std::vector<std::string_view> variable_names_;
    /// Searching all names for each of thousands of unknown ones would take minutes.
    std::size_t searches_left_ = 100;
    bool has_more_problems_ = false;
};

/// `/nodes/3`, and with a key `/nodes/3/on_error`.
std::string pointer_of(core::NodeIndex node, std::string_view key = {});
std::string pointer_of(core::ConnectionIndex link, std::string_view key = {});

/// The name in backticks, as messages write what a document says.
std::string quoted(std::string_view name);
/// `a`, `b` and `c`; "none" when there are none. At most twenty are named.
std::string listed(const std::vector<std::string_view>& names);
std::string quoted(const core::PortRef& port);

/// Names of the type's outputs, the error port included where there is one.
std::vector<std::string_view> output_names(const core::NodeType& type);
std::vector<std::string_view> input_names(const core::NodeType& type);

/// Index of the port of that name; for outputs the error port counts.
std::optional<core::PortIndex> find_input(const core::NodeType& type, std::string_view name);
std::optional<core::PortIndex> find_output(const core::NodeType& type, std::string_view name);

/// The output that a node's result leaves by: the first that does not feed a container's body.
core::PortIndex primary_output(const core::NodeType& type);

// The passes, in their order.

/// Finds the type of each node and checks its `data` and options.
void resolve_nodes(Draft& draft);
/// Finds what each connection joins; reports ports that do not fit and nodes nothing leads to.
void resolve_connections(Draft& draft);
/// Decides what happens when a node fails, once for all.
void resolve_failures(Draft& draft);
/// Finds the node that undoes each node that names one.
void resolve_undos(Draft& draft);
/// Finds the container of each node; reports parents that cannot be.
void resolve_parents(Draft& draft);
/// Refuses a connection into or out of a container other than by its ports, and notes those.
bool check_crossing(Draft& draft, core::ConnectionIndex link);
/// Divides the nodes into scopes: the top level and the parts of each container.
void resolve_scopes(Draft& draft);
/// The scope that a connection belongs to: that of its end inside a container, if it has one.
std::uint32_t scope_of(const Draft& draft, core::ConnectionIndex link);

}  // namespace millrace::engine
