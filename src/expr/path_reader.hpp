// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "compile_error.hpp"
#include "millrace/core/value.hpp"

namespace millrace::expr {

/// Reads the words of a JSONPath query, one at a time, from valid UTF-8.
class PathReader {
public:
    template <class T>
    using Read = std::expected<T, CompileError>;

    explicit PathReader(std::string_view source) : source_{source} {}

    std::size_t at() const { return at_; }
    void go_to(std::size_t at) { at_ = at; }
    bool more() const { return at_ < source_.size(); }
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
    }
    std::string_view rest() const { return source_.substr(at_); }
    void skip_blanks();
    /// Goes past `text` if it is next.
    bool take(std::string_view text);

    bool at_digit() const { return peek() >= '0' && peek() <= '9'; }
    /// Could a member name in shorthand begin here?
    bool at_name() const;
    /// The member name in shorthand that begins here.
    std::string name();
    /// A function's name, or `true`, `false` or `null`; empty when none begins here.
    std::string_view word();
    /// The string literal whose quote is next.
    Read<std::string> text();
    /// An integer that an index or a slice may have: within 2^53-1 of 0.
    Read<std::int64_t> integer();
    /// A number as in JSON.
    Read<core::Value> number();

    CompileError error(std::string message) const {
        return {ExprErrc::syntax, at_, std::move(message)};
    }
    /// As messages show what is next.
    std::string found() const;

private:
    Read<void> escape(std::string& out, char quote);
    Read<char32_t> unicode_escape(std::size_t begin);
    Read<std::uint32_t> four_digits(std::size_t begin);

    std::string_view source_;
    std::size_t at_ = 0;
};

}  // namespace millrace::expr
