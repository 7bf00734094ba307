// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "millrace/core/number_text.hpp"
#include "names.hpp"
#include "parser.hpp"
#include "recursive_descent.hpp"

// Arrow functions and the patterns of their parameters. A pattern becomes a list of bindings, a
// slot and the node that fills it, which run in order before the body.
namespace millrace::expr {

namespace {

using Kind = Token::Kind;
using Parsed = std::expected<NodeIndex, CompileError>;
using Step = std::expected<void, CompileError>;

constexpr std::uint32_t slots_max = 256;

// Names that JavaScript refuses for parameters somewhere, or that would mean something else.
constexpr auto no_parameters = std::to_array<std::string_view>(
    {"arguments", "async", "await", "eval", "implements", "interface", "let", "package", "private",
     "protected", "public", "static", "yield"});

}  // namespace

bool Parser::arrow_follows() const {
    if (reader_.peek().kind == Kind::identifier) return reader_.peek(1).is("=>");
    return reader_.peek().is("(") && reader_.is_arrow_function();
}

Parsed Parser::arrow_function() {
    const std::size_t begin = reader_.peek().begin;
    const bool bare = reader_.peek().kind == Kind::identifier;
    const auto [parameters, rest] = bare ? std::pair{1u, false} : reader_.count_parameters();
    scopes_.enter(parameters, rest);
    builder_.enter_function();
    const auto body = [&]() -> Parsed {
        if (auto ok = bare ? target(0, Place::slot) : parameter_list(); !ok) {
            return std::unexpected{ok.error()};
        }
        scopes_.begin_body();
        if (auto ok = expect("=>"); !ok) return std::unexpected{ok.error()};
        if (reader_.peek().is("{")) {
            CompileError error =
                needs_sandbox(reader_.peek().begin, "a function with statements").error();
            error.message += "; for a result that is an object, put parentheses around it";
            return std::unexpected{std::move(error)};
        }
        return expression();
    }();
    builder_.leave_function();
    Function code = scopes_.leave();
    if (!body) return body;
    if (code.slots > slots_max) {
        return refuse(ExprErrc::limit, begin, "a function has more than 256 parameters");
    }
    code.body = *body;
    return builder_.function(std::move(code), at_places(Op::function, begin));
}

Step Parser::parameter_list() {
    reader_.skip();
    for (std::uint32_t slot = 0; !reader_.take(")"); ++slot) {
        const bool rest = reader_.take("...");
        if (auto ok = target(slot, Place::slot); !ok) return ok;
        if (rest && (reader_.peek().is(",") || reader_.peek().is("="))) {
            return refuse(ExprErrc::syntax, reader_.peek().begin,
                          "nothing can follow a rest parameter");
        }
        if (reader_.take(",")) continue;
        if (!reader_.peek().is(")")) return std::unexpected{expect(")").error()};
    }
    return {};
}

NodeIndex Parser::local(std::uint32_t slot, std::size_t begin) {
    Node node = at_places(Op::local, begin);
    node.a = slot;
    return builder_.leaf(node);
}

Step Parser::declare(std::string_view name, std::uint32_t slot, std::size_t begin) {
    const std::string quoted = "`" + std::string{name} + "`";
    if (is_reserved(name) || std::ranges::find(no_parameters, name) != no_parameters.end()) {
        return refuse(ExprErrc::syntax, begin, quoted + " can't be the name of a parameter");
    }
    switch (scopes_.declare(name, slot)) {
        case Scopes::Declared::ok: return {};
        case Scopes::Declared::twice:
            return refuse(ExprErrc::syntax, begin, "two parameters have the name " + quoted);
        case Scopes::Declared::used_before:
            return needs_sandbox(begin, "the use of " + quoted + " before it has a value");
    }
    return {};
}

void Parser::bind(std::uint32_t slot, NodeIndex value) {
    scopes_.function().bindings.push_back({slot, value});
}

// What takes a value: a name or a pattern, with a default or not. `from` is the slot of an
// argument, or the node that gives the value.
Step Parser::target(std::uint32_t from, Place place) {
    if (nesting_ >= nesting_max) {
        return refuse(ExprErrc::limit, reader_.peek().begin,
                      "more than 200 levels of nesting; simplify the pattern");
    }
    ++nesting_;
    Step result = target_within(from, place);
    --nesting_;
    return result;
}

Step Parser::target_within(std::uint32_t from, Place place) {
    const std::size_t begin = reader_.peek().begin;
    const bool is_pattern = reader_.peek().is("{") || reader_.peek().is("[");
    if (!is_pattern && reader_.peek().kind != Kind::identifier) {
        return std::unexpected{unexpected()};
    }
    // The default is evaluated first, and sees none of the pattern's names.
    const std::size_t start = reader_.place();
    const std::string name = reader_.peek().text;
    reader_.skip_balanced();
    const std::size_t pattern_end = reader_.place();
    const bool bound = place == Place::slot;
    const std::uint32_t slot = bound ? from : scopes_.new_slot();
    NodeIndex value = bound ? no_node : from;
    if (reader_.take("=")) {
        const Parsed fallback = expression();
        if (!fallback) return std::unexpected{fallback.error()};
        Node node = at_places(Op::default_to, begin);
        node.a = bound ? local(slot, begin) : value;
        node.b = *fallback;
        value = builder_.add(node);
    }
    if (value != no_node) bind(slot, value);
    if (!is_pattern) return declare(name, slot, begin);
    const std::size_t end = reader_.place();
    reader_.seek(start);
    if (auto ok = reader_.peek().is("{") ? object_pattern(slot) : array_pattern(slot); !ok) {
        return ok;
    }
    if (reader_.place() != pattern_end) return std::unexpected{unexpected()};
    reader_.seek(end);
    return {};
}

Step Parser::object_pattern(std::uint32_t slot) {
    const std::size_t begin = reader_.peek().begin;
    const std::size_t start = reader_.place();
    reader_.skip_balanced();
    const NodeIndex object = local(slot, begin);  // with the pattern as its text
    reader_.seek(start + 1);
    std::vector<NodeIndex> names;
    const auto rest = [&] {
        Node node = at_places(Op::rest, begin);
        node.a = object;
        return builder_.add_list(node, names);
    };
    // Even where nothing is taken out, null is refused.
    if (reader_.peek().is("}")) bind(scopes_.new_slot(), rest());
    while (!reader_.take("}")) {
        if (reader_.take("...")) {
            if (reader_.peek().kind != Kind::identifier) return std::unexpected{unexpected()};
            if (auto ok = target(rest(), Place::node); !ok) return ok;
            return expect("}");
        }
        const std::expected<std::string, CompileError> key = pattern_key();
        if (!key) return std::unexpected{key.error()};
        const NodeIndex value = builder_.member(object, *key, false, reader_.last_end());
        names.push_back(builder_.at(value).b);
        if (auto ok = target(value, Place::node); !ok) return ok;
        if (reader_.take(",")) continue;
        if (!reader_.peek().is("}")) return std::unexpected{expect("}").error()};
    }
    return {};
}

// Leaves the reader before the target: after `key:`, or at a name that is both.
std::expected<std::string, CompileError> Parser::pattern_key() {
    const Token& token = reader_.peek();
    if (token.is("[")) return needs_sandbox(token.begin, "a computed key in a pattern");
    const bool number = token.kind == Kind::number;
    if (token.kind != Kind::identifier && token.kind != Kind::string && !number) {
        return std::unexpected{unexpected()};
    }
    std::string key = number ? core::number_text(token.number) : token.text;
    if (reader_.peek(1).is(":")) {
        reader_.skip();
        reader_.skip();
    } else if (token.kind != Kind::identifier) {
        reader_.skip();
        return std::unexpected{expect(":").error()};
    }
    return key;
}

Step Parser::array_pattern(std::uint32_t slot) {
    const std::size_t begin = reader_.peek().begin;
    const std::size_t start = reader_.place();
    reader_.skip_balanced();
    Node iterate = at_places(Op::iterate, begin);
    iterate.a = local(slot, begin);
    const std::uint32_t list = scopes_.new_slot();
    bind(list, builder_.leaf(iterate));
    const NodeIndex array = local(list, begin);
    reader_.seek(start + 1);
    for (NodeIndex index = 0; !reader_.take("]"); ++index) {
        if (reader_.take(",")) continue;
        const bool rest = reader_.take("...");
        Node node = at_places(rest ? Op::tail : Op::item, begin);
        node.a = array;
        node.b = index;
        if (auto ok = target(builder_.leaf(node), Place::node); !ok) return ok;
        if (rest) return expect("]");
        if (reader_.take(",")) continue;
        if (!reader_.peek().is("]")) return std::unexpected{expect("]").error()};
    }
    return {};
}

}  // namespace millrace::expr
