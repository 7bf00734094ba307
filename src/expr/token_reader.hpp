// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lexer.hpp"

namespace millrace::expr {

/// Walks over the tokens of one expression, which outlive it; the end is never passed.
class TokenReader {
public:
    explicit TokenReader(std::span<const Token> tokens) : tokens_{tokens} {}

    const Token& peek(std::size_t ahead = 0) const {
        return tokens_[at_ + ahead < tokens_.size() ? at_ + ahead : tokens_.size() - 1];
    }
    const Token& next() {
        const Token& token = peek();
        skip();
        return token;
    }
    void skip() {
        if (at_ + 1 < tokens_.size()) ++at_;
    }
    void back() { --at_; }
    std::size_t place() const { return at_; }
    void seek(std::size_t place) { at_ = place; }
    /// Skips one token, or all up to the bracket that closes it.
    void skip_balanced();
    bool take(std::string_view punctuator) {
        if (!peek().is(punctuator)) return false;
        skip();
        return true;
    }

    /// Of the token read last.
    std::size_t last_begin() const { return at_ == 0 ? 0 : tokens_[at_ - 1].begin; }
    std::size_t last_end() const { return at_ == 0 ? 0 : tokens_[at_ - 1].end; }

    /// Reads `.name`, `?.name`, `["name"]` or `?.["name"]`; nothing when something else follows.
    std::optional<std::string> static_step();
    /// Does a parameter list with `=>` begin here?
    bool is_arrow_function() const;
    /// Of the list that begins here: how many there are, and whether a rest parameter follows them.
    std::pair<std::uint32_t, bool> count_parameters() const;
    /// Says what is wrong with the next token, where no expression can continue with it.
    CompileError unexpected() const;

private:
    std::span<const Token> tokens_;
    std::size_t at_ = 0;
};

}  // namespace millrace::expr
