// SPDX-License-Identifier: Apache-2.0
#include "generator.hpp"

#include <array>
#include <span>
#include <utility>

#include "atoms.hpp"
#include "simulation/dice.hpp"

namespace millrace::differential {
namespace {

using simulation::Dice;

enum class Type : std::uint8_t { any, number, text, flag, list, object };
constexpr std::uint32_t type_count = 6;

struct Variable {
    std::string name;
    Type type = Type::any;
};

/// Makes trees; each function of the class adds one kind of expression.
class Generator {
public:
    explicit Generator(std::uint64_t seed) : dice_{seed} {}

    Tree of(Type type, int depth);

private:
    using Form = std::string_view;

    template <std::size_t size>
    Form pick(const std::array<Form, size>& forms) {
        return forms[dice_.below(size)];
    }
    Type any_type() { return static_cast<Type>(dice_.below(type_count)); }
    bool percent(std::uint32_t chance) { return dice_.percent(chance); }

    Tree atom(Type type);
    Tree number(int depth);
    Tree text(int depth);
    Tree flag(int depth);
    Tree list(int depth);
    Tree object(int depth);
    Tree any(int depth);
    Tree called_function(int depth);
    Tree chained(int depth);
    Tree from_table(std::span<const Row> rows, int depth);

    /// A function whose parameters have those types, with a body of the other.
    Tree function(std::span<const Type> parameters, Type result, int depth);
    std::string parameter(Type type);
    std::string bind(Type type);
    Tree filled(Form form, int depth);
    Tree part(char kind, int depth);

    Dice dice_;
    std::vector<Variable> scope_;
    int names_ = 0;
};

Type type_of(char kind) {
    switch (kind) {
        case 'N': return Type::number;
        case 'T': return Type::text;
        case 'F': return Type::flag;
        case 'L': return Type::list;
        case 'O': return Type::object;
        default: return Type::any;
    }
}

Tree Generator::atom(Type type) {
    if (!scope_.empty() && percent(60)) {
        const Variable& variable = scope_[dice_.below(static_cast<std::uint32_t>(scope_.size()))];
        if (variable.type == type || type == Type::any || percent(25)) return {variable.name, {}};
    }
    const auto from = [&](std::span<const std::string_view> atoms) {
        return Tree{std::string{atoms[dice_.below(static_cast<std::uint32_t>(atoms.size()))]}, {}};
    };
    switch (type) {
        case Type::number: return from(number_atoms());
        case Type::text: return from(text_atoms());
        case Type::flag: return from(flag_atoms());
        case Type::list: return from(list_atoms());
        case Type::object: return from(object_atoms());
        case Type::any: break;
    }
    if (percent(30)) return from(odd_atoms());
    return atom(static_cast<Type>(1 + dice_.below(type_count - 1)));
}

/// A name that is new, with the type in scope until the function around it ends.
std::string Generator::bind(Type type) {
    scope_.push_back({"v" + std::to_string(names_++), type});
    return scope_.back().name;
}

std::string Generator::parameter(Type type) {
    if (type == Type::object && percent(40)) {
        const std::string all = bind(Type::any);
        const std::string key{pick(std::array<Form, 4>{"k", "id", "name", "missing"})};
        std::string pattern = "{" + key + ": " + all + (percent(40) ? " = 1" : "");
        if (percent(30)) pattern += ", ..." + bind(Type::object);
        return pattern + "}";
    }
    if (type == Type::list && percent(40)) {
        std::string pattern = "[" + bind(Type::any) + (percent(30) ? " = 'd'" : "");
        if (percent(50)) pattern += ", " + bind(Type::any);
        if (percent(30)) pattern += ", ..." + bind(Type::list);
        return pattern + "]";
    }
    return bind(type);
}

Tree Generator::function(std::span<const Type> parameters, Type result, int depth) {
    const std::size_t before = scope_.size();
    std::string head;
    const std::size_t count = percent(70)
                                  ? parameters.size()
                                  : dice_.below(static_cast<std::uint32_t>(parameters.size()) + 1);
    for (std::size_t i = 0; i < count; ++i)
        head += (i == 0 ? "" : ", ") + parameter(parameters[i]);
    if (percent(5)) head += (head.empty() ? "..." : ", ...") + bind(Type::list);
    const bool is_object = result == Type::object;
    Tree body = of(result, depth - 1);
    scope_.resize(before);
    return {"(" + head + ") => " + (is_object ? "(\1)" : "\1"), {std::move(body)}};
}

/// What a letter of a form stands for: N, T, F, L, O and A values; the others functions.
Tree Generator::part(char kind, int depth) {
    static constexpr std::array item{Type::any, Type::number, Type::list};
    static constexpr std::array numbers{Type::number, Type::number};
    static constexpr std::array texts{Type::text, Type::text};
    static constexpr std::array total_of_numbers{Type::number, Type::number, Type::number};
    static constexpr std::array total{Type::any, Type::any, Type::number};
    static constexpr std::array match{Type::text, Type::number, Type::text};
    static constexpr std::array member{Type::text, Type::any};
    switch (kind) {
        case 'm': return function(item, Type::any, depth);
        case 'p': return function(item, Type::flag, depth);
        case 'l': return function(item, percent(60) ? Type::list : Type::any, depth);
        case 'c': return {percent(50) ? "(a, b) => a - b" : "(a, b) => b - a", {}};
        case 'C':
            return percent(70) ? function(numbers, Type::number, depth)
                               : function(texts, Type::number, depth);
        case 'r': return function(total, Type::any, depth);
        case 'R': return function(total_of_numbers, Type::number, depth);
        case 's': return function(match, Type::text, depth);
        case 'v': return function(member, Type::any, depth);
        default: break;
    }
    // Now and then something that does not fit.
    Tree value = of(percent(5) ? any_type() : type_of(kind), depth - 1);
    return {"(\1)", {std::move(value)}};
}

/// Replaces each `$X` of the form by a part of kind X.
Tree Generator::filled(Form form, int depth) {
    Tree tree;
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (form[i] == '$' && i + 1 < form.size() && form[i + 1] >= 'A' && form[i + 1] <= 'z') {
            tree.form.push_back(Tree::hole);
            tree.parts.push_back(part(form[++i], depth));
        } else {
            tree.form.push_back(form[i]);
        }
    }
    return tree;
}

Tree Generator::from_table(std::span<const Row> rows, int depth) {
    std::uint32_t total = 0;
    for (const Row& row : rows)
        total += row.weight;
    std::uint32_t place = dice_.below(total);
    for (const Row& row : rows) {
        if (place < row.weight) return filled(row.form, depth);
        place -= row.weight;
    }
    return {};
}

Tree Generator::called_function(int depth) {
    const Type first = any_type();
    const Type second = any_type();
    const std::array types{first, second};
    Tree callee = function(types, any_type(), depth);
    Tree tree{"(\1)(\1, \1)", {std::move(callee), of(first, depth - 1), of(second, depth - 1)}};
    if (percent(10)) tree = {"(\1)(...[\1, \1])", std::move(tree.parts)};
    return tree;
}

Tree Generator::of(Type type, int depth) {
    if (depth <= 0 || percent(12)) return atom(type);
    if (percent(4)) return called_function(depth);
    if (percent(6))
        return {"(\1 ? \1 : \1)",
                {of(any_type(), depth - 1), of(type, depth - 1), of(type, depth - 1)}};
    if (percent(2)) return {"(\1 ?? \1)", {of(Type::any, depth - 1), of(type, depth - 1)}};
    switch (type) {
        case Type::number: return from_table(number_rows(), depth);
        case Type::text: return from_table(text_rows(), depth);
        case Type::flag: return from_table(flag_rows(), depth);
        case Type::list: return from_table(list_rows(), depth);
        case Type::object: return from_table(object_rows(), depth);
        case Type::any: break;
    }
    if (percent(40)) return from_table(any_rows(), depth);
    return of(static_cast<Type>(1 + dice_.below(type_count - 1)), depth);
}

}  // namespace

Tree random_expression(std::uint64_t seed) {
    Dice dice{seed * 0x9E3779B97F4A7C15ull + 1};
    const int depth = 1 + static_cast<int>(dice.below(4));
    Generator generator{dice.bits()};
    return generator.of(static_cast<Type>(dice.below(type_count)), depth);
}

}  // namespace millrace::differential
