// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "millrace/core/result.hpp"
#include "millrace/store/dead_letters.hpp"

// What the implementations of DeadLetters have in common.

namespace millrace::store {

bool matches(const DeadLetterFilter& filter, const DeadLetter& letter);
core::Error dead_letter_not_found(std::uint64_t number);
core::Error dead_letter_is_decided(const DeadLetter& letter);

}  // namespace millrace::store
