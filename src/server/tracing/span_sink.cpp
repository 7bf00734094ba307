// SPDX-License-Identifier: Apache-2.0
#include "tracing/span_sink.hpp"

#include <string>
#include <utility>

#include "millrace/engine/trace.hpp"

namespace millrace::server {
namespace {

// Names of attributes that OpenTelemetry gives a meaning to are used as it does; the others begin
// with the product's name.

bool is_kept(const ObservedExecution& execution) {
    return execution.trace == nullptr || execution.trace->is_sampled;
}

Span begun(const ObservedExecution& execution) {
    Span span;
    span.trace_id = trace_id_of(execution);
    if (execution.trace != nullptr) span.trace_state = execution.trace->state;
    span.attributes = {
        {"millrace.execution.id", execution.id.text()},
        {"millrace.workflow.id", std::string{execution.workflow_id}},
        {"millrace.workflow.version", static_cast<std::int64_t>(execution.workflow_version)}};
    return span;
}

void add_error(Span& span, const core::Failure& error) {
    span.status = Span::Status::error;
    span.message = error.message;
    span.attributes.emplace_back("error.type", error.code);
}

SpanEvent exception(const core::Failure& error, core::Time at) {
    return {"exception",
            at,
            {{"exception.type", error.code},
             {"exception.message", error.message},
             {"millrace.error.class", std::string{to_text(error.error_class)}}}};
}

Span::Kind kind_of(const ObservedExecution& execution) {
    const std::string_view type = execution.trigger_type;
    if (type == "trigger.webhook" || type == "trigger.form") return Span::Kind::server;
    if (type == "trigger.event") return Span::Kind::consumer;
    return Span::Kind::internal;
}

}  // namespace

std::string trace_id_of(const ObservedExecution& execution) {
    return execution.trace != nullptr ? execution.trace->trace_id
                                      : engine::own_trace_id(execution.id);
}

void SpanSink::on_node(const NodeFact& fact) {
    if (!is_kept(fact.execution) || fact.attempts == 0) return;
    const core::ExecutionId id = fact.execution.id;
    Span span = begun(fact.execution);
    span.span_id = engine::run_span(id, fact.path, fact.run.generation, 0);
    span.parent_id = engine::execution_span(id);
    span.name = std::string{fact.node_type} + " " + std::string{fact.node_id};
    span.start = fact.started;
    span.end = fact.ended;
    span.attributes.emplace_back("millrace.node.id", std::string{fact.node_id});
    span.attributes.emplace_back("millrace.node.type", std::string{fact.node_type});
    span.attributes.emplace_back("millrace.node.path", std::string{fact.path});
    span.attributes.emplace_back("millrace.status", std::string{to_text(fact.status)});
    span.attributes.emplace_back("millrace.attempts", static_cast<std::int64_t>(fact.attempts));
    for (const AttemptFact& attempt : fact.finished)
        if (attempt.error) span.events.push_back(exception(*attempt.error, attempt.ended));
    if (fact.error != nullptr) add_error(span, *fact.error);
    // What the engine computes within a frame calls nobody.
    if (!fact.executor.empty()) give_attempts(fact, span);
    give_(std::move(span));
}

void SpanSink::give_attempts(const NodeFact& fact, const Span& run) {
    for (const AttemptFact& attempt : fact.finished) {
        Span span = begun(fact.execution);
        // Whoever was called by the attempt names this span as its parent.
        span.span_id =
            engine::run_span(fact.execution.id, fact.path, fact.run.generation, attempt.number);
        span.parent_id = run.span_id;
        span.name = run.name + " attempt " + std::to_string(attempt.number);
        span.kind = Span::Kind::client;
        span.start = attempt.started;
        span.end = attempt.ended;
        span.attributes.emplace_back("millrace.node.path", std::string{fact.path});
        span.attributes.emplace_back("millrace.attempt", static_cast<std::int64_t>(attempt.number));
        span.attributes.emplace_back("millrace.executor", std::string{fact.executor});
        if (attempt.error) add_error(span, *attempt.error);
        give_(std::move(span));
    }
}

void SpanSink::on_ended(const ExecutionFact& fact) {
    const ObservedExecution& execution = fact.execution;
    if (!is_kept(execution)) return;
    Span span = begun(execution);
    span.span_id = engine::execution_span(execution.id);
    if (execution.trace != nullptr) span.parent_id = execution.trace->parent_span;
    span.name = "workflow " + std::string{execution.workflow_id};
    span.kind = kind_of(execution);
    span.start = execution.created;
    span.end = fact.ended;
    span.attributes.emplace_back("millrace.trigger.node", std::string{execution.trigger_node});
    span.attributes.emplace_back("millrace.trigger.type", std::string{execution.trigger_type});
    span.attributes.emplace_back("millrace.status", std::string{to_text(fact.status)});
    if (execution.parent)
        span.attributes.emplace_back("millrace.execution.parent_id", execution.parent->text());
    if (execution.is_mocked) span.attributes.emplace_back("millrace.mocked", true);
    if (execution.started) span.events.push_back({"started", *execution.started, {}});
    if (fact.error != nullptr) add_error(span, *fact.error);
    give_(std::move(span));
}

}  // namespace millrace::server
