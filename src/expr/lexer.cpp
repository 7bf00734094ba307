// SPDX-License-Identifier: Apache-2.0
#include "lexer.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "literals.hpp"
#include "numeric_text.hpp"
#include "utf16.hpp"

namespace millrace::expr {

namespace {

using Kind = Token::Kind;

// Longer ones first, so that the first match is the longest.
constexpr std::array<std::string_view, 58> punctuators{
    ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "?\?=", "=>",
    "==",   "!=",  "<=",  ">=",  "&&",  "||",  "??",  "?.",  "++",  "--",  "+=",   "-=",
    "*=",   "/=",  "%=",  "&=",  "|=",  "^=",  "<<",  ">>",  "**",  "{",   "}",    "(",
    ")",    "[",   "]",   ";",   ",",   "<",   ">",   "+",   "-",   "*",   "/",    "%",
    "&",    "|",   "^",   "!",   "~",   "?",   ":",   "=",   ".",   "#"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

class Lexer {
public:
    Lexer(std::string_view source, std::size_t offset, bool embedded)
        : source_{source}, start_{offset}, at_{offset}, embedded_{embedded} {}

    std::expected<std::vector<Token>, CompileError> run();

private:
    using Step = std::expected<void, CompileError>;

    bool more() const { return at_ < source_.size(); }
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
    }
    std::string_view rest() const { return source_.substr(at_); }

    Step skip_space();
    Step next();
    Step lex_string(char quote);
    Step lex_template(Kind kind);
    Step lex_punctuator();
    bool operand_ended() const;
    void push(Kind kind, std::size_t begin, std::string text = {}) {
        tokens_.push_back(Token{.kind = kind, .begin = begin, .end = at_, .text = std::move(text)});
    }

    std::string_view source_;
    std::size_t start_;
    std::size_t at_;
    bool embedded_;
    bool done_ = false;
    std::vector<char> braces_;  // '{' of an object, '`' of a template literal's expression
    std::vector<Token> tokens_;
};

std::expected<std::vector<Token>, CompileError> Lexer::run() {
    while (true) {
        if (auto ok = skip_space(); !ok) return std::unexpected{ok.error()};
        if (at_ - start_ > source_bytes_max) {
            return refuse(ExprErrc::limit, start_,
                          "the expression is longer than 64 KiB; split it over several nodes");
        }
        if (!more()) break;
        if (auto ok = next(); !ok) return std::unexpected{ok.error()};
        if (done_) break;
    }
    if (!braces_.empty() && braces_.back() == '`') {
        return refuse(ExprErrc::syntax, at_, "a template literal ends early; add \"}`\"");
    }
    push(Kind::end, at_);
    return std::move(tokens_);
}

std::expected<void, CompileError> Lexer::skip_space() {
    while (more()) {
        if (rest().starts_with("//")) {
            while (more() && peek() != '\n' && peek() != '\r')
                ++at_;
        } else if (rest().starts_with("/*")) {
            const std::size_t close = source_.find("*/", at_ + 2);
            if (close == std::string_view::npos) {
                return refuse(ExprErrc::syntax, at_, "the comment is never closed; add \"*/\"");
            }
            at_ = close + 2;
        } else {
            const auto [code_point, size] = decode_first(rest());
            if (!is_js_space(code_point)) return {};
            at_ += size;
        }
    }
    return {};
}

std::expected<void, CompileError> Lexer::next() {
    const std::size_t begin = at_;
    const char c = peek();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
        auto token = lex_number(source_, at_);
        if (!token) return std::unexpected{token.error()};
        at_ = token->end;
        tokens_.push_back(*std::move(token));
        return {};
    }
    if (c == '"' || c == '\'') return lex_string(c);
    if (c == '`') return lex_template(Kind::template_start);
    if (const std::size_t size = name_size(rest()); size != 0) {
        at_ += size;
        push(Kind::identifier, begin, std::string{source_.substr(begin, size)});
        return {};
    }
    return lex_punctuator();
}

std::expected<void, CompileError> Lexer::lex_string(char quote) {
    const std::size_t begin = at_++;
    std::string value;
    while (peek() != quote || !more()) {
        if (!more() || peek() == '\n' || peek() == '\r') {
            return refuse(ExprErrc::syntax, begin,
                          std::string{"the string is never closed; add "} + quote);
        }
        if (peek() == '\\') {
            const auto next = append_escape(value, source_, at_);
            if (!next) return std::unexpected{next.error()};
            at_ = *next;
        } else {
            value.push_back(source_[at_++]);
        }
    }
    ++at_;
    push(Kind::string, begin, std::move(value));
    return {};
}

// From the opening back quote, or from the `}` that ends an expression in it.
std::expected<void, CompileError> Lexer::lex_template(Kind kind) {
    const std::size_t begin = at_++;
    std::string value;
    while (true) {
        if (!more()) {
            return refuse(ExprErrc::syntax, begin, "the template literal is never closed; add `");
        }
        if (peek() == '`' || rest().starts_with("${")) break;
        if (peek() == '\\') {
            const auto next = append_escape(value, source_, at_);
            if (!next) return std::unexpected{next.error()};
            at_ = *next;
        } else if (peek() == '\r') {  // CR and CRLF count as LF here
            at_ += peek(1) == '\n' ? 2 : 1;
            value.push_back('\n');
        } else {
            value.push_back(source_[at_++]);
        }
    }
    const bool expression_follows = peek() == '$';
    at_ += expression_follows ? 2 : 1;
    if (expression_follows) braces_.push_back('`');
    push(kind, begin, std::move(value));
    tokens_.back().more = expression_follows;
    return {};
}

// Whether a `/` here divides, or else starts a regular expression.
bool Lexer::operand_ended() const {
    if (tokens_.empty()) return false;
    const Token& last = tokens_.back();
    switch (last.kind) {
        case Kind::identifier:
        case Kind::number:
        case Kind::bigint:
        case Kind::string: return true;
        case Kind::template_start:
        case Kind::template_next: return !last.more;
        case Kind::punctuator: return last.is(")") || last.is("]") || last.is("}");
        case Kind::end: return false;
    }
    return false;
}

std::expected<void, CompileError> Lexer::lex_punctuator() {
    const std::size_t begin = at_;
    const auto* match = std::ranges::find_if(
        punctuators, [&](std::string_view text) { return rest().starts_with(text); });
    if (match == punctuators.end()) {
        const std::string_view character = rest().substr(0, decode_first(rest()).size);
        if (character == "\\") return needs_sandbox(begin, "an escape in a name");
        return refuse(ExprErrc::syntax, begin,
                      "unexpected \"" + std::string{character} + "\"; remove it");
    }
    std::string_view text = *match;
    // `a?.5:b` is a condition.
    if (text == "?." && is_digit(peek(2))) text = "?";
    if (text.starts_with('/') && !operand_ended()) {
        return needs_sandbox(begin, "a regular expression literal");
    }
    if (text == "{") braces_.push_back('{');
    if (text == "}") {
        if (braces_.empty() && embedded_) {
            done_ = true;
            return {};
        }
        if (!braces_.empty()) {
            const char opened = braces_.back();
            braces_.pop_back();
            if (opened == '`') return lex_template(Kind::template_next);
        }
    }
    at_ += text.size();
    push(Kind::punctuator, begin, std::string{text});
    return {};
}

}  // namespace

std::expected<std::vector<Token>, CompileError> lex(std::string_view source, std::size_t offset,
                                                    bool embedded) {
    return Lexer{source, offset, embedded}.run();
}

}  // namespace millrace::expr
