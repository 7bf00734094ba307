// SPDX-License-Identifier: Apache-2.0
#include "given_values.hpp"

#include "document_file.hpp"
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

core::Result<core::Value> given_variables(const std::vector<std::string>& assignments) {
    core::ObjectBuilder variables;
    for (const std::string& assignment : assignments) {
        const std::size_t equals = assignment.find('=');
        if (equals == std::string::npos || equals == 0) {
            return core::fail(FileErrc::bad_argument, "--var " + one_line(assignment) +
                                                          " names no value; write NAME=VALUE");
        }
        const std::string text = assignment.substr(equals + 1);
        const auto value = format::read_json(text);
        if (!value) {
            variables.set(assignment.substr(0, equals), text);
            continue;
        }
        auto decoded = core::decode_bytes(*value);
        if (!decoded) {
            return core::fail(FileErrc::bad_argument, "--var " + assignment.substr(0, equals) +
                                                          ": " + decoded.error().message());
        }
        variables.set(assignment.substr(0, equals), std::move(*decoded));
    }
    return std::move(variables).build();
}

}  // namespace millrace::cli
