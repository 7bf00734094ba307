// SPDX-License-Identifier: Apache-2.0
#include "secrets.hpp"

#include <algorithm>
#include <string_view>

namespace millrace::engine {
namespace {

constexpr std::size_t digits = 32;

bool is_plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
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
        uses.push_back({names[i], secret_marker(turn, run, i)});
    return uses;
}

}  // namespace millrace::engine
