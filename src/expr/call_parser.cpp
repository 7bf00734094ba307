// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "builtins.hpp"
#include "millrace/core/problem.hpp"
#include "names.hpp"
#include "recursive_descent.hpp"

// What a call means is settled here: methods and globals are looked up in the table of builtins.
namespace millrace::expr {

namespace {

using Parsed = std::expected<NodeIndex, CompileError>;
using Step = std::expected<void, CompileError>;
using Names = std::string_view;

// Data never changes during an evaluation, so these can't be had, and what to write instead.
struct Mutator {
    Names name;
    Names instead;
};
constexpr auto mutators = std::to_array<Mutator>({
    {"copyWithin", "slice() and concat()"},
    {"pop", "slice(0, -1) for the rest, or at(-1) for the last"},
    {"push", "[...list, value]"},
    {"shift", "slice(1) for the rest, or at(0) for the first"},
    {"splice", "toSpliced()"},
    {"unshift", "[value, ...list]"},
});
// These too change the list they are called on, and give it back. Nobody can tell while nobody
// else sees that list.
constexpr auto changing_methods = std::to_array<Mutator>({
    {"fill", "[...list].fill()"},
    {"reverse", "toReversed()"},
    {"sort", "toSorted()"},
});
// Methods whose result is an array of its own, whatever they are called on.
constexpr auto methods_of_new_arrays =
    std::to_array<Names>({"concat", "fill", "filter", "flat", "flatMap", "map", "reverse", "slice",
                          "sort", "split", "toReversed", "toSorted", "toSpliced", "with"});
constexpr auto functions_of_new_arrays =
    std::to_array<std::pair<Names, Names>>({{"Array", "from"},
                                            {"Array", "of"},
                                            {"Object", "entries"},
                                            {"Object", "keys"},
                                            {"Object", "values"}});
constexpr auto iterator_methods = std::to_array<Names>({"entries", "keys", "values"});

bool has(const auto& names, const auto& name) {
    return std::ranges::find(names, name) != names.end();
}

std::vector<std::string_view> names_of(auto&& wanted) {
    std::vector<std::string_view> names;
    for (const Builtin& builtin : all_builtins()) {
        if (wanted(builtin)) names.push_back(builtin.name);
    }
    return names;
}

CompileError with_suggestion(CompileError error, Names name, Names prefix,
                             const std::vector<std::string_view>& known) {
    const std::string suggestion = core::nearest(name, known);
    if (!suggestion.empty()) {
        error.message.append("; did you mean `").append(prefix).append(suggestion).append("`?");
    }
    return error;
}

Step refuse_change(std::size_t begin, const Mutator& mutator) {
    CompileError error =
        needs_sandbox(begin, "`" + std::string{mutator.name} + "`, which changes data,").error();
    error.message.append("; write ").append(mutator.instead);
    return std::unexpected{std::move(error)};
}

}  // namespace

/// Is it an array or object that nothing else in the expression can see?
bool Parser::is_new(NodeIndex index) const {
    const Node& node = builder_.at(index);
    switch (node.op) {
        case Op::array:
        case Op::object:
        case Op::fresh: return true;
        case Op::constant: return builder_.constant_at(index)->is_container();
        case Op::method: return has(methods_of_new_arrays, builder_.method_at(index));
        case Op::builtin: {
            const Builtin& builtin = all_builtins()[node.d];
            return has(functions_of_new_arrays, std::pair{builtin.owner, builtin.name});
        }
        default: return false;
    }
}

Step Parser::check_method(NodeIndex receiver, std::string_view name, std::size_t begin) const {
    const auto* mutator = std::ranges::find(mutators, name, &Mutator::name);
    if (mutator != mutators.end()) return refuse_change(begin, *mutator);
    const auto* changing = std::ranges::find(changing_methods, name, &Mutator::name);
    if (changing != changing_methods.end() && !is_new(receiver)) {
        return refuse_change(begin, *changing);
    }
    if (is_method(name)) return {};
    const auto methods = names_of([](const Builtin& builtin) {
        return !builtin.owner.empty() && !is_namespace(builtin.owner);
    });
    return std::unexpected{with_suggestion(
        needs_sandbox(begin, "the method `" + std::string{name} + "`").error(), name, "", methods)};
}

// The reader stands before the arguments.
Parsed Parser::method(NodeIndex receiver, std::string_view name, bool optional,
                      bool optional_call) {
    if (auto ok = check_method(receiver, name, reader_.last_begin()); !ok) {
        return std::unexpected{ok.error()};
    }
    const List list = arguments();
    if (!list) return std::unexpected{list.error()};
    Node node = at_places(Op::method, builder_.begin_of(receiver));
    node.a = receiver;
    node.optional = optional;
    node.optional_call = optional_call;
    const NodeIndex index = builder_.method(node, name, *list);
    if (has(iterator_methods, name)) iterators_.push_back(index);
    return index;
}

Parsed Parser::call(NodeIndex callee, bool optional) {
    const std::size_t begin = reader_.peek().begin;
    const List list = arguments();
    if (!list) return std::unexpected{list.error()};
    const Cell* known = builder_.constant_at(callee);
    if (known == nullptr || known->kind != Cell::Kind::builtin) {
        Node node = at_places(Op::call, builder_.begin_of(callee));
        node.a = callee;
        node.optional_call = optional;
        return builder_.add_list(node, *list);
    }
    const Builtin& builtin = *known->callee;
    if (builtin.name == "$hash" && program_.host == nullptr) {
        return needs_sandbox(builder_.begin_of(callee), "`$hash` without a host");
    }
    const bool iterates = (builtin.owner == "Array" && builtin.name == "from") ||
                          (builtin.owner == "Object" && builtin.name == "fromEntries");
    if (iterates && !list->empty()) claim_iterator(list->front());
    if (builtin.owner == "Object" && builtin.name == "assign") {
        const bool ok = !list->empty() && builder_.at(list->front()).op != Op::spread;
        const Cell* target = ok ? builder_.constant_at(list->front()) : nullptr;
        const bool object = target != nullptr ? target->is_object()
                                              : ok && builder_.at(list->front()).op == Op::object;
        if (!object) {
            return std::unexpected{
                refuse_change(begin, {"Object.assign", "{...a, ...b}, or Object.assign({}, a, b)"})
                    .error()};
        }
    }
    Node node = at_places(Op::builtin, builder_.begin_of(callee));
    node.d = static_cast<NodeIndex>(known->identity);
    return builder_.add_list(node, *list);
}

// A name that is there without a root: a namespace or a function.
Parsed Parser::global(const std::string& name, std::size_t begin) {
    const auto value = [&](const Builtin* builtin) {
        const auto place = static_cast<std::uint64_t>(builtin - all_builtins().data());
        return builder_.constant(Cell::of(builtin, place), begin, reader_.last_end());
    };
    const bool member_follows = reader_.peek().is(".") || reader_.peek().is("[") ||
                                (reader_.peek().is("?.") && !reader_.peek(1).is("("));
    if (!member_follows) {
        if (const Builtin* builtin = find_builtin("", name)) return value(builtin);
        return needs_sandbox(begin, "`" + name + "` as a value");
    }
    const std::optional<std::string> member = reader_.static_step();
    if (!member) return needs_sandbox(begin, "a computed member of `" + name + "`");
    if (const Builtin* builtin = find_builtin(name, *member)) return value(builtin);
    if (const BuiltinConstant* constant = find_constant(name, *member)) {
        return builder_.constant(Cell::of(constant->value), begin, reader_.last_end());
    }
    auto known = names_of([&](const Builtin& builtin) { return builtin.owner == name; });
    for (const BuiltinConstant& constant : all_constants()) {
        if (constant.owner == name) known.push_back(constant.name);
    }
    const std::string path = "`" + name + "." + *member + "`";
    return std::unexpected{
        with_suggestion(needs_sandbox(begin, path).error(), *member, name + ".", known)};
}

}  // namespace millrace::expr
