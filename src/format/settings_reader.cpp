// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>
#include <string_view>

#include "part_readers.hpp"

namespace millrace::format {

using core::ProblemCode;
using core::Value;

namespace {

constexpr std::string_view on_error_forms =
    "stop, continue or { retry_workflow: { max_attempts: 3 } }";

constexpr std::string_view on_error_remedy =
    "write stop, continue or { retry_workflow: { max_attempts: 3 } }";

core::WorkflowRetry read_retry(Reading& reading, const Value& value, const Path& path) {
    core::WorkflowRetry retry;
    if (!reading.object(value, path, workflow_retry_keys)) return retry;
    if (const Value* const attempts =
            reading.require(value, path, "max_attempts", "it counts the first try, such as 3")) {
        retry.max_attempts = static_cast<std::uint32_t>(
            reading.integer(*attempts, Path{path, "max_attempts"}, workflow_attempts_range));
    }
    Waits waits{retry.delay, retry.max_delay, retry.backoff};
    read_waits(reading, value, path, waits);
    retry.delay = waits.delay;
    retry.max_delay = waits.max_delay;
    retry.backoff = waits.backoff;
    return retry;
}

core::WorkflowOnError read_on_error(Reading& reading, const Value& value, const Path& path) {
    using Kind = core::WorkflowOnError::Kind;
    core::WorkflowOnError on_error;
    if (value.is_string()) {
        static constexpr std::array<std::string_view, 2> words{"stop", "continue"};
        on_error.kind = reading.word(value, path, words) == 0 ? Kind::stop : Kind::proceed;
        return on_error;
    }
    if (!value.is_object()) {
        reading.wrong_kind(value, path, on_error_forms);
        return on_error;
    }
    reading.object(value, path, workflow_on_error_keys);
    if (const Value* const retry =
            reading.require(value, path, "retry_workflow", on_error_remedy)) {
        on_error.kind = Kind::retry;
        on_error.retry = read_retry(reading, *retry, Path{path, "retry_workflow"});
    }
    return on_error;
}

core::ConcurrencyLimit read_concurrency(Reading& reading, const Value& value, const Path& path) {
    using When = core::ConcurrencyLimit::WhenExceeded;
    core::ConcurrencyLimit concurrency;
    const auto read_limit = [&](const Value& limit, const Path& at) {
        concurrency.limit =
            static_cast<std::uint32_t>(reading.integer(limit, at, concurrent_executions_range));
    };
    if (!value.is_object()) {
        read_limit(value, path);
        return concurrency;
    }
    reading.object(value, path, concurrency_keys);
    if (const Value* const limit = reading.require(
            value, path, "limit", "write { limit: 10, when_exceeded: queue } or a number")) {
        read_limit(*limit, Path{path, "limit"});
    }
    if (const Value* const when = value.find("when_exceeded")) {
        static constexpr std::array<std::string_view, 2> words{"queue", "reject"};
        concurrency.when_exceeded = reading.word(*when, Path{path, "when_exceeded"}, words) == 0
                                        ? When::queue
                                        : When::reject;
    }
    return concurrency;
}

core::WorkflowRetention read_retention(Reading& reading, const Value& value, const Path& path) {
    core::WorkflowRetention retention;
    if (!reading.object(value, path, retention_keys)) return retention;
    if (const Value* const age = value.find("max_age")) {
        retention.max_age = reading.duration(*age, Path{path, "max_age"});
    }
    if (const Value* const count = value.find("max_count")) {
        retention.max_count = static_cast<std::uint32_t>(
            reading.integer(*count, Path{path, "max_count"}, retained_executions_range));
    }
    if (value.as_object().empty()) {
        reading.report(ProblemCode::missing_key, path,
                       "say which executions are kept: { max_age: 7d }, { max_count: 1000 } or "
                       "both");
    }
    return retention;
}

void check_durability(Reading& reading, const Value& value, const Path& path) {
    static constexpr std::array<std::string_view, 3> words{"journal", "checkpoint", "memory"};
    const std::size_t word = reading.word(value, path, words);
    if (word == 0) return;
    reading.report(
        ProblemCode::not_supported, path,
        "durability " + std::string{words[word]} + " is not executed by this version yet",
        "journal");
}

}  // namespace

core::Settings read_settings(Reading& reading, const Value& value, const Path& path) {
    core::Settings settings;
    if (!reading.object(value, path, settings_keys)) return settings;
    if (const Value* const on_error = value.find("on_error")) {
        settings.on_error = read_on_error(reading, *on_error, Path{path, "on_error"});
    }
    if (const Value* const parallel = value.find("max_parallel_nodes")) {
        settings.max_parallel_nodes = static_cast<std::uint32_t>(
            reading.integer(*parallel, Path{path, "max_parallel_nodes"}, parallel_nodes_range));
    }
    constexpr std::string_view concurrency = "max_concurrent_executions";
    if (const Value* const executions = value.find(concurrency)) {
        settings.max_concurrent_executions =
            read_concurrency(reading, *executions, Path{path, concurrency});
    }
    if (const Value* const timeout = value.find("timeout")) {
        settings.timeout = reading.duration(*timeout, Path{path, "timeout"});
    }
    if (const Value* const priority = value.find("priority")) {
        settings.priority = static_cast<std::int32_t>(
            reading.integer(*priority, Path{path, "priority"}, workflow_priority_range));
    }
    if (const Value* const retention = value.find("retention")) {
        settings.retention = read_retention(reading, *retention, Path{path, "retention"});
    }
    if (const Value* const durability = value.find("durability")) {
        check_durability(reading, *durability, Path{path, "durability"});
    }
    return settings;
}

}  // namespace millrace::format
