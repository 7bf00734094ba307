// SPDX-License-Identifier: Apache-2.0
#include "path_reader.hpp"

#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"
#include "numeric_text.hpp"
#include "utf16.hpp"

namespace millrace::expr {

namespace {

constexpr std::int64_t integer_max = (std::int64_t{1} << 53) - 1;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_name_start(char c) {
    return is_lower(c) || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) > 127;
}
bool is_high_surrogate(std::uint32_t unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low_surrogate(std::uint32_t unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

}  // namespace

void PathReader::skip_blanks() {
    while (more() && std::string_view{" \t\n\r"}.contains(peek()))
        ++at_;
}

bool PathReader::take(std::string_view text) {
    if (!rest().starts_with(text)) return false;
    at_ += text.size();
    return true;
}

bool PathReader::at_name() const {
    return more() && is_name_start(peek());
}

std::string PathReader::name() {
    const std::size_t begin = at_;
    while (more() && (is_name_start(peek()) || is_digit(peek())))
        ++at_;
    return std::string{source_.substr(begin, at_ - begin)};
}

std::string_view PathReader::word() {
    const std::size_t begin = at_;
    if (!is_lower(peek())) return {};
    while (is_lower(peek()) || is_digit(peek()) || peek() == '_')
        ++at_;
    return source_.substr(begin, at_ - begin);
}

std::string PathReader::found() const {
    if (!more()) return "the end of the path";
    const Decoded next = decode_first(rest());
    std::string text;
    core::append_json_string(text, rest().substr(0, next.size));
    return text;
}

PathReader::Read<std::string> PathReader::text() {
    const std::size_t begin = at_;
    const char quote = source_[at_++];
    std::string out;
    while (true) {
        if (!more()) {
            return refuse(ExprErrc::syntax, begin,
                          "the string is never closed; add " + std::string(1, quote));
        }
        const char c = peek();
        if (c == quote) break;
        if (static_cast<unsigned char>(c) < 0x20) {
            return std::unexpected{error(
                "a control character must be escaped in a string; write \\n, \\t or \\u00XX")};
        }
        if (c == '\\') {
            if (auto ok = escape(out, quote); !ok) return std::unexpected{ok.error()};
        } else {
            out += c;
            ++at_;
        }
    }
    ++at_;
    return out;
}

PathReader::Read<void> PathReader::escape(std::string& out, char quote) {
    const std::size_t begin = at_++;
    const char c = peek();
    if (c == 'u') {
        ++at_;
        const Read<char32_t> code_point = unicode_escape(begin);
        if (!code_point) return std::unexpected{code_point.error()};
        append_code_point(out, *code_point);
        return {};
    }
    constexpr std::string_view written = "bfnrt/\\";
    constexpr std::string_view meant = "\b\f\n\r\t/\\";
    const std::size_t which = c == '\0' ? std::string_view::npos : written.find(c);
    if (which == std::string_view::npos && c != quote) {
        std::string message =
            "no escape in this string; use \\b \\f \\n \\r \\t \\/ \\\\ \\? or \\uXXXX";
        message[message.find('?')] = quote;
        return refuse(ExprErrc::syntax, begin, std::move(message));
    }
    out += which == std::string_view::npos ? quote : meant[which];
    ++at_;
    return {};
}

PathReader::Read<std::uint32_t> PathReader::four_digits(std::size_t begin) {
    std::uint32_t unit = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
        const unsigned digit = more() ? digit_value(peek()) : 36;
        if (digit >= 16) {
            return refuse(ExprErrc::syntax, begin, "\\u needs four hexadecimal digits");
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

PathReader::Read<char32_t> PathReader::unicode_escape(std::size_t begin) {
    const Read<std::uint32_t> first = four_digits(begin);
    if (!first) return std::unexpected{first.error()};
    if (!is_high_surrogate(*first) && !is_low_surrogate(*first)) return *first;
    if (is_high_surrogate(*first) && take("\\u")) {
        const Read<std::uint32_t> second = four_digits(begin);
        if (!second) return std::unexpected{second.error()};
        if (is_low_surrogate(*second)) {
            return 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00);
        }
    }
    return refuse(ExprErrc::syntax, begin,
                  "half of a surrogate pair; write both halves, such as \\uD83D\\uDE00");
}

PathReader::Read<std::int64_t> PathReader::integer() {
    const std::size_t begin = at_;
    take("-");
    const std::size_t digits = at_;
    while (at_digit())
        ++at_;
    const std::string_view text = source_.substr(begin, at_ - begin);
    const std::string_view magnitude = source_.substr(digits, at_ - digits);
    if (magnitude.empty()) {
        return refuse(ExprErrc::syntax, begin, "expected digits after \"-\"");
    }
    if (text == "-0" || (magnitude.size() > 1 && magnitude.starts_with('0'))) {
        return refuse(ExprErrc::syntax, begin, "an index is written without leading zeros or -0");
    }
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || value > integer_max || value < -integer_max) {
        return refuse(ExprErrc::syntax, begin,
                      "an index lies within 9007199254740991 of 0, in either direction");
    }
    return value;
}

PathReader::Read<core::Value> PathReader::number() {
    const std::size_t begin = at_;
    const auto is_part = [](char c) {
        return is_digit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
    };
    while (more() && is_part(peek()))
        ++at_;
    const std::string_view text = source_.substr(begin, at_ - begin);
    std::optional<core::Value> value = core::parse_number(text);
    if (!value) {
        return refuse(ExprErrc::syntax, begin,
                      std::string{text} + " is no number as JSON has them, such as -1.5e3");
    }
    return *std::move(value);
}

}  // namespace millrace::expr
