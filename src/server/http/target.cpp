// SPDX-License-Identifier: Apache-2.0
#include "http/target.hpp"

#include <algorithm>
#include <utility>

#include "http/text.hpp"
#include "millrace/core/utf8.hpp"

namespace millrace::server {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_plain(char c) {
    return c > 0x20 && c < 0x7f;
}

std::expected<void, std::string> read_query(std::string_view text, Request& request) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('&'), text.size());
        const std::string_view pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = decode_percent(pair.substr(0, equals), true);
        if (!name) return std::unexpected{"a name in the query " + name.error()};
        auto value = decode_percent(pair.substr(std::min(equals + 1, pair.size())), true);
        if (!value) return std::unexpected{"query parameter '" + *name + "' " + value.error()};
        request.query.emplace_back(std::move(*name), std::move(*value));
    }
    return {};
}

std::expected<void, std::string> read_path(std::string_view text, Request& request) {
    request.path.clear();
    request.segments.clear();
    text.remove_prefix(1);
    if (text.empty()) {
        request.path = "/";
        return {};
    }
    for (bool is_last = false; !is_last;) {
        const std::size_t end = text.find('/');
        is_last = end == std::string_view::npos;
        auto segment = decode_percent(text.substr(0, end), false);
        if (!segment) return std::unexpected{"the path " + segment.error()};
        request.path.append("/").append(*segment);
        request.segments.push_back(std::move(*segment));
        if (!is_last) text.remove_prefix(end + 1);
    }
    return {};
}

}  // namespace

std::expected<std::string, std::string> decode_percent(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        char c = text[at];
        if (c == '%') {
            const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
            const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
            if (high < 0 || low < 0) {
                return std::unexpected{"has a '%' without two hexadecimal digits; write it as %25"};
            }
            c = static_cast<char>(high * 16 + low);
            at += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (is_control(c)) return std::unexpected{"holds a control character"};
        out.push_back(c);
    }
    if (!core::is_valid_utf8(out)) return std::unexpected{"is not UTF-8"};
    return out;
}

std::string_view path_for_logs(std::string_view path) {
    std::size_t end = path.size();
    for (const std::string_view folder : {"/wait", "/~test"}) {
        for (std::size_t at = 0; at + folder.size() < end; ++at) {
            if (!equal_ignoring_case(path.substr(at, folder.size()), folder)) continue;
            // A slash that was encoded once too often is one, too.
            const char next = path[at + folder.size()];
            if (next == '/' || next == '%') end = at + folder.size() + 1;
        }
    }
    return path.substr(0, end);
}

std::expected<void, std::string> read_target(std::string_view target, Request& request) {
    target = target.substr(0, target.find('#'));
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
        target.remove_prefix(scheme.size());
        const std::size_t end = std::min(target.find_first_of("/?"), target.size());
        if (end == 0) return std::unexpected{"the request target names no host"};
        if (!std::ranges::all_of(target.substr(0, end), is_plain)) {
            return std::unexpected{"the request target names a host that is not ASCII"};
        }
        request.headers.set("Host", std::string{target.substr(0, end)});
        target.remove_prefix(end);
        if (target.empty() || target.front() == '?') {
            request.path = "/";
            return target.empty() ? std::expected<void, std::string>{}
                                  : read_query(target.substr(1), request);
        }
        break;
    }
    if (target == "*") {
        request.path = "*";
        return {};
    }
    if (target.empty() || target.front() != '/') {
        return std::unexpected{"the request target must begin with '/'"};
    }
    const std::size_t question = std::min(target.find('?'), target.size());
    if (auto path = read_path(target.substr(0, question), request); !path) return path;
    return read_query(target.substr(std::min(question + 1, target.size())), request);
}

}  // namespace millrace::server
