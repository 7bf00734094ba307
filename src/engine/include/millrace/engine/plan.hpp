// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/schema_check.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/engine/record.hpp"
#include "millrace/expr/expression.hpp"
#include "millrace/expr/template.hpp"

namespace millrace::engine {

/// Where the value of one expression reference comes from, found once at compile time.
struct SlotSource {
    enum class Kind : std::uint8_t {
        inputs,       ///< the business input
        trigger,      ///< `{node, type, at, data}`
        all_vars,     ///< every variable as one object
        variable,     ///< `index` into Plan::variables
        node_output,  ///< output `port` of `node`; null when it was skipped or failed
        input_port,   ///< input port `port` of the evaluating node
        execution,    ///< `{id, workflow_id, …}`
        now,          ///< the frame's time in ms
        error,        ///< the failure that a fallback stands in for
        value,        ///< the item on the connection
        from,         ///< `{node, port}` of the connection's source
        to,           ///< `{node, port}` of its target
        item,         ///< what the iteration is about; `index` is the loop's PlanScope
        index,        ///< the iteration's number; `index` is the loop's PlanScope
        loop_value,   ///< in a loop's own conditions: the last result
        loop_index,   ///< there: the number of the iteration to begin, or that has ended
        step,         ///< what `$uuid()` is made from: the step, and `index` for the expression
        local,        ///< given by the node itself, each time it evaluates the expression
        secret,       ///< the marker of the node's secret `index`
        seen,         ///< of a node that undoes another: `index` into what was kept with that run
    };
    Kind kind = Kind::inputs;
    core::NodeIndex node;
    core::PortIndex port;
    std::uint32_t index = 0;
};

/// A template or an expression with its references bound to sources.
struct BoundTemplate {
    expr::Template code;
    std::vector<SlotSource> slots;  // aligned with code.references()
};
struct BoundExpression {
    expr::Expression code;
    std::vector<SlotSource> slots;
    std::string pointer;   ///< of a deferred one: its place in the node's `data`
    expr::RootSet locals;  ///< of a deferred one: what the node gives it each time
};

struct PlanInput {
    bool required = true;
    bool many = false;
    /// By priority, then document order.
    std::vector<core::ConnectionIndex> connections;
};

/// What happens when a node's attempts are used up; ENGINE order is resolved at compile time.
enum class FailureHandling : std::uint8_t {
    stop,           ///< the execution fails
    proceed,        ///< the node is failed, its outputs dead
    default_value,  ///< the node is completed with the value
    fallback,       ///< another node stands in
    error_port,     ///< `{error, input}` leaves by the error port
};

/// The nodes that one part of a container runs, or those of the top level. A node that undoes
/// another has a scope to itself, since it may run when the one in which it is written is gone.
struct PlanScope {
    std::optional<core::NodeIndex> container;  ///< none: the top level, or of a node that undoes
    ScopePart part = ScopePart::body;
    std::uint32_t parent = 0;  ///< the scope that the container stands in
    std::uint32_t loop = 0;    ///< the innermost loop's body around its nodes; 0: none
    std::vector<core::NodeIndex> nodes;
    std::vector<core::NodeIndex> undoing;  ///< undo some of `nodes`, and run in scopes of their own
    std::vector<core::ConnectionIndex> connections;
    std::vector<core::ConnectionIndex> entries;  ///< of them, those from the container
    std::vector<core::ConnectionIndex> results;  ///< of them, those back to the container
};

/// What a container has beside a node.
struct PlanContainer {
    core::ContainerKind kind = core::ContainerKind::none;
    std::uint32_t body = 0;                    ///< PlanScope of what it runs
    std::optional<std::uint32_t> cleanup;      ///< PlanScope of what runs at its end
    std::optional<BoundExpression> condition;  ///< asked before each iteration
    std::optional<BoundExpression> leave;      ///< asked after each iteration
};

/// What a node's results are kept by.
struct PlanCache {
    core::Duration ttl{0};
    std::optional<BoundExpression> key;  ///< none: all that the node is given
    std::vector<std::string> tags;
};

struct PlanBreaker {
    core::CircuitBreaker policy;
    std::string key;  ///< `dependency/NAME` or `node/WORKFLOW/NODE`
};

struct PlanNode {
    std::string id;
    std::shared_ptr<const NodeDefinition> definition;
    BoundTemplate data;
    std::vector<PlanInput> inputs;  // one per input port of the type
    /// Per output port of the type, and last the error port.
    std::vector<std::vector<core::ConnectionIndex>> outputs;
    std::optional<core::RetryPolicy> retry;  // retry_on is never empty here
    std::optional<core::Duration> timeout;
    std::optional<core::Duration> deadline;
    FailureHandling on_failure = FailureHandling::stop;
    core::Value default_value;
    std::optional<core::NodeIndex> fallback;      // for FailureHandling::fallback
    std::optional<core::NodeIndex> fallback_for;  // this node stands in for that one
    std::optional<core::NodeIndex> undone_by;     // `compensate`
    std::optional<core::NodeIndex> undoes;        // this node is the `compensate` of that one
    std::vector<SlotSource> undo_reads;           // what undoing this node reads of other runs
    core::OnInterrupt on_interrupt = core::OnInterrupt::rerun;
    std::optional<PlanCache> cache;
    std::optional<PlanBreaker> breaker;
    std::string credential;
    std::vector<std::string> secrets;       ///< names that its data holds
    bool is_cancelable = true;              ///< delays: people may skip or cancel the wait
    bool skips_on_resume = false;           ///< delays: resuming the execution ends the wait
    std::uint32_t scope = 0;                ///< the PlanScope that it belongs to
    std::uint32_t local = 0;                ///< its place there
    core::PortIndex primary;                ///< where a default or a fallback's output leaves
    std::vector<BoundExpression> deferred;  ///< fields that the node evaluates itself
    std::shared_ptr<const PlanContainer> container;

    core::NodeRole role() const { return definition->type.role; }
    core::PortIndex error_port() const { return {static_cast<std::uint32_t>(outputs.size() - 1)}; }
};

struct PlanConnection {
    core::NodeIndex from;
    core::PortIndex from_port;
    core::NodeIndex to;
    core::PortIndex to_port;
    std::optional<BoundExpression> filter;
    std::optional<BoundExpression> transform;
    core::ConnectionOnError on_error;
    std::string label;        ///< tag, or else the source node's id
    std::uint32_t scope = 0;  ///< the PlanScope that it belongs to
    std::uint32_t local = 0;  ///< its place there
    bool is_result = false;   ///< ends at its container

    /// Delivers its source's value as it is.
    bool is_plain() const { return !filter && !transform; }
};

/// Shape of the graph for people: who can run side by side and what takes longest.
struct PlanShape {
    std::vector<core::NodeIndex> order;                ///< topological
    std::vector<std::vector<core::NodeIndex>> groups;  ///< nodes of equal depth
    std::vector<core::NodeIndex> critical_path;        ///< a longest chain, without fallbacks
};

/// Compiles a JSON Schema; `format::compile_schema` in production.
using SchemaCompiler =
    std::function<core::Result<std::shared_ptr<const core::SchemaCheck>>(const core::Value&)>;

/// Which version of which workflow a plan stands for.
struct PlanIdentity {
    std::string workflow_id;
    std::uint32_t version = 1;
    std::string hash;  ///< of the canonical document
};

/// The immutable compiled form of one workflow version. Node and connection indices are the
/// document's order, so a plan of the same document is the same plan. Shared between threads.
class Plan {
public:
    const PlanIdentity& identity() const { return identity_; }
    std::span<const PlanNode> nodes() const { return nodes_; }
    std::span<const PlanConnection> connections() const { return connections_; }
    const PlanNode& node(core::NodeIndex i) const { return nodes_[i.value]; }
    const PlanConnection& connection(core::ConnectionIndex i) const {
        return connections_[i.value];
    }
    /// O(log nodes).
    std::optional<core::NodeIndex> find(std::string_view node_id) const;
    std::span<const PlanScope> scopes() const { return scopes_; }
    const PlanScope& scope(std::uint32_t index) const { return scopes_[index]; }
    const core::Settings& settings() const { return settings_; }
    std::span<const core::Variable> variables() const { return variables_; }
    const std::optional<BoundTemplate>& outputs() const { return outputs_; }
    /// Null when the document has no `inputs`.
    const core::SchemaCheck* input_check() const { return input_check_.get(); }
    const PlanShape& shape() const { return shape_; }

private:
    friend class PlanCompiler;
    PlanIdentity identity_;
    std::vector<PlanNode> nodes_;
    std::vector<core::NodeIndex> by_id_;  // sorted by the nodes' ids
    std::vector<PlanConnection> connections_;
    std::vector<PlanScope> scopes_;
    core::Settings settings_;
    std::vector<core::Variable> variables_;
    std::optional<BoundTemplate> outputs_;
    std::shared_ptr<const core::SchemaCheck> input_check_;
    PlanShape shape_;
};

struct CompileResult {
    std::shared_ptr<const Plan> plan;  ///< null when there are problems
    core::Problems problems;           ///< without line and column; `format::locate` adds them
    core::Problems warnings;
};

/// Checks everything about a document that needs node types and expressions, reports all problems
/// in one go, and compiles it. O(nodes + connections) but for reachability, which is O(n·m / 64).
/// `identity` and the document are copied into the plan, the library's definitions shared with it.
CompileResult compile(const core::Document& document, const PlanIdentity& identity,
                      const NodeLibrary& library, const SchemaCompiler& schemas);

enum class StartErrc { unknown_trigger, no_trigger, ambiguous_trigger, bad_input, bad_variable };
std::string_view code_text(StartErrc code);

/// The trigger that a start by hand uses: the named one, else the only one, else the only
/// `trigger.manual`, else an error that lists them.
core::Result<core::NodeIndex> choose_trigger(const Plan& plan, std::string_view name);

/// What a trigger emits when somebody starts it with `input` at `now`, rather than what it waits
/// for: a webhook a call with that body, a manual one the input itself.
core::Value emitted_by_hand(const PlanNode& trigger, const core::Value& input, core::Time now);

/// The values of all variables as one object: defaults with `overrides` over them. Error when an
/// override is unknown or a variable without default is not given.
core::Result<core::Value> resolve_variables(const Plan& plan, const core::Value& overrides);

/// Error that lists every violation when `input` does not conform to the workflow's `inputs`.
core::Result<> check_input(const Plan& plan, const core::Value& input);

}  // namespace millrace::engine
