// SPDX-License-Identifier: Apache-2.0
#include "quantity.hpp"

#include <algorithm>
#include <cctype>

namespace millrace::core {
namespace {

using Wrong = std::unexpected<std::string>;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// What people write instead of a unit's name, all in lower case.
struct UnitAlias {
    std::string_view written;
    std::string_view meant;
};
constexpr UnitAlias aliases[] = {
    {"msec", "ms"}, {"millis", "ms"}, {"millisecond", "ms"}, {"milliseconds", "ms"},
    {"sec", "s"},   {"secs", "s"},    {"second", "s"},       {"seconds", "s"},
    {"min", "m"},   {"mins", "m"},    {"minute", "m"},       {"minutes", "m"},
    {"hr", "h"},    {"hrs", "h"},     {"hour", "h"},         {"hours", "h"},
    {"day", "d"},   {"days", "d"},    {"byte", "B"},         {"bytes", "B"},
    {"k", "KiB"},   {"kb", "KiB"},    {"mb", "MiB"},         {"gb", "GiB"},
    {"g", "GiB"},   {"tb", "TiB"},    {"t", "TiB"},
};

const QuantityUnit* find_unit(std::string_view name, const QuantityScale& scale) {
    const auto found = std::ranges::find(scale.units, name, &QuantityUnit::name);
    return found == scale.units.end() ? nullptr : &*found;
}

/// The unit of this scale that `written` seems to mean; empty when none does.
std::string_view guess_unit(std::string_view written, const QuantityScale& scale) {
    while (written.starts_with(' '))
        written.remove_prefix(1);
    std::string lower{written};
    for (char& c : lower)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const QuantityUnit& unit : scale.units) {
        std::string name{unit.name};
        for (char& c : name)
            c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        if (name == lower) return unit.name;
    }
    for (const UnitAlias& alias : aliases) {
        if (alias.written == lower && find_unit(alias.meant, scale) != nullptr) return alias.meant;
    }
    return {};
}

std::string unit_list(const QuantityScale& scale) {
    std::string list = "(units: ";
    for (const QuantityUnit& unit : scale.units) {
        if (&unit != &scale.units.front()) list += ", ";
        list += unit.name;
    }
    return list + ")";
}

/// Texts come from people's documents; a message shows enough of one to find it.
std::string shown(std::string_view text) {
    constexpr std::size_t shown_max = 40;
    std::string out{text.substr(0, shown_max)};
    if (text.size() > shown_max) out.append("…");
    return out;
}

struct Parts {
    std::string_view number;
    std::string_view whole;
    std::string_view fraction;
    std::string_view unit;
};

Parts split(std::string_view text) {
    Parts parts;
    const auto digits_end = [&](std::size_t at) {
        while (at < text.size() && is_digit(text[at]))
            ++at;
        return at;
    };
    std::size_t at = digits_end(0);
    parts.whole = text.substr(0, at);
    if (at > 0 && at < text.size() && text[at] == '.') {
        const std::size_t end = digits_end(at + 1);
        parts.fraction = text.substr(at + 1, end - at - 1);
        if (!parts.fraction.empty()) at = end;
    }
    parts.number = text.substr(0, at);
    parts.unit = text.substr(at);
    return parts;
}

/// number × factor, exactly; the message when it is too large or too fine.
std::expected<std::int64_t, std::string> scaled(const Parts& parts, std::int64_t factor,
                                                std::string_view text, const QuantityScale& scale) {
    const auto wrong = [&](std::string_view what) {
        return Wrong{shown(text) + " " + std::string{what}};
    };
    std::string too_large = "is more than the largest " + std::string{scale.noun} + ", ";
    too_large += scale.largest_text;
    std::string too_fine = "is finer than " + std::string{scale.smallest_text};
    std::int64_t whole = 0;
    for (const char c : parts.whole) {
        whole = whole * 10 + (c - '0');
        if (whole > scale.largest / factor) return wrong(too_large);
    }
    std::string_view fraction = parts.fraction;
    while (fraction.ends_with('0'))
        fraction.remove_suffix(1);
    std::int64_t numerator = 0;
    std::int64_t divisor = 1;
    std::int64_t product = 0;
    for (const char c : fraction) {
        const bool overflow = __builtin_mul_overflow(divisor, 10, &divisor);
        numerator = numerator * 10 + (c - '0');  // less than the divisor
        if (overflow || __builtin_mul_overflow(numerator, factor, &product)) return wrong(too_fine);
    }
    if (product % divisor != 0) return wrong(too_fine);
    const std::int64_t sum = whole * factor + product / divisor;
    if (sum > scale.largest) return wrong(too_large);
    return sum;
}

}  // namespace

std::expected<std::int64_t, std::string> parse_quantity(std::string_view text,
                                                        const QuantityScale& scale) {
    const std::string units = " " + unit_list(scale);
    const Parts parts = split(text);
    if (parts.number.empty()) {
        std::string message = text.empty() ? "an empty text" : shown(text);
        message += " is no " + std::string{scale.noun} + ": write a number with a unit, such as 10";
        return Wrong{message.append(scale.bare_unit).append(units)};
    }
    const QuantityUnit* const unit = find_unit(parts.unit, scale);
    if (unit != nullptr) return scaled(parts, unit->factor, text, scale);
    std::string message = shown(text);
    if (parts.unit.empty()) {
        message += " has no unit: write " + shown(parts.number) + std::string{scale.bare_unit};
        return Wrong{message + units};
    }
    message += " has the unknown unit '" + shown(parts.unit) + "'";
    const std::string_view meant = guess_unit(parts.unit, scale);
    if (!meant.empty()) message += ": write " + shown(parts.number) + std::string{meant};
    return Wrong{message + units};
}

std::string quantity_text(std::int64_t amount, const QuantityScale& scale) {
    const QuantityUnit* unit = &scale.units.front();
    for (const QuantityUnit& candidate : scale.units) {
        if (amount % candidate.factor == 0) unit = &candidate;
    }
    return std::to_string(amount / unit->factor) + std::string{unit->name};
}

}  // namespace millrace::core
