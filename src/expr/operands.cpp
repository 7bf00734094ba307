// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <limits>

#include "builtins.hpp"
#include "millrace/core/number_text.hpp"
#include "names.hpp"
#include "recursive_descent.hpp"

namespace millrace::expr {

namespace {

using Kind = Token::Kind;
using Parsed = std::expected<NodeIndex, CompileError>;
using List = std::expected<std::vector<NodeIndex>, CompileError>;

}  // namespace

List Parser::arguments() {
    std::vector<NodeIndex> list;
    if (auto ok = expect("("); !ok) return std::unexpected{ok.error()};
    while (!reader_.take(")")) {
        const Parsed argument = element_of_list();
        if (!argument) return std::unexpected{argument.error()};
        list.push_back(*argument);
        if (reader_.take(",")) continue;
        if (!reader_.peek().is(")")) return std::unexpected{expect(")").error()};
    }
    return list;
}

Parsed Parser::primary() {
    const Token& token = reader_.peek();
    const std::size_t begin = token.begin;
    switch (token.kind) {
        case Kind::number:
            reader_.skip();
            return builder_.constant(Cell::of(token.number), begin, token.end);
        case Kind::bigint:
            reader_.skip();
            return builder_.constant(Cell::big(token.integer), begin, token.end);
        case Kind::string: reader_.skip(); return builder_.string(token.text, begin, token.end);
        case Kind::template_start: return text();
        case Kind::identifier: return name();
        case Kind::template_next:
        case Kind::end:
        case Kind::punctuator: break;
    }
    if (token.is("[")) return array();
    if (token.is("{")) return object();
    if (!token.is("(")) return std::unexpected{unexpected()};
    if (reader_.is_arrow_function()) {
        return refuse(ExprErrc::syntax, begin,
                      "a function can't begin here; put parentheses around it");
    }
    reader_.skip();
    Parsed inner = expression();
    if (!inner) return inner;
    if (auto ok = expect(")"); !ok) return std::unexpected{ok.error()};
    builder_.set_places(*inner, begin, reader_.last_end());
    return inner;
}

Parsed Parser::name() {
    const Token& token = reader_.next();
    const std::size_t begin = token.begin;
    if (const auto place = scopes_.find(token.text)) {
        Node node = at_places(place->captured ? Op::captured : Op::local, begin);
        node.a = place->index;
        return builder_.leaf(node);
    }
    const auto literal = [&](const Cell& cell) {
        return builder_.constant(cell, begin, token.end);
    };
    if (token.text == "true" || token.text == "false")
        return literal(Cell::of(token.text[0] == 't'));
    if (token.text == "null") return literal(Cell::bare(Cell::Kind::null));
    if (token.text == "undefined") return literal(Cell{});
    if (token.text == "NaN") return literal(Cell::of(std::numeric_limits<double>::quiet_NaN()));
    if (token.text == "Infinity") return literal(Cell::of(std::numeric_limits<double>::infinity()));
    if (token.text == to_text(Root::uuid)) return uuid(begin);
    if (is_namespace(token.text) || find_builtin("", token.text) != nullptr) {
        return global(token.text, begin);
    }
    if (reader_.peek().is("=>")) return std::unexpected{unexpected()};
    const std::optional<Root> root = parse_root(token.text);
    if (!root || !allowed_.contains(*root)) {
        return std::unexpected{explain_name(token.text, begin, allowed_)};
    }
    return reference(*root);
}

/// A member of a root, given by a name that is known now: `.name`, `?.name`, `["name"]`. In the
/// last case also after `[` alone has been read.
std::optional<std::string> Parser::static_key() {
    const Token& key = reader_.peek();
    const bool text = key.kind == Kind::string || (key.kind == Kind::template_start && !key.more);
    if (!text || !reader_.peek(1).is("]")) return std::nullopt;
    std::string name = reader_.next().text;
    reader_.skip();
    return name;
}

/// A call of the builtin of that name with what it makes UUIDs from.
Parsed Parser::uuid(std::size_t begin) {
    if (!allowed_.contains(Root::uuid)) {
        return std::unexpected{explain_name(to_text(Root::uuid), begin, allowed_)};
    }
    if (!reader_.take("(") || !reader_.take(")")) {
        return refuse(ExprErrc::not_allowed, begin,
                      "`$uuid` is called without arguments; write $uuid()");
    }
    if (program_.host == nullptr) return needs_sandbox(begin, "`$uuid` without a host");
    const NodeIndex seed = builder_.reference({Root::uuid}, begin, reader_.last_end());
    Node node = at_places(Op::builtin, begin);
    node.d = static_cast<NodeIndex>(find_builtin("", to_text(Root::uuid)) - all_builtins().data());
    return builder_.add_list(node, std::array{seed});
}

Parsed Parser::reference(Root root) {
    const std::size_t begin = reader_.last_begin();
    const auto refuse_path = [&](std::string message) {
        return refuse(ExprErrc::not_allowed, begin, std::move(message));
    };
    if (root == Root::now) {
        if (!reader_.take("(") || !reader_.take(")")) {
            return refuse_path("`now` is called without arguments; write now()");
        }
        return builder_.reference({root}, begin, reader_.last_end());
    }
    const std::size_t wanted =
        root == Root::nodes ? 2
        : root == Root::ports || root == Root::vars || root == Root::secrets || root == Root::links
            ? 1
            : 0;
    std::array<std::string, 2> path;
    for (std::size_t i = 0; i < wanted; ++i) {
        std::optional<std::string> step = reader_.static_step();
        if (step) {
            path[i] = *std::move(step);
            continue;
        }
        if (root == Root::vars) break;  // bare, or with a computed name
        if (root == Root::nodes) {
            return refuse_path(
                "`nodes` needs the id of a node and a port, both written out; "
                "write it as in nodes.charge.out");
        }
        return refuse_path("`" + std::string{to_text(root)} +
                           "` needs a name that is written out, as in " +
                           std::string{to_text(root)} + ".name");
    }
    return builder_.reference({root, path[0], path[1]}, begin, reader_.last_end());
}

Parsed Parser::text() {
    const std::size_t begin = reader_.peek().begin;
    std::vector<NodeIndex> parts;
    while (true) {
        const Token& chunk = reader_.next();
        parts.push_back(builder_.string(chunk.text, chunk.begin, chunk.end));
        if (!chunk.more) break;
        const Parsed part = expression();
        if (!part) return part;
        parts.push_back(*part);
        if (reader_.peek().kind != Kind::template_next) return std::unexpected{unexpected()};
    }
    if (reader_.peek().kind == Kind::template_start) {
        return needs_sandbox(reader_.peek().begin, "a tagged template");
    }
    return builder_.add_list(at_places(Op::text, begin), parts);
}

Parsed Parser::array() {
    const std::size_t begin = reader_.next().begin;
    std::vector<NodeIndex> list;
    while (!reader_.take("]")) {
        if (reader_.peek().is(",")) {
            return needs_sandbox(reader_.peek().begin, "an array with a hole");
        }
        const Parsed element = element_of_list();
        if (!element) return element;
        list.push_back(*element);
        if (reader_.take(",")) continue;
        if (!reader_.peek().is("]")) return std::unexpected{expect("]").error()};
    }
    return builder_.add_list(at_places(Op::array, begin), list);
}

Parsed Parser::object() {
    const std::size_t begin = reader_.next().begin;
    std::vector<NodeIndex> list;
    while (!reader_.take("}")) {
        const Token& first = reader_.peek();
        if (reader_.take("...")) {
            const Parsed source = expression();
            if (!source) return source;
            list.push_back(no_node);
            list.push_back(*source);
            if (!reader_.take(",") && !reader_.peek().is("}")) {
                return std::unexpected{expect("}").error()};
            }
            continue;
        }
        bool shorthand = false;
        const Parsed key = object_key(shorthand);
        if (!key) return key;
        list.push_back(*key);
        if (shorthand) {
            reader_.back();
            if (is_reserved(first.text)) return std::unexpected{unexpected()};
        } else if (auto ok = expect(":"); !ok) {
            return std::unexpected{ok.error()};
        }
        const Parsed value = shorthand ? name() : expression();
        if (!value) return value;
        list.push_back(*value);
        if (reader_.take(",")) continue;
        if (!reader_.peek().is("}")) return std::unexpected{expect("}").error()};
    }
    return builder_.add_list(at_places(Op::object, begin), list);
}

Parsed Parser::object_key(bool& shorthand) {
    const Token& token = reader_.next();
    const std::size_t begin = token.begin;
    if (token.is("[")) {
        const Parsed key = expression();
        if (!key) return key;
        if (auto ok = expect("]"); !ok) return std::unexpected{ok.error()};
        return key;
    }
    if (token.is("*")) return needs_sandbox(begin, "a method");
    const bool is_name = token.kind == Kind::identifier;
    const Token& after = reader_.peek();
    if (after.is("(") ||
        (is_name && !after.is(":") && after.kind != Kind::punctuator && after.kind != Kind::end)) {
        return needs_sandbox(begin, "a method");
    }
    shorthand = is_name && !after.is(":");
    if (token.kind == Kind::number) {
        return builder_.string(core::number_text(token.number), begin, token.end);
    }
    if (token.kind == Kind::bigint) {
        return builder_.string(core::number_text(token.integer), begin, token.end);
    }
    if (!is_name && token.kind != Kind::string) {
        reader_.back();
        return std::unexpected{unexpected()};
    }
    if (token.text == "__proto__" && !shorthand) {
        return needs_sandbox(begin, "setting a prototype by `__proto__`");
    }
    return builder_.string(token.text, begin, token.end);
}

}  // namespace millrace::expr
