// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/execution_view.hpp"

#include <algorithm>
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

    ViewFold(ExecutionView& view, core::Time at) : view_{view}, at_{at} {}

    Told on(const ExecutionCreated& r) {
        view_.created_at_ = at_;
        view_.inputs_ = r.input;
        view_.variables_ = r.variables;
        view_.trigger_data_ = r.trigger_data;
        if (r.trigger.value >= view_.nodes_.size()) return std::nullopt;
        view_.trigger_ = r.trigger;
        return told(EventType::execution_created,
                    core::Value::object(
                        {{"trigger", view_.nodes_[r.trigger.value].id}, {"inputs", r.input}}));
    }

    Told on(const ExecutionStarted&) {
        view_.status_ = ExecutionStatus::running;
        view_.started_at_ = at_;
        return told(EventType::execution_started);
    }

    Told on(const AttemptStarted& r) {
        NodeView* const node = find(r.run);
        if (node == nullptr) return std::nullopt;
        start(*node, r.run.node);
        wake();
        node->status = NodeStatus::running;
        AttemptView attempt;
        attempt.number = r.attempt;
        attempt.started_at = at_;
        attempt.backoff_ms = std::exchange(pending(r.run).backoff_ms, std::nullopt);
        node->attempts.push_back(std::move(attempt));
        return told(EventType::node_started, *node);
    }

    Told on(const AttemptReissued& r) {
        NodeView* const node = find(r.run);
        AttemptView* const attempt = node == nullptr ? nullptr : open_attempt(*node);
        if (attempt != nullptr) attempt->reissued = r.reissued;
        return std::nullopt;
    }

    Told on(const AttemptSucceeded& r) {
        NodeView* const node = find(r.run);
        if (node == nullptr) return std::nullopt;
        close_attempt(*node, AttemptStatus::completed, r.executor);
        pending(r.run).outputs = r.outputs;
        if (r.note.is_null()) return std::nullopt;
        return told(EventType::node_event, *node, r.note);
    }

    Told on(const AttemptFailed& r) {
        NodeView* const node = find(r.run);
        if (node == nullptr) return std::nullopt;
        close_attempt(*node, AttemptStatus::failed, r.executor, r.failure);
        node->error = r.failure;
        return std::nullopt;
    }

    Told on(const RetryScheduled& r) {
        NodeView* const node = find(r.run);
        if (node == nullptr) return std::nullopt;
        node->status = NodeStatus::waiting;
        pending(r.run).backoff_ms = r.backoff_ms;
        return told(EventType::node_retrying, *node,
                    core::Value::object({{"error", error_of(*node)},
                                         {"next_attempt", r.next_attempt},
                                         {"due", r.due.text()},
                                         {"backoff_ms", r.backoff_ms}}));
    }

    Told on(const RunWaiting& r) {
        NodeView* const node = find(r.run);
        if (node == nullptr) return std::nullopt;
        start(*node, r.run.node);
        node->status = NodeStatus::waiting;
        pending(r.run).outputs = r.then;
        return told(EventType::node_waiting, *node, core::Value::object({{"due", r.due.text()}}));
    }

    Told on(const RunCompleted& r) {
        NodeView* const node = find(r.run);
        if (node == nullptr) return std::nullopt;
        start(*node, r.run.node);
        wake();
        close_attempt(*node, AttemptStatus::completed, {});
        std::vector<PortValue> announced = std::move(pending(r.run).outputs);
        const bool is_announced = r.by == CompletedBy::attempt || r.by == CompletedBy::wait;
        node->outputs = is_announced ? std::move(announced) : r.outputs;
        if (r.by == CompletedBy::trigger)
            node->outputs = {{core::PortIndex{0}, view_.trigger_data_}};
        if (r.by == CompletedBy::default_value) node->recovered_by = "default";
        if (r.by == CompletedBy::fallback) node->recovered_by = fallback_of(r.run.node);
        node->error.reset();
        end(*node, NodeStatus::completed);
        core::ObjectBuilder data;
        data.set("outputs", outputs_value(view_.plan_->node(r.run.node), node->outputs))
            .set("duration_ms", (at_ - *node->started_at).ms);
        if (!node->recovered_by.empty()) data.set("recovered_by", node->recovered_by);
        return told(EventType::node_completed, *node, std::move(data).build());
    }

    Told on(const RunFailed& r) {
        NodeView* const node = find(r.run);
        if (node == nullptr) return std::nullopt;
        wake();
        close_attempt(*node, AttemptStatus::failed, {}, r.failure);
        node->error = r.failure;
        if (r.then == FailedThen::fallback) {
            node->status = NodeStatus::waiting;
            return told(EventType::node_waiting, *node,
                        core::Value::object(
                            {{"fallback", fallback_of(r.run.node)}, {"error", error_of(*node)}}));
        }
        end(*node, NodeStatus::failed);
        if (r.then == FailedThen::error_port) {
            node->outputs = {{view_.plan_->node(r.run.node).error_port(),
                              core::Value::object({{"error", error_of(*node)},
                                                   {"input", primary_input(r.run.node)}})}};
        }
        return told(EventType::node_failed, *node,
                    core::Value::object({{"error", error_of(*node)}, {"then", text_of(r.then)}}));
    }

    Told on(const RunSkipped& r) {
        NodeView* const node = find(r.run);
        if (node == nullptr) return std::nullopt;
        end(*node, NodeStatus::skipped);
        return told(EventType::node_skipped, *node);
    }

    Told on(const RunCanceled& r) {
        NodeView* const node = find(r.run);
        if (node == nullptr) return std::nullopt;
        close_attempt(*node, AttemptStatus::canceled, {});
        end(*node, NodeStatus::canceled);
        return told(EventType::node_canceled, *node);
    }

    Told on(const RunNoted& r) {
        const NodeView* const node = find(r.run);
        if (node == nullptr) return std::nullopt;
        return told(EventType::node_event, *node, r.data);
    }

    Told on(const LinkSettled& r) {
        if (r.connection.value >= view_.links_.size()) return std::nullopt;
        if (r.outcome == LinkOutcome::value) view_.links_[r.connection.value] = r.value;
        if (r.outcome == LinkOutcome::passed) {
            const core::Value* const value = put_out(view_.plan_->connection(r.connection));
            if (value != nullptr) view_.links_[r.connection.value] = *value;
        }
        return std::nullopt;
    }

    Told on(const TimerFired& r) {
        if (r.purpose == TimerPurpose::retry || r.purpose == TimerPurpose::delay) wake();
        return std::nullopt;
    }

    Told on(const ExecutionWaiting&) {
        view_.status_ = ExecutionStatus::waiting;
        return told(EventType::execution_waiting);
    }

    Told on(const ExecutionCompleted& r) {
        view_.outputs_ = r.outputs;
        end(ExecutionStatus::completed);
        return told(EventType::execution_completed, core::Value::object({{"outputs", r.outputs}}));
    }

    Told on(const ExecutionFailed& r) {
        view_.error_ = r.failure;
        end(ExecutionStatus::failed);
        return told(EventType::execution_failed,
                    core::Value::object({{"error", r.failure.to_value()}}));
    }

    Told on(const ExecutionCanceled& r) {
        end(ExecutionStatus::canceled);
        return told(EventType::execution_canceled, core::Value::object({{"reason", r.reason}}));
    }

    // The engine's own bookkeeping, which nobody watches.
    static Told on(const CancelRequested&) { return std::nullopt; }
    static Told on(const Recovered&) { return std::nullopt; }
    static Told on(const Continued&) { return std::nullopt; }
    static Told on(const LinkFailed&) { return std::nullopt; }

private:
    /// Only the top level is shown; runs of iterations have pages of their own.
    NodeView* find(const RunKey& run) {
        const bool is_known = run.scope == 0 && run.node.value < view_.nodes_.size();
        return is_known ? &view_.nodes_[run.node.value] : nullptr;
    }

    ExecutionView::Pending& pending(const RunKey& run) { return view_.pending_[run.node.value]; }

    void wake() {
        if (view_.status_ == ExecutionStatus::waiting) view_.status_ = ExecutionStatus::running;
    }

    void start(NodeView& node, core::NodeIndex index) {
        if (node.started_at) return;
        node.started_at = at_;
        node.execution_order = ++view_.last_started_;
        node.input = primary_input(index);
    }

    void end(NodeView& node, NodeStatus status) {
        node.status = status;
        node.completed_at = at_;
    }

    void end(ExecutionStatus status) {
        view_.status_ = status;
        view_.completed_at_ = at_;
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

    /// What the connection brought to its target; nothing when it is dead or not settled.
    const core::Value* delivered(core::ConnectionIndex index) const {
        const PlanConnection& connection = view_.plan_->connection(index);
        if (!connection.is_plain()) {
            const std::optional<core::Value>& value = view_.links_[index.value];
            return value ? &*value : nullptr;
        }
        return put_out(connection);
    }

    const core::Value* put_out(const PlanConnection& connection) const {
        const std::vector<PortValue>& outputs = view_.nodes_[connection.from.value].outputs;
        const auto live = std::ranges::find(outputs, connection.from_port, &PortValue::port);
        return live == outputs.end() ? nullptr : &live->value;
    }

    core::Value primary_input(core::NodeIndex index) const {
        // A fallback gets what the node got for which it stands in; the first of a chain of them
        // has the connections.
        const PlanNode* node = &view_.plan_->node(index);
        while (node->fallback_for)
            node = &view_.plan_->node(*node->fallback_for);
        if (node->inputs.empty()) return {};
        const PlanInput& port = node->inputs.front();
        std::vector<core::Value> values;
        for (const core::ConnectionIndex connection : port.connections) {
            const core::Value* const value = delivered(connection);
            if (value == nullptr) continue;
            if (!port.many) return *value;
            values.push_back(*value);
        }
        return port.many ? core::Value::array(std::move(values)) : core::Value{};
    }

    std::string fallback_of(core::NodeIndex index) const {
        const std::optional<core::NodeIndex> fallback = view_.plan_->node(index).fallback;
        return fallback ? view_.plan_->node(*fallback).id : std::string{};
    }

    static core::Value error_of(const NodeView& node) {
        return node.error ? node.error->to_value() : core::Value{};
    }

    static std::string_view text_of(FailedThen then) {
        switch (then) {
            case FailedThen::stop: return "stop";
            case FailedThen::proceed: return "continue";
            case FailedThen::error_port: return "error_port";
            case FailedThen::fallback: return "fallback";
        }
        return "stop";
    }

    Told told(EventType type, core::Value data = {}) {
        core::Event event;
        event.seq = ++view_.last_event_;
        event.time = at_;
        event.execution_id = view_.id_;
        event.workflow_id = view_.plan_->identity().workflow_id;
        event.workflow_version = view_.plan_->identity().version;
        event.type = type;
        event.data = std::move(data);
        return event;
    }

    Told told(EventType type, const NodeView& node, core::Value data = {}) {
        Told event = told(type, std::move(data));
        event->node_id = node.id;
        event->path = node.id;
        event->attempt = node.attempts.empty() ? 0 : node.attempts.back().number;
        return event;
    }

    ExecutionView& view_;
    core::Time at_;
};

ExecutionView::ExecutionView(core::ExecutionId id, std::shared_ptr<const Plan> plan)
    : id_{id},
      plan_{std::move(plan)},
      nodes_(plan_->nodes().size()),
      pending_(nodes_.size()),
      links_(plan_->connections().size()) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        nodes_[i].id = plan_->nodes()[i].id;
        nodes_[i].type = plan_->nodes()[i].definition->type.type;
    }
}

std::optional<core::Event> ExecutionView::feed(const Record& record) {
    ViewFold fold{*this, record.at};
    return std::visit([&](const auto& body) { return fold.on(body); }, record.body);
}

}  // namespace millrace::engine
