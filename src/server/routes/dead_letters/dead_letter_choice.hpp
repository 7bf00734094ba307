// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "api/problem.hpp"
#include "millrace/core/value.hpp"
#include "millrace/store/dead_letters.hpp"

namespace millrace::server {

/// Letters that one request decides about.
struct LetterChoice {
    std::vector<std::uint64_t> numbers;  ///< oldest first
    bool has_more = false;               ///< the filter chooses more
};

inline constexpr std::size_t letters_at_once_max = 1'000;

/// `{numbers: […]}` or `{filter: {…}}`, of open ones.
std::expected<LetterChoice, Problem> choose_letters(store::DeadLetters& letters,
                                                    const core::Value& body);
/// JSON Schema of such a body; `with_replay`: and of what a replay takes.
core::Value letters_schema(bool with_replay);

}  // namespace millrace::server
