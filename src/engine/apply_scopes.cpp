// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>

#include "apply.hpp"
#include "container_work.hpp"
#include "inputs_of.hpp"
#include "outputs_of.hpp"

// Scope instances: how they open, end and close, and what their containers make of it.

namespace millrace::engine {

ContainerState* Applier::container_of(ExecutionState& x, const RunKey& key) {
    RunState* run = run_of(x, key);
    if (run == nullptr) return nullptr;
    if (!expect(run->phase == Phase::containing, "the container is not open")) return nullptr;
    return executions_.data(x, run->ref()).container.get();
}

/// Everything in the instance has ended in order.
void Applier::check_closing(ExecutionState& x, const ScopeState& scope) {
    const bool is_over = scope.unfinished == 0 && scope.open_results == 0;
    if (is_over && scope.id != 0 && scope.ending == Ending::none) x.agenda.closings.push(scope.id);
}

void Applier::take_container(ExecutionState& x, RunRef container) {
    Fifo<RunRef>& queue = x.agenda.containers;
    if (queue.empty()) return;
    if (queue.front() == container) {
        queue.pop();
    } else {
        queue.remove_if([&](RunRef queued) { return queued == container; });
    }
}

/// Puts the container behind the others when there is something to decide about it.
void Applier::note_container(ExecutionState& x, RunRef container) {
    take_container(x, container);
    if (container_has_work(executions_, x, container)) x.agenda.containers.push(container);
}

void Applier::end_scope(ExecutionState& x, std::uint32_t number, Ending ending) {
    ScopeState& scope = executions_.scope(x, number);
    if (scope.ending != Ending::none) return;
    scope.ending = ending;
    x.endings.insert(std::ranges::lower_bound(x.endings, number), number);
    x.agenda.remove_scope(number);
    if (scope.containing == 0) return;
    for (const core::NodeIndex node : x.plan->scope(scope.scope).nodes) {
        const RunRef container{number, node};
        if (executions_.run(x, container).phase != Phase::containing) continue;
        end_instances(x, container, ending);
        note_container(x, container);
    }
}

/// What lives in a container ends with it, but its clean-up.
void Applier::end_instances(ExecutionState& x, RunRef container, Ending ending) {
    const Ending inner = ending == Ending::canceling ? Ending::canceling : Ending::stopping;
    for (std::size_t i = 0; i < x.scopes.size(); ++i) {
        const ScopeState& scope = executions_.scope(x, x.scopes[i].first);
        const bool is_body = x.plan->scope(scope.scope).part == ScopePart::body;
        if (scope.container == container && (is_body || x.skips_cleanup))
            end_scope(x, scope.id, inner);
    }
}

void Applier::end_cleanups(ExecutionState& x) {
    for (std::size_t i = 0; i < x.scopes.size(); ++i)
        end_scope(x, x.scopes[i].first, Ending::stopping);
    for (const std::uint32_t number : x.endings) {
        const ScopeState& scope = executions_.scope(x, number);
        if (scope.containing == 0) continue;
        for (const core::NodeIndex node : x.plan->scope(scope.scope).nodes)
            if (executions_.run(x, {number, node}).phase == Phase::containing)
                note_container(x, {number, node});
    }
}

void Applier::on(ExecutionState& x, const ContainerOpened& r) {
    RunState* run = run_of(x, r.run);
    if (run == nullptr) return;
    const bool contains = x.plan->node(run->node).container != nullptr;
    const bool is_list = r.items.is_null() || r.items.is_array();
    if (!expect(contains && is_list && r.concurrency > 0, "it is no container")) return;
    if (!r.items.is_null()) {
        const std::size_t each = std::max<std::uint32_t>(r.batch_size, 1);
        if (!expect(r.total == (r.items.size() + each - 1) / each, "its items are other ones"))
            return;
    }
    leave(x, *run);
    if (!enter(*run, Phase::containing)) return;
    ++executions_.scope(x, run->scope).containing;
    auto container = std::make_unique<ContainerState>();
    container->items = r.items;
    container->total = r.total;
    container->concurrency = r.concurrency;
    container->batch_size = r.batch_size;
    container->is_conditional = r.is_conditional;
    container->continues_on_error = r.continues_on_error;
    container->aggregates = r.aggregates;
    container->last = input_value(executions_, x, run->ref(), 0);
    executions_.data(x, run->ref()).container = std::move(container);
    note_container(x, run->ref());
}

void Applier::on(ExecutionState& x, const ScopeOpened& r) {
    const RunRef owner{r.container.scope, r.container.node};
    ContainerState* container = container_of(x, r.container);
    if (container == nullptr) return;
    const PlanContainer& plan = *x.plan->node(owner.node).container;
    const bool is_body = r.part == ScopePart::body;
    const bool may_open = is_body ? container->can_open() && r.index == container->next
                                  : plan.cleanup && !container->cleanup_opened;
    if (!expect(may_open && r.scope == x.last_scope + 1, "the container does not open this"))
        return;
    core::Value item = is_body ? entry_value(*container, plan.kind, r.index)
                               : cleanup_value(*container, input_value(executions_, x, owner, 0));
    ++container->live;
    if (is_body) {
        container->next = r.index + 1;
    } else {
        container->cleanup_opened = true;
    }
    x.last_scope = r.scope;
    const std::uint32_t shape = is_body ? plan.body : *plan.cleanup;
    ScopeState& scope = executions_.open_scope(x, r.scope, shape);
    scope.container = owner;
    scope.index = r.index;
    scope.item = std::move(item);
    const core::Value given = scope.item;
    for (const core::ConnectionIndex entry : x.plan->scope(shape).entries)
        give(x, {r.scope, entry}, given);
    start_scope(x, executions_.scope(x, r.scope));
    // Without nodes there is nothing to wait for.
    if (x.plan->scope(shape).nodes.empty() && x.plan->scope(shape).connections.empty())
        check_closing(x, executions_.scope(x, r.scope));
    note_container(x, owner);
}

void Applier::on(ExecutionState& x, const ScopeClosed& r) {
    const ScopeState* scope = r.scope == 0 ? nullptr : executions_.find_scope(x, r.scope);
    const bool ends = scope != nullptr && scope->unfinished == 0 && x.undoing != r.scope;
    if (!expect(ends, "no such scope ends")) return;
    const RunRef owner = scope->container;
    ContainerState* container = container_of(x, x.key(owner));
    if (container == nullptr) return;
    if (scope->ending == Ending::none) {
        Fifo<std::uint32_t>& closings = x.agenda.closings;
        if (!expect(!closings.empty() && closings.front() == r.scope, "it was not its turn"))
            return;
        closings.pop();
    } else {
        if (!expect(scope->undos.empty(), "something in it is not undone yet")) return;
        std::erase(x.endings, r.scope);
    }
    hand_up(executions_.scope(x, r.scope).undos, executions_.scope(x, owner.scope).undos);
    --container->live;
    const std::shared_ptr<const core::Failure> failure = scope->failure;
    const bool is_cleanup = x.plan->scope(scope->scope).part == ScopePart::cleanup;
    if (is_cleanup) {
        if (r.outcome == ScopeOutcome::failed && failure) {
            auto later = std::make_shared<core::Failure>(*failure);
            if (container->failure) later->cause = container->failure;
            container->failure = std::move(later);
            container->stop = ContainerStop::failed;
        }
    } else {
        count_iteration(x, *scope, *container, r.outcome);
    }
    const bool has_failed = container->stop == ContainerStop::failed;
    executions_.close_scope(x, r.scope);
    // Its own time may be up as well; of the two the failure came first.
    if (has_failed) x.agenda.expired.remove_if([&](RunRef run) { return run == owner; });
    if (has_failed && !is_cleanup) end_instances(x, owner, Ending::stopping);
    note_container(x, owner);
}

void Applier::count_iteration(ExecutionState& x, const ScopeState& scope, ContainerState& container,
                              ScopeOutcome outcome) {
    const PlanContainer& plan = *x.plan->node(scope.container.node).container;
    if (container.stop != ContainerStop::failed) container.body = outcome;
    switch (outcome) {
        case ScopeOutcome::canceled: return;
        case ScopeOutcome::failed:
            ++container.failed;
            // Nothing changes what has been decided about the container before.
            if (container.continues_on_error || container.stop == ContainerStop::failed ||
                container.commanded)
                return;
            container.failure = scope.failure;
            container.stop = ContainerStop::failed;
            return;
        case ScopeOutcome::completed: break;
    }
    ++container.completed;
    const core::Value* const result = result_value(executions_, x, scope);
    container.last = result == nullptr ? core::Value{} : *result;
    if (plan.leave) container.checks.push({scope.index, container.last});
    if (result != nullptr && container.aggregates && plan.kind == core::ContainerKind::loop)
        container.keep({scope.index, *result});
}

void Applier::on(ExecutionState& x, const IterationChecked& r) {
    ContainerState* container = container_of(x, r.container);
    if (container == nullptr) return;
    if (!expect(!container->checks.empty(), "no iteration has ended")) return;
    container->checks.pop();
    note_container(x, {r.container.scope, r.container.node});
}

void Applier::on(ExecutionState& x, const ContainerStopped& r) {
    ContainerState* container = container_of(x, r.run);
    if (container == nullptr) return;
    const RunRef owner{r.run.scope, r.run.node};
    if (!expect(!container->is_stopped(), "the container has stopped before")) return;
    container->stop = r.why;
    container->checks.clear();
    x.agenda.expired.remove_if([&](RunRef run) { return run == owner; });
    if (r.why == ContainerStop::failed) {
        container->failure = std::make_shared<core::Failure>(r.failure);
        container->body = ScopeOutcome::failed;
    }
    if (r.why != ContainerStop::exhausted) end_instances(x, owner, Ending::stopping);
    note_container(x, owner);
}

}  // namespace millrace::engine
