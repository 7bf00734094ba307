// SPDX-License-Identifier: Apache-2.0
#include "parser.hpp"

#include <array>
#include <optional>
#include <vector>

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
constexpr int precedence_equality = 3;  // the lowest an operand of `??` may have
constexpr std::array binary_operators{
    BinaryOperator{"||", 1, Op::logical_or}, BinaryOperator{"&&", 2, Op::logical_and},
    BinaryOperator{"===", 3, Op::same},      BinaryOperator{"!==", 3, Op::not_same},
    BinaryOperator{"==", 3, Op::equal},      BinaryOperator{"!=", 3, Op::not_equal},
    BinaryOperator{"<", 4, Op::less},        BinaryOperator{"<=", 4, Op::less_equal},
    BinaryOperator{">", 4, Op::greater},     BinaryOperator{">=", 4, Op::greater_equal},
    BinaryOperator{"+", 5, Op::add},         BinaryOperator{"-", 5, Op::subtract},
    BinaryOperator{"*", 6, Op::multiply},    BinaryOperator{"/", 6, Op::divide},
    BinaryOperator{"%", 6, Op::remainder},
};

const BinaryOperator* find_binary(const Token& token) {
    if (token.kind != Kind::punctuator) return nullptr;
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
    Parsed result = conditional();
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
        const Parsed right = binary(precedence_equality);
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
    const Token& token = reader_.peek();
    const std::size_t begin = token.begin;
    const bool negate = token.is("-");
    if (!negate && !token.is("+") && !token.is("!")) return power();
    const Op op = negate ? Op::negate : token.is("+") ? Op::plus : Op::logical_not;
    if (nesting_ >= nesting_max) {
        return refuse(ExprErrc::limit, begin, "more than 200 levels of nesting; simplify");
    }
    reader_.skip();
    ++nesting_;
    const Token& after = reader_.peek();
    const bool sign_follows = after.is("-") || after.is("+") || after.is("!");
    const Parsed operand = sign_follows ? unary() : postfix();
    --nesting_;
    if (!operand) return operand;
    if (reader_.peek().is("**")) {
        return refuse(ExprErrc::syntax, begin,
                      "a sign before the base of `**` is ambiguous; write (-a) ** b or -(a ** b)");
    }
    Node node = at_places(op, begin);
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
            return needs_sandbox(token.begin, "a call other than includes()");
        } else {
            break;
        }
    }
    if (!object || !in_chain) return object;
    Node node = at_places(Op::chain, builder_.begin_of(*object));
    node.a = *object;
    return builder_.add(node);
}

// One `.name`, `?.name`, `[key]`, `?.[key]` or `.includes(…)`.
Parsed Parser::member_step(NodeIndex object, bool& in_chain) {
    const bool optional = reader_.take("?.");
    in_chain = in_chain || optional;
    const bool dot = !optional && reader_.take(".");
    if (!dot && reader_.peek().is("(")) {
        return needs_sandbox(reader_.peek().begin, "a call other than includes()");
    }
    const std::size_t begin = reader_.peek().begin;
    if (!dot && reader_.take("[")) {
        std::optional<std::string> name = static_key();
        if (!name) {
            const Parsed key = expression();
            if (!key) return key;
            if (auto ok = expect("]"); !ok) return std::unexpected{ok.error()};
            Node node = at_places(Op::element, builder_.begin_of(object));
            node.optional = optional;
            node.a = object;
            node.b = *key;
            return builder_.add(node);
        }
        if (is_inherited_by_all(*name) && *name != "__proto__") {
            return needs_sandbox(begin, "the inherited property `" + *name + "`");
        }
        return builder_.member(object, *name, optional, reader_.last_end());
    }
    if (reader_.peek().kind != Kind::identifier) return std::unexpected{unexpected()};
    const std::string name = reader_.next().text;
    const bool optional_call = reader_.peek().is("?.") && reader_.peek(1).is("(");
    if (optional_call || reader_.peek().is("(")) {
        if (name != "includes") return needs_sandbox(begin, "`" + name + "`");
        if (optional_call) reader_.skip();
        in_chain = in_chain || optional_call;
        return call_includes(object, optional, optional_call);
    }
    if (is_inherited_by_all(name) && name != "__proto__") {
        return needs_sandbox(begin, "the inherited property `" + name + "`");
    }
    return builder_.member(object, name, optional, reader_.last_end());
}

Parsed Parser::call_includes(NodeIndex receiver, bool optional, bool optional_call) {
    const List list = arguments();
    if (!list) return std::unexpected{list.error()};
    Node node = at_places(Op::includes, builder_.begin_of(receiver));
    node.a = receiver;
    node.optional = optional;
    node.optional_call = optional_call;
    return builder_.add_list(node, *list);
}

Parsed Parser::element_of_list() {
    if (reader_.peek().is("...")) return needs_sandbox(reader_.peek().begin, "spread `...`");
    return expression();
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
