// SPDX-License-Identifier: Apache-2.0
#include "expressions.hpp"

#include <span>

#include "millrace/core/check.hpp"
#include "millrace/expr/template.hpp"

namespace millrace::reference {
namespace {

std::vector<expr::Operand> operands_of(std::span<const expr::Reference> references,
                                       const Names& names) {
    std::vector<expr::Operand> operands;
    for (const expr::Reference& reference : references)
        operands.push_back({names(reference), false});
    return operands;
}

std::expected<expr::Operand, core::Failure> operand(const std::string& source, const Names& names) {
    const auto compiled = expr::Expression::compile(source, expr::RootSet::all());
    MR_CHECK(compiled.has_value());
    const std::vector<expr::Operand> operands = operands_of(compiled->references(), names);
    expr::Fuel fuel;
    return expr::evaluate(*compiled, operands, fuel);
}

}  // namespace

std::expected<core::Value, core::Failure> evaluate(const std::string& source, const Names& names) {
    const auto found = operand(source, names);
    if (!found) return std::unexpected{found.error()};
    return found->value;
}

std::expected<bool, core::Failure> is_true(const std::string& source, const Names& names) {
    const auto found = operand(source, names);
    if (!found) return std::unexpected{found.error()};
    return expr::is_truthy(*found);
}

std::expected<core::Value, core::Failure> evaluate_tree(
    const core::Value& tree, const std::vector<std::string>& expression_fields,
    const Names& names) {
    std::vector<core::DataField> fields;
    for (const std::string& field : expression_fields)
        fields.push_back({field, core::FieldMode::expression});
    const auto compiled = expr::Template::compile(tree, expr::RootSet::all(), fields);
    MR_CHECK(compiled.has_value());
    const std::vector<expr::Operand> operands = operands_of(compiled->references(), names);
    expr::Fuel fuel;
    return compiled->evaluate(operands, fuel);
}

}  // namespace millrace::reference
