// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>
#include <utility>

#include "test_readers.hpp"

namespace millrace::format {

using core::ProblemCode;
using core::Value;

namespace {

constexpr std::array<std::string_view, 3> end_words{"completed", "failed", "canceled"};
constexpr std::array<std::string_view, 4> node_words{"completed", "failed", "skipped", "canceled"};

ErrorExpectation read_error(Reading& reading, const Value& value, const Path& path) {
    ErrorExpectation error;
    if (value.is_string()) {
        error.code = std::string{value.as_string()};
        return error;
    }
    if (!reading.object(value, path, error_expectation_keys)) return error;
    const auto text = [&](const char* key, std::string& to) {
        if (const Value* const given = value.find(key))
            to = reading.filled_text(*given, Path{path, key});
    };
    text("code", error.code);
    text("class", error.error_class);
    text("node_id", error.node_id);
    text("message", error.message);
    return error;
}

core::NodeStatus read_node_status(Reading& reading, const Value& value, const Path& path) {
    return *core::parse_node_status(node_words[reading.word(value, path, node_words)]);
}

NodeExpectation read_node(Reading& reading, const core::Member& member, const Path& path) {
    NodeExpectation node;
    node.target = member.key;
    node.pointer = path.pointer();
    const Value& value = member.value;
    if (value.is_string()) {
        node.status = read_node_status(reading, value, path);
        return node;
    }
    if (!reading.object(value, path, node_expectation_keys)) return node;
    if (const Value* const status = value.find("status"))
        node.status = read_node_status(reading, *status, Path{path, "status"});
    const auto data = [&](const char* key, std::optional<Value>& to) {
        if (const Value* const given = value.find(key)) to = reading.data(*given, Path{path, key});
    };
    data("outputs", node.outputs);
    data("contains", node.contains);
    data("input", node.input);
    if (const Value* const attempts = value.find("attempts"))
        node.attempts = static_cast<std::uint32_t>(
            reading.integer(*attempts, Path{path, "attempts"}, test_count_range));
    if (const Value* const error = value.find("error"))
        node.error = read_error(reading, *error, Path{path, "error"});
    return node;
}

CallsExpectation read_calls(Reading& reading, const core::Member& member, const Path& path) {
    CallsExpectation calls;
    calls.target = member.key;
    calls.pointer = path.pointer();
    if (member.value.is_array()) {
        for (const Value& element : member.value.as_array())
            calls.requests.push_back(reading.data(element, Path{path, calls.requests.size()}));
        calls.count = static_cast<std::uint32_t>(calls.requests.size());
    } else if (member.value.is_integer()) {
        calls.count =
            static_cast<std::uint32_t>(reading.integer(member.value, path, test_count_range));
    } else {
        reading.wrong_kind(member.value, path, "a number of calls, or an array of requests");
    }
    return calls;
}

FileExpectation read_file(Reading& reading, const core::Member& member, const Path& path) {
    FileExpectation file;
    file.name = member.key;
    file.pointer = path.pointer();
    check_file_name(reading, member.key, path);
    const Value& value = member.value;
    if (value.is_string()) {
        file.text = std::string{value.as_string()};
        return file;
    }
    if (!reading.object(value, path, file_expectation_keys)) return file;
    if (const Value* const text = value.find("text"))
        file.text = reading.text(*text, Path{path, "text"});
    if (const Value* const part = value.find("contains"))
        file.contains = reading.filled_text(*part, Path{path, "contains"});
    if (const Value* const json = value.find("json"))
        file.json = reading.data(*json, Path{path, "json"});
    if (const Value* const lines = value.find("lines"))
        file.lines = static_cast<std::uint32_t>(
            reading.integer(*lines, Path{path, "lines"}, test_count_range));
    if (const Value* const absent = value.find("absent"))
        file.absent = read_flag(reading, *absent, Path{path, "absent"});
    return file;
}

std::vector<DeadLetterExpectation> read_dead_letters(Reading& reading, const Value& value,
                                                     const Path& path) {
    std::vector<DeadLetterExpectation> letters;
    if (!reading.array(value, path)) return letters;
    for (const Value& element : value.as_array()) {
        const Path at{path, letters.size()};
        DeadLetterExpectation letter;
        if (reading.object(element, at, dead_letter_keys)) {
            if (const Value* const run = element.find("path"))
                letter.path = reading.text(*run, Path{at, "path"});
            if (const Value* const code = element.find("code"))
                letter.code = reading.filled_text(*code, Path{at, "code"});
        }
        letters.push_back(std::move(letter));
    }
    return letters;
}

/// One reader's result for each member of an object.
template <class Read>
auto read_members(Reading& reading, const Value& value, const Path& path, std::string_view what,
                  Read read) {
    std::vector<decltype(read(reading, std::declval<const core::Member&>(), path))> all;
    if (!value.is_object()) {
        reading.wrong_kind(value, path, "an object of " + std::string{what});
        return all;
    }
    for (const core::Member& member : value.as_object())
        all.push_back(read(reading, member, Path{path, member.key}));
    return all;
}

void read_ends(Reading& reading, const Value& value, const Path& path, Expectations& expect) {
    if (const Value* const status = value.find("status"))
        expect.status = core::parse_execution_status(
            end_words[reading.word(*status, Path{path, "status"}, end_words)]);
    if (const Value* const outputs = value.find("outputs"))
        expect.outputs = reading.data(*outputs, Path{path, "outputs"});
    if (const Value* const contains = value.find("contains"))
        expect.contains = reading.data(*contains, Path{path, "contains"});
    if (const Value* const error = value.find("error"))
        expect.error = read_error(reading, *error, Path{path, "error"});
    if (expect.error && expect.status == core::ExecutionStatus::completed)
        reading.report(ProblemCode::bad_value, Path{path, "error"},
                       "an execution that is completed has no error");
}

}  // namespace

DurationExpectation read_duration_expectation(Reading& reading, const Value& value,
                                              const Path& path) {
    DurationExpectation duration;
    if (!value.is_object()) {
        duration.min = duration.max = reading.duration(value, path, true);
        return duration;
    }
    if (!reading.object(value, path, duration_expectation_keys)) return duration;
    duration.max = core::Duration{std::int64_t{1} << 52};
    if (const Value* const min = value.find("min"))
        duration.min = reading.duration(*min, Path{path, "min"}, true);
    if (const Value* const max = value.find("max"))
        duration.max = reading.duration(*max, Path{path, "max"}, true);
    return duration;
}

Expectations read_expectations(Reading& reading, const Value& value, const Path& path) {
    Expectations expect;
    if (!reading.object(value, path, expectation_keys)) return expect;
    if (value.size() == 0)
        reading.report(ProblemCode::bad_value, path, "nothing is expected; name a status at least");
    read_ends(reading, value, path, expect);
    if (const Value* const nodes = value.find("nodes"))
        expect.nodes = read_members(reading, *nodes, Path{path, "nodes"}, "nodes", read_node);
    if (const Value* const order = value.find("order"))
        expect.order = read_texts(reading, *order, Path{path, "order"});
    if (const Value* const calls = value.find("calls"))
        expect.calls = read_members(reading, *calls, Path{path, "calls"}, "nodes", read_calls);
    if (const Value* const duration = value.find("duration"))
        expect.duration = read_duration_expectation(reading, *duration, Path{path, "duration"});
    if (const Value* const letters = value.find("dead_letters"))
        expect.dead_letters = read_dead_letters(reading, *letters, Path{path, "dead_letters"});
    if (const Value* const files = value.find("files"))
        expect.files = read_members(reading, *files, Path{path, "files"}, "files", read_file);
    read_wait_expectations(reading, value, path, expect);
    if (const Value* const assertions = value.find("assert")) {
        const Path at{path, "assert"};
        for (std::string& text : read_texts(reading, *assertions, at)) {
            const Path place{at, expect.assertions.size()};
            expect.assertions.push_back({std::move(text), place.pointer()});
        }
    }
    if (const Value* const snapshot = value.find("snapshot"))
        expect.snapshot = read_flag(reading, *snapshot, Path{path, "snapshot"});
    return expect;
}

}  // namespace millrace::format
