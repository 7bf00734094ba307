// SPDX-License-Identifier: Apache-2.0
#include "millrace/expr/expression.hpp"

#include <utility>

#include "evaluator.hpp"
#include "field.hpp"
#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "program.hpp"

namespace millrace::expr {

std::string_view code_text(ExprErrc code) {
    switch (code) {
        case ExprErrc::syntax: return "syntax";
        case ExprErrc::not_native: return "not_native";
        case ExprErrc::unknown_name: return "unknown_name";
        case ExprErrc::not_allowed: return "not_allowed";
        case ExprErrc::limit: return "limit";
    }
    return "";
}

std::string placed_message(std::string_view source, const CompileError& error) {
    const core::TextPosition place = core::position_at(source, error.offset);
    std::string text = "column " + std::to_string(place.column) + ": " + error.message;
    if (source.find('\n') == std::string_view::npos) return text;
    return "line " + std::to_string(place.line) + ", " + text;
}

core::Result<Expression> Expression::compile(std::string_view source, const RootSet& allowed,
                                             const Host* host) {
    auto program = std::make_shared<Program>();
    program->host = host;
    if (auto ok = compile_field(*program, source, allowed); !ok) {
        return core::fail(ok.error().code, placed_message(source, ok.error()));
    }
    program->source = source;
    program->by_identity = {};
    return Expression{std::move(program)};
}

std::span<const Reference> Expression::references() const {
    return program_->references;
}

std::string_view Expression::source() const {
    return program_->source;
}

std::expected<Operand, core::Failure> evaluate(const Expression& expression,
                                               std::span<const Operand> values, Fuel& fuel) {
    const Program& program = *expression.program_;
    MR_CHECK(values.size() == program.references.size());
    Evaluator evaluator{program, values, fuel};
    const Cell cell = evaluator.run(program.roots.front());
    if (cell.has_result() && !cell.leaves()) return Operand{{}, true};
    std::optional<core::Value> value;
    if (cell.has_result()) value = evaluator.to_value(cell);
    if (!value) return std::unexpected{evaluator.take_failure()};
    return Operand{*std::move(value), false};
}

bool is_truthy(const Operand& operand) {
    return !operand.undefined && is_truthy(to_cell(operand.value, 0));
}

}  // namespace millrace::expr
