// SPDX-License-Identifier: Apache-2.0
#include "millrace/expr/template.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "evaluator.hpp"
#include "field.hpp"
#include "millrace/core/check.hpp"
#include "millrace/core/problem.hpp"
#include "program.hpp"
#include "utf16.hpp"

namespace millrace::expr {

namespace {

constexpr std::size_t tree_nesting_max = 200;

enum class Step : std::uint8_t { constant, expression, text, array, object };

/// One node of the tree: as it is, or how to make it.
struct Part {
    Step step = Step::constant;
    std::size_t root = 0;     ///< of an expression: index into Program::roots
    core::Value value;        ///< of a constant; of an object: it with its keys
    std::vector<Part> parts;  ///< of texts, arrays and objects
    std::string pointer;      ///< of expressions and texts
};

/// Builds parts from a tree and collects what is wrong.
class Compiler {
public:
    Compiler(Program& program, const RootSet& allowed) : program_{program}, allowed_{allowed} {}

    Part compile_root(const core::Value& tree, std::span<const core::DataField> fields);
    std::vector<TemplateError> take_errors() { return std::move(errors_); }

private:
    enum class Mode : std::uint8_t { text, expression, literal };

    static Mode mode_of(core::FieldMode mode);
    Part compile(const core::Value& value, Mode mode, const std::string& pointer,
                 std::size_t depth);
    Part compile_object(const core::Value& value, Mode mode, const std::string& pointer,
                        std::size_t depth, std::span<const core::DataField> fields);
    Part compile_array(const core::Value& value, Mode mode, const std::string& pointer,
                       std::size_t depth);
    Part compile_expression(std::string_view source, const std::string& pointer);
    Part compile_text(const core::Value& value, const std::string& pointer);
    void refuse_at(const std::string& pointer, std::string_view source, const CompileError& error) {
        errors_.push_back({pointer, error.code, placed_message(source, error)});
    }

    Program& program_;
    RootSet allowed_;
    std::vector<TemplateError> errors_;
};

Part constant(core::Value value) {
    Part part;
    part.value = std::move(value);
    return part;
}

bool all_constant(const std::vector<Part>& parts) {
    return std::ranges::all_of(parts, [](const Part& part) { return part.step == Step::constant; });
}

Part Compiler::compile_root(const core::Value& tree, std::span<const core::DataField> fields) {
    if (tree.is_object()) return compile_object(tree, Mode::text, "", 0, fields);
    return compile(tree, Mode::text, "", 0);
}

Part Compiler::compile(const core::Value& value, Mode mode, const std::string& pointer,
                       std::size_t depth) {
    if (mode == Mode::literal) return constant(value);
    if (depth >= tree_nesting_max && (value.is_array() || value.is_object())) {
        errors_.push_back({pointer, ExprErrc::limit, "more than 200 levels of nesting"});
        return constant(value);
    }
    if (value.is_object()) return compile_object(value, mode, pointer, depth, {});
    if (value.is_array()) return compile_array(value, mode, pointer, depth);
    if (!value.is_string()) return constant(value);
    return mode == Mode::expression ? compile_expression(value.as_string(), pointer)
                                    : compile_text(value, pointer);
}

Part Compiler::compile_object(const core::Value& value, Mode mode, const std::string& pointer,
                              std::size_t depth, std::span<const core::DataField> fields) {
    Part part{.step = Step::object, .value = value};
    for (const core::Member& member : value.as_object()) {
        const auto field = std::ranges::find(fields, member.key, &core::DataField::name);
        const RootSet outside = allowed_;
        Mode member_mode = mode;
        if (field != fields.end()) {
            member_mode = mode_of(field->mode);
            if (field->mode == core::FieldMode::confidential)
                allowed_.add(Root::secrets).add(Root::links);
        }
        part.parts.push_back(compile(member.value, member_mode,
                                     core::pointer_child(pointer, member.key), depth + 1));
        allowed_ = outside;
    }
    // A constant tree is shared as it came, unless an escape inside of it was resolved.
    if (!all_constant(part.parts)) return part;
    std::vector<core::Member> members;
    for (std::size_t i = 0; i < part.parts.size(); ++i) {
        members.push_back({value.as_object()[i].key, part.parts[i].value});
    }
    return constant(core::Value::object(std::move(members)));
}

Compiler::Mode Compiler::mode_of(core::FieldMode mode) {
    switch (mode) {
        case core::FieldMode::expression: return Mode::expression;
        case core::FieldMode::confidential: return Mode::text;
        case core::FieldMode::literal:
        case core::FieldMode::deferred: break;
    }
    return Mode::literal;
}

Part Compiler::compile_array(const core::Value& value, Mode mode, const std::string& pointer,
                             std::size_t depth) {
    Part part{.step = Step::array};
    std::size_t index = 0;
    for (const core::Value& element : value.as_array()) {
        part.parts.push_back(
            compile(element, mode, core::pointer_child(pointer, index++), depth + 1));
    }
    if (!all_constant(part.parts)) return part;
    std::vector<core::Value> elements;
    for (Part& element : part.parts) {
        elements.push_back(std::move(element.value));
    }
    return constant(core::Value::array(std::move(elements)));
}

Part Compiler::compile_expression(std::string_view source, const std::string& pointer) {
    if (auto ok = compile_field(program_, source, allowed_); !ok) {
        refuse_at(pointer, source, ok.error());
        return {};
    }
    return {.step = Step::expression, .root = program_.roots.size() - 1, .pointer = pointer};
}

Part Compiler::compile_text(const core::Value& value, const std::string& pointer) {
    const std::string_view source = value.as_string();
    std::size_t open = find_braces(source, 0);
    if (open == std::string_view::npos) return constant(value);
    Part part{.step = Step::text, .pointer = pointer};
    std::string literal;
    std::size_t at = 0;
    const auto end_literal = [&] {
        if (!literal.empty()) part.parts.push_back(constant(std::exchange(literal, {})));
    };
    for (; open != std::string_view::npos; open = find_braces(source, at)) {
        literal.append(source.substr(at, open - at));
        if (open > at && source[open - 1] == '\\') {
            literal.back() = '{';
            literal.push_back('{');
            at = open + 2;
            continue;
        }
        const auto end = compile_braces(program_, source, open, allowed_);
        if (!end) {
            refuse_at(pointer, source, end.error());
            return {};
        }
        end_literal();
        Part expression{.step = Step::expression, .root = program_.roots.size() - 1};
        expression.pointer = pointer;
        if (open == 0 && *end == source.size()) return expression;
        part.parts.push_back(std::move(expression));
        at = *end;
    }
    literal.append(source.substr(at));
    end_literal();
    if (part.parts.size() == 1 && all_constant(part.parts)) return std::move(part.parts.front());
    return part;
}

/// Makes the value of a part; stops at the first failure.
class Renderer {
public:
    Renderer(const Program& program, std::span<const Operand> values, Fuel& fuel)
        : program_{program}, values_{values}, fuel_{fuel} {}

    /// Nothing after a failure; undefined when that is the expression's result.
    std::optional<Operand> render(const Part& part);
    core::Failure take_failure() { return *std::move(failure_); }

private:
    std::optional<Operand> render_expression(const Part& part);
    std::optional<Operand> render_text(const Part& part);
    std::optional<Operand> render_array(const Part& part);
    std::optional<Operand> render_object(const Part& part);
    std::nullopt_t fail_at(const Part& part, Evaluator& evaluator);

    const Program& program_;
    std::span<const Operand> values_;
    Fuel& fuel_;
    std::optional<core::Failure> failure_;
    std::uint64_t uuids_ = 0;  // made by the parts so far
};

std::optional<Operand> Renderer::render(const Part& part) {
    switch (part.step) {
        case Step::constant: return Operand{part.value, false};
        case Step::expression: return render_expression(part);
        case Step::text: return render_text(part);
        case Step::array: return render_array(part);
        case Step::object: return render_object(part);
    }
    return std::nullopt;
}

std::nullopt_t Renderer::fail_at(const Part& part, Evaluator& evaluator) {
    failure_ = evaluator.take_failure();
    failure_->details = core::Value::object({{"pointer", core::Value{part.pointer}}});
    return std::nullopt;
}

std::optional<Operand> Renderer::render_expression(const Part& part) {
    Evaluator evaluator{program_, values_, fuel_};
    evaluator.continue_uuids(uuids_);
    const Cell cell = evaluator.run(program_.roots[part.root]);
    uuids_ = evaluator.uuid_count();
    if (cell.has_result() && !cell.leaves()) return Operand{{}, true};
    if (!cell.has_result()) return fail_at(part, evaluator);
    std::optional<core::Value> value = evaluator.to_value(cell);
    if (!value) return fail_at(part, evaluator);
    return Operand{*std::move(value), false};
}

std::optional<Operand> Renderer::render_text(const Part& part) {
    Evaluator evaluator{program_, values_, fuel_};
    evaluator.continue_uuids(uuids_);
    std::string text;
    for (const Part& piece : part.parts) {
        const Cell cell = piece.step == Step::constant ? Cell::of(piece.value.as_string())
                                                       : evaluator.run(program_.roots[piece.root]);
        if (!cell.has_result() || !evaluator.append_template_text(text, cell)) {
            return fail_at(part, evaluator);
        }
    }
    uuids_ = evaluator.uuid_count();
    if (has_lone_surrogate(text)) text = replace_lone_surrogates(text);
    return Operand{core::Value{text}, false};
}

std::optional<Operand> Renderer::render_array(const Part& part) {
    std::vector<core::Value> elements;
    elements.reserve(part.parts.size());
    for (const Part& child : part.parts) {
        std::optional<Operand> element = render(child);
        if (!element) return std::nullopt;
        elements.push_back(std::move(element->value));
    }
    return Operand{core::Value::array(std::move(elements)), false};
}

std::optional<Operand> Renderer::render_object(const Part& part) {
    std::vector<core::Member> members;
    members.reserve(part.parts.size());
    const std::span<const core::Member> keys = part.value.as_object();
    for (std::size_t i = 0; i < part.parts.size(); ++i) {
        std::optional<Operand> member = render(part.parts[i]);
        if (!member) return std::nullopt;
        if (!member->undefined) members.push_back({keys[i].key, std::move(member->value)});
    }
    return Operand{core::Value::object(std::move(members)), false};
}

}  // namespace

struct Template::Plan {
    Program program;
    Part root;
};

std::expected<Template, std::vector<TemplateError>> Template::compile(
    const core::Value& tree, const RootSet& allowed, std::span<const core::DataField> fields,
    const Host* host) {
    auto plan = std::make_shared<Plan>();
    plan->program.host = host;
    Compiler compiler{plan->program, allowed};
    plan->root = compiler.compile_root(tree, fields);
    plan->program.by_identity = {};
    std::vector<TemplateError> errors = compiler.take_errors();
    if (!errors.empty()) return std::unexpected{std::move(errors)};
    return Template{std::move(plan)};
}

std::span<const Reference> Template::references() const {
    return plan_->program.references;
}

std::expected<core::Value, core::Failure> Template::evaluate(std::span<const Operand> values,
                                                             Fuel& fuel) const {
    MR_CHECK(values.size() == references().size());
    Renderer renderer{plan_->program, values, fuel};
    std::optional<Operand> result = renderer.render(plan_->root);
    if (!result) return std::unexpected{renderer.take_failure()};
    return std::move(result->value);
}

}  // namespace millrace::expr
