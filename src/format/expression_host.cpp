// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/expression_host.hpp"

#include <date/tz.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <vector>

#include "millrace/core/problem.hpp"

namespace millrace::format {
namespace {

// Sorted. OpenSSL knows them by these names.
constexpr auto algorithms = std::to_array<std::string_view>(
    {"blake2b512", "md5", "sha1", "sha256", "sha3-256", "sha3-512", "sha384", "sha512"});

using Seconds = date::sys_seconds;

constexpr std::int64_t ms_per_second = 1'000;
constexpr std::int64_t seconds_per_day = 86'400;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
    return a / b - static_cast<std::int64_t>(a % b < 0);
}

/// Null when there is no such zone.
const date::time_zone* find_zone(std::string_view name) {
    try {
        return date::locate_zone(name);
    } catch (const std::exception&) {
        return nullptr;
    }
}

std::int64_t days_of(date::year_month_day day) {
    return date::sys_days{day}.time_since_epoch().count();
}

// Years as they are counted from March on: a leap day is the last of its year, so that years of
// which the first days fall on the same weekday are alike day by day.
std::int64_t first_of_march(std::int64_t year) {
    // The same in each period of 400 years, which has 146097 days.
    const std::int64_t period = floor_divide(year, 400);
    const auto within = static_cast<int>(year - period * 400);
    return period * 146'097 + days_of(date::year{within} / date::March / 1);
}

std::int64_t march_year_of(std::int64_t day) {
    std::int64_t year = 1970 + floor_divide(day * 400, 146'097);
    while (first_of_march(year) > day)
        --year;
    while (first_of_march(year + 1) <= day)
        ++year;
    return year;
}

// Zone files list the changes until 2037, and the library does not read the rule for what comes
// later. Where the changes go on to the end, they follow that rule in 2026 to 2036 already, and
// those years have all seven weekdays as the first of March.
constexpr std::int64_t listed_from = 2026;
constexpr std::int64_t listed_to = 2036;

Seconds listed_instant(Seconds instant) {
    const std::int64_t second = instant.time_since_epoch().count();
    const std::int64_t first = first_of_march(march_year_of(floor_divide(second, seconds_per_day)));
    for (std::int64_t year = listed_from; year <= listed_to; ++year) {
        const std::int64_t days = first - first_of_march(year);
        if (days % 7 == 0)
            return Seconds{date::sys_seconds::duration{second - days * seconds_per_day}};
    }
    return instant;
}

bool follows_a_rule(const date::sys_info& last) {
    const auto day = date::floor<date::days>(last.begin);
    return last.end >= date::sys_days{date::year::max() / date::January / 1} &&
           day >= date::sys_days{date::year{2037} / date::January / 1};
}

class SystemHost final : public expr::Host {
public:
    std::span<const std::string_view> digest_names() const override { return algorithms; }

    std::optional<std::string> digest(std::string_view algorithm,
                                      std::string_view bytes) const override {
        if (!std::ranges::binary_search(algorithms, algorithm)) return std::nullopt;
        const std::string name{algorithm};
        const std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> method{
            EVP_MD_fetch(nullptr, name.c_str(), nullptr), &EVP_MD_free};
        if (!method) return std::nullopt;  // switched off in this machine's OpenSSL
        std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
        unsigned size = 0;
        if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, method.get(), nullptr) != 1)
            return std::nullopt;
        return std::string{reinterpret_cast<const char*>(out.data()), size};
    }

    bool has_zone(std::string_view zone) const override { return find_zone(zone) != nullptr; }

    std::string nearest_zone(std::string_view name) const override {
        std::vector<std::string_view> names;
        try {
            for (const date::time_zone& zone : date::get_tzdb().zones)
                names.emplace_back(zone.name());
        } catch (const std::exception&) {
            return {};  // no zone files: nothing to suggest
        }
        return core::nearest(name, names);
    }

    std::int64_t offset_at(std::string_view zone, std::int64_t instant_ms) const override {
        const date::time_zone* const found = find_zone(zone);
        if (found == nullptr) return 0;
        const Seconds instant{Seconds::duration{floor_divide(instant_ms, ms_per_second)}};
        try {
            date::sys_info info = found->get_info(instant);
            if (follows_a_rule(info)) info = found->get_info(listed_instant(instant));
            return std::int64_t{info.offset.count()} * ms_per_second;
        } catch (const std::exception&) {
            return 0;  // a zone file that vanished after it was listed
        }
    }
};

}  // namespace

const expr::Host& expression_host() {
    static const SystemHost host;
    return host;
}

}  // namespace millrace::format
