// SPDX-License-Identifier: Apache-2.0
#include "http/request/url_text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"
#include "millrace/core/percent.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

std::optional<std::string> scalar_text(const Value& value) {
    if (value.is_string()) return std::string{value.as_string()};
    if (value.is_bool()) return value.as_bool() ? "true" : "false";
    if (value.is_integer()) return core::number_text(value.as_integer());
    if (value.is_number()) return core::number_text(value.as_double());
    return std::nullopt;
}

}  // namespace

std::string url_mistake(std::string_view url) {
    if (url.empty()) return "is empty";
    const std::size_t colon = url.find("://");
    if (colon == std::string_view::npos) return "has no scheme; begin with http:// or https://";
    const std::string scheme = lower(url.substr(0, colon));
    if (scheme != "http" && scheme != "https") {
        return "begins with " + scheme + "://; only http:// and https:// are supported";
    }
    const auto is_blank = [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) == 0x7f;
    };
    if (std::ranges::any_of(url, is_blank)) {
        return "contains a space or control character; put parameters under `query`, which encodes "
               "them";
    }
    const std::string_view rest = url.substr(colon + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    if (authority.empty()) return "has no host";
    if (authority.find('@') != std::string_view::npos) {
        return "contains a user name or password; send an authorization header instead";
    }
    return {};
}

std::expected<std::string, std::string> form_encoded(const Value& members) {
    std::string query;
    const auto append = [&query](std::string_view key, const Value& value) {
        if (value.is_null()) return true;
        const std::optional<std::string> text = scalar_text(value);
        if (!text) return false;
        query += query.empty() ? "" : "&";
        query += core::percent_encoded(key) + "=" + core::percent_encoded(*text);
        return true;
    };
    for (const core::Member& member : members.as_object()) {
        const auto add = [&](const Value& value) { return append(member.key, value); };
        const bool added = member.value.is_array()
                               ? std::ranges::all_of(member.value.as_array(), add)
                               : add(member.value);
        if (!added) return std::unexpected{member.key};
    }
    return query;
}

std::string with_query(std::string_view url, std::string_view query) {
    if (query.empty()) return std::string{url};
    const std::size_t fragment = std::min(url.find('#'), url.size());
    std::string result{url.substr(0, fragment)};
    const std::size_t mark = result.find('?');
    if (mark == std::string::npos) {
        result += '?';
    } else if (mark + 1 != result.size() && !result.ends_with('&')) {
        result += '&';
    }
    return result.append(query).append(url.substr(fragment));
}

std::string_view without_query(std::string_view url) {
    return url.substr(0, url.find_first_of("?#"));
}

}  // namespace millrace::nodes
