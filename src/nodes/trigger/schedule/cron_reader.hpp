// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "trigger/schedule/cron.hpp"

namespace millrace::nodes {

/// What a field of a cron expression counts.
struct CronField {
    std::string_view name;
    unsigned low = 0;
    unsigned high = 59;
    std::string_view names;  ///< three letters each, from `low` on; empty: none
};

/// Reads one expression, field by field.
class CronReader {
public:
    std::expected<Cron, std::string> read(std::string_view text);

private:
    bool read_fields(std::string_view text);
    bool read_field(const CronField& field, std::string_view text, std::uint64_t& bits);
    /// One of the parts between commas.
    bool read_part(const CronField& field, std::string_view part, std::uint64_t& bits);
    /// `L`, `L-3`, `LW` and `15W`; `is_special`: it was one of them.
    bool read_special_day(std::string_view part, bool& is_special);
    /// `FRIL` and `FRI#2`.
    bool read_special_weekday(std::string_view part, bool& is_special);
    bool read_number(const CronField& field, std::string_view text, unsigned& number);
    bool read_step(const CronField& field, std::string_view text, unsigned& step);

    /// Notes what is wrong; always false.
    bool complain(const CronField& field, std::string_view text, std::string_view what);

    Cron cron_;
    std::string error_;
};

}  // namespace millrace::nodes
