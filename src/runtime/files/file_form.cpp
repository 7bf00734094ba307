// SPDX-License-Identifier: Apache-2.0
#include "files/file_form.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "failures.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/utf8.hpp"
#include "millrace/format/json.hpp"

namespace millrace::runtime {
namespace {

using core::Value;
using Form = engine::FileCall::Form;
using Read = std::expected<Value, core::Failure>;

std::string_view without_mark(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    return text;
}

/// Calls `use` with each line, without its end; the last may lack one.
template <class Use>
bool each_line(std::string_view text, Use use) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!use(line)) return false;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return true;
}

Read read_json(std::string_view text, const std::string& what) {
    core::JsonLimits limits;
    limits.depth_max = 10'000;
    limits.bytes_max = std::numeric_limits<std::size_t>::max();
    core::Result<Value> value = format::read_json(text, limits);
    if (value) return *std::move(value);
    return refused("bad_json", what + " is no JSON: " + value.error().message());
}

Read read_json_lines(std::string_view text, std::string_view path) {
    std::vector<Value> values;
    std::size_t number = 0;
    core::Failure failure;
    const bool all = each_line(text, [&](std::string_view line) {
        ++number;
        if (line.find_first_not_of(" \t") == std::string_view::npos) return true;
        Read value = read_json(line, std::string{path} + ": line " + std::to_string(number));
        if (value) {
            values.push_back(*std::move(value));
        } else {
            failure = std::move(value.error());
        }
        return failure.code.empty();
    });
    if (!all) return std::unexpected{std::move(failure)};
    return Value::array(std::move(values));
}

Value read_lines(std::string_view text) {
    std::vector<Value> lines;
    each_line(text, [&lines](std::string_view line) {
        lines.emplace_back(line);
        return true;
    });
    return Value::array(std::move(lines));
}

std::unexpected<core::Failure> misfit(const Value& value, std::string_view needed) {
    return refused("bad_contents", "contents must be " + std::string{needed} + ", not " +
                                       std::string{core::kind_name(value)});
}

std::string text_of(std::span<const std::uint8_t> bytes) {
    return {bytes.begin(), bytes.end()};
}

std::expected<std::string, core::Failure> write_lines(const Value& value) {
    if (!value.is_array()) return misfit(value, "an array of lines");
    std::string text;
    for (const Value& line : value.as_array()) {
        if (!line.is_string()) return misfit(line, "an array of texts");
        if (line.as_string().find('\n') != std::string_view::npos) {
            return refused("bad_contents", "a line of the contents has a line break within it");
        }
        text.append(line.as_string()).append("\n");
    }
    return text;
}

std::expected<std::string, core::Failure> write_json_lines(const Value& value) {
    if (!value.is_array()) return misfit(value, "an array of values");
    std::string text;
    for (const Value& element : value.as_array()) {
        core::append_json(text, element);
        text += '\n';
    }
    return text;
}

}  // namespace

Read read_form(std::string_view contents, Form form, std::string_view path) {
    if (form == Form::bytes) {
        const auto* const data = reinterpret_cast<const std::uint8_t*>(contents.data());
        return Value::bytes(std::span{data, contents.size()});
    }
    const std::string_view text = without_mark(contents);
    if (!core::is_valid_utf8(text)) {
        return refused("bad_text", std::string{path} +
                                       " is no UTF-8 text; read it as bytes, or convert it first");
    }
    switch (form) {
        case Form::json: return read_json(text, std::string{path});
        case Form::lines: return read_lines(text);
        case Form::json_lines: return read_json_lines(text, path);
        case Form::automatic:
        case Form::text:
        case Form::bytes: break;
    }
    return Value{text};
}

std::expected<std::string, core::Failure> write_form(const Value& value, Form form) {
    const bool as_it_is = form == Form::automatic || form == Form::text;
    if (as_it_is && value.is_string()) return std::string{value.as_string()};
    if ((form == Form::automatic || form == Form::bytes) && value.is_bytes()) {
        return text_of(value.as_bytes());
    }
    switch (form) {
        case Form::text: return misfit(value, "a text");
        case Form::bytes:
            if (value.is_string()) return std::string{value.as_string()};
            return misfit(value, "bytes");
        case Form::lines: return write_lines(value);
        case Form::json_lines: return write_json_lines(value);
        case Form::automatic:
        case Form::json: break;
    }
    return core::to_json(value) + "\n";
}

}  // namespace millrace::runtime
