// SPDX-License-Identifier: Apache-2.0
#include "document_parts.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace millrace::format {

using core::ObjectBuilder;
using core::Value;

namespace {

/// Sets what differs from the default of `delay`, `backoff` and `max_delay`.
template <class Retry>
void set_waits(ObjectBuilder& object, const Retry& retry, DurationText spell) {
    const Retry usual;
    if (retry.delay != usual.delay) object.set("delay", spell(retry.delay));
    if (retry.backoff != usual.backoff) object.set("backoff", retry.backoff);
    // The default grows with the delay: see the reader.
    if (retry.max_delay != std::max(usual.max_delay, retry.delay)) {
        object.set("max_delay", spell(retry.max_delay));
    }
}

Value retry_value(const core::RetryPolicy& retry, DurationText spell) {
    ObjectBuilder object;
    object.set("max_attempts", retry.max_attempts);
    set_waits(object, retry, spell);
    if (retry.jitter != core::RetryPolicy{}.jitter) object.set("jitter", retry.jitter);
    if (!retry.retry_on.empty()) {
        object.set("retry_on", Value::array({retry.retry_on.begin(), retry.retry_on.end()}));
    }
    return std::move(object).build();
}

Value workflow_on_error_value(const core::WorkflowOnError& on_error, DurationText spell) {
    switch (on_error.kind) {
        case core::WorkflowOnError::Kind::stop: return "stop";
        case core::WorkflowOnError::Kind::proceed: return "continue";
        case core::WorkflowOnError::Kind::retry: break;
    }
    ObjectBuilder retry;
    retry.set("max_attempts", on_error.retry.max_attempts);
    set_waits(retry, on_error.retry, spell);
    return Value::object({{"retry_workflow", std::move(retry).build()}});
}

Value concurrency_value(const core::ConcurrencyLimit& concurrency) {
    if (concurrency.when_exceeded == core::ConcurrencyLimit::WhenExceeded::queue) {
        return concurrency.limit;
    }
    return Value::object({{"limit", concurrency.limit}, {"when_exceeded", "reject"}});
}

Value on_error_value(const core::NodeOnError& on_error) {
    switch (on_error.kind) {
        case core::NodeOnError::Kind::inherit: break;
        case core::NodeOnError::Kind::stop: return "stop";
        case core::NodeOnError::Kind::proceed: return "continue";
        case core::NodeOnError::Kind::default_value:
            return Value::object({{"default", on_error.value}});
        case core::NodeOnError::Kind::fallback:
            return Value::object({{"fallback", on_error.fallback}});
    }
    return {};
}

Value retention_value(const core::WorkflowRetention& retention, DurationText spell) {
    ObjectBuilder object;
    if (retention.max_age) object.set("max_age", spell(*retention.max_age));
    if (retention.max_count) object.set("max_count", *retention.max_count);
    return std::move(object).build();
}

Value settings_value(const core::Settings& settings, DurationText spell) {
    const core::Settings usual;
    ObjectBuilder object;
    if (settings.on_error.kind != core::WorkflowOnError::Kind::stop) {
        object.set("on_error", workflow_on_error_value(settings.on_error, spell));
    }
    if (settings.max_parallel_nodes != usual.max_parallel_nodes) {
        object.set("max_parallel_nodes", settings.max_parallel_nodes);
    }
    if (settings.max_concurrent_executions) {
        object.set("max_concurrent_executions",
                   concurrency_value(*settings.max_concurrent_executions));
    }
    if (settings.timeout) object.set("timeout", spell(*settings.timeout));
    if (settings.priority != 0) object.set("priority", settings.priority);
    if (settings.retention) object.set("retention", retention_value(*settings.retention, spell));
    return std::move(object).build();
}

void set_text(ObjectBuilder& object, std::string_view key, const std::string& text) {
    if (!text.empty()) object.set(key, text);
}

Value cache_value(const core::NodeCache& cache, DurationText spell) {
    ObjectBuilder object;
    object.set("ttl", spell(cache.ttl));
    set_text(object, "key", cache.key);
    if (!cache.tags.empty()) {
        object.set("tags", Value::array({cache.tags.begin(), cache.tags.end()}));
    }
    return std::move(object).build();
}

Value breaker_value(const core::CircuitBreaker& breaker, DurationText spell) {
    ObjectBuilder object;
    object.set("failures", breaker.failures);
    object.set("window", spell(breaker.window)).set("reset", spell(breaker.reset));
    if (breaker.probes != core::CircuitBreaker{}.probes) object.set("probes", breaker.probes);
    set_text(object, "name", breaker.name);
    return std::move(object).build();
}

}  // namespace

void set_head(ObjectBuilder& object, const core::Document& document, DurationText spell) {
    object.set("id", document.id);
    set_text(object, "name", document.name);
    set_text(object, "description", document.description);
    set_text(object, "folder", document.folder);
    if (!document.tags.empty()) {
        object.set("tags", Value::array({document.tags.begin(), document.tags.end()}));
    }
    if (!document.inputs.is_null()) object.set("inputs", document.inputs);
    if (!document.variables.empty()) {
        std::vector<core::Member> variables;
        for (const core::Variable& variable : document.variables) {
            variables.push_back({variable.name, variable.value});
        }
        object.set("variables", Value::object(std::move(variables)));
    }
    if (document.settings != core::Settings{}) {
        object.set("settings", settings_value(document.settings, spell));
    }
}

void set_recovery(ObjectBuilder& object, const core::NodeSpec& node, DurationText spell) {
    if (node.retry) object.set("retry", retry_value(*node.retry, spell));
    if (node.timeout) object.set("timeout", spell(*node.timeout));
    if (node.deadline) object.set("deadline", spell(*node.deadline));
    if (node.on_error.kind != core::NodeOnError::Kind::inherit) {
        object.set("on_error", on_error_value(node.on_error));
    }
    if (node.on_interrupt) {
        object.set("on_interrupt",
                   *node.on_interrupt == core::OnInterrupt::rerun ? "rerun" : "fail");
    }
}

void set_effect_rules(ObjectBuilder& object, const core::NodeSpec& node, DurationText spell) {
    set_text(object, "compensate", node.compensate);
    if (node.cache) object.set("cache", cache_value(*node.cache, spell));
    if (node.circuit_breaker) {
        object.set("circuit_breaker", breaker_value(*node.circuit_breaker, spell));
    }
    set_text(object, "credential", node.credential);
}

void set_connection_rules(ObjectBuilder& object, const core::ConnectionSpec& connection) {
    set_text(object, "filter", connection.filter);
    set_text(object, "transform", connection.transform);
    switch (connection.on_error.kind) {
        case core::ConnectionOnError::Kind::fail: break;
        case core::ConnectionOnError::Kind::drop: object.set("on_error", "drop"); break;
        case core::ConnectionOnError::Kind::default_value:
            object.set("on_error", Value::object({{"default", connection.on_error.value}}));
            break;
    }
    if (connection.priority != 0) object.set("priority", std::int64_t{connection.priority});
    set_text(object, "tag", connection.tag);
}

}  // namespace millrace::format
