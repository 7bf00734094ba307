// SPDX-License-Identifier: Apache-2.0
#include "schema_formats.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"

namespace millrace::format {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_date_time(std::string_view text) {
    return core::Time::parse(text).has_value();
}

bool is_date(std::string_view text) {
    return text.size() == 10 && is_date_time(std::string{text} + "T00:00:00Z");
}

bool is_time(std::string_view text) {
    // A leap second ends a June or a December; without a date it is let through.
    std::string seconds{text};
    if (seconds.size() > 8 && seconds.substr(6, 2) == "60") seconds.replace(6, 2, "59");
    return is_date_time("2000-01-01T" + seconds);
}

bool is_hostname(std::string_view text) {
    if (text.empty() || text.size() > 253) return false;
    std::size_t label = 0;
    char last = '.';
    for (const char c : text) {
        if (c == '.') {
            if (label == 0 || last == '-') return false;
            label = 0;
        } else {
            if (!is_letter(c) && !is_digit(c) && (c != '-' || label == 0)) return false;
            if (++label > 63) return false;
        }
        last = c;
    }
    return last != '.' && last != '-';
}

bool is_email(std::string_view text) {
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos || at == 0 || at > 64) return false;
    const std::string_view local = text.substr(0, at);
    constexpr std::string_view marks = "!#$%&'*+/=?^_`{|}~.-";
    const bool good = std::ranges::all_of(local, [&](char c) {
        return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
               marks.find(c) != std::string_view::npos;
    });
    const bool points = !local.starts_with('.') && !local.ends_with('.') &&
                        local.find("..") == std::string_view::npos;
    return good && points && is_hostname(text.substr(at + 1));
}

bool is_address(int family, std::string_view text) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    // A NUL inside would end the text early.
    return text.find('\0') == std::string_view::npos &&
           inet_pton(family, std::string{text}.c_str(), address.data()) == 1;
}

bool is_uri(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is_letter(text[0])) return false;
    const bool scheme = std::ranges::all_of(text.substr(0, colon), [](char c) {
        return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    });
    constexpr std::string_view marks = "-._~:/?#[]@!$&'()*+,;=%";
    const bool rest = std::ranges::all_of(text.substr(colon + 1), [&](char c) {
        return is_letter(c) || is_digit(c) || marks.find(c) != std::string_view::npos;
    });
    return scheme && rest;
}

}  // namespace

bool keeps_format(std::string_view format, std::string_view text) {
    if (format == "date-time") return is_date_time(text);
    if (format == "date") return is_date(text);
    if (format == "time") return is_time(text);
    if (format == "email") return is_email(text);
    if (format == "hostname") return is_hostname(text);
    if (format == "ipv4") return is_address(AF_INET, text);
    if (format == "ipv6") return is_address(AF_INET6, text);
    if (format == "uri") return is_uri(text);
    if (format == "uuid") return core::Uuid::parse(text).has_value();
    return true;
}

}  // namespace millrace::format
