// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "program.hpp"

namespace millrace::expr {

/// The parameters that exist at one place of a source, of all functions around it. Gives each a
/// slot, and each function the list of what it takes along.
class Scopes {
public:
    struct Place {
        bool captured = false;
        std::uint32_t index = 0;
    };

    bool empty() const { return levels_.empty(); }
    /// `parameters` slots are those of the arguments.
    void enter(std::uint32_t parameters, bool rest);
    /// All parameters are declared; the body follows.
    void begin_body() { levels_.back().in_parameters = false; }
    Function leave();

    Function& function() { return levels_.back().code; }
    std::uint32_t new_slot() { return levels_.back().code.slots++; }

    enum class Declared : std::uint8_t { ok, twice, used_before };
    Declared declare(std::string_view name, std::uint32_t slot);
    std::optional<Place> find(std::string_view name) { return find(name, levels_.size()); }

private:
    struct Name {
        std::string name;
        Place place;
    };
    struct Level {
        Function code;
        std::vector<Name> names;
        // What was looked up in vain while a parameter of that name might follow: it would be read
        // before it has a value.
        std::vector<std::string> missed;
        bool in_parameters = true;
    };

    std::optional<Place> find(std::string_view name, std::size_t level);

    std::vector<Level> levels_;
};

}  // namespace millrace::expr
