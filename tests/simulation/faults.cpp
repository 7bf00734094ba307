// SPDX-License-Identifier: Apache-2.0
#include "faults.hpp"

#include <cstdint>
#include <utility>

namespace millrace::simulation {
namespace {

constexpr std::pair<std::string_view, bool Faults::*> table[] = {
    {"effect_failures", &Faults::effect_failures},
    {"timeouts", &Faults::timeouts},
    {"duplicates", &Faults::duplicates},
    {"late_results", &Faults::late_results},
    {"crashes", &Faults::crashes},
    {"commit_failed", &Faults::commit_failed},
    {"commit_unknown_kept", &Faults::commit_unknown_kept},
    {"commit_unknown_lost", &Faults::commit_unknown_lost},
    {"cancels", &Faults::cancels},
    {"tight_limits", &Faults::tight_limits},
    {"operators", &Faults::operators},
    {"parking", &Faults::parking},
    {"floods", &Faults::floods},
    {"forks", &Faults::forks},
    {"stand_ins", &Faults::stand_ins},
};

}  // namespace

bool Faults::set(std::string_view name) {
    for (const auto& [word, member] : table) {
        if (word != name) continue;
        this->*member = true;
        return true;
    }
    return false;
}

std::string Faults::text() const {
    std::string text;
    for (const auto& [word, member] : table) {
        if (!(this->*member)) continue;
        if (!text.empty()) text += ' ';
        text += word;
    }
    return text;
}

Faults Faults::from_bits(std::uint64_t bits) {
    Faults faults;
    for (const auto& [word, member] : table) {
        faults.*member = (bits & 1) != 0;
        bits >>= 1;
    }
    return faults;
}

std::vector<std::string_view> Faults::names() {
    std::vector<std::string_view> names;
    for (const auto& [word, member] : table)
        names.push_back(word);
    return names;
}

}  // namespace millrace::simulation
