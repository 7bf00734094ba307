// SPDX-License-Identifier: Apache-2.0
#include "test_expressions.hpp"

#include <vector>

#include "value_diff.hpp"

namespace millrace::cli {
namespace {

using core::Value;
using expr::Root;

constexpr std::uint64_t fuel_max = 50'000'000;

const Value* member(const Value* value, const std::string& key) {
    return value == nullptr || key.empty() ? value : value->find(key);
}

const Value* operand_of(const expr::Reference& reference, const Value& roots) {
    return member(member(roots.find(expr::to_text(reference.root)), reference.first),
                  reference.second);
}

}  // namespace

core::Result<expr::Expression> compile_mock_expression(const std::string& source,
                                                       const expr::Host* host) {
    return expr::Expression::compile(source, {Root::input, Root::value, Root::index}, host);
}

core::Result<expr::Expression> compile_assertion(const std::string& source,
                                                 const expr::Host* host) {
    return expr::Expression::compile(
        source, {Root::value, Root::error, Root::nodes, Root::inputs, Root::vars, Root::execution},
        host);
}

std::expected<expr::Operand, core::Failure> evaluate(const expr::Expression& expression,
                                                     const Value& roots) {
    std::vector<expr::Operand> operands;
    for (const expr::Reference& reference : expression.references()) {
        const Value* const value = operand_of(reference, roots);
        operands.push_back(value == nullptr ? expr::Operand{{}, true} : expr::Operand{*value});
    }
    expr::Fuel fuel{fuel_max};
    return expr::evaluate(expression, operands, fuel);
}

std::string operands_text(const expr::Expression& expression, const Value& roots) {
    std::string text;
    for (const expr::Reference& reference : expression.references()) {
        const Value* const value = operand_of(reference, roots);
        text += (text.empty() ? "" : "; ") + expr::to_text(reference) + " is " +
                (value == nullptr ? "undefined" : value_brief(*value));
    }
    return text;
}

}  // namespace millrace::cli
