// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"

namespace millrace::reference {

/// What the outside world answers: a pure function of the call, so that both sides of the
/// comparison hear the same, whenever and how often they ask.
class Effects {
public:
    /// Of a hundred calls, how many fail; of those, most in a way that retries may mend.
    Effects(std::uint64_t seed, std::uint32_t failing_percent)
        : seed_{seed}, failing_percent_{failing_percent} {}

    /// Whether nobody ever answers this attempt of a node that has a timeout.
    bool is_silent(const std::string& path, std::uint32_t attempt) const;

    /// `path` names the run, with `1:` before it in the second generation. An output is
    /// `{n, got}`: a small number to decide by, and a digest of what was sent.
    std::variant<core::Value, core::Failure> answer(const std::string& path, std::uint32_t attempt,
                                                    const core::Value& sent) const;

private:
    std::uint64_t bits(const std::string& path, std::uint32_t attempt, std::uint64_t of) const;

    std::uint64_t seed_;
    std::uint32_t failing_percent_;
};

/// The value with its keys sorted, and without the `details` of failures, which are for people.
core::Value comparable(const core::Value& value);

/// Of what is comparable in the value.
std::int64_t digest_of(const core::Value& value);

}  // namespace millrace::reference
