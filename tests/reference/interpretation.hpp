// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "expressions.hpp"
#include "interpreter.hpp"
#include "node_types.hpp"

namespace millrace::reference {

using core::ConnectionSpec;
using core::Failure;
using core::NodeSpec;
using core::Value;

/// What came over a connection.
struct Delivery {
    bool is_live = false;
    Value value;
    std::optional<Failure> failure;  ///< of its filter or transform, when it fails its target
};

/// The nodes of one parent while they run: the top level, one iteration, or one part of a try.
struct Scope {
    std::string path;    ///< as Timing names it
    std::string prefix;  ///< before the ids of its nodes in their paths
    const NodeSpec* container = nullptr;
    bool is_cleanup = false;
    const Scope* outer = nullptr;
    Value entry;                ///< what the container gives to its nodes
    bool is_iteration = false;  ///< then `entry` is `item`, and this is `index`
    std::int64_t index = 0;
    std::set<std::string> begun;           ///< nodes that have been looked at
    std::map<std::string, Outcome> ended;  ///< nodes whose run has an end of its own
};

/// How a scope ended: with a failure, or with what reached its container's `result`.
struct ScopeEnd {
    std::optional<Failure> failure;
    std::optional<Value> result;
};

/// What a loop was asked to do.
struct LoopPlan {
    std::vector<Value> items;  ///< one for each iteration, unless a condition decides
    std::string condition;     ///< asked before each iteration; empty: there is none
    std::string leave;         ///< asked after each completed iteration; empty: there is none
    std::int64_t iterations_max = 100'000;
    std::size_t concurrency = 1;
    bool continues_on_error = false;
    bool aggregates = true;
};

/// How one iteration came out, were it not for the others.
struct Iteration {
    ScopeEnd end;
    bool leaves = false;
    bool ends_with_failure = false;

    bool ends_loop() const { return leaves || ends_with_failure; }
};

/// What becomes of a completed run if it must be undone.
struct PendingUndo {
    std::string path;  ///< of the run that undoes it
    Outcome outcome;
};

using AttemptResult = std::variant<Outputs, Failure>;

/// One reading of one document.
class Interpretation {
public:
    Interpretation(const core::Document& document, const Value& input, const Effects& effects,
                   Timing& timing)
        : document_{document}, input_{input}, effects_{effects}, timing_{timing} {}

    Expectation whole();

private:
    // The workflow.
    std::variant<Value, Failure> outputs_of_workflow(const Scope& scope) const;
    Value outputs_by_default(const Scope& scope) const;

    // A scope.
    ScopeEnd run_scope(Scope& scope);
    ScopeEnd end_scope(const Scope& scope);
    bool lives_in(const NodeSpec& node, const Scope& scope) const;
    bool is_due(const NodeSpec& node, const Scope& scope) const;
    std::set<std::string> before(const std::string& node) const;
    std::set<std::string> nodes_of_cleanup(const NodeSpec& container) const;
    void mark_uncertain(const std::string& path);
    void undo_within(const std::string& path);

    // A run.
    void run_node(const NodeSpec& node, Scope& scope);
    std::optional<Outcome> outcome_of(const NodeSpec& node, Scope& scope, const Call& call,
                                      const Failure* error);
    Outcome attempts_of(const NodeSpec& node, Scope& scope, const Call& call, const Failure* error);
    AttemptResult attempt(const NodeSpec& node, Scope& scope, Call call, const Failure* error,
                          std::uint32_t number);
    std::optional<Outcome> after_failure(const NodeSpec& node, Scope& scope, const Call& call,
                                         Outcome failed);
    std::optional<Outcome> stand_in(const NodeSpec& node, Scope& scope, const Call& call,
                                    Outcome failed);
    void skip_fallback(const NodeSpec& node, Scope& scope);
    void record(const NodeSpec& node, Scope& scope, const Call& call,
                std::optional<Outcome> outcome);
    void foresee_undo(const NodeSpec& node, Scope& scope, const Call& call,
                      const Outcome& completed);
    bool is_undoing(const NodeSpec& node) const;
    core::NodeOnError::Kind handling(const NodeSpec& node) const;
    bool has_error_port(const NodeSpec& node) const;
    bool lies_in_a_try(const NodeSpec& node) const;
    Names names_of(const Scope& scope, const Call& call, const Failure* error) const;

    // Connections.
    std::optional<Delivery> delivery(const ConnectionSpec& connection, const Scope& scope) const;
    std::optional<Delivery> passed(const ConnectionSpec& connection, const Scope& scope) const;
    std::vector<const ConnectionSpec*> arriving(const NodeSpec& node,
                                                const std::string& port) const;
    std::vector<const ConnectionSpec*> results_of(const Scope& scope) const;
    bool is_entry(const ConnectionSpec& connection) const;
    Call call_of(const NodeSpec& node, const Scope& scope) const;
    bool has_dead_port(const NodeSpec& node, const Scope& scope) const;
    std::optional<Failure> broken_connection(const NodeSpec& node, const Scope& scope) const;

    // Names in expressions.
    Value name(const expr::Reference& reference, const Scope& scope) const;

    // Containers.
    AttemptResult run_loop(const NodeSpec& node, Scope& scope, const Call& call,
                           std::uint32_t number);
    std::variant<LoopPlan, Failure> plan_loop(const NodeSpec& node, const Call& call) const;
    AttemptResult run_while(const LoopPlan& plan, const NodeSpec& node, Scope& scope,
                            const Call& call, const std::string& element);
    AttemptResult run_items(const LoopPlan& plan, const NodeSpec& node, Scope& scope,
                            const Call& call, const std::string& element);
    Iteration run_iteration(const LoopPlan& plan, const NodeSpec& node, const Scope& scope,
                            const Call& call, const std::string& element, std::int64_t index,
                            const Value& item);
    std::expected<bool, Failure> ask_loop(const std::string& condition, const Scope& scope,
                                          const Call& call, const Value& value,
                                          std::int64_t index) const;
    AttemptResult run_try(const NodeSpec& node, Scope& scope, const Call& call,
                          std::uint32_t number);
    ScopeEnd run_cleanup(const NodeSpec& node, const Scope& scope, const std::string& element,
                         const Value& given);

    const NodeSpec& node(const std::string& id) const;
    const NodeSpec* fallback_head(const NodeSpec& node) const;
    bool is_fallback(const NodeSpec& node) const { return fallback_head(node) != nullptr; }
    std::string timed(const std::string& path) const { return generation_ + path; }

    const core::Document& document_;
    const Value& input_;
    const Effects& effects_;
    Timing& timing_;
    std::string generation_;  // before paths: empty in the first
    ExpectedRuns runs_;
    std::map<std::string, PendingUndo> pending_undos_;  ///< by path of the completed run
    /// By try: the runs of its clean-up, had its body been canceled.
    std::map<std::string, ExpectedRuns> canceled_cleanups_;
};

}  // namespace millrace::reference
