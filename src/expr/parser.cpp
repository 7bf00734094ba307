// SPDX-License-Identifier: Apache-2.0
#include "parser.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "builtins.hpp"
#include "names.hpp"
#include "recursive_descent.hpp"

namespace millrace::expr {

namespace {

using Kind = Token::Kind;
using Parsed = std::expected<NodeIndex, CompileError>;
using List = std::expected<std::vector<NodeIndex>, CompileError>;

struct BinaryOperator {
    std::string_view text;
    int precedence;
    Op op;
};

constexpr int precedence_or = 1;
constexpr int precedence_and = 2;
constexpr int precedence_bits = 3;  // the lowest an operand of `??` may have
constexpr std::array binary_operators{
    BinaryOperator{"||", 1, Op::logical_or},
    BinaryOperator{"&&", 2, Op::logical_and},
    BinaryOperator{"|", 3, Op::bit_or},
    BinaryOperator{"^", 4, Op::bit_xor},
    BinaryOperator{"&", 5, Op::bit_and},
    BinaryOperator{"===", 6, Op::same},
    BinaryOperator{"!==", 6, Op::not_same},
    BinaryOperator{"==", 6, Op::equal},
    BinaryOperator{"!=", 6, Op::not_equal},
    BinaryOperator{"<", 7, Op::less},
    BinaryOperator{"<=", 7, Op::less_equal},
    BinaryOperator{">", 7, Op::greater},
    BinaryOperator{">=", 7, Op::greater_equal},
    BinaryOperator{"in", 7, Op::in},
    BinaryOperator{"<<", 8, Op::shift_left},
    BinaryOperator{">>", 8, Op::shift_right},
    BinaryOperator{">>>", 8, Op::shift_right_unsigned},
    BinaryOperator{"+", 9, Op::add},
    BinaryOperator{"-", 9, Op::subtract},
    BinaryOperator{"*", 10, Op::multiply},
    BinaryOperator{"/", 10, Op::divide},
    BinaryOperator{"%", 10, Op::remainder},
};

struct UnaryOperator {
    std::string_view text;
    Op op;
};
constexpr std::array unary_operators{
    UnaryOperator{"-", Op::negate},       UnaryOperator{"+", Op::plus},
    UnaryOperator{"!", Op::logical_not},  UnaryOperator{"~", Op::bit_not},
    UnaryOperator{"typeof", Op::type_of}, UnaryOperator{"void", Op::discard},
};

const UnaryOperator* find_unary(const Token& token) {
    if (token.kind != Kind::punctuator && token.kind != Kind::identifier) return nullptr;
    const auto* found = std::ranges::find(unary_operators, token.text, &UnaryOperator::text);
    return found == unary_operators.end() ? nullptr : found;
}

const BinaryOperator* find_binary(const Token& token) {
    if (token.kind != Kind::punctuator && token.kind != Kind::identifier) return nullptr;
    for (const BinaryOperator& candidate : binary_operators) {
        if (candidate.text == token.text) return &candidate;
    }
    return nullptr;
}

}  // namespace

std::expected<void, CompileError> Parser::run(std::string_view source, std::size_t offset) {
    builder_.begin_source(source, offset);
    if (reader_.peek().kind == Kind::end) {
        return refuse(ExprErrc::syntax, reader_.peek().begin,
                      "the expression is empty; write one, such as `inputs.id`");
    }
    const Parsed root = expression();
    if (!root) return std::unexpected{root.error()};
    if (builder_.too_deep()) {
        return refuse(ExprErrc::limit, offset,
                      "the expression has more than 1,000 steps in a row; "
                      "split it over several nodes");
    }
    if (!iterators_.empty()) {
        return needs_sandbox(builder_.begin_of(iterators_.front()),
                             "an iterator other than in `[...list.entries()]`");
    }
    program_.roots.push_back(*root);
    return {};
}

std::expected<void, CompileError> Parser::expect(std::string_view punctuator) {
    if (reader_.take(punctuator)) return {};
    CompileError error = unexpected();
    if (error.code == ExprErrc::syntax) {
        error.message += "; \"" + std::string{punctuator} + "\" belongs here";
    }
    return std::unexpected{std::move(error)};
}

Parsed Parser::expression() {
    if (nesting_ >= nesting_max) {
        return refuse(ExprErrc::limit, reader_.peek().begin,
                      "more than 200 levels of nesting; split the expression over several nodes");
    }
    ++nesting_;
    Parsed result = arrow_follows() ? arrow_function() : conditional();
    --nesting_;
    return result;
}

Parsed Parser::conditional() {
    const std::size_t begin = reader_.peek().begin;
    const Parsed condition = coalesce();
    if (!condition || !reader_.take("?")) return condition;
    const Parsed yes = expression();
    if (!yes) return yes;
    if (auto ok = expect(":"); !ok) return std::unexpected{ok.error()};
    const Parsed no = expression();
    if (!no) return no;
    Node node = at_places(Op::conditional, begin);
    node.a = *condition;
    node.b = *yes;
    node.c = *no;
    return builder_.add(node);
}

Parsed Parser::binary_node(Op op, NodeIndex left, NodeIndex right) {
    Node node = at_places(op, builder_.begin_of(left));
    node.a = left;
    node.b = right;
    return builder_.add(node);
}

Parsed Parser::coalesce() {
    const auto mixed = [&] {
        return refuse(ExprErrc::syntax, reader_.peek().begin,
                      "`??` can't stand beside `||` or `&&`; put parentheses around one of them");
    };
    Parsed left = binary(precedence_or);
    if (!left) return left;
    if (logical_ && reader_.peek().is("??")) return mixed();
    while (reader_.take("??")) {
        const Parsed right = binary(precedence_bits);
        if (!right) return right;
        if (reader_.peek().is("||") || reader_.peek().is("&&")) return mixed();
        left = binary_node(Op::coalesce, *left, *right);
    }
    return left;
}

Parsed Parser::binary(int precedence_min) {
    Parsed left = unary();
    bool logical = false;
    while (left) {
        const BinaryOperator* found = find_binary(reader_.peek());
        if (found == nullptr || found->precedence < precedence_min) break;
        reader_.skip();
        const Parsed right = binary(found->precedence + 1);
        if (!right) return right;
        left = binary_node(found->op, *left, *right);
        logical = logical || found->precedence <= precedence_and;
    }
    logical_ = logical;
    return left;
}

Parsed Parser::unary() {
    const UnaryOperator* found = find_unary(reader_.peek());
    if (found == nullptr) return power();
    const std::size_t begin = reader_.peek().begin;
    if (nesting_ >= nesting_max) {
        return refuse(ExprErrc::limit, begin, "more than 200 levels of nesting; simplify");
    }
    reader_.skip();
    ++nesting_;
    const Parsed operand = find_unary(reader_.peek()) != nullptr ? unary() : postfix();
    --nesting_;
    if (!operand) return operand;
    if (reader_.peek().is("**")) {
        return refuse(ExprErrc::syntax, begin,
                      "an operator before the base of `**` is ambiguous; "
                      "write (-a) ** b or -(a ** b)");
    }
    Node node = at_places(found->op, begin);
    node.a = *operand;
    return builder_.add(node);
}

Parsed Parser::power() {
    const Parsed base = postfix();
    if (!base || !reader_.peek().is("**")) return base;
    if (nesting_ >= nesting_max) {
        return refuse(ExprErrc::limit, reader_.peek().begin, "more than 200 `**`; simplify");
    }
    reader_.skip();
    ++nesting_;
    const Parsed exponent = unary();  // to the right, and a sign is fine there
    --nesting_;
    if (!exponent) return exponent;
    return binary_node(Op::power, *base, *exponent);
}

Parsed Parser::postfix() {
    Parsed object = primary();
    bool in_chain = false;
    while (object) {
        const Token& token = reader_.peek();
        if (token.is(".") || token.is("?.") || token.is("[")) {
            object = member_step(*object, in_chain);
        } else if (token.is("(")) {
            object = call(*object, false);
        } else {
            break;
        }
    }
    if (!object || !in_chain) return object;
    Node node = at_places(Op::chain, builder_.begin_of(*object));
    node.a = *object;
    return builder_.add(node);
}

// One `.name`, `?.name`, `[key]`, `?.[key]`, `?.(…)`, or a call of a method by its name.
Parsed Parser::member_step(NodeIndex object, bool& in_chain) {
    const bool optional = reader_.take("?.");
    in_chain = in_chain || optional;
    const bool dot = !optional && reader_.take(".");
    if (!dot && reader_.peek().is("(")) return call(object, true);
    if (!dot && reader_.take("[")) return element_step(object, optional, in_chain);
    if (reader_.peek().kind != Kind::identifier) return std::unexpected{unexpected()};
    const std::string name = reader_.next().text;
    return named_step(object, name, optional, in_chain);
}

Parsed Parser::element_step(NodeIndex object, bool optional, bool& in_chain) {
    if (const std::optional<std::string> name = static_key()) {
        return named_step(object, *name, optional, in_chain);
    }
    const Parsed key = expression();
    if (!key) return key;
    if (auto ok = expect("]"); !ok) return std::unexpected{ok.error()};
    Node node = at_places(Op::element, builder_.begin_of(object));
    node.optional = optional;
    node.a = object;
    node.b = *key;
    return builder_.add(node);
}

Parsed Parser::named_step(NodeIndex object, const std::string& name, bool optional,
                          bool& in_chain) {
    const std::size_t begin = reader_.last_begin();
    const bool optional_call = reader_.peek().is("?.") && reader_.peek(1).is("(");
    if (optional_call || reader_.peek().is("(")) {
        if (optional_call) reader_.skip();
        in_chain = in_chain || optional_call;
        // What may be missing needs no name that is known.
        if (optional_call && !is_method(name)) {
            return call(builder_.member(object, name, optional, reader_.last_end()), true);
        }
        return method(object, name, optional, optional_call);
    }
    if (is_inherited_by_all(name) && name != "__proto__") {
        return needs_sandbox(begin, "the inherited property `" + name + "`");
    }
    return builder_.member(object, name, optional, reader_.last_end());
}

Parsed Parser::element_of_list() {
    const std::size_t begin = reader_.peek().begin;
    if (!reader_.take("...")) return expression();
    const Parsed list = expression();
    if (!list) return list;
    claim_iterator(*list);
    Node node = at_places(Op::spread, begin);
    node.a = *list;
    return builder_.add(node);
}

std::expected<std::size_t, CompileError> parse(Program& program, std::string_view source,
                                               std::size_t offset, bool embedded,
                                               const RootSet& allowed) {
    auto tokens = lex(source, offset, embedded);
    if (!tokens) return std::unexpected{tokens.error()};
    TokenReader reader{*tokens};
    const std::string_view own = source.substr(offset, tokens->back().begin - offset);
    if (auto ok = Parser{program, reader, allowed}.run(own, offset); !ok) {
        return std::unexpected{ok.error()};
    }
    if (reader.peek().kind != Kind::end) return std::unexpected{reader.unexpected()};
    return reader.peek().begin;
}

}  // namespace millrace::expr
