// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "names.hpp"
#include "test_readers.hpp"

namespace millrace::format {

using core::ProblemCode;
using core::Value;

namespace {

constexpr std::array<std::string_view, 10> class_words{
    "internal",   "timeout",    "connection", "http_4xx", "http_5xx",
    "validation", "expression", "script",     "limit",    "canceled"};

/// `http_503` says its class itself.
core::ErrorClass class_of(std::string_view code) {
    if (const auto named = core::parse_error_class(code)) return *named;
    if (code.starts_with("http_4")) return core::ErrorClass::http_4xx;
    if (code.starts_with("http_5")) return core::ErrorClass::http_5xx;
    return core::ErrorClass::internal;
}

core::Failure read_failure(Reading& reading, const Value& value, const Path& path) {
    core::Failure failure;
    if (value.is_string()) {
        failure.code = std::string{value.as_string()};
    } else if (reading.object(value, path, mock_error_keys)) {
        if (const Value* const code =
                reading.require(value, path, "code", "an error has a code such as http_503"))
            failure.code = reading.text(*code, Path{path, "code"});
    } else {
        return failure;
    }
    if (!failure.code.empty() && !is_error_code(failure.code)) {
        reading.report(
            ProblemCode::bad_value, path,
            quoted(failure.code) + " is no error code; they look like timeout or http_503");
    }
    failure.error_class = class_of(failure.code);
    failure.message = "mocked: " + failure.code;
    if (!value.is_object()) return failure;
    if (const Value* const named = value.find("class")) {
        const std::size_t index = reading.word(*named, Path{path, "class"}, class_words);
        failure.error_class = *core::parse_error_class(class_words[index]);
    }
    if (const Value* const message = value.find("message"))
        failure.message = reading.text(*message, Path{path, "message"});
    if (const Value* const recoverable = value.find("recoverable"))
        failure.recoverable = read_flag(reading, *recoverable, Path{path, "recoverable"});
    if (const Value* const details = value.find("details"))
        failure.details = reading.data(*details, Path{path, "details"});
    if (const Value* const after = value.find("retry_after"))
        failure.retry_after_ms = reading.duration(*after, Path{path, "retry_after"}, true).ms;
    return failure;
}

Value read_response(Reading& reading, const Value& value, const Path& path) {
    if (!reading.object(value, path, mock_response_keys)) return value;
    if (const Value* const status = value.find("status"))
        reading.integer(*status, Path{path, "status"}, http_status_range);
    if (const Value* const headers = value.find("headers")) {
        const Path at{path, "headers"};
        if (!headers->is_object()) {
            reading.wrong_kind(*headers, at, "an object of names and texts");
        } else {
            for (const core::Member& member : headers->as_object())
                reading.text(member.value, Path{at, member.key});
        }
    }
    return reading.data(value, path);
}

Value read_outputs(Reading& reading, const Value& value, const Path& path) {
    if (!value.is_object()) reading.wrong_kind(value, path, "an object of ports and values");
    return reading.data(value, path);
}

void read_result(Reading& reading, const Value& value, const Path& path, MockAnswer& answer) {
    using Kind = MockAnswer::Kind;
    static constexpr std::array<std::pair<std::string_view, Kind>, 5> kinds{
        {{"out", Kind::out},
         {"outputs", Kind::outputs},
         {"respond", Kind::respond},
         {"error", Kind::error},
         {"compute", Kind::compute}}};
    std::size_t given = 0;
    for (const auto& [key, kind] : kinds) {
        const Value* const result = value.find(key);
        if (result == nullptr) continue;
        ++given;
        const Path at{path, key};
        answer.kind = kind;
        switch (kind) {
            case Kind::out: answer.value = reading.data(*result, at); break;
            case Kind::outputs: answer.value = read_outputs(reading, *result, at); break;
            case Kind::respond: answer.value = read_response(reading, *result, at); break;
            case Kind::error: answer.failure = read_failure(reading, *result, at); break;
            case Kind::compute: answer.expression = reading.filled_text(*result, at); break;
        }
    }
    if (given == 1) return;
    reading.report(ProblemCode::bad_value, path,
                   "expected exactly one of out, outputs, respond, error and compute");
}

MockAnswer read_answer(Reading& reading, const Value& value, const Path& path) {
    MockAnswer answer;
    answer.pointer = path.pointer();
    if (!reading.object(value, path, mock_keys)) return answer;
    read_result(reading, value, path, answer);
    if (const Value* const when = value.find("when"))
        answer.when = reading.filled_text(*when, Path{path, "when"});
    if (const Value* const times = value.find("times"))
        answer.times = static_cast<std::uint32_t>(
            reading.integer(*times, Path{path, "times"}, test_times_range));
    if (const Value* const takes = value.find("takes"))
        answer.takes = reading.duration(*takes, Path{path, "takes"}, true);
    return answer;
}

Mock read_mock(Reading& reading, const core::Member& member, const Path& path) {
    Mock mock;
    mock.target = member.key;
    mock.pointer = path.pointer();
    if (!member.value.is_array()) {
        mock.answers.push_back(read_answer(reading, member.value, path));
        return mock;
    }
    const std::span<const Value> elements = member.value.as_array();
    if (elements.empty())
        reading.report(ProblemCode::bad_value, path, "the list of answers is empty");
    for (const Value& element : elements) {
        MockAnswer answer = read_answer(reading, element, Path{path, mock.answers.size()});
        // In a list, calls take one answer after the other; the last one stays.
        const bool is_last = mock.answers.size() + 1 == elements.size();
        if (!is_last && answer.when.empty() && !answer.times) answer.times = 1;
        mock.answers.push_back(std::move(answer));
    }
    return mock;
}

}  // namespace

std::vector<Mock> read_mocks(Reading& reading, const Value& value, const Path& path) {
    std::vector<Mock> mocks;
    if (!value.is_object()) {
        reading.wrong_kind(value, path, "an object of nodes and answers");
        return mocks;
    }
    for (const core::Member& member : value.as_object())
        mocks.push_back(read_mock(reading, member, Path{path, member.key}));
    return mocks;
}

}  // namespace millrace::format
