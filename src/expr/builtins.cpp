// SPDX-License-Identifier: Apache-2.0
#include "builtins.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

namespace millrace::expr {

namespace {

using Kind = Cell::Kind;

constexpr std::array kinds{std::string_view{"array"},   std::string_view{"bigint"},
                           std::string_view{"boolean"}, std::string_view{"bytes"},
                           std::string_view{"number"},  std::string_view{"object"},
                           std::string_view{"string"}};

constexpr std::array tables{array_builtins,       array_call_builtins, object_builtins,
                            text_search_builtins, text_part_builtins,  text_replace_builtins,
                            text_case_builtins,   number_builtins,     math_builtins,
                            conversion_builtins,  json_builtins,       uri_builtins,
                            date_builtins,        hash_builtins};
constexpr std::array constant_tables{number_constants, math_constants};

std::tuple<std::string_view, std::string_view> name_of(const Builtin& builtin) {
    return {builtin.owner, builtin.name};
}

std::vector<Builtin> collect() {
    std::vector<Builtin> all;
    for (const auto table : tables) {
        const std::span<const Builtin> rows = table();
        all.insert(all.end(), rows.begin(), rows.end());
    }
    std::ranges::sort(all, {}, name_of);
    return all;
}

bool is_kind(std::string_view owner) {
    return std::ranges::find(kinds, owner) != kinds.end();
}

}  // namespace

std::span<const Builtin> all_builtins() {
    static const std::vector<Builtin> all = collect();
    return all;
}

const Builtin* find_builtin(std::string_view owner, std::string_view name) {
    const std::span<const Builtin> all = all_builtins();
    const std::tuple wanted{owner, name};
    const auto found = std::ranges::lower_bound(all, wanted, {}, name_of);
    return found != all.end() && name_of(*found) == wanted ? &*found : nullptr;
}

std::span<const BuiltinConstant> all_constants() {
    static const std::vector<BuiltinConstant> all = [] {
        std::vector<BuiltinConstant> rows;
        for (const auto table : constant_tables)
            rows.insert(rows.end(), table().begin(), table().end());
        return rows;
    }();
    return all;
}

const BuiltinConstant* find_constant(std::string_view owner, std::string_view name) {
    const std::span<const BuiltinConstant> all = all_constants();
    const auto found = std::ranges::find_if(all, [&](const BuiltinConstant& constant) {
        return constant.owner == owner && constant.name == name;
    });
    return found == all.end() ? nullptr : &*found;
}

bool is_namespace(std::string_view name) {
    if (name.empty() || is_kind(name)) return false;
    const auto owned = [&](const auto& row) { return row.owner == name; };
    return std::ranges::any_of(all_builtins(), owned) ||
           std::ranges::any_of(all_constants(), owned);
}

bool is_method(std::string_view name) {
    return std::ranges::any_of(
        kinds, [&](std::string_view kind) { return find_builtin(kind, name) != nullptr; });
}

std::string_view owner_of(Kind kind) {
    switch (kind) {
        case Kind::boolean: return "boolean";
        case Kind::number: return "number";
        case Kind::bigint: return "bigint";
        case Kind::string: return "string";
        case Kind::bytes: return "bytes";
        case Kind::array:
        case Kind::literal_array: return "array";
        case Kind::object:
        case Kind::literal_object: return "object";
        case Kind::undefined:
        case Kind::null:
        case Kind::function:
        case Kind::builtin:
        case Kind::failed:
        case Kind::cut: break;
    }
    return "";
}

std::optional<std::string_view> Call::text(std::size_t index) const {
    const Cell cell = evaluator.to_text(argument(index), node);
    if (!cell.has_result()) return std::nullopt;
    return cell.text();
}

std::optional<double> Call::number(std::size_t index) const {
    const Cell cell = evaluator.to_number(argument(index), node);
    if (!cell.has_result()) return std::nullopt;
    return cell.number;
}

std::optional<double> Call::integer(std::size_t index, double missing) const {
    if (argument(index).kind == Kind::undefined) return missing;
    const std::optional<double> value = number(index);
    if (!value) return std::nullopt;
    return std::isnan(*value) ? 0 : std::trunc(*value) + 0.0;  // no negative zero
}

Cell Call::function(std::size_t index) const {
    const Cell cell = argument(index);
    if (cell.is_function()) return cell;
    return fail_type(index == 0 ? "the first argument is no function"
                                : "an argument is no function");
}

}  // namespace millrace::expr
