// SPDX-License-Identifier: Apache-2.0
#include "view_fold.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "port_values.hpp"

namespace millrace::engine {

using core::EventType;
using core::ExecutionStatus;
using core::NodeStatus;

/// What each record does to the view, and the event it stands for.
class ViewFold {
public:
    using Told = std::optional<core::Event>;

    ViewFold(ViewState& view, core::Time at) : view_{view}, at_{at} {}

    Told on(const ExecutionCreated& r) {
        view_.created_at = at_;
        view_.inputs = r.input;
        view_.variables = r.variables;
        view_.trigger_data = r.trigger_data;
        if (r.trigger.value >= view_.plan->nodes().size()) return std::nullopt;
        view_.trigger = r.trigger;
        return told(EventType::execution_created,
                    core::Value::object(
                        {{"trigger", view_.plan->node(r.trigger).id}, {"inputs", r.input}}));
    }

    Told on(const ExecutionStarted&) {
        view_.status = ExecutionStatus::running;
        view_.started_at = at_;
        return told(EventType::execution_started);
    }

    Told on(const AttemptStarted& r) {
        NodeView* const node = view_.find(r.run);
        if (node == nullptr) return std::nullopt;
        start(*node, r.run);
        wake();
        node->status = NodeStatus::running;
        AttemptView attempt;
        attempt.number = r.attempt;
        attempt.started_at = at_;
        attempt.backoff_ms = std::exchange(view_.pending(r.run).backoff_ms, std::nullopt);
        node->attempts.push_back(std::move(attempt));
        return told(EventType::node_started, *node, view_.undone_path(r.run));
    }

    Told on(const AttemptReissued& r) {
        NodeView* const node = view_.find(r.run);
        AttemptView* const attempt = node == nullptr ? nullptr : open_attempt(*node);
        if (attempt != nullptr) attempt->reissued = r.reissued;
        return std::nullopt;
    }

    Told on(const AttemptSucceeded& r) {
        NodeView* const node = view_.find(r.run);
        if (node == nullptr) return std::nullopt;
        close_attempt(*node, AttemptStatus::completed, r.executor);
        wake();
        view_.pending(r.run).outputs = r.outputs;
        if (r.note.is_null()) return std::nullopt;
        return told(EventType::node_event, *node, r.note);
    }

    Told on(const AttemptFailed& r) {
        NodeView* const node = view_.find(r.run);
        if (node == nullptr) return std::nullopt;
        close_attempt(*node, AttemptStatus::failed, r.executor, r.failure);
        wake();
        node->error = r.failure;
        return std::nullopt;
    }

    Told on(const RetryScheduled& r) {
        NodeView* const node = view_.find(r.run);
        if (node == nullptr) return std::nullopt;
        node->status = NodeStatus::waiting;
        view_.pending(r.run).backoff_ms = r.backoff_ms;
        return told(EventType::node_retrying, *node,
                    core::Value::object({{"error", error_of(*node)},
                                         {"next_attempt", r.next_attempt},
                                         {"due", r.due.text()},
                                         {"backoff_ms", r.backoff_ms}}));
    }

    Told on(const RunWaiting& r) {
        NodeView* const node = view_.find(r.run);
        if (node == nullptr) return std::nullopt;
        start(*node, r.run);
        node->status = NodeStatus::waiting;
        view_.pending(r.run).outputs = r.then;
        return told(EventType::node_waiting, *node, core::Value::object({{"due", r.due.text()}}));
    }

    Told on(const RunCompleted& r) {
        NodeView* const node = view_.find(r.run);
        if (node == nullptr) return std::nullopt;
        start(*node, r.run);
        close_attempt(*node, AttemptStatus::completed, {});
        std::vector<PortValue> announced = std::move(view_.pending(r.run).outputs);
        const bool is_announced = r.by == CompletedBy::attempt || r.by == CompletedBy::wait;
        node->outputs = is_announced ? std::move(announced) : r.outputs;
        if (r.by == CompletedBy::scope) node->outputs = view_.take_container_outputs(r.run);
        if (r.by == CompletedBy::trigger)
            node->outputs = {{core::PortIndex{0}, view_.trigger_data}};
        if (r.by == CompletedBy::default_value) node->recovered_by = "default";
        if (r.by == CompletedBy::fallback) node->recovered_by = fallback_of(r.run.node);
        node->error.reset();
        end(*node, NodeStatus::completed);
        core::ObjectBuilder data;
        data.set("outputs", outputs_value(view_.plan->node(r.run.node), node->outputs))
            .set("duration_ms", (at_ - *node->started_at).ms);
        if (!node->recovered_by.empty()) data.set("recovered_by", node->recovered_by);
        view_.note_undo(*node, r);
        return told(EventType::node_completed, *node, std::move(data).build());
    }

    Told on(const RunFailed& r) {
        NodeView* const node = view_.find(r.run);
        if (node == nullptr) return std::nullopt;
        close_attempt(*node, AttemptStatus::failed, {}, r.failure);
        node->error = r.failure;
        if (r.then == FailedThen::fallback) {
            node->status = NodeStatus::waiting;
            return told(EventType::node_waiting, *node,
                        core::Value::object(
                            {{"fallback", fallback_of(r.run.node)}, {"error", error_of(*node)}}));
        }
        end(*node, NodeStatus::failed);
        if (r.then == FailedThen::stop) end_scope(r.run.scope, r.failure);
        if (r.then == FailedThen::error_port) {
            node->outputs = {{view_.plan->node(r.run.node).error_port(),
                              core::Value::object({{"error", error_of(*node)},
                                                   {"input", view_.primary_input(r.run)}})}};
        }
        return told(EventType::node_failed, *node,
                    core::Value::object({{"error", error_of(*node)}, {"then", to_text(r.then)}}));
    }

    Told on(const RunSkipped& r) {
        NodeView* const node = view_.find(r.run);
        if (node == nullptr) return std::nullopt;
        view_.forget_wait(r.run);
        end(*node, NodeStatus::skipped);
        return told(EventType::node_skipped, *node);
    }

    Told on(const RunCanceled& r) {
        NodeView* const node = view_.find(r.run);
        if (node == nullptr) return std::nullopt;
        close_attempt(*node, AttemptStatus::canceled, {});
        view_.forget_wait(r.run);
        end(*node, NodeStatus::canceled);
        return told(EventType::node_canceled, *node);
    }

    Told on(const RunNoted& r) {
        const NodeView* const node = view_.find(r.run);
        if (node == nullptr) return std::nullopt;
        return told(EventType::node_event, *node, r.data);
    }

    Told on(const LinkSettled& r) {
        ScopeView* const scope = view_.find_scope(r.scope);
        const bool is_known = scope != nullptr &&
                              r.connection.value < view_.plan->connections().size() &&
                              view_.plan->connection(r.connection).scope == scope->scope;
        if (!is_known) return std::nullopt;
        const PlanConnection& connection = view_.plan->connection(r.connection);
        std::optional<core::Value>& link = scope->links[connection.local];
        if (r.outcome == LinkOutcome::value) link = r.value;
        if (r.outcome == LinkOutcome::passed) {
            const core::Value* const value = view_.put_out(*scope, connection);
            if (value != nullptr) link = *value;
        }
        return std::nullopt;
    }

    Told on(const LinkFailed& r) {
        const bool is_known = r.connection.value < view_.plan->connections().size();
        if (is_known && view_.plan->connection(r.connection).is_result)
            end_scope(r.scope, r.failure);
        return std::nullopt;
    }

    Told on(const TimerFired& r) {
        const bool wakes = r.purpose == TimerPurpose::retry || r.purpose == TimerPurpose::delay ||
                           r.purpose == TimerPurpose::workflow_retry;
        if (wakes) wake();
        if (r.purpose == TimerPurpose::delay) view_.forget_wait(r.run);
        return std::nullopt;
    }

    Told on(const ExecutionWaiting&) {
        view_.status = ExecutionStatus::waiting;
        return told(EventType::execution_waiting);
    }

    Told on(const ExecutionCompleted& r) {
        view_.outputs = r.outputs;
        end(ExecutionStatus::completed);
        return told(EventType::execution_completed, core::Value::object({{"outputs", r.outputs}}));
    }

    Told on(const ExecutionFailed& r) {
        view_.error = r.failure;
        end(ExecutionStatus::failed);
        return told(EventType::execution_failed,
                    core::Value::object({{"error", r.failure.to_value()}}));
    }

    Told on(const ExecutionCanceled& r) {
        end(ExecutionStatus::canceled);
        return told(EventType::execution_canceled, core::Value::object({{"reason", r.reason}}));
    }

    Told on(const ExecutionConfigured& r) {
        view_.labels = r.labels;
        view_.given_inputs = r.inputs;
        view_.forked_from = r.forked_from;
        view_.from_path = r.from_path;
        view_.priority = r.priority;
        view_.is_mocked = r.mock_external;
        return std::nullopt;
    }

    Told on(const VariablesChanged& r) {
        view_.variables = r.variables;
        return std::nullopt;
    }

    Told on(const PauseRequested& r) {
        view_.status = ExecutionStatus::paused;
        return told(EventType::execution_paused, core::Value::object({{"reason", r.reason}}));
    }

    Told on(const ExecutionPaused& r) {
        view_.status = ExecutionStatus::paused;
        const NodeView* const node = view_.find(r.run);
        view_.paused_before = node == nullptr ? std::string{} : node->path;
        return told(EventType::execution_paused,
                    core::Value::object(
                        {{"before", view_.paused_before}, {"breakpoint", r.at_breakpoint}}));
    }

    Told on(const ResumeRequested&) { return resume(false); }
    Told on(const StepRequested&) { return resume(true); }

    Told on(const CancelRequested&) {
        if (view_.status == ExecutionStatus::paused) view_.status = ExecutionStatus::running;
        view_.paused_before.clear();
        return std::nullopt;
    }

    Told on(const NodeCommanded& r) {
        view_.forget_wait(r.run);
        NodeView* const node = view_.find(r.run);
        if (node == nullptr || r.action != NodeAction::retry) return std::nullopt;
        close_attempt(*node, AttemptStatus::canceled, {});
        node->status = NodeStatus::pending;
        return told(EventType::node_retrying, *node,
                    core::Value::object(
                        {{"error", error_of(*node)},
                         {"next_attempt", static_cast<std::int64_t>(node->attempts.size() + 1)},
                         {"due", at_.text()},
                         {"backoff_ms", 0}}));
    }

    Told on(const ExecutionRestarted& r) {
        view_.scopes.clear();
        view_.kept.clear();
        view_.kept_places.clear();
        view_.undos.clear();
        view_.waits.clear();
        std::erase_if(view_.letters, [](const WaitView& kept) { return kept.signal.empty(); });
        view_.scopes.emplace(0, view_.fresh(0, {}));
        view_.status = ExecutionStatus::waiting;
        return told(EventType::execution_waiting,
                    core::Value::object({{"generation", r.generation},
                                         {"due", r.due.text()},
                                         {"error", r.failure.to_value()}}));
    }

    Told on(const ContainerOpened& r) {
        NodeView* const node = view_.find(r.run);
        if (node == nullptr || !view_.plan->node(r.run.node).container) return std::nullopt;
        if (!node->iterations) node->iterations.emplace();
        ContainerState& container = view_.scope_of(r.run).containers[view_.local(r.run)];
        container = {};
        // A damaged journal may hold anything; a view of it shows what can be shown.
        if (r.items.is_array()) container.items = r.items;
        container.total = r.total;
        container.batch_size = r.batch_size;
        container.is_conditional = r.is_conditional;
        container.aggregates = r.aggregates;
        container.last = view_.primary_input(r.run);
        return std::nullopt;
    }

    Told on(const ScopeOpened& r) {
        view_.open_scope(r);
        return std::nullopt;
    }

    Told on(const ScopeClosed& r) {
        const auto found = view_.scopes.find(r.scope);
        if (r.scope == 0 || found == view_.scopes.end()) return std::nullopt;
        ScopeView scope = std::move(found->second);
        view_.scopes.erase(found);
        NodeView* const owner = view_.find(scope.container);
        ContainerState* const container = view_.container_of(scope.container);
        const bool is_body = view_.plan->scope(scope.scope).part == ScopePart::body;
        if (owner != nullptr && container != nullptr && is_body)
            view_.count(*owner, *container, scope, r.outcome);
        if (!view_.is_wanted(scope)) return std::nullopt;
        view_.kept_places[r.scope] = view_.kept.size();
        view_.kept.push_back(std::move(scope));
        return std::nullopt;
    }

    Told on(const ContainerStopped& r) {
        ContainerState* const container = view_.find(r.run) ? view_.container_of(r.run) : nullptr;
        if (container == nullptr || r.why != ContainerStop::failed) return std::nullopt;
        container->body = ScopeOutcome::failed;
        container->failure = std::make_shared<core::Failure>(r.failure);
        return std::nullopt;
    }

    Told on(const UndoStarted& r) {
        view_.start_undo(r);
        return std::nullopt;
    }

    Told on(const UndoEnded& r) {
        if (r.scope != 0) view_.scopes.erase(r.scope);
        return std::nullopt;
    }

    Told on(const UndoSkipped& r) {
        const std::optional<NodeView> node = view_.skip_undo(r, at_);
        return node ? told(EventType::node_skipped, *node) : Told{};
    }

    Told on(const WaitOpened& r) {
        NodeView* const node = view_.find(r.run);
        if (node == nullptr) return std::nullopt;
        start(*node, r.run);
        node->status = NodeStatus::waiting;
        const auto letter = view_.take_letter(r);
        view_.pending(r.run).outputs =
            letter ? std::vector<PortValue>{{core::PortIndex{0}, *letter}} : r.then;
        core::ObjectBuilder data;
        data.set("for", to_text(r.kind));
        if (!r.name.empty()) data.set("name", r.name);
        data.set("details", r.details);
        if (r.is_limited) data.set("due", r.until.text());
        return told(EventType::node_waiting, *node, std::move(data).build());
    }
    Told on(const SignalReceived& r) {
        if (view_.take_signal(r)) wake();
        return std::nullopt;
    }
    Told on(const AnswerReceived& r) {
        if (view_.take_answer(r)) wake();
        return std::nullopt;
    }
    Told on(const AttemptDetached& r) {
        NodeView* const node = view_.find(r.run);
        AttemptView* const attempt = node == nullptr ? nullptr : open_attempt(*node);
        if (attempt == nullptr) return std::nullopt;
        attempt->child = r.child;
        node->status = NodeStatus::waiting;
        return told(EventType::node_waiting, *node,
                    core::Value::object({{"for", "child"}, {"child_execution_id", r.child}}));
    }
    Told on(const ExecutionLinked& r) {
        view_.parent_id = r.parent;
        view_.parent_path = r.path;
        return std::nullopt;
    }
    Told on(const ExecutionTraced& r) {
        view_.trace_id = r.trace_id;
        view_.parent_span = r.parent_span;
        return std::nullopt;
    }
    static Told on(const Responded&) { return std::nullopt; }

    // The engine's own bookkeeping, which nobody watches.
    static Told on(const OutputsFailed&) { return std::nullopt; }
    static Told on(const PermitGranted&) { return std::nullopt; }
    Told on(const StartDelayed& r) {
        view_.start_at = r.until;
        return std::nullopt;
    }
    static Told on(const BreakpointsSet&) { return std::nullopt; }
    static Told on(const IterationChecked&) { return std::nullopt; }
    static Told on(const Recovered&) { return std::nullopt; }
    static Told on(const Continued&) { return std::nullopt; }

private:
    /// The first failure that nothing caught is what ends a scope.
    void end_scope(std::uint32_t number, const core::Failure& failure) {
        ScopeView* const scope = view_.find_scope(number);
        if (scope != nullptr && scope->failure == nullptr)
            scope->failure = std::make_shared<core::Failure>(failure);
    }

    Told resume(bool is_step) {
        view_.status = ExecutionStatus::running;
        view_.paused_before.clear();
        return told(EventType::execution_resumed, core::Value::object({{"step", is_step}}));
    }

    void wake() {
        if (view_.status == ExecutionStatus::waiting) view_.status = ExecutionStatus::running;
    }

    void start(NodeView& node, const RunKey& run) {
        if (node.started_at) return;
        node.started_at = at_;
        node.execution_order = ++view_.last_started;
        node.input = view_.primary_input(run);
    }

    void end(NodeView& node, NodeStatus status) {
        node.status = status;
        node.completed_at = at_;
    }

    void end(ExecutionStatus status) {
        view_.skip_idle_undos();
        view_.status = status;
        view_.completed_at = at_;
    }

    static AttemptView* open_attempt(NodeView& node) {
        const bool is_open =
            !node.attempts.empty() && node.attempts.back().status == AttemptStatus::running;
        return is_open ? &node.attempts.back() : nullptr;
    }

    void close_attempt(NodeView& node, AttemptStatus status, std::string_view executor,
                       std::optional<core::Failure> failure = {}) {
        AttemptView* const attempt = open_attempt(node);
        if (attempt == nullptr) return;
        attempt->status = status;
        attempt->completed_at = at_;
        attempt->executor = executor;
        attempt->error = std::move(failure);
    }

    std::string fallback_of(core::NodeIndex index) const {
        const std::optional<core::NodeIndex> fallback = view_.plan->node(index).fallback;
        return fallback ? view_.plan->node(*fallback).id : std::string{};
    }

    static core::Value error_of(const NodeView& node) {
        return node.error ? node.error->to_value() : core::Value{};
    }

    Told told(EventType type, core::Value data = {}) {
        core::Event event;
        event.seq = ++view_.last_event;
        event.time = at_;
        event.execution_id = view_.id;
        event.workflow_id = view_.plan->identity().workflow_id;
        event.workflow_version = view_.plan->identity().version;
        event.type = type;
        event.data = std::move(data);
        return event;
    }

    Told told(EventType type, const NodeView& node, core::Value data = {}) {
        Told event = told(type, std::move(data));
        event->node_id = node.id;
        event->path = node.path;
        event->attempt = node.attempts.empty() ? 0 : node.attempts.back().number;
        return event;
    }

    ViewState& view_;
    core::Time at_;
};

std::optional<core::Event> fold(ViewState& view, const Record& record) {
    ViewFold state{view, record.at};
    return std::visit([&](const auto& body) { return state.on(body); }, record.body);
}

}  // namespace millrace::engine
