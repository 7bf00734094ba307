// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "names.hpp"
#include "part_readers.hpp"

namespace millrace::format {

using core::ProblemCode;
using core::Value;

namespace {

constexpr std::string_view arrow = "->";

/// The first `ends_max` of them.
std::vector<std::string_view> split_chain(std::string_view text, std::size_t ends_max) {
    std::vector<std::string_view> ends;
    while (true) {
        const std::size_t at = text.find(arrow);
        ends.push_back(trimmed(text.substr(0, at)));
        if (at == std::string_view::npos || ends.size() == ends_max) return ends;
        text.remove_prefix(at + arrow.size());
    }
}

core::PortRef read_end(Reading& reading, std::string_view text, const Path& path,
                       std::string_view default_port) {
    const std::optional<core::PortRef> ref = parse_port_ref(text, default_port);
    if (ref) return *ref;
    reading.report(ProblemCode::bad_value, path,
                   text.empty() ? "an end of the connection is missing; write FROM -> TO"
                                : quoted(text) + " names no port; write NODE or NODE.PORT");
    return {};
}

void read_chain(Reading& reading, std::string_view text, const Path& path, std::size_t room,
                std::vector<core::ConnectionSpec>& connections) {
    const std::vector<std::string_view> ends = split_chain(text, room + 1);
    if (ends.size() < 2) {
        return reading.report(ProblemCode::bad_value, path,
                              quoted(text) + " is no connection; write FROM -> TO");
    }
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
        if (i > 0 && ends[i].find('.') != std::string_view::npos) {
            reading.report(ProblemCode::bad_value, path,
                           quoted(ends[i]) +
                               " stands in the middle of a chain, where a port could be its input "
                               "or its output; write two connections");
            return;
        }
    }
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
        core::ConnectionSpec connection;
        // A bad middle end is reported as the target of one connection, not again as a source.
        if (i == 0 || parse_port_ref(ends[i], "out")) {
            connection.from = read_end(reading, ends[i], path, "out");
        }
        connection.to = read_end(reading, ends[i + 1], path, "in");
        connections.push_back(std::move(connection));
    }
}

core::ConnectionOnError read_on_error(Reading& reading, const Value& value, const Path& path) {
    using Kind = core::ConnectionOnError::Kind;
    if (value.is_string()) {
        static constexpr std::array<std::string_view, 2> words{"fail", "drop"};
        return {reading.word(value, path, words) == 0 ? Kind::fail : Kind::drop, {}};
    }
    if (!value.is_object()) {
        reading.wrong_kind(value, path, "fail, drop or { default: VALUE }");
        return {};
    }
    reading.object(value, path, connection_on_error_keys);
    const Value* const substitute =
        reading.require(value, path, "default", "write { default: VALUE }");
    if (substitute == nullptr) return {};
    return {Kind::default_value, reading.data(*substitute, Path{path, "default"})};
}

core::PortRef read_port(Reading& reading, const Value& object, const Path& path,
                        std::string_view key, std::string_view default_port) {
    const Value* const value =
        reading.require(object, path, key, "a connection has \"from\" and \"to\"");
    if (value == nullptr) return {};
    const Path at{path, key};
    if (!value->is_string()) {
        reading.wrong_kind(*value, at, "text NODE or NODE.PORT");
        return {};
    }
    return read_end(reading, trimmed(value->as_string()), at, default_port);
}

}  // namespace

void read_connection(Reading& reading, const Value& value, const Path& path, std::size_t room,
                     std::vector<core::ConnectionSpec>& connections) {
    if (value.is_string()) return read_chain(reading, value.as_string(), path, room, connections);
    if (!value.is_object()) {
        return reading.wrong_kind(value, path, "FROM -> TO or an object with \"from\" and \"to\"");
    }
    core::ConnectionSpec connection;
    reading.object(value, path, connection_keys, &connection.extensions);
    connection.from = read_port(reading, value, path, "from", "out");
    connection.to = read_port(reading, value, path, "to", "in");
    if (const Value* const filter = value.find("filter")) {
        connection.filter = reading.filled_text(*filter, Path{path, "filter"});
    }
    if (const Value* const transform = value.find("transform")) {
        connection.transform = reading.filled_text(*transform, Path{path, "transform"});
    }
    if (const Value* const on_error = value.find("on_error")) {
        connection.on_error = read_on_error(reading, *on_error, Path{path, "on_error"});
    }
    if (const Value* const priority = value.find("priority")) {
        connection.priority = static_cast<std::int32_t>(
            reading.integer(*priority, Path{path, "priority"}, priority_range));
    }
    if (const Value* const tag = value.find("tag")) {
        connection.tag = reading.filled_text(*tag, Path{path, "tag"});
    }
    connections.push_back(std::move(connection));
}

}  // namespace millrace::format
