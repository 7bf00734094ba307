// SPDX-License-Identifier: Apache-2.0
#include "millrace/expr/reference.hpp"

#include <algorithm>
#include <array>

namespace millrace::expr {

namespace {

// In the order of Root.
constexpr std::array<std::string_view, root_count> names{
    "input", "ports", "inputs", "trigger", "nodes", "vars",    "execution", "item", "index",
    "acc",   "value", "from",   "to",      "error", "secrets", "links",     "now",  "$uuid"};

}  // namespace

std::string_view to_text(Root root) {
    return names[static_cast<std::size_t>(root)];
}

std::optional<Root> parse_root(std::string_view name) {
    const auto* found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Root>(found - names.begin());
}

std::string to_text(const Reference& reference) {
    std::string text{to_text(reference.root)};
    if (reference.root == Root::now || reference.root == Root::uuid) return text + "()";
    if (!reference.first.empty()) text.append(".").append(reference.first);
    if (!reference.second.empty()) text.append(".").append(reference.second);
    return text;
}

}  // namespace millrace::expr
