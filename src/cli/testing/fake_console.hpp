// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "terminal/console.hpp"

namespace millrace::cli::testing {

/// A console whose surroundings are what a test says: no terminal, no environment, UTC, and a
/// clock that stands still.
struct FakeConsole {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    std::map<std::string, std::string> environment;
    TerminalSize size{80, 24};
    core::Time now{1'800'000'000'000};
    Console console{.in = in, .out = out, .err = err};

    FakeConsole() {
        console.unicode = true;
        console.environment = [this](const char* name) -> std::optional<std::string> {
            const auto found = environment.find(name);
            if (found == environment.end()) return std::nullopt;
            return found->second;
        };
        console.environment_names = [this] {
            std::vector<std::string> names;
            for (const auto& [name, value] : environment)
                names.push_back(name);
            return names;
        };
        console.size = [this] { return size; };
        console.now = [this] { return now; };
        console.local = [](core::Time time) { return time; };
    }
};

}  // namespace millrace::cli::testing
