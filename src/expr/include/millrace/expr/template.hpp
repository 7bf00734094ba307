// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/node_type.hpp"
#include "millrace/core/value.hpp"
#include "millrace/expr/expression.hpp"
#include "millrace/expr/reference.hpp"

namespace millrace::expr {

/// One string of a template that does not compile.
struct TemplateError {
    std::string pointer;  ///< JSON Pointer to the string, from the root of the tree
    ExprErrc code = ExprErrc::syntax;
    std::string message;  ///< with the column in that string, and the remedy
};

/// A data tree whose strings may hold `{{ expression }}`. A string that is one whole template
/// keeps the value's type; inside text, strings go in as they are, numbers and booleans as
/// JavaScript writes them, objects and arrays as JSON, null and undefined as nothing. `\{{` is a
/// literal `{{`. Keys are never templates. Immutable and shared: cheap to copy, usable from any
/// thread.
class Template {
public:
    /// `fields` says how top-level keys are read that are no templates: in an `expression` field
    /// every string is one expression, bare or as one whole `{{ … }}`; a `literal` one is left
    /// alone. Reports every bad string, in document order. The host is that of
    /// `Expression::compile`.
    static std::expected<Template, std::vector<TemplateError>> compile(
        const core::Value& tree, const RootSet& allowed,
        std::span<const core::DataField> fields = {}, const Host* host = nullptr);

    /// Distinct, over all strings, in order of first appearance.
    std::span<const Reference> references() const;
    /// Reads nothing from outside, so that each evaluation gives the same.
    bool is_constant() const { return references().empty(); }

    /// `values[i]` belongs to `references()[i]`. An undefined field is left out; an undefined
    /// array element or whole value is null. Parts without templates are shared with the tree
    /// given to `compile`, not copied. Failures are those of `expr::evaluate`, with
    /// `details.pointer` naming the string.
    std::expected<core::Value, core::Failure> evaluate(std::span<const Operand> values,
                                                       Fuel& fuel) const;

private:
    struct Plan;
    explicit Template(std::shared_ptr<const Plan> plan) : plan_{std::move(plan)} {}

    std::shared_ptr<const Plan> plan_;
};

}  // namespace millrace::expr
