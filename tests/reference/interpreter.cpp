// SPDX-License-Identifier: Apache-2.0
#include "interpreter.hpp"

#include <algorithm>
#include <utility>

#include "interpretation.hpp"
#include "millrace/core/check.hpp"

namespace millrace::reference {
namespace {

/// The run of this path, or one in it.
bool is_within(const std::string& path, const std::string& run) {
    if (!path.starts_with(run)) return false;
    return path.size() == run.size() ||
           std::string_view{".[#!"}.find(path[run.size()]) != std::string_view::npos;
}

/// A failure is tried again when its class or its code is named.
bool is_retried(const core::RetryPolicy& policy, const Failure& failure) {
    std::vector<std::string> names = policy.retry_on;
    if (names.empty()) names = {"timeout", "connection", "http_5xx", "http_429"};
    return std::ranges::any_of(names, [&](const std::string& name) {
        return name == failure.code || name == core::to_text(failure.error_class);
    });
}

Failure timeout_of(const NodeSpec& node) {
    Failure failure;
    failure.error_class = core::ErrorClass::timeout;
    failure.code = "timeout";
    failure.message = "no answer within its timeout of " + core::to_text(*node.timeout);
    failure.recoverable = true;
    return failure;
}

Value error_port_value(const Failure& failure, const Value& input) {
    return Value::object({{"error", failure.to_value()}, {"input", input}});
}

}  // namespace

// ---- The workflow --------------------------------------------------------------------------

/// With `retry_workflow`, a failed execution starts anew as often as it may.
Expectation Interpretation::whole() {
    Expectation expected;
    const core::WorkflowOnError& on_error = document_.settings.on_error;
    const bool retries = on_error.kind == core::WorkflowOnError::Kind::retry;
    const std::uint32_t generations = retries ? on_error.retry.max_attempts : 1;
    for (std::uint32_t generation = 0; generation < generations; ++generation) {
        generation_ = generation == 0 ? "" : std::to_string(generation) + ":";
        runs_.clear();
        canceled_cleanups_.clear();
        pending_undos_.clear();
        Scope scope;
        const ScopeEnd end = run_scope(scope);
        expected.failure = end.failure;
        if (!end.failure) {
            const auto outputs = outputs_of_workflow(scope);
            if (const auto* failure = std::get_if<Failure>(&outputs)) {
                expected.failure = *failure;
                undo_within("");
            } else {
                expected.outputs = std::get<Value>(outputs);
            }
        }
        expected.generations.push_back(runs_);
        if (!end.failure) break;
    }
    expected.status =
        expected.failure ? core::ExecutionStatus::failed : core::ExecutionStatus::completed;
    return expected;
}

/// Its own template, or else what the last nodes put out.
std::variant<Value, Failure> Interpretation::outputs_of_workflow(const Scope& scope) const {
    if (document_.outputs.is_null()) return outputs_by_default(scope);
    const auto names = [&](const expr::Reference& reference) { return name(reference, scope); };
    const auto outputs = evaluate_tree(document_.outputs, {}, names);
    if (outputs) return *outputs;
    Failure failure = outputs.error();
    failure.message = "the workflow's outputs: " + failure.message;
    return failure;
}

/// An entry per completed node of the top level that nothing but an error handler follows.
Value Interpretation::outputs_by_default(const Scope& scope) const {
    std::vector<core::Member> members;
    for (const NodeSpec& candidate : document_.nodes) {
        if (!lives_in(candidate, scope) || is_fallback(candidate)) continue;
        const bool is_followed =
            std::ranges::any_of(document_.connections, [&](const ConnectionSpec& connection) {
                return connection.from.node == candidate.id && connection.from.port != "error" &&
                       !is_entry(connection);
            });
        const auto ended = scope.ended.find(candidate.id);
        if (is_followed || ended->second.status != core::NodeStatus::completed) continue;
        const Outputs& outputs = ended->second.outputs;
        const bool is_bare =
            outputs.size() == 1 && (outputs.contains("out") || outputs.contains("done"));
        std::vector<core::Member> ports;
        for (const auto& [port, value] : outputs)
            ports.push_back({port, value});
        members.push_back(
            {candidate.id, is_bare ? outputs.begin()->second : Value::object(std::move(ports))});
    }
    return Value::object(std::move(members));
}

// ---- A scope -------------------------------------------------------------------------------

/// Runs whatever can run, in the document's order, until nothing is left that can.
ScopeEnd Interpretation::run_scope(Scope& scope) {
    bool has_moved = true;
    while (std::exchange(has_moved, false)) {
        for (const NodeSpec& candidate : document_.nodes) {
            if (!lives_in(candidate, scope) || is_fallback(candidate)) continue;
            if (scope.begun.contains(candidate.id) || !is_due(candidate, scope)) continue;
            run_node(candidate, scope);
            has_moved = true;
        }
    }
    return end_scope(scope);
}

/// The first run that stops its scope ends it. What lies before that run had ended by then; how
/// far all others had come depends on time, and what waits for a run without an end is canceled.
ScopeEnd Interpretation::end_scope(const Scope& scope) {
    std::vector<std::string> stops;
    std::vector<Failure> failures;
    for (const auto& [id, outcome] : scope.ended) {
        if (!outcome.stops_scope) continue;
        stops.push_back(id);
        failures.push_back(*outcome.failure);
    }
    std::optional<Value> result;
    std::vector<std::string> sources;
    for (const ConnectionSpec* connection : results_of(scope)) {
        const auto arrived = delivery(*connection, scope);
        if (!arrived) continue;
        if (arrived->is_live) result = arrived->value;
        if (!arrived->failure) continue;
        stops.push_back("result of " + connection->from.node);
        failures.push_back(*arrived->failure);
    }
    for (const NodeSpec& candidate : document_.nodes) {
        if (!lives_in(candidate, scope) || scope.ended.contains(candidate.id)) continue;
        MR_CHECK(!stops.empty());
        runs_[scope.prefix + candidate.id].outcome.reset();
    }
    if (stops.empty()) return {std::nullopt, result};
    const std::size_t first = timing_.first_to_stop(timed(scope.path), stops);
    const bool is_result = stops[first].starts_with("result of ");
    const std::string last = is_result ? stops[first].substr(10) : stops[first];
    std::set<std::string> certain = before(last);
    certain.insert(last);
    for (const NodeSpec& candidate : document_.nodes)
        if (lives_in(candidate, scope) && !certain.contains(candidate.id))
            mark_uncertain(scope.prefix + candidate.id);
    undo_within(scope.path);
    return {failures[first], std::nullopt};
}

/// A try's nodes are those of its body, but for what its `finally` leads to.
bool Interpretation::lives_in(const NodeSpec& candidate, const Scope& scope) const {
    if (is_undoing(candidate)) return false;
    if (scope.container == nullptr) return candidate.parent.empty();
    if (candidate.parent != scope.container->id) return false;
    return nodes_of_cleanup(*scope.container).contains(candidate.id) == scope.is_cleanup;
}

std::set<std::string> Interpretation::nodes_of_cleanup(const NodeSpec& container) const {
    std::set<std::string> found;
    bool has_grown = true;
    while (std::exchange(has_grown, false)) {
        for (const ConnectionSpec& connection : document_.connections) {
            const bool begins =
                connection.from.node == container.id && connection.from.port == "finally";
            if (!begins && !found.contains(connection.from.node)) continue;
            if (node(connection.to.node).parent == container.id)
                has_grown |= found.insert(connection.to.node).second;
        }
        for (const std::string& id : std::set<std::string>{found})
            if (const std::string& fallback = node(id).on_error.fallback; !fallback.empty())
                has_grown |= found.insert(fallback).second;
    }
    return found;
}

/// A run is decided once something is known of everything that arrives at it.
bool Interpretation::is_due(const NodeSpec& candidate, const Scope& scope) const {
    for (const InputPort& port : facts_of(candidate).inputs)
        for (const ConnectionSpec* connection : arriving(candidate, port.name))
            if (!delivery(*connection, scope)) return false;
    return true;
}

/// All that must have ended before the node starts.
std::set<std::string> Interpretation::before(const std::string& id) const {
    std::set<std::string> found;
    std::vector<std::string> rest{id};
    while (!rest.empty()) {
        const NodeSpec& at = node(rest.back());
        rest.pop_back();
        const NodeSpec* const head = fallback_head(at);
        for (const InputPort& port : facts_of(head == nullptr ? at : *head).inputs)
            for (const ConnectionSpec* connection :
                 arriving(head == nullptr ? at : *head, port.name))
                if (!is_entry(*connection) && found.insert(connection->from.node).second)
                    rest.push_back(connection->from.node);
    }
    return found;
}

void Interpretation::mark_uncertain(const std::string& path) {
    for (auto& [run, expected] : runs_)
        if (is_within(run, path) && !expected.undoes) expected.is_certain = false;
    for (const auto& [cleanup, canceled] : canceled_cleanups_) {
        if (!is_within(cleanup, path)) continue;
        for (const auto& [run, expected] : canceled) {
            ExpectedRun& known = runs_[run];
            known.is_certain = false;
            if (expected.outcome) known.others.push_back(*expected.outcome);
            known.others.insert(known.others.end(), expected.others.begin(), expected.others.end());
        }
    }
}

/// The scope of this path has failed, or was cut short: whatever has completed in it, however deep,
/// is undone, unless it has been before.
void Interpretation::undo_within(const std::string& path) {
    for (auto undo = pending_undos_.begin(); undo != pending_undos_.end();) {
        if (!path.empty() && !is_within(undo->first, path)) {
            ++undo;
            continue;
        }
        if (timing_.had_completed(timed(undo->first)))
            runs_[undo->second.path] = {undo->second.outcome, true, true, {}};
        undo = pending_undos_.erase(undo);
    }
}

/// What undoing the run will come to, which nothing that happens later changes.
void Interpretation::foresee_undo(const NodeSpec& completed, Scope& scope, const Call& call,
                                  const Outcome& outcome) {
    const bool is_own =
        outcome.status == core::NodeStatus::completed && outcome.recovered_by.empty();
    if (completed.compensate.empty() || !is_own) return;
    const NodeSpec& undoing = node(completed.compensate);
    const auto output = outcome.outputs.find(facts_of(completed).primary_output());
    const Value given =
        Value::object({{"input", call.input()},
                       {"output", output == outcome.outputs.end() ? Value{} : output->second}});
    const Call undo{undoing, undoing.data, {{"in", given}}, {}, {}};
    PendingUndo& pending = pending_undos_[scope.prefix + completed.id];
    pending.path = scope.prefix + undoing.id;
    pending.outcome = attempts_of(undoing, scope, undo, nullptr);
    if (pending.outcome.failure) pending.outcome.status = core::NodeStatus::failed;
}

bool Interpretation::is_undoing(const NodeSpec& candidate) const {
    return std::ranges::any_of(
        document_.nodes, [&](const NodeSpec& other) { return other.compensate == candidate.id; });
}

// ---- A run ---------------------------------------------------------------------------------

void Interpretation::run_node(const NodeSpec& started, Scope& scope) {
    scope.begun.insert(started.id);
    const bool is_idle_trigger = facts_of(started).kind == Kind::trigger && started.id != "start";
    const Call call = call_of(started, scope);
    // A connection that fails its target does so before the target tries anything.
    if (const auto broken = broken_connection(started, scope)) {
        Outcome failed;
        failed.failure = broken;
        record(started, scope, call, after_failure(started, scope, call, failed));
    } else if (is_idle_trigger || has_dead_port(started, scope)) {
        Outcome skipped;
        skipped.status = core::NodeStatus::skipped;
        skip_fallback(started, scope);
        record(started, scope, call, skipped);
    } else {
        record(started, scope, call, outcome_of(started, scope, call, nullptr));
    }
}

/// Nothing when what stands in for the node stops the scope, so that the node has no end itself.
std::optional<Outcome> Interpretation::outcome_of(const NodeSpec& started, Scope& scope,
                                                  const Call& call, const Failure* error) {
    Outcome outcome = attempts_of(started, scope, call, error);
    if (outcome.failure) return after_failure(started, scope, call, std::move(outcome));
    skip_fallback(started, scope);
    return outcome;
}

/// Tries until it works, no attempt is left, or the failure is none to be tried again.
Outcome Interpretation::attempts_of(const NodeSpec& started, Scope& scope, const Call& call,
                                    const Failure* error) {
    Outcome outcome;
    const std::uint32_t attempts_max = started.retry ? started.retry->max_attempts : 1;
    while (outcome.attempts < attempts_max) {
        ++outcome.attempts;
        AttemptResult result = attempt(started, scope, call, error, outcome.attempts);
        outcome.failure.reset();
        if (auto* outputs = std::get_if<Outputs>(&result)) {
            outcome.outputs = std::move(*outputs);
            return outcome;
        }
        Failure failure = std::get<Failure>(std::move(result));
        if (failure.node_id.empty()) failure.node_id = started.id;
        failure.attempt = outcome.attempts;
        outcome.failure = failure;
        outcome.attempt_failures.push_back(failure);
        if (!started.retry || !is_retried(*started.retry, failure)) break;
    }
    return outcome;
}

AttemptResult Interpretation::attempt(const NodeSpec& started, Scope& scope, Call call,
                                      const Failure* error, std::uint32_t number) {
    const Names names = names_of(scope, call, error);
    const TypeFacts facts = facts_of(started);
    const auto data = evaluate_tree(call.data, facts.expression_fields, names);
    if (!data) return data.error();
    const Call evaluated{started, *data, call.inputs, call.labels,
                         [&](const std::string& source) { return is_true(source, names); }};
    switch (facts.kind) {
        case Kind::trigger: return Outputs{{"out", input_}};
        case Kind::loop: return run_loop(started, scope, evaluated, number);
        case Kind::attempt: return run_try(started, scope, evaluated, number);
        case Kind::computed: return compute(evaluated);
        case Kind::effect: break;
    }
    const Value* const given = data->find("input");
    const Value& sent = given == nullptr ? evaluated.input() : *given;
    const std::string path = timed(scope.prefix + started.id);
    if (started.timeout && effects_.is_silent(path, number)) return timeout_of(started);
    auto answer = effects_.answer(path, number, sent);
    if (auto* failure = std::get_if<Failure>(&answer)) return std::move(*failure);
    return Outputs{{"out", std::get<Value>(answer)}};
}

/// Retries are over: the node's `on_error`, the connected error port, the container, the settings.
std::optional<Outcome> Interpretation::after_failure(const NodeSpec& started, Scope& scope,
                                                     const Call& call, Outcome failed) {
    using OnError = core::NodeOnError::Kind;
    const OnError kind = handling(started);
    if (kind == OnError::fallback) return stand_in(started, scope, call, std::move(failed));
    failed.status = core::NodeStatus::failed;
    if (kind == OnError::default_value) {
        failed.status = core::NodeStatus::completed;
        failed.outputs = {{facts_of(started).primary_output(), started.on_error.value}};
        failed.recovered_by = "default";
        failed.failure.reset();
    } else if (kind == OnError::stop) {
        failed.stops_scope = true;
    } else if (has_error_port(started)) {
        failed.outputs = {{"error", error_port_value(*failed.failure, call.input())}};
    }
    return failed;
}

/// The fallback gets what the failed node got, and the failed node takes over what it puts out.
std::optional<Outcome> Interpretation::stand_in(const NodeSpec& started, Scope& scope,
                                                const Call& call, Outcome failed) {
    const NodeSpec& fallback = node(started.on_error.fallback);
    scope.begun.insert(fallback.id);
    const Call fallback_call{fallback, fallback.data, {{"in", call.input()}}, {}, {}};
    const auto instead = outcome_of(fallback, scope, fallback_call, &*failed.failure);
    record(fallback, scope, fallback_call, instead);
    if (!instead || instead->stops_scope) return std::nullopt;
    if (instead->status == core::NodeStatus::completed) {
        failed.status = core::NodeStatus::completed;
        failed.outputs = {{facts_of(started).primary_output(),
                           instead->outputs.at(facts_of(fallback).primary_output())}};
        failed.recovered_by = fallback.id;
        failed.failure.reset();
        return failed;
    }
    Failure failure = *instead->failure;
    failure.cause = std::make_shared<Failure>(*failed.failure);
    failure.node_id = started.id;
    failure.message = "fallback " + fallback.id + " failed: " + failure.message;
    failed.status = core::NodeStatus::failed;
    failed.failure = failure;
    return failed;
}

/// A fallback that is not needed is skipped, and so is its own.
void Interpretation::skip_fallback(const NodeSpec& started, Scope& scope) {
    if (started.on_error.fallback.empty()) return;
    const NodeSpec& fallback = node(started.on_error.fallback);
    scope.begun.insert(fallback.id);
    Outcome skipped;
    skipped.status = core::NodeStatus::skipped;
    record(fallback, scope, {fallback, {}, {}, {}, {}}, skipped);
    skip_fallback(fallback, scope);
}

void Interpretation::record(const NodeSpec& started, Scope& scope, const Call& call,
                            std::optional<Outcome> outcome) {
    runs_[scope.prefix + started.id].outcome = outcome;
    if (!outcome) return;
    scope.ended[started.id] = *outcome;
    foresee_undo(started, scope, call, *outcome);
}

/// Its own `on_error`; else the connected error port, which means that things go on; else a try
/// around it catches the failure; else the workflow's settings.
core::NodeOnError::Kind Interpretation::handling(const NodeSpec& started) const {
    using OnError = core::NodeOnError::Kind;
    if (started.on_error.kind != OnError::inherit) return started.on_error.kind;
    if (has_error_port(started)) return OnError::proceed;
    if (lies_in_a_try(started)) return OnError::stop;
    return document_.settings.on_error.kind == core::WorkflowOnError::Kind::proceed
               ? OnError::proceed
               : OnError::stop;
}

bool Interpretation::has_error_port(const NodeSpec& started) const {
    return std::ranges::any_of(document_.connections, [&](const ConnectionSpec& connection) {
        return connection.from == core::PortRef{started.id, "error"};
    });
}

bool Interpretation::lies_in_a_try(const NodeSpec& started) const {
    if (started.parent.empty()) return false;
    const NodeSpec& parent = node(started.parent);
    return facts_of(parent).kind == Kind::attempt || lies_in_a_try(parent);
}

// ---- The document --------------------------------------------------------------------------

const NodeSpec& Interpretation::node(const std::string& id) const {
    const auto found = std::ranges::find(document_.nodes, id, &NodeSpec::id);
    MR_CHECK(found != document_.nodes.end());
    return *found;
}

/// The node that the chain of fallbacks begins with; null when the node is no fallback.
const NodeSpec* Interpretation::fallback_head(const NodeSpec& fallback) const {
    for (const NodeSpec& candidate : document_.nodes) {
        if (candidate.on_error.fallback != fallback.id) continue;
        const NodeSpec* const head = fallback_head(candidate);
        return head == nullptr ? &candidate : head;
    }
    return nullptr;
}

Expectation interpret(const core::Document& document, const Value& input, const Effects& effects,
                      Timing& timing) {
    return Interpretation{document, input, effects, timing}.whole();
}

}  // namespace millrace::reference
