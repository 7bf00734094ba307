// SPDX-License-Identifier: Apache-2.0
#include "mail/mail_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "millrace/core/json.hpp"

namespace millrace::runtime {
namespace {

constexpr std::string_view fold = "\r\n ";
constexpr std::size_t line_max = 76;
constexpr std::string_view hex = "0123456789ABCDEF";

bool is_printable_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::string two_digits(int number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

/// The longest beginning of at most `bytes` that does not cut a UTF-8 character.
std::size_t whole_characters(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text.size();
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80)
        --bytes;
    return bytes;
}

/// Encoded words of at most 75 characters each.
std::string encoded_words(std::string_view text) {
    constexpr std::size_t bytes_each = 45;
    std::string words;
    while (!text.empty()) {
        const std::size_t size = std::max<std::size_t>(1, whole_characters(text, bytes_each));
        if (!words.empty()) words += fold;
        words += "=?UTF-8?B?" + core::base64(text.substr(0, size)) + "?=";
        text.remove_prefix(size);
    }
    return words;
}

/// Breaks at spaces, so that no line grows beyond what servers take.
std::string folded(std::string_view text) {
    std::string lines;
    std::size_t used = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' ', 1), text.size());
        if (used > 0 && used + end > line_max && text.front() == ' ') {
            lines += "\r\n";
            used = 0;
        }
        lines.append(text.substr(0, end));
        used += end;
        text.remove_prefix(end);
    }
    return lines;
}

std::string display_name(std::string_view name) {
    if (!is_printable_ascii(name)) return encoded_words(name);
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "\"";
}

void append_hex(std::string& out, char mark, char c) {
    const auto byte = static_cast<unsigned char>(c);
    out += mark;
    out += hex[byte >> 4];
    out += hex[byte & 15];
}

}  // namespace

std::string mail_date(core::Time at) {
    using std::chrono::days;
    using std::chrono::floor;
    constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed",
                                                          "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::chrono::sys_time<std::chrono::milliseconds> instant{
        std::chrono::milliseconds{at.ms}};
    const auto day = floor<days>(instant);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{floor<std::chrono::seconds>(instant - day)};
    std::string text{weekdays[std::chrono::weekday{day}.c_encoding()]};
    text += ", " + two_digits(static_cast<int>(static_cast<unsigned>(date.day()))) + " ";
    text += months[static_cast<unsigned>(date.month()) - 1];
    text += " " + std::to_string(static_cast<int>(date.year())) + " ";
    text += two_digits(static_cast<int>(clock.hours().count())) + ":" +
            two_digits(static_cast<int>(clock.minutes().count())) + ":" +
            two_digits(static_cast<int>(clock.seconds().count())) + " +0000";
    return text;
}

std::string header_words(std::string_view text) {
    constexpr std::size_t word_max = 900;  // what cannot be folded must fit a line of 998
    if (!is_printable_ascii(text)) return encoded_words(text);
    std::size_t longest = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        longest = std::max(longest, end - at);
        at = end + 1;
    }
    // What looks like an encoded word would be read as one.
    const bool needs_encoding = longest > word_max || text.find("=?") != std::string_view::npos;
    return needs_encoding ? encoded_words(text) : folded(text);
}

std::string address_list(std::span<const engine::MailAddress> addresses) {
    std::string list;
    for (const engine::MailAddress& one : addresses) {
        if (!list.empty()) list += "," + std::string{fold};
        list += one.name.empty() ? one.address : display_name(one.name) + " <" + one.address + ">";
    }
    return list;
}

std::string header_parameter(std::string_view name, std::string_view value) {
    std::string parameter = ";" + std::string{fold} + std::string{name};
    if (is_printable_ascii(value)) {
        parameter += "=\"";
        for (const char c : value) {
            if (c == '"' || c == '\\') parameter += '\\';
            parameter += c;
        }
        return parameter + "\"";
    }
    parameter += "*=UTF-8''";
    for (const char c : value) {
        const bool stays = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        if (stays) {
            parameter += c;
        } else {
            append_hex(parameter, '%', c);
        }
    }
    return parameter;
}

std::string quoted_printable(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool pair = c == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        if (pair) continue;
        if (c == '\n' || c == '\r') {
            out += "\r\n";
            column = 0;
            continue;
        }
        const char next = i + 1 < text.size() ? text[i + 1] : '\n';
        const bool blank = c == ' ' || c == '\t';
        const bool plain =
            (c >= '!' && c <= '~' && c != '=') || (blank && next != '\n' && next != '\r');
        const std::size_t size = plain ? 1 : 3;
        if (column + size > line_max - 1) {
            out += "=\r\n";
            column = 0;
        }
        if (plain) {
            out += c;
        } else {
            append_hex(out, '=', c);
        }
        column += size;
    }
    return out;
}

std::string base64_lines(std::string_view bytes) {
    constexpr std::size_t bytes_each = line_max / 4 * 3;
    std::string lines;
    lines.reserve(bytes.size() * 3 / 2);
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, bytes_each);
        lines += core::base64(piece);
        lines += "\r\n";
        bytes.remove_prefix(piece.size());
    }
    return lines;
}

}  // namespace millrace::runtime
