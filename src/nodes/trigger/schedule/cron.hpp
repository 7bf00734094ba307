// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::nodes {

/// Which seconds of a local clock an expression such as `30 9 * * MON-FRI` names. Immutable. Local
/// times are seconds since 1970 as if the clock showed UTC; zones are not its affair.
class Cron {
public:
    static constexpr std::size_t text_bytes_max = 1'000;

    /// Five fields, or six with the seconds first, or a word such as `@daily`. The error says which
    /// field cannot be read and what would be right; also when no day ever fits.
    static std::expected<Cron, std::string> parse(std::string_view text);

    /// The first second after `after` that fits; none when nothing ever does, or not until
    /// the year 9999.
    std::optional<std::int64_t> next_after(std::int64_t after) const;
    bool fits(std::int64_t local) const;
    /// Whether each hour of a day fits that fits: then it names no time of day.
    bool is_every_hour() const;

private:
    friend class CronReader;

    bool fits_day(std::int64_t day) const;
    /// Of a day that has this number in a month of so many days.
    bool fits_month_day(unsigned number, unsigned days, unsigned weekday) const;
    bool fits_weekday(unsigned number, unsigned days, unsigned weekday) const;
    /// The first second of the day at `from` or later that fits.
    std::optional<std::int64_t> second_of_day(std::int64_t from) const;

    // A bit for each number that fits.
    std::uint64_t seconds_ = 1;
    std::uint64_t minutes_ = 0;
    std::uint64_t hours_ = 0;
    std::uint64_t months_ = 0;
    std::uint64_t month_days_ = 0;
    std::uint64_t days_before_last_ = 0;           ///< `L` is bit 0, `L-2` bit 2
    std::uint64_t near_days_ = 0;                  ///< `15W`
    bool has_last_workday_ = false;                ///< `LW`
    std::uint64_t weekdays_ = 0;                   ///< Sunday is bit 0
    std::uint64_t last_weekdays_ = 0;              ///< `FRIL`
    std::array<std::uint64_t, 6> nth_weekdays_{};  ///< `FRI#2` is in the third
    bool any_month_day_ = true;                    ///< the field begins with `*`, or is `?`
    bool any_weekday_ = true;
};

}  // namespace millrace::nodes
