// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace millrace::format {

namespace {

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_name_start(char c) {
    return is_lower(c) || is_upper(c) || c == '_';
}
bool is_name_char(char c) {
    return is_name_start(c) || is_digit(c);
}
bool is_id_char(char c) {
    return is_lower(c) || is_digit(c) || c == '-';
}
bool is_resource_char(char c) {
    return is_name_char(c) || c == '-' || c == '.';
}

}  // namespace

bool is_workflow_id(std::string_view text) {
    return !text.empty() && text.size() <= 63 && text[0] != '-' &&
           std::ranges::all_of(text, is_id_char);
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && is_name_start(text[0]) &&
           std::ranges::all_of(text, is_name_char);
}

bool is_type_name(std::string_view text) {
    if (text.empty() || text.size() > 128) return false;
    bool at_start = true;
    for (const char c : text) {
        const bool good = at_start ? is_name_start(c) : is_name_char(c) || c == '-' || c == '.';
        if (!good) return false;
        at_start = c == '.';
    }
    return !at_start;
}

bool is_error_code(std::string_view text) {
    return !text.empty() && text.size() <= 64 && is_lower(text[0]) &&
           std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

bool is_resource_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && is_name_char(text[0]) &&
           std::ranges::all_of(text, is_resource_char);
}

bool is_folder(std::string_view text) {
    while (true) {
        const std::size_t slash = text.find('/');
        const std::string_view part = text.substr(0, slash);
        if (part.empty() || part == "." || part == ".." || trimmed(part) != part) return false;
        if (slash == std::string_view::npos) return true;
        text.remove_prefix(slash + 1);
    }
}

std::string suggest_workflow_id(std::string_view text) {
    std::string id;
    for (char c : text) {
        if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
        if (!is_lower(c) && !is_digit(c)) c = '-';
        if (c == '-' && (id.empty() || id.back() == '-')) continue;
        if (id.size() < 63) id += c;
    }
    while (id.ends_with('-'))
        id.pop_back();
    return id;
}

std::string suggest_name(std::string_view text) {
    std::string name;
    for (char c : text) {
        if (!is_name_char(c)) c = '_';
        if (name.empty() && is_digit(c)) name += '_';
        if (c == '_' && (name.empty() || name.back() == '_')) continue;
        if (name.size() < 64) name += c;
    }
    while (name.ends_with('_'))
        name.pop_back();
    return name;
}

std::string suggest_resource_name(std::string_view text) {
    std::string name;
    for (char c : text) {
        if (!is_resource_char(c)) c = '-';
        if (!is_name_char(c) && (name.empty() || !is_name_char(name.back()))) continue;
        if (name.size() < 64) name += c;
    }
    while (!name.empty() && !is_name_char(name.back()))
        name.pop_back();
    return name;
}

std::optional<TypeRef> parse_type(std::string_view text) {
    const std::size_t at = text.find('@');
    TypeRef ref{std::string{text.substr(0, at)}, 1};
    if (!is_type_name(ref.type)) return std::nullopt;
    if (at == std::string_view::npos) return ref;
    const std::string_view version = text.substr(at + 1);
    const char* end = version.data() + version.size();
    const auto [rest, error] = std::from_chars(version.data(), end, ref.version);
    const bool good = error == std::errc{} && rest == end && !version.starts_with('0');
    return good ? std::optional{ref} : std::nullopt;
}

std::optional<core::PortRef> parse_port_ref(std::string_view text, std::string_view default_port) {
    const std::size_t point = text.find('.');
    core::PortRef ref{std::string{text.substr(0, point)}, std::string{default_port}};
    if (point != std::string_view::npos) ref.port = text.substr(point + 1);
    const bool good = is_name(ref.node) && is_name(ref.port);
    return good ? std::optional{ref} : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace millrace::format
