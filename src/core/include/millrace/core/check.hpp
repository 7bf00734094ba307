// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::core {

/// Prints the broken condition with its place to stderr and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace millrace::core

/// States an invariant of the program; on in release builds too. Never use it on bytes that came
/// from a user, a peer or a file: those are validated and become errors.
#define MR_CHECK(condition)       \
    (static_cast<bool>(condition) \
         ? static_cast<void>(0)   \
         : ::millrace::core::check_failed(#condition, __FILE__, __LINE__))
