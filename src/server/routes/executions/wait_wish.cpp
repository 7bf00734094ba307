// SPDX-License-Identifier: Apache-2.0
#include "routes/executions/wait_wish.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::server {
namespace {

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The seconds of `wait=30` among preferences such as `respond-async, wait=30; q=1`.
std::optional<std::int64_t> preferred_seconds(std::string_view preferences) {
    constexpr std::string_view name = "wait=";
    constexpr std::int64_t seconds_max = 1'000'000;
    while (!preferences.empty()) {
        const std::size_t end = std::min(preferences.find(','), preferences.size());
        std::string_view one = preferences.substr(0, end);
        preferences.remove_prefix(std::min(end + 1, preferences.size()));
        one = trimmed(one.substr(0, one.find(';')));
        if (!one.starts_with(name)) continue;
        const std::string_view number = one.substr(name.size());
        std::int64_t seconds = 0;
        const char* const last = number.data() + number.size();
        const auto [stop, error] = std::from_chars(number.data(), last, seconds);
        if (error == std::errc{} && stop == last && seconds >= 0)
            return std::min(seconds, seconds_max);
    }
    return std::nullopt;
}

}  // namespace

std::expected<WaitWish, Problem> read_wait_wish(const Request& request, core::Duration wait_max) {
    if (const std::string* const text = request.query_value("wait")) {
        const auto wait = core::parse_duration(*text);
        if (!wait) {
            return std::unexpected(
                problem("bad_request", "query parameter wait: " + wait.error().message()));
        }
        return WaitWish{std::clamp(*wait, core::Duration{0}, wait_max), {}};
    }
    const auto seconds = preferred_seconds(request.header("Prefer"));
    if (!seconds) return WaitWish{};
    return WaitWish{std::min(core::Duration{*seconds * 1'000}, wait_max),
                    "wait=" + std::to_string(*seconds)};
}

}  // namespace millrace::server
