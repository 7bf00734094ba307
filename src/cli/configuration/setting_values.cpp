// SPDX-License-Identifier: Apache-2.0
#include "configuration/setting_values.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include "millrace/core/problem.hpp"
#include "millrace/core/size.hpp"
#include "millrace/core/time.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

using Parsed = std::expected<core::Value, std::string>;

constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

std::string number_words(const Setting& setting, std::int64_t number) {
    switch (setting.kind) {
        case SettingKind::size:
            return core::to_text(core::ByteSize{static_cast<std::uint64_t>(number)});
        case SettingKind::duration:
            return number == 0 ? "0s" : core::to_text(core::Duration{number});
        case SettingKind::text:
        case SettingKind::path:
        case SettingKind::boolean:
        case SettingKind::count:
        case SettingKind::choice:
        case SettingKind::texts:
        case SettingKind::paths:
        case SettingKind::pairs: break;
    }
    return std::to_string(number);
}

std::string range_words(const Setting& setting) {
    if (setting.most == unlimited)
        return setting.least == 0 ? "" : "at least " + number_words(setting, setting.least);
    return number_words(setting, setting.least) + " to " + number_words(setting, setting.most);
}

Parsed in_range(const Setting& setting, std::int64_t number) {
    if (number < setting.least || number > setting.most)
        return std::unexpected{number_words(setting, number) + " is out of range; expected is " +
                               range_words(setting)};
    return core::Value{number};
}

std::vector<std::string_view> choices_of(const Setting& setting) {
    std::vector<std::string_view> choices;
    for (std::string_view rest = setting.type; !rest.empty();) {
        const std::size_t end = std::min(rest.find('|'), rest.size());
        choices.push_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return choices;
}

Parsed choice_of(const Setting& setting, std::string_view text) {
    const std::vector<std::string_view> choices = choices_of(setting);
    if (std::ranges::find(choices, text) != choices.end()) return core::Value{text};
    std::string expected;
    for (const std::string_view choice : choices)
        expected += (expected.empty()           ? ""
                     : choice == choices.back() ? " or "
                                                : ", ") +
                    std::string{choice};
    const std::string near = core::nearest(text, choices);
    return std::unexpected{"`" + one_line(text) + "` is none of " + expected +
                           (near.empty() ? "" : "; did you mean `" + near + "`?")};
}

Parsed size_of(const Setting& setting, std::string_view text) {
    if (text == "0") return in_range(setting, 0);  // of whatever unit
    const auto size = core::parse_size(text);
    if (!size) return std::unexpected{size.error().message()};
    if (size->bytes > static_cast<std::uint64_t>(unlimited)) return in_range(setting, unlimited);
    return in_range(setting, static_cast<std::int64_t>(size->bytes));
}

Parsed duration_of(const Setting& setting, std::string_view text) {
    if (text == "0") return in_range(setting, 0);
    const auto duration = core::parse_duration(text);
    if (!duration) return std::unexpected{duration.error().message()};
    return in_range(setting, duration->ms);
}

Parsed count_of(const Setting& setting, std::string_view text) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, failed] = std::from_chars(text.data(), end, number);
    if (failed != std::errc{} || at != end)
        return std::unexpected{"`" + one_line(text) + "` is no whole number"};
    return in_range(setting, number);
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    return text;
}

core::Value list_of(std::string_view text) {
    std::vector<core::Value> items;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        if (const std::string_view item = trimmed(text.substr(0, end)); !item.empty())
            items.emplace_back(item);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return core::Value::array(std::move(items));
}

/// Of texts `NAME=VALUE`; what is wrong is told without the value.
Parsed pairs_of(const core::Value& texts) {
    for (const core::Value& text : texts.as_array()) {
        const std::size_t end = text.as_string().find('=');
        if (end == 0 || end == std::string_view::npos)
            return std::unexpected{std::string{"expected are texts NAME=VALUE"}};
    }
    return texts;
}

std::unexpected<std::string> wrong_type(const Setting& setting) {
    return std::unexpected{"expected is " + setting_type_words(setting)};
}

/// Without what is nobody's business.
core::Value shown_list(const Setting& setting, const core::Value& list) {
    if (setting.kind != SettingKind::pairs) return list;
    std::vector<core::Value> shown;
    for (const core::Value& item : list.as_array()) {
        const std::string_view text = item.as_string();
        shown.emplace_back(std::string{text.substr(0, text.find('='))} + "=***");
    }
    return core::Value::array(std::move(shown));
}

}  // namespace

Parsed setting_of_text(const Setting& setting, std::string_view text) {
    switch (setting.kind) {
        case SettingKind::text:
        case SettingKind::path: return core::Value{text};
        case SettingKind::boolean:
            if (text == "true" || text == "1") return core::Value{true};
            if (text == "false" || text == "0") return core::Value{false};
            return std::unexpected{"`" + one_line(text) + "` is neither true nor false"};
        case SettingKind::count: return count_of(setting, text);
        case SettingKind::size: return size_of(setting, text);
        case SettingKind::duration: return duration_of(setting, text);
        case SettingKind::choice: return choice_of(setting, text);
        case SettingKind::texts:
        case SettingKind::paths: return list_of(text);
        case SettingKind::pairs: return pairs_of(list_of(text));
    }
    return wrong_type(setting);
}

Parsed setting_of_value(const Setting& setting, const core::Value& given) {
    switch (setting.kind) {
        case SettingKind::boolean:
            if (given.is_bool()) return given;
            return wrong_type(setting);
        case SettingKind::count:
            if (given.is_integer()) return in_range(setting, given.as_integer());
            return wrong_type(setting);
        case SettingKind::texts:
        case SettingKind::paths:
        case SettingKind::pairs: {
            const core::Value list = given.is_string() ? core::Value::array({given}) : given;
            if (!list.is_array() || !std::ranges::all_of(list.as_array(), &core::Value::is_string))
                return wrong_type(setting);
            return setting.kind == SettingKind::pairs ? pairs_of(list) : Parsed{list};
        }
        case SettingKind::text:
        case SettingKind::path:
        case SettingKind::size:
        case SettingKind::duration:
        case SettingKind::choice:
            if (given.is_string()) return setting_of_text(setting, given.as_string());
            // The reader of sizes and durations knows what to say about bare numbers.
            if (given.is_integer()) {
                if (setting.kind == SettingKind::size || setting.kind == SettingKind::duration)
                    return setting_of_text(setting, std::to_string(given.as_integer()));
            }
            return wrong_type(setting);
    }
    return wrong_type(setting);
}

std::string setting_text(const Setting& setting, const core::Value& value) {
    if (setting.is_list()) {
        std::string text;
        const core::Value shown = shown_list(setting, value);
        for (const core::Value& item : shown.as_array())
            text += (text.empty() ? "" : ", ") + std::string{item.as_string()};
        return text;
    }
    if (value.is_bool()) return value.as_bool() ? "true" : "false";
    if (value.is_integer()) return number_words(setting, value.as_integer());
    return std::string{value.as_string()};
}

core::Value setting_json(const Setting& setting, const core::Value& value) {
    const bool has_unit =
        setting.kind == SettingKind::size || setting.kind == SettingKind::duration;
    if (has_unit) return core::Value{setting_text(setting, value)};
    return setting.is_list() ? shown_list(setting, value) : value;
}

std::string setting_type_words(const Setting& setting) {
    const std::string range = range_words(setting);
    const std::string behind = range.empty() ? "" : ", " + range;
    const std::string type{setting.type};
    switch (setting.kind) {
        case SettingKind::text: return "text, " + type;
        case SettingKind::path: return type == "DIR" ? "folder" : "file";
        case SettingKind::boolean: return "true or false";
        case SettingKind::count: return "whole number" + behind;
        case SettingKind::size: return "size such as 16MiB" + behind;
        case SettingKind::duration: return "duration such as 30s" + behind;
        case SettingKind::choice: {
            std::string words = "one of";
            for (const std::string_view choice : choices_of(setting))
                words += (words == "one of" ? " " : ", ") + std::string{choice};
            return words;
        }
        case SettingKind::texts:
        case SettingKind::paths:
        case SettingKind::pairs: return "list of " + type;
    }
    return type;
}

}  // namespace millrace::cli
