// SPDX-License-Identifier: Apache-2.0
#include "literals.hpp"

#include <optional>

#include "numeric_text.hpp"
#include "utf16.hpp"

namespace millrace::expr {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// ASCII exactly as in ECMAScript. Beyond it, without Unicode's tables, everything but spaces,
// punctuation, symbols and emoji: a superset of ID_Continue.
bool is_name_part(char32_t c) {
    if (c < 0x80) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '$';
    }
    if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA;
    const bool symbol = c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x206F) ||
                        (c >= 0x20A0 && c <= 0x20CF) || (c >= 0x2190 && c <= 0x2BFF) ||
                        (c >= 0x3000 && c <= 0x3004) || (c >= 0x3008 && c <= 0x3020) ||
                        (c >= 0xE000 && c <= 0xF8FF) || (c >= 0xFE00 && c <= 0xFE1F) ||
                        (c >= 0xFFF0 && c <= 0xFFFF) || (c >= 0x1F000 && c <= 0x1FAFF);
    return !symbol && !is_js_space(c);
}

/// Digits of the radix with single `_` between them, which are dropped.
class DigitReader {
public:
    DigitReader(std::string_view source, std::size_t offset) : source_{source}, at{offset} {}

    /// False when a separator does not stand between two digits.
    bool read(unsigned radix) {
        bool after_digit = false;
        while (at < source_.size()) {
            if (source_[at] == '_') {
                if (!after_digit || at + 1 >= source_.size() ||
                    digit_value(source_[at + 1]) >= radix) {
                    return false;
                }
                after_digit = false;
            } else if (digit_value(source_[at]) < radix) {
                text.push_back(source_[at]);
                after_digit = true;
            } else {
                break;
            }
            ++at;
        }
        return true;
    }
    char peek() const { return at < source_.size() ? source_[at] : '\0'; }
    void keep() { text.push_back(source_[at++]); }

private:
    std::string_view source_;

public:
    std::size_t at;
    std::string text;
};

unsigned radix_of(std::string_view text) {
    if (text.size() < 2 || text[0] != '0') return 10;
    switch (text[1] | 0x20) {
        case 'x': return 16;
        case 'o': return 8;
        case 'b': return 2;
    }
    return 10;
}

// Reads digits, fraction and exponent; tells whether it was all digits. False: a bad separator.
bool read_decimal(DigitReader& reader, bool& whole) {
    whole = true;
    if (reader.peek() != '.' && !reader.read(10)) return false;
    if (reader.peek() == '.') {
        whole = false;
        reader.keep();
        if (is_digit(reader.peek()) && !reader.read(10)) return false;
        if (reader.peek() == '_') return false;
    }
    if (reader.peek() == 'e' || reader.peek() == 'E') {
        whole = false;
        reader.keep();
        if (reader.peek() == '+' || reader.peek() == '-') reader.keep();
        if (!reader.read(10)) return false;
    }
    return true;
}

std::expected<Token, CompileError> finish_number(Token token, std::string_view source,
                                                 const DigitReader& reader, unsigned radix,
                                                 bool whole) {
    const auto value = radix == 10 ? parse_decimal(reader.text) : parse_radix(reader.text, radix);
    if (!value) return refuse(ExprErrc::syntax, token.begin, "the number lacks digits; add them");
    token.end = reader.at;
    token.number = *value;
    token.kind = Token::Kind::number;
    if (reader.peek() == 'n' && whole) {
        const auto big = parse_big_digits(reader.text, radix, false);
        if (!big || big->beyond != 0) {
            return refuse(ExprErrc::limit, token.begin,
                          "BigInts end at 9223372036854775807 here; use a smaller one");
        }
        token.kind = Token::Kind::bigint;
        token.integer = big->value;
        ++token.end;
    }
    const std::string_view rest = source.substr(token.end);
    if (name_size(rest) != 0 || (!rest.empty() && is_digit(rest.front()))) {
        return refuse(ExprErrc::syntax, token.end,
                      "a name follows the number directly; put an operator between them");
    }
    return token;
}

std::optional<char32_t> hex_digits(std::string_view text) {
    char32_t value = 0;
    for (const char c : text) {
        const unsigned digit = digit_value(c);
        if (digit >= 16 || value > 0x10FFFF) return std::nullopt;
        value = value << 4 | digit;
    }
    return text.empty() || value > 0x10FFFF ? std::nullopt : std::optional{value};
}

// \xHH, \uHHHH or \u{H…}
std::expected<std::size_t, CompileError> append_hex_escape(std::string& out,
                                                           std::string_view source,
                                                           std::size_t offset) {
    std::size_t begin = offset + 2;
    std::size_t size = source[offset + 1] == 'x' ? 2 : 4;
    std::size_t next = begin + size;
    if (size == 4 && begin < source.size() && source[begin] == '{') {
        const std::size_t close = source.find('}', ++begin);
        size = close == std::string_view::npos ? 0 : close - begin;
        next = begin + size + 1;
    }
    const bool whole = size != 0 && begin + size <= source.size();
    const auto code_point = whole ? hex_digits(source.substr(begin, size)) : std::nullopt;
    if (!code_point) {
        return refuse(ExprErrc::syntax, offset,
                      "a bad escape; write \\x41, \\u0041 or \\u{1F600} with hexadecimal digits");
    }
    std::string text;
    append_code_point(text, *code_point);
    append_wtf8(out, text);
    return next;
}

}  // namespace

std::size_t name_size(std::string_view text) {
    if (text.empty() || is_digit(text.front())) return 0;
    std::size_t size = 0;
    while (size < text.size()) {
        const Decoded next = decode_first(text.substr(size));
        if (!is_name_part(next.code_point)) break;
        size += next.size;
    }
    return size;
}

std::expected<Token, CompileError> lex_number(std::string_view source, std::size_t offset) {
    Token token{.begin = offset};
    const unsigned radix = radix_of(source.substr(offset));
    DigitReader reader{source, radix == 10 ? offset : offset + 2};
    bool whole = true;
    const bool separated = radix == 10 ? read_decimal(reader, whole) : reader.read(radix);
    if (!separated) {
        return refuse(ExprErrc::syntax, reader.at,
                      "\"_\" may only stand between two digits of a number; remove it");
    }
    const std::string_view spelled = source.substr(offset, reader.at - offset);
    if (radix == 10 && spelled.size() > 1 && spelled[0] == '0' &&
        (is_digit(spelled[1]) || spelled[1] == '_')) {
        return refuse(ExprErrc::syntax, offset,
                      "a number can't begin with 0; remove it, or write 0o17 for octal");
    }
    return finish_number(std::move(token), source, reader, radix, whole);
}

std::expected<std::size_t, CompileError> append_escape(std::string& out, std::string_view source,
                                                       std::size_t offset) {
    const std::string_view rest = source.substr(offset + 1);
    if (rest.empty()) return refuse(ExprErrc::syntax, offset, "the string ends in a \"\\\"");
    switch (rest.front()) {
        case 'n': out.push_back('\n'); return offset + 2;
        case 't': out.push_back('\t'); return offset + 2;
        case 'r': out.push_back('\r'); return offset + 2;
        case 'b': out.push_back('\b'); return offset + 2;
        case 'f': out.push_back('\f'); return offset + 2;
        case 'v': out.push_back('\v'); return offset + 2;
        case 'x':
        case 'u': return append_hex_escape(out, source, offset);
        case '\n': return offset + 2;
        case '\r': return offset + (rest.starts_with("\r\n") ? 3 : 2);
        default: break;
    }
    if (is_digit(rest.front())) {
        if (rest.front() != '0' || (rest.size() > 1 && is_digit(rest[1]))) {
            return refuse(ExprErrc::syntax, offset, "octal escapes are gone; write \\x01");
        }
        out.push_back('\0');
        return offset + 2;
    }
    const Decoded next = decode_first(rest);
    // A backslash before a line or paragraph separator joins the lines.
    if (next.code_point != 0x2028 && next.code_point != 0x2029) {
        out.append(rest.substr(0, next.size));
    }
    return offset + 1 + next.size;
}

}  // namespace millrace::expr
