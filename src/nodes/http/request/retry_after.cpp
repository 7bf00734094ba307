// SPDX-License-Identifier: Apache-2.0
#include "http/request/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

namespace millrace::nodes {
namespace {

constexpr std::int64_t year_ms = 365LL * 24 * 3600 * 1000;

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t begin = text.find_first_not_of(" ,-");
        if (begin == std::string_view::npos) return words;
        text.remove_prefix(begin);
        const std::size_t end = std::min(text.find_first_of(" ,-"), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

std::optional<int> number_of(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size() && number >= 0;
    return whole ? std::optional{number} : std::nullopt;
}

std::string two_digits(int number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

std::optional<core::Time> time_of(std::string_view day, std::string_view month,
                                  std::string_view year, std::string_view clock) {
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto place = std::ranges::find(months, month);
    const std::optional<int> d = number_of(day);
    std::optional<int> y = number_of(year);
    if (place == months.end() || !d || !y || *d > 31 || *y > 9999) return std::nullopt;
    // RFC 850 has two digits; what could be far ahead or just past was written in our days.
    if (year.size() == 2) *y += *y < 70 ? 2000 : 1900;
    if (*y < 1970) return std::nullopt;
    const int m = static_cast<int>(place - months.begin()) + 1;
    return core::Time::parse(std::to_string(*y) + "-" + two_digits(m) + "-" + two_digits(*d) + "T" +
                             std::string{clock} + "Z");
}

}  // namespace

std::optional<core::Time> parse_http_date(std::string_view text) {
    const std::vector<std::string_view> words = words_of(text);
    // Sun, 06 Nov 1994 08:49:37 GMT, or Sunday, 06-Nov-94 08:49:37 GMT.
    if (words.size() == 6 && words[5] == "GMT") {
        return time_of(words[1], words[2], words[3], words[4]);
    }
    // Sun Nov  6 08:49:37 1994.
    if (words.size() == 5) return time_of(words[2], words[1], words[4], words[3]);
    return std::nullopt;
}

std::optional<std::int64_t> retry_after_ms(std::string_view retry_after, std::string_view date) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!retry_after.empty() && std::ranges::all_of(retry_after, is_digit)) {
        const std::optional<int> seconds = number_of(retry_after);
        return seconds ? std::min<std::int64_t>(std::int64_t{*seconds} * 1000, year_ms) : year_ms;
    }
    const std::optional<core::Time> then = parse_http_date(retry_after);
    const std::optional<core::Time> now = parse_http_date(date);
    if (!then || !now) return std::nullopt;
    return std::clamp<std::int64_t>((*then - *now).ms, 0, year_ms);
}

}  // namespace millrace::nodes
