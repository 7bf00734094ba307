// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "names.hpp"
#include "part_readers.hpp"

namespace millrace::format {

using core::ProblemCode;
using core::Value;

namespace {

void read_type(Reading& reading, const Value& value, const Path& path, core::NodeSpec& node) {
    if (!value.is_string()) return reading.wrong_kind(value, path, "text such as http.request");
    const std::optional<TypeRef> ref = parse_type(value.as_string());
    if (!ref) {
        return reading.report(ProblemCode::bad_value, path,
                              quoted(value.as_string()) +
                                  " is no node type; write one such as http.request or "
                                  "http.request@1");
    }
    node.type = ref->type;
    node.type_version = ref->version;
}

core::Position read_position(Reading& reading, const Value& value, const Path& path) {
    core::Position position;
    if (!reading.object(value, path, position_keys)) return position;
    const Value* const x = reading.require(value, path, "x", "a position has x and y");
    const Value* const y = reading.require(value, path, "y", "a position has x and y");
    const Value* const z = value.find("z");
    if (x != nullptr) position.x = reading.number(*x, Path{path, "x"});
    if (y != nullptr) position.y = reading.number(*y, Path{path, "y"});
    if (z != nullptr) position.z = reading.number(*z, Path{path, "z"});
    return position;
}

std::vector<std::string> read_retry_on(Reading& reading, const Value& value, const Path& path) {
    std::vector<std::string> codes;
    if (!reading.array(value, path)) return codes;
    if (value.size() == 0) {
        reading.report(ProblemCode::bad_value, path,
                       "the list is empty; remove the key for the default, or remove \"retry\"");
    }
    for (const Value& element : value.as_array()) {
        const Path at{path, codes.size()};
        codes.push_back(reading.text(element, at));
        if (element.is_string() && !is_error_code(codes.back())) {
            reading.report(ProblemCode::bad_value, at,
                           quoted(codes.back()) +
                               " is no error class or code; they look like timeout or http_503");
        }
    }
    return codes;
}

core::RetryPolicy read_retry(Reading& reading, const Value& value, const Path& path) {
    core::RetryPolicy retry;
    if (!reading.object(value, path, retry_keys)) return retry;
    if (const Value* const attempts = value.find("max_attempts")) {
        retry.max_attempts = static_cast<std::uint32_t>(
            reading.integer(*attempts, Path{path, "max_attempts"}, attempts_range));
        if (retry.max_attempts == 1 && attempts->is_integer()) {
            reading.warn(ProblemCode::bad_value, Path{path, "max_attempts"},
                         "max_attempts counts the first try; with 1 nothing is tried again");
        }
    }
    Waits waits{retry.delay, retry.max_delay, retry.backoff};
    read_waits(reading, value, path, waits);
    retry.delay = waits.delay;
    retry.max_delay = waits.max_delay;
    retry.backoff = waits.backoff;
    if (const Value* const jitter = value.find("jitter")) {
        retry.jitter = reading.number(*jitter, Path{path, "jitter"});
        if (jitter->is_number() && !(retry.jitter >= 0 && retry.jitter <= 1)) {
            reading.wrong_kind(*jitter, Path{path, "jitter"}, "a number from 0 to 1");
        }
    }
    if (const Value* const retry_on = value.find("retry_on")) {
        retry.retry_on = read_retry_on(reading, *retry_on, Path{path, "retry_on"});
    }
    return retry;
}

constexpr std::string_view on_error_forms =
    "stop, continue, { default: VALUE } or { fallback: NODE }";

core::NodeOnError read_on_error(Reading& reading, const Value& value, const Path& path) {
    using Kind = core::NodeOnError::Kind;
    core::NodeOnError on_error;
    if (value.is_string()) {
        static constexpr std::array<std::string_view, 2> words{"stop", "continue"};
        on_error.kind = reading.word(value, path, words) == 0 ? Kind::stop : Kind::proceed;
        return on_error;
    }
    if (!value.is_object()) {
        reading.wrong_kind(value, path, on_error_forms);
        return on_error;
    }
    if (!reading.object(value, path, node_on_error_keys)) return on_error;
    const Value* const fallback = value.find("fallback");
    const Value* const substitute = value.find("default");
    if ((fallback == nullptr) == (substitute == nullptr)) {
        reading.report(ProblemCode::bad_value, path,
                       "expected exactly one of default and fallback");
        return on_error;
    }
    if (fallback != nullptr) {
        on_error.kind = Kind::fallback;
        on_error.fallback = reading.name(*fallback, Path{path, "fallback"}, "node id");
    } else {
        on_error.kind = Kind::default_value;
        on_error.value = reading.data(*substitute, Path{path, "default"});
    }
    return on_error;
}

void read_times(Reading& reading, const Value& value, const Path& path, core::NodeSpec& node) {
    if (const Value* const timeout = value.find("timeout")) {
        node.timeout = reading.duration(*timeout, Path{path, "timeout"});
    }
    if (const Value* const deadline = value.find("deadline")) {
        node.deadline = reading.duration(*deadline, Path{path, "deadline"});
    }
    if (node.timeout && node.deadline && node.deadline->ms != 0 && *node.deadline < *node.timeout) {
        reading.warn(ProblemCode::bad_value, Path{path, "deadline"},
                     "the deadline over all attempts, " + core::to_text(*node.deadline) +
                         ", ends before the timeout of one, " + core::to_text(*node.timeout));
    }
}

void read_recovery(Reading& reading, const Value& value, const Path& path, core::NodeSpec& node) {
    if (const Value* const retry = value.find("retry")) {
        node.retry = read_retry(reading, *retry, Path{path, "retry"});
    }
    read_times(reading, value, path, node);
    if (const Value* const on_error = value.find("on_error")) {
        node.on_error = read_on_error(reading, *on_error, Path{path, "on_error"});
    }
    if (const Value* const on_interrupt = value.find("on_interrupt")) {
        static constexpr std::array<std::string_view, 2> words{"rerun", "fail"};
        const std::size_t word = reading.word(*on_interrupt, Path{path, "on_interrupt"}, words);
        node.on_interrupt = word == 0 ? core::OnInterrupt::rerun : core::OnInterrupt::fail;
    }
}

}  // namespace

core::NodeSpec read_node(Reading& reading, const Value& value, const Path& path) {
    core::NodeSpec node;
    if (!reading.object(value, path, node_keys, &node.extensions)) return node;
    constexpr std::string_view remedy = "a node has an id and a type";
    if (const Value* const id = reading.require(value, path, "id", remedy)) {
        node.id = reading.name(*id, Path{path, "id"}, "node id");
    }
    if (const Value* const type = reading.require(value, path, "type", remedy)) {
        read_type(reading, *type, Path{path, "type"}, node);
    }
    if (const Value* const name = value.find("name")) {
        node.name = reading.text(*name, Path{path, "name"});
    }
    if (const Value* const notes = value.find("notes")) {
        node.notes = reading.text(*notes, Path{path, "notes"});
    }
    if (const Value* const position = value.find("position")) {
        node.position = read_position(reading, *position, Path{path, "position"});
    }
    if (const Value* const data = value.find("data")) {
        const Path at{path, "data"};
        if (!data->is_object()) reading.wrong_kind(*data, at, "an object");
        node.data = reading.data(*data, at);
    }
    if (const Value* const parent = value.find("parent")) {
        node.parent = reading.name(*parent, Path{path, "parent"}, "node id");
    }
    read_recovery(reading, value, path, node);
    read_effect_rules(reading, value, path, node);
    return node;
}

}  // namespace millrace::format
