// SPDX-License-Identifier: Apache-2.0
#include "tracing/trace_context.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "http/text.hpp"

namespace millrace::server {
namespace {

constexpr std::size_t trace_digits = 32;
constexpr std::size_t span_digits = 16;
/// `00-` trace `-` span `-` flags
constexpr std::size_t parent_size = 3 + trace_digits + 1 + span_digits + 1 + 2;
/// What must be passed on at least, and is here passed on at most.
constexpr std::size_t state_bytes_max = 512;
constexpr std::size_t state_members_max = 32;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}
bool is_id(std::string_view text) {
    return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

/// `vendor` or `tenant@vendor`.
bool is_key(std::string_view key) {
    constexpr std::size_t key_max = 256;
    if (key.empty() || key.size() > key_max) return false;
    const auto is_part = [](std::string_view part, bool may_begin_with_digit) {
        if (part.empty()) return false;
        if (!is_lower(part[0]) && !(may_begin_with_digit && is_digit(part[0]))) return false;
        return std::ranges::all_of(part, [](char c) {
            return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
        });
    };
    const std::size_t at = key.find('@');
    if (at == std::string_view::npos) return is_part(key, true);
    constexpr std::size_t tenant_max = 241;
    constexpr std::size_t system_max = 14;
    return at <= tenant_max && key.size() - at - 1 <= system_max &&
           is_part(key.substr(0, at), true) && is_part(key.substr(at + 1), false);
}

bool is_state_value(std::string_view value) {
    constexpr std::size_t value_max = 256;
    if (value.empty() || value.size() > value_max || value.back() == ' ') return false;
    return std::ranges::all_of(
        value, [](char c) { return c >= 0x20 && c <= 0x7E && c != ',' && c != '='; });
}

/// Empty when it is not valid.
std::string checked_state(std::string_view state) {
    std::vector<std::string_view> members;
    std::set<std::string_view> keys;
    while (!state.empty()) {
        const std::string_view member = take_item(state, ',');
        if (member.empty()) continue;
        const std::size_t equals = member.find('=');
        if (equals == std::string_view::npos) return {};
        const std::string_view key = member.substr(0, equals);
        const bool is_valid = is_key(key) && is_state_value(member.substr(equals + 1)) &&
                              keys.insert(key).second && members.size() < state_members_max;
        if (!is_valid) return {};
        members.push_back(member);
    }
    std::string text;
    for (const std::string_view member : members) {
        // The newest come first; what is left out at the end is the oldest.
        if (text.size() + member.size() + 1 > state_bytes_max) break;
        if (!text.empty()) text += ',';
        text += member;
    }
    return text;
}

}  // namespace

std::optional<engine::TraceContext> read_trace_context(std::string_view parent,
                                                       std::string_view state) {
    if (parent.size() < parent_size) return std::nullopt;
    const std::string_view version = parent.substr(0, 2);
    if (!is_hex(version) || version == "ff") return std::nullopt;
    // A later version may say more behind a further dash; what comes before means the same.
    if (version == "00" && parent.size() != parent_size) return std::nullopt;
    if (parent.size() > parent_size && parent[parent_size] != '-') return std::nullopt;
    const std::size_t span_at = 3 + trace_digits + 1;
    const std::size_t flags_at = span_at + span_digits + 1;
    if (parent[2] != '-' || parent[span_at - 1] != '-' || parent[flags_at - 1] != '-')
        return std::nullopt;
    const std::string_view trace = parent.substr(3, trace_digits);
    const std::string_view span = parent.substr(span_at, span_digits);
    const std::string_view flags = parent.substr(flags_at, 2);
    if (!is_id(trace) || !is_id(span) || !is_hex(flags)) return std::nullopt;
    const char low = flags[1];
    const int bits = is_digit(low) ? low - '0' : low - 'a' + 10;
    return engine::TraceContext{.trace_id = std::string{trace},
                                .parent_span = std::string{span},
                                .state = checked_state(state),
                                .is_sampled = (bits & 1) != 0};
}

std::optional<engine::TraceContext> trace_of(const Request& request) {
    const std::string* parent = nullptr;
    std::string state;
    for (const auto& [name, value] : request.headers.all()) {
        if (equal_ignoring_case(name, "traceparent")) {
            // Two of them: nobody knows which is meant.
            if (parent != nullptr) return std::nullopt;
            parent = &value;
        } else if (equal_ignoring_case(name, "tracestate")) {
            if (!state.empty()) state += ',';
            state += value;
        }
    }
    return parent == nullptr ? std::nullopt : read_trace_context(*parent, state);
}

}  // namespace millrace::server
