// SPDX-License-Identifier: Apache-2.0
#include "secrets.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace millrace::engine {
namespace {

constexpr std::size_t digits = 32;
constexpr std::string_view link_prefix = "link:";

bool is_plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

/// The run that a name is the link of: the one in the same scope instance, or around it.
std::optional<RunKey> link_of(const Turn& turn, RunRef run, std::string_view name) {
    if (!name.starts_with(link_prefix)) return std::nullopt;
    const auto node = turn.plan().find(name.substr(link_prefix.size()));
    const ScopeState* const scope =
        node ? turn.all.enclosing(turn.x, run.scope, turn.node(*node).scope) : nullptr;
    if (scope == nullptr) return std::nullopt;
    return turn.key({scope->id, *node});
}

}  // namespace

std::string secret_marker(const Turn& turn, RunRef run, std::uint32_t index) {
    const std::string digest =
        turn.digest("secret/" + std::to_string(turn.x.seed_high) + "/" +
                    std::to_string(turn.x.seed_low) + "/" + turn.step_key(run));
    std::string marker = "mrsecret";
    std::ranges::copy_if(std::string_view{digest}.substr(0, digits), std::back_inserter(marker),
                         is_plain);
    // No marker is the beginning of another.
    return marker + "n" + std::to_string(index) + "z";
}

std::vector<SecretUse> secret_uses(const Turn& turn, RunRef run) {
    const std::vector<std::string>& names = turn.node(run.node).secrets;
    std::vector<SecretUse> uses;
    uses.reserve(names.size());
    for (std::uint32_t i = 0; i < names.size(); ++i)
        uses.push_back({names[i], secret_marker(turn, run, i), link_of(turn, run, names[i])});
    return uses;
}

}  // namespace millrace::engine
