// SPDX-License-Identifier: Apache-2.0
#include "observation.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace millrace::reference {

using engine::RunKey;
using engine::ScopeOutcome;

void Observation::feed(const engine::Record& record) {
    std::visit([&](const auto& body) { on(body); }, record.body);
}

std::string Observation::path_of(RunKey key) const {
    return open_.at(key.scope).prefix + plan_->node(key.node).id;
}

/// What Timing and Effects put before the paths of later generations.
std::string Observation::prefix() const {
    return generation_ == 0 ? std::string{} : std::to_string(generation_) + ":";
}

namespace {

Outputs named(const engine::PlanNode& node, const std::vector<engine::PortValue>& values) {
    const auto& ports = node.definition->type.outputs;
    Outputs outputs;
    for (const engine::PortValue& output : values) {
        const bool is_known = output.port.value < ports.size();
        outputs[is_known ? ports[output.port.value].name : "error"] = output.value;
    }
    return outputs;
}

}  // namespace

ObservedRun& Observation::run(RunKey key) {
    return generations.back()[path_of(key)];
}

void Observation::on(const engine::RunCompleted& r) {
    using By = engine::CompletedBy;
    ObservedRun& ended = run(r.run);
    ended.status = core::NodeStatus::completed;
    ended.has_outputs = r.by != By::scope;
    std::vector<engine::PortValue> live = r.outputs;
    if (r.by == By::attempt || r.by == By::wait) live = pending_[r.run];
    if (r.by == By::trigger) live = {{core::PortIndex{0}, trigger_data_}};
    const engine::PlanNode& node = plan_->node(r.run.node);
    ended.outputs = named(node, live);
    ended.failure.reset();
    if (r.by == By::default_value) ended.recovered_by = "default";
    if (r.by == By::fallback) ended.recovered_by = plan_->node(*node.fallback).id;
    if (!node.undone_by || !ended.recovered_by.empty()) return;
    completed.insert(prefix() + path_of(r.run));
    completed_as_[r.run] = static_cast<std::uint32_t>(completed_as_.size() + 1);
}

/// The latest first.
void Observation::on(const engine::UndoStarted& r) {
    open_[r.scope] = {"", prefixes_.at(r.run.scope), ""};
    ++undone;
    const std::uint32_t number = completed_as_[r.run];
    const auto [last, is_first] = last_undone_.try_emplace(r.owner, number);
    if (number == 0 || (!is_first && number >= last->second))
        misordered.push_back(prefix() + prefixes_.at(r.run.scope) + plan_->node(r.run.node).id);
    last->second = number;
}

void Observation::on(const engine::RunFailed& r) {
    if (r.then == engine::FailedThen::fallback) return;
    ObservedRun& ended = run(r.run);
    ended.status = core::NodeStatus::failed;
    ended.has_outputs = false;
    ended.failure = r.failure;
    if (r.then == engine::FailedThen::stop)
        stops.emplace(prefix() + open_.at(r.run.scope).path, plan_->node(r.run.node).id);
}

void Observation::on(const engine::LinkFailed& r) {
    const engine::PlanConnection& connection = plan_->connection(r.connection);
    if (connection.is_result)
        stops.emplace(prefix() + open_.at(r.scope).path,
                      "result of " + plan_->node(connection.from).id);
}

void Observation::on(const engine::ScopeOpened& r) {
    const engine::PlanNode& container = plan_->node(r.container.node);
    const std::uint32_t attempt = run(r.container).attempts;
    std::string element = path_of(r.container);
    if (attempt > 1) element += "#" + std::to_string(attempt);
    std::string loop;
    if (container.container->kind == core::ContainerKind::loop) {
        loop = prefix() + element;
        most_live[loop] = std::max(most_live[loop], ++live_[loop]);
        element += "[" + std::to_string(r.index) + "]";
    }
    const std::string path = r.part == engine::ScopePart::cleanup ? element + "!" : element;
    open_[r.scope] = {path, element + ".", loop};
    prefixes_[r.scope] = element + ".";
    scopes[prefix() + path];
}

void Observation::on(const engine::ScopeClosed& r) {
    ObservedScope& scope = scopes[prefix() + open_.at(r.scope).path];
    if (const std::string& loop = open_.at(r.scope).loop; !loop.empty()) --live_[loop];
    scope.outcome = r.outcome;
    scope.closed_as = ++closed_;
}

void Observation::on(const engine::ExecutionRestarted& r) {
    generation_ = r.generation;
    last_undone_.clear();
    generations.emplace_back();
}

void Observation::on(const engine::ExecutionCompleted& r) {
    status = core::ExecutionStatus::completed;
    outputs = r.outputs;
}

void Observation::on(const engine::ExecutionFailed& r) {
    status = core::ExecutionStatus::failed;
    failure = r.failure;
}

std::map<std::string, ObservedRun> runs_of(const engine::ExecutionView& view) {
    std::map<std::string, ObservedRun> runs;
    const auto add = [&](const engine::NodeView& node) {
        const bool is_idle = node.status == core::NodeStatus::skipped &&
                             view.plan().node(*view.plan().find(node.id)).undoes.has_value();
        if (is_idle) return;
        ObservedRun& run = runs[node.path];
        run.status = node.status;
        run.outputs = named(view.plan().node(*view.plan().find(node.id)), node.outputs);
        run.failure = node.error;
        run.recovered_by = node.recovered_by;
        run.attempts = static_cast<std::uint32_t>(node.attempts.size());
    };
    for (const engine::NodeView& node : view.nodes())
        add(node);
    for (const engine::NodeView& node : view.scope_nodes())
        add(node);
    return runs;
}

std::size_t AsObserved::first_to_stop(const std::string& scope,
                                      const std::vector<std::string>& runs) {
    const auto stop = seen_.stops.find(scope);
    if (stop == seen_.stops.end()) return 0;
    const auto found = std::ranges::find(runs, stop->second);
    return found == runs.end() ? 0 : static_cast<std::size_t>(found - runs.begin());
}

/// A failed iteration ends its loop when it closes; the condition to leave is asked about the
/// completed ones in the order in which they closed. Failures count more.
std::size_t AsObserved::first_to_end_loop(const std::string& /*loop*/,
                                          const std::vector<std::string>& iterations) {
    std::size_t best = 0;
    std::pair best_rank{2u, 0u};
    for (std::size_t i = 0; i < iterations.size(); ++i) {
        const auto scope = seen_.scopes.find(iterations[i]);
        if (scope == seen_.scopes.end() || !scope->second.outcome) continue;
        if (*scope->second.outcome == ScopeOutcome::canceled) continue;
        const bool failed = *scope->second.outcome == ScopeOutcome::failed;
        const std::pair rank{failed ? 0u : 1u, scope->second.closed_as};
        if (rank >= best_rank) continue;
        best_rank = rank;
        best = i;
    }
    return best;
}

bool AsObserved::had_ended(const std::string& iteration) {
    const auto scope = seen_.scopes.find(iteration);
    return scope != seen_.scopes.end() && scope->second.outcome &&
           *scope->second.outcome != ScopeOutcome::canceled;
}

}  // namespace millrace::reference
