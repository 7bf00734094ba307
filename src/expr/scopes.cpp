// SPDX-License-Identifier: Apache-2.0
#include "scopes.hpp"

#include <algorithm>

namespace millrace::expr {

void Scopes::enter(std::uint32_t parameters, bool rest) {
    Level& level = levels_.emplace_back();
    level.code.parameters = parameters;
    level.code.rest = rest;
    level.code.slots = parameters + (rest ? 1 : 0);
}

Function Scopes::leave() {
    Function code = std::move(levels_.back().code);
    levels_.pop_back();
    return code;
}

Scopes::Declared Scopes::declare(std::string_view name, std::uint32_t slot) {
    Level& level = levels_.back();
    if (std::ranges::find(level.missed, name) != level.missed.end()) return Declared::used_before;
    if (std::ranges::find(level.names, name, &Name::name) != level.names.end()) {
        return Declared::twice;
    }
    level.names.push_back({std::string{name}, {false, slot}});
    return Declared::ok;
}

std::optional<Scopes::Place> Scopes::find(std::string_view name, std::size_t level) {
    if (level == 0) return std::nullopt;
    Level& own = levels_[level - 1];
    const auto known = std::ranges::find(own.names, name, &Name::name);
    if (known != own.names.end()) return known->place;
    if (own.in_parameters) own.missed.emplace_back(name);
    const std::optional<Place> outer = find(name, level - 1);
    if (!outer) return std::nullopt;
    const Place place{true, static_cast<std::uint32_t>(own.code.captures.size())};
    own.code.captures.push_back({!outer->captured, outer->index});
    own.names.push_back({std::string{name}, place});
    return place;
}

}  // namespace millrace::expr
