// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace::core {

/// A room's `enum class Errc` with a free function `code_text` that gives each code's stable name.
template <class E>
concept ErrorCode = std::is_enum_v<E> && requires(E code) {
    { code_text(code) } -> std::convertible_to<std::string_view>;
};

/// What went wrong in the program's surroundings: a code of the room that noticed it and a message
/// that names the place and the remedy. Copyable, so that one error can be told to many callers.
/// What a workflow's node did wrong is a `Failure`, not an `Error`.
class Error {
public:
    template <ErrorCode E>
    Error(E code, std::string message)
        : domain_{&domain_tag<E>}, code_{code_text(code)}, message_{std::move(message)} {}

    /// Is this `code` of that very room?
    template <ErrorCode E>
    bool is(E code) const {
        return domain_ == &domain_tag<E> && code_ == code_text(code);
    }

    /// The same error with "<action> <subject>: " put before its message.
    Error during(std::string_view action, std::string_view subject = {}) const {
        Error wrapped = *this;
        std::string prefix{action};
        if (!subject.empty()) prefix.append(" ").append(subject);
        wrapped.message_ = prefix + ": " + message_;
        return wrapped;
    }

    /// Stable snake_case name, such as `stale_epoch`.
    std::string_view code() const { return code_; }
    const std::string& message() const { return message_; }

private:
    // One address per enum type tells equal names of two rooms apart.
    template <class E>
    static constexpr char domain_tag = 0;

    const void* domain_;
    std::string_view code_;  // points to a literal
    std::string message_;
};

template <class T = void>
using Result = std::expected<T, Error>;

template <ErrorCode E>
std::unexpected<Error> fail(E code, std::string message) {
    return std::unexpected<Error>{Error{code, std::move(message)}};
}

}  // namespace millrace::core
