// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/json.hpp"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/number_text.hpp"

namespace millrace::format {

namespace {

namespace od = simdjson::ondemand;

/// Deeper texts are left to core's reader, which takes no machine stack for them.
constexpr std::size_t fast_depth_max = 256;

/// Builds the value of one text. Says only whether it succeeded: what is wrong and where is found
/// by reading a bad text again with core's reader.
class JsonBuilder {
public:
    explicit JsonBuilder(const core::JsonLimits& limits)
        : limits_{limits}, depth_max_{std::min(limits.depth_max, fast_depth_max)} {}

    bool read(od::value value, std::size_t depth, core::Value& out) {
        od::json_type type{};
        if (value.type().get(type) != simdjson::SUCCESS) return false;
        switch (type) {
            case od::json_type::array: return read_array(value, depth + 1, out);
            case od::json_type::object: return read_object(value, depth + 1, out);
            case od::json_type::number: return read_number(value, out);
            case od::json_type::string: return read_string(value, out);
            case od::json_type::boolean: return read_bool(value, out);
            case od::json_type::null: return read_null(value, out);
        }
        return false;
    }

private:
    bool read_array(od::value value, std::size_t depth, core::Value& out) {
        od::array array;
        if (depth > depth_max_ || value.get_array().get(array) != simdjson::SUCCESS) {
            return false;
        }
        std::vector<core::Value> elements;
        for (simdjson::simdjson_result<od::value> element : array) {
            od::value child;
            if (std::move(element).get(child) != simdjson::SUCCESS) return false;
            if (!read(child, depth, elements.emplace_back())) return false;
        }
        out = core::Value::array(std::move(elements));
        return true;
    }

    bool read_object(od::value value, std::size_t depth, core::Value& out) {
        od::object object;
        if (depth > depth_max_ || value.get_object().get(object) != simdjson::SUCCESS) {
            return false;
        }
        std::vector<core::Member> members;
        for (simdjson::simdjson_result<od::field> next : object) {
            od::field field;
            std::string_view key;
            if (std::move(next).get(field) != simdjson::SUCCESS) return false;
            if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
            core::Member& member = members.emplace_back();
            member.key = key;
            if (!read(field.value(), depth, member.value)) return false;
        }
        const std::size_t count = members.size();
        out = core::Value::object(std::move(members));
        return limits_.duplicate_keys || out.size() == count;
    }

    static bool read_number(od::value value, core::Value& out) {
        std::string_view token = value.raw_json_token();
        const std::size_t end = token.find_last_not_of(" \t\r\n");
        token = token.substr(0, end == std::string_view::npos ? 0 : end + 1);
        std::optional<core::Value> number = core::parse_number(token);
        if (!number) return false;
        out = *std::move(number);
        return true;
    }

    static bool read_string(od::value value, core::Value& out) {
        std::string_view text;
        if (value.get_string().get(text) != simdjson::SUCCESS) return false;
        out = core::Value{text};
        return true;
    }

    static bool read_bool(od::value value, core::Value& out) {
        bool flag = false;
        if (value.get_bool().get(flag) != simdjson::SUCCESS) return false;
        out = core::Value{flag};
        return true;
    }

    static bool read_null(od::value value, core::Value& out) {
        bool is_null = false;
        if (value.is_null().get(is_null) != simdjson::SUCCESS || !is_null) return false;
        out = core::Value{};
        return true;
    }

    const core::JsonLimits& limits_;
    std::size_t depth_max_;
};

bool read_fast(std::string_view text, const core::JsonLimits& limits, core::Value& out) {
    const simdjson::padded_string padded{text};
    od::parser parser;
    od::document document;
    od::value root;
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return false;
    if (document.get_value().get(root) != simdjson::SUCCESS) return false;
    // Past the last token there is no location any more: nothing follows the value.
    return JsonBuilder{limits}.read(root, 0, out) &&
           document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

}  // namespace

core::Result<core::Value> read_json(std::string_view text, const core::JsonLimits& limits) {
    if (text.size() <= limits.bytes_max) {
        const std::size_t first = text.find_first_not_of(" \t\r\n");
        // simdjson treats a lone scalar as a case of its own; core's reader is as fast there.
        if (first != std::string_view::npos && (text[first] == '{' || text[first] == '[')) {
            core::Value value;
            if (read_fast(text, limits, value)) return value;
        }
    }
    return core::parse_json(text, limits);
}

}  // namespace millrace::format
