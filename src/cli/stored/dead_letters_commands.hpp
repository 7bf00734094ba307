// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "millrace/core/result.hpp"
#include "millrace/store/dead_letters.hpp"
#include "remote/api_client.hpp"

namespace millrace::cli {

// The commands below `millrace dead-letters`.
void add_dead_letters_list(CLI::App& group, Action& chosen);
void add_dead_letters_show(CLI::App& group, Action& chosen);
void add_dead_letters_replay(CLI::App& group, Action& chosen);
void add_dead_letters_discard(CLI::App& group, Action& chosen);

/// Options that choose letters by what they are about.
struct LetterFilterOptions {
    std::optional<std::string> workflow;
    std::optional<std::string> node;
    std::optional<std::string> code;

    void add_to(CLI::App& command);
    bool is_given() const { return workflow || node || code; }
    store::DeadLetterFilter filter() const;
    Query query() const;
};

/// Options that choose letters to decide about: numbers, or a filter, or all that are open.
struct LetterChoice {
    std::vector<std::uint64_t> numbers;
    LetterFilterOptions filter;
    bool all = false;

    void add_to(CLI::App& command);
    /// The open letters that are meant, oldest first; numbers are not looked up.
    core::Result<std::vector<std::uint64_t>> choose(store::DeadLetters& letters) const;
    core::Result<std::vector<std::uint64_t>> choose(const ApiClient& client) const;

private:
    /// Exactly one way to choose.
    core::Result<> check() const;
};

}  // namespace millrace::cli
