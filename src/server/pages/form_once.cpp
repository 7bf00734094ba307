// SPDX-License-Identifier: Apache-2.0
#include "pages/form_once.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <sodium/randombytes.h>
#include <sodium/utils.h>

namespace millrace::server {
namespace {

constexpr std::size_t random_bytes = 16;
/// Clocks that are set back, and no more.
constexpr core::Duration ahead_max{300'000};
constexpr core::Duration age_max{once_window.ms - ahead_max.ms};

}  // namespace

std::string new_once(core::Time now) {
    std::array<unsigned char, random_bytes> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    std::array<char, 2 * random_bytes + 1> digits{};
    sodium_bin2hex(digits.data(), digits.size(), bytes.data(), bytes.size());
    return std::to_string(now.ms) + "-" + digits.data();
}

std::optional<core::Time> read_once(std::string_view once, core::Time now) {
    core::Time at;
    const auto [end, error] = std::from_chars(once.data(), once.data() + once.size(), at.ms);
    if (error != std::errc{}) return std::nullopt;
    const std::string_view random = once.substr(static_cast<std::size_t>(end - once.data()));
    const bool has_form = random.size() == 1 + 2 * random_bytes && random.front() == '-' &&
                          random.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
    if (!has_form || at + age_max < now || now + ahead_max < at) return std::nullopt;
    return at;
}

}  // namespace millrace::server
