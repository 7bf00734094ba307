// SPDX-License-Identifier: Apache-2.0
#include "run/given_values.hpp"

#include "documents/document_file.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/json.hpp"

namespace millrace::cli {

core::Result<core::Value> given_input(const Console& console, const std::string& text) {
    std::string json = text;
    std::string place = "--input";
    const bool is_file = text == "-" || text.starts_with('@');
    if (is_file) {
        auto content =
            read_text(console, text == "-" ? text : text.substr(1), core::JsonLimits{}.bytes_max);
        if (!content) return std::unexpected(content.error());
        json = std::move(*content);
        place = text == "-" ? "stdin" : one_line(text.substr(1));
    }
    const auto value = format::read_json(json);
    if (!value) {
        const std::string remedy =
            is_file ? "" : "; write JSON such as '{\"name\": \"Ada\"}', @FILE, or - for stdin";
        return core::fail(FileErrc::bad_argument,
                          place + " is not JSON: " + value.error().message() + remedy);
    }
    auto decoded = core::decode_bytes(*value);
    if (!decoded)
        return core::fail(FileErrc::bad_argument, place + ": " + decoded.error().message());
    return decoded;
}

namespace {

struct Assignment {
    std::string name;
    std::string text;
};

core::Result<Assignment> split(std::string_view option, const std::string& assignment,
                               std::string_view form) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
        return core::fail(FileErrc::bad_argument, std::string{option} + " " + one_line(assignment) +
                                                      " names no value; write " +
                                                      std::string{form});
    }
    return Assignment{assignment.substr(0, equals), assignment.substr(equals + 1)};
}

core::Result<core::Value> decoded(const core::Value& value, std::string_view option,
                                  const std::string& name) {
    auto decoded = core::decode_bytes(value);
    if (!decoded) {
        return core::fail(FileErrc::bad_argument,
                          std::string{option} + " " + name + ": " + decoded.error().message());
    }
    return decoded;
}

}  // namespace

core::Result<core::Value> given_variables(const std::vector<std::string>& assignments,
                                          std::string_view option) {
    core::ObjectBuilder variables;
    for (const std::string& assignment : assignments) {
        const auto given = split(option, assignment, "NAME=VALUE");
        if (!given) return std::unexpected(given.error());
        const auto json = format::read_json(given->text);
        auto value = json ? decoded(*json, option, given->name)
                          : core::Result<core::Value>{core::Value{given->text}};
        if (!value) return value;
        variables.set(given->name, std::move(*value));
    }
    return std::move(variables).build();
}

core::Result<core::Value> given_pins(const std::vector<std::string>& assignments) {
    core::ObjectBuilder pins;
    for (const std::string& assignment : assignments) {
        const auto given = split("--pin", assignment, "NODE={\"PORT\": value}");
        if (!given) return std::unexpected(given.error());
        const auto json = format::read_json(given->text);
        if (!json || !json->is_object()) {
            return core::fail(FileErrc::bad_argument,
                              "--pin " + one_line(given->name) + " is no JSON object" +
                                  (json ? "" : ": " + json.error().message()) +
                                  "; write what its outputs give, such as '" +
                                  one_line(given->name) + "={\"out\": 1}'");
        }
        auto value = decoded(*json, "--pin", given->name);
        if (!value) return value;
        pins.set(given->name, std::move(*value));
    }
    return std::move(pins).build();
}

core::Result<core::Value> given_labels(const std::vector<std::string>& assignments) {
    core::ObjectBuilder labels;
    for (const std::string& assignment : assignments) {
        const auto given = split("--label", assignment, "KEY=VALUE");
        if (!given) return std::unexpected(given.error());
        labels.set(given->name, given->text);
    }
    return std::move(labels).build();
}

}  // namespace millrace::cli
