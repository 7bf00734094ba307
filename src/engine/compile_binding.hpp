// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compile_draft.hpp"
#include "compile_graph.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/expr/reference.hpp"

namespace millrace::engine {

/// Where in the document an expression stands; it decides what the expression may read.
struct ExpressionPlace {
    enum class Kind : std::uint8_t { node, connection, outputs };
    Kind kind = Kind::outputs;
    core::NodeIndex node;     ///< of a connection its source; not used for outputs
    std::uint32_t scope = 0;  ///< in Draft::scopes
    /// A loop's own conditions see what its iterations bring about.
    bool is_loop_condition = false;
    /// What the node gives the expression each time it evaluates it; hides a loop's.
    expr::RootSet locals{};
    /// What stands there goes to the outside, and may hold secrets.
    bool takes_secrets = false;
};

/// Why a reference means nothing at its place.
struct BindingError {
    core::ProblemCode code = core::ProblemCode::bad_expression;
    std::string message;
    std::string suggestion;
};

/// Finds where the values of references come from.
class Binder {
public:
    /// Both arguments outlive the binder.
    Binder(Draft& draft, const CompileGraph& graph);

    /// The names that expressions at the place may start from.
    expr::RootSet roots(const ExpressionPlace& place) const;

    std::expected<SlotSource, BindingError> bind(const expr::Reference& reference,
                                                 const ExpressionPlace& place);

    /// A slot for each reference, or nothing when one of them cannot be bound.
    std::optional<std::vector<SlotSource>> bind_all(std::span<const expr::Reference> references,
                                                    const ExpressionPlace& place);

private:
    std::expected<SlotSource, BindingError> bind_node(const expr::Reference& reference,
                                                      const ExpressionPlace& place);
    std::expected<SlotSource, BindingError> bind_port(const expr::Reference& reference,
                                                      const ExpressionPlace& place) const;
    std::expected<SlotSource, BindingError> bind_variable(const expr::Reference& reference);
    /// Why the node at `place` may not read `node`; empty when it may.
    std::string refusal(core::NodeIndex node, const ExpressionPlace& place) const;
    std::optional<core::NodeIndex> hiding_container(core::NodeIndex node,
                                                    const ExpressionPlace& place) const;
    SlotSource loop_slot(SlotSource::Kind kind, const ExpressionPlace& place) const;
    std::string secret_fields(const ExpressionPlace& place) const;
    SlotSource bind_secret(const std::string& name, const ExpressionPlace& place);
    std::expected<SlotSource, BindingError> bind_link(const expr::Reference& reference,
                                                      const ExpressionPlace& place);
    std::string explain_root(expr::Root root, const ExpressionPlace& place) const;

    Draft& draft_;
    const CompileGraph& graph_;
    /// By node: where its chain of fallbacks begins; that is mostly the node itself.
    std::vector<core::NodeIndex> heads_;
};

}  // namespace millrace::engine
