// SPDX-License-Identifier: Apache-2.0
#include "email/send/mail_address.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace millrace::nodes {
namespace {

constexpr std::size_t local_max = 64;
constexpr std::size_t domain_max = 253;
constexpr std::size_t label_max = 63;
constexpr std::size_t name_max = 255;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// Calls `fits` with each part between dots; false where one does not fit.
template <class Fits>
bool all_parts(std::string_view text, Fits fits) {
    while (true) {
        const std::size_t dot = text.find('.');
        if (!fits(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

/// RFC 5321's Dot-string; quoted local parts are in use nowhere.
bool is_local_part(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
    return text.size() <= local_max && all_parts(text, [&](std::string_view part) {
               return !part.empty() && std::ranges::all_of(part, [&](char c) {
                   return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
               });
           });
}

bool is_domain(std::string_view text) {
    return text.size() <= domain_max && all_parts(text, [](std::string_view label) {
               return !label.empty() && label.size() <= label_max && label.front() != '-' &&
                      label.back() != '-' && std::ranges::all_of(label, [](char c) {
                          return is_alphanumeric(c) || c == '-';
                      });
           });
}

std::string address_mistake(std::string_view text) {
    const auto is_ascii = [](char c) { return c > ' ' && c <= '~'; };
    if (text.empty()) return "is empty";
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos) return "has no @";
    if (text.find(',') != std::string_view::npos) {
        return "has a comma; write several addresses as a list";
    }
    if (!std::ranges::all_of(text, is_ascii)) {
        return "has a space or a character beyond ASCII; write such domains in their xn-- form";
    }
    if (!is_local_part(text.substr(0, at))) return "is no address before its @";
    if (!is_domain(text.substr(at + 1))) return "has no domain behind its @";
    return {};
}

/// The name in front of an address, without its quotes.
std::string unquoted(std::string_view name) {
    if (name.size() < 2 || name.front() != '"' || name.back() != '"') return std::string{name};
    std::string text;
    for (std::size_t i = 1; i + 1 < name.size(); ++i) {
        if (name[i] == '\\' && i + 2 < name.size()) ++i;
        text += name[i];
    }
    return text;
}

}  // namespace

std::expected<engine::MailAddress, std::string> read_mail_address(std::string_view text) {
    // A line break would begin a header of the sender's choice.
    const auto is_control = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    };
    if (std::ranges::any_of(text, is_control)) {
        return std::unexpected{"has a line break or another control character"};
    }
    text = trim(text);
    engine::MailAddress read;
    std::string_view address = text;
    if (text.ends_with('>')) {
        const std::size_t open = text.rfind('<');
        if (open == std::string_view::npos) return std::unexpected{"has a > without its <"};
        address = text.substr(open + 1, text.size() - open - 2);
        read.name = unquoted(trim(text.substr(0, open)));
    }
    if (std::string mistake = address_mistake(address); !mistake.empty()) {
        return std::unexpected{std::move(mistake)};
    }
    if (read.name.size() > name_max) return std::unexpected{"has a name of more than 255 bytes"};
    read.address = address;
    return read;
}

}  // namespace millrace::nodes
