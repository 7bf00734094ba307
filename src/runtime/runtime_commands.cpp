// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "millrace/engine/fork.hpp"
#include "runtime_impl.hpp"

// What callers ask of executions.

namespace millrace::runtime {
namespace {

// An execution may leave memory again between being restored and being told; not often in a row.
constexpr int tries_max = 10;

core::Error intake_error(FramePipeline::Intake intake) {
    switch (intake) {
        case FramePipeline::Intake::busy:
            return {RuntimeErrc::busy, "too many commands wait; repeat later"};
        case FramePipeline::Intake::unavailable:
            return {RuntimeErrc::unavailable,
                    "the store does not take commits now; nothing was recorded, repeat later"};
        case FramePipeline::Intake::accepted:
        case FramePipeline::Intake::stopped: break;
    }
    return {RuntimeErrc::stopped, "the runtime has been stopped"};
}

core::Error already_finished(core::ExecutionId id, core::ExecutionStatus status) {
    return {engine::CommandErrc::already_finished,
            "execution " + id.text() + " is " + std::string{to_text(status)} + " already"};
}

}  // namespace

core::Result<engine::CreateExecution> Runtime::Impl::creation_of(const StartRequest& request) {
    if (!request.plan || !plans_.has(request.plan)) {
        return core::fail(RuntimeErrc::bad_workflow,
                          "a plan must come from save_workflow or load_workflow of this runtime");
    }
    const engine::Plan& plan = *request.plan;
    const auto trigger = engine::choose_trigger(plan, request.trigger);
    if (!trigger) return std::unexpected(trigger.error());
    if (const auto checked = engine::check_input(plan, request.input); !checked)
        return std::unexpected(checked.error());
    const auto given = variables_.for_plan(plan, request.variables);
    if (!given) return std::unexpected(given.error());
    auto variables = engine::resolve_variables(plan, *given);
    if (!variables) return std::unexpected(variables.error());

    engine::CreateExecution create;
    create.plan = request.plan;
    create.trigger = *trigger;
    create.input = request.input;
    create.trigger_data =
        request.trigger_data
            ? *request.trigger_data
            : engine::emitted_by_hand(plan.node(*trigger), request.input, clock_->wall());
    create.variables = std::move(*variables);
    create.options = request.options;
    return create;
}

core::Result<engine::CreateExecution> Runtime::Impl::creation_of_fork(core::ExecutionId id,
                                                                      const RetryRequest& request) {
    const core::Result<engine::ExecutionRow> row = store_->execution(id);
    if (!row) return std::unexpected(row.error());
    // The whole history of one that goes on need not be read to say so.
    if (!is_terminal(row->status)) {
        return core::fail(engine::CommandErrc::not_allowed,
                          "execution " + id.text() + " is " + std::string{to_text(row->status)} +
                              "; only a finished one can be retried");
    }
    core::Result<SavedWorkflow> before = plans_.load(row->workflow_id, row->workflow_version);
    if (!before) return std::unexpected(before.error());
    core::Result<SavedWorkflow> target =
        plans_.load(row->workflow_id, request.version.value_or(row->workflow_version));
    if (!target) return std::unexpected(target.error());
    const auto rows = store_->journal(id, 0);
    if (!rows) return std::unexpected(rows.error());
    engine::ExecutionView source{id, before->plan, engine::ExecutionView::every_scope};
    for (const std::string& bytes : *rows) {
        const auto records = engine::read_row(bytes);
        if (!records) return std::unexpected(records.error());
        for (const engine::Record& record : *records)
            source.feed(record);
    }
    auto fork = engine::fork_of(source, *target->plan, {request.from, request.input});
    if (!fork) return std::unexpected(fork.error());
    engine::CreateExecution create;
    create.plan = std::move(target->plan);
    create.trigger = fork->trigger;
    create.input = std::move(fork->input);
    create.trigger_data = std::move(fork->trigger_data);
    create.variables = std::move(fork->variables);
    create.options = std::move(fork->options);
    return create;
}

void Runtime::Impl::execute(const StartRequest& request, Accepted accepted, Finished finished) {
    if (goes_on(request, accepted, finished)) return;
    core::Result<engine::CreateExecution> made = creation_of(request);
    if (!made) return accepted(std::unexpected(made.error()));
    if (request.id) made->id = *request.id;
    create(std::move(*made), std::move(accepted), std::move(finished));
}

bool Runtime::Impl::goes_on(const StartRequest& request, const Accepted& accepted,
                            const Finished& finished, Ledger::WatchId watch) {
    if (!request.id) return false;
    const core::Result<engine::ExecutionRow> row = store_->execution(*request.id);
    const bool is_unknown = !row && row.error().is(store::StoreErrc::not_found);
    if (is_unknown && !request.must_exist) return false;
    if (!row) {
        accepted(std::unexpected(row.error()));
        return true;
    }
    accepted(row->id);
    if (finished) follow(row->id, finished, watch);
    return true;
}

void Runtime::Impl::follow(core::ExecutionId id, const Finished& finished, Ledger::WatchId watch) {
    const auto awaited = await(id, finished, watch);
    if (!awaited) return finished(id, std::unexpected(awaited.error()));
    if (awaited->ended) finished(id, *awaited->ended);
}

core::Result<> Runtime::Impl::put_variable(const store::Variable& variable) {
    const auto done =
        write<void>([&](store::Store& store) { return store.variables().put(variable); });
    variables_.forget();
    return done;
}

core::Result<> Runtime::Impl::remove_variable(const std::string& name) {
    const auto done =
        write<void>([&](store::Store& store) { return store.variables().remove(name); });
    variables_.forget();
    return done;
}

void Runtime::Impl::create(engine::CreateExecution create, Accepted accepted, Finished finished,
                           Ledger::WatchId watch) {
    const IdSource::Seed seed = ids_.seed();
    if (create.id.is_nil()) create.id = ids_.execution_id(clock_->wall());
    create.seed_high = seed.high;
    create.seed_low = seed.low;
    const auto token = ledger_.open_call(create.id, std::move(accepted), std::move(finished),
                                         limits_.executions_live_max, watch);
    // The ledger takes callbacks only with success. NOLINTNEXTLINE(bugprone-use-after-move)
    if (!token) return accepted(std::unexpected(token.error()));
    create.token = *token;
    offer(std::move(create), *token);
}

void Runtime::Impl::offer(engine::Input&& command, engine::CallToken token) {
    const FramePipeline::Intake intake = loop_.offer(std::move(command));
    if (intake == FramePipeline::Intake::accepted) return;
    ledger_.refuse({&token, 1}, intake_error(intake)).tell();
}

void Runtime::Impl::send(Command command, Accepted answered) {
    send(std::visit([](auto& given) { return engine::Input{std::move(given)}; }, command),
         std::move(answered));
}

void Runtime::Impl::send(engine::Input input, Accepted answered) {
    auto pending = std::make_shared<Pending>();
    pending->id = std::visit([](const auto& given) { return given.id; }, input);
    pending->input = std::move(input);
    pending->answered = std::move(answered);
    try_command(pending);
}

core::Result<engine::CallToken> Runtime::Impl::open_command(
    const std::shared_ptr<Pending>& pending) {
    const auto answered = [this, pending](core::Result<core::ExecutionId> result) {
        const bool is_elsewhere = !result && result.error().is(engine::CommandErrc::not_found);
        if (!is_elsewhere) return pending->answered(std::move(result));
        // This thread must not read the store.
        waker_.post([this, pending](bool is_stopping) {
            if (!is_stopping) return revive(pending);
            pending->answered(core::fail(RuntimeErrc::stopped, "the runtime has been stopped"));
        });
    };
    auto token = ledger_.open_call(pending->id, answered, {});
    if (!token) return token;
    const auto number = [&](auto& given) {
        if constexpr (requires { given.token; }) given.token = *token;
    };
    std::visit(number, pending->input);
    return token;
}

void Runtime::Impl::try_command(const std::shared_ptr<Pending>& pending) {
    const auto token = open_command(pending);
    if (!token) return pending->answered(std::unexpected(token.error()));
    offer(engine::Input{pending->input}, *token);
}

void Runtime::Impl::revive(const std::shared_ptr<Pending>& pending) {
    const core::ExecutionId id = pending->id;
    const auto fail = [&](const core::Error& error) { pending->answered(std::unexpected(error)); };
    if (++pending->tries > tries_max)
        return fail({RuntimeErrc::busy, "execution " + id.text() + " is moving; repeat later"});
    auto request = std::make_shared<Restore>();
    request->reading = loop_.begin_reading();
    const core::Result<engine::ExecutionRow> row = store_->execution(id);
    if (!row) {
        const bool is_unknown = row.error().is(store::StoreErrc::not_found);
        return fail(is_unknown ? core::Error{engine::CommandErrc::not_found,
                                             "there is no execution " + id.text()}
                               : row.error());
    }
    if (is_terminal(row->status)) return fail(already_finished(id, row->status));
    if (ledger_.is_live(id)) return try_command(pending);
    core::Result<engine::StoredExecution> stored = load(*row);
    if (!stored) return fail(stored.error());
    const auto token = open_command(pending);
    if (!token) return fail(token.error());
    request->executions.push_back(std::move(*stored));
    request->command = pending->input;
    loop_.restore(request);
    const core::Result<Restore::Outcome>& result = request->results.front();
    if (!result) return ledger_.refuse({&*token, 1}, result.error()).tell();
    if (*result == Restore::Outcome::lives) {
        if (request->intake != FramePipeline::Intake::accepted)
            ledger_.refuse({&*token, 1}, intake_error(request->intake)).tell();
        return;
    }
    // What was read is old. The refusal lets it be read again, once that can be seen.
    loop_.await_settled();
    ledger_.refuse({&*token, 1}, {engine::CommandErrc::not_found, "not in memory"}).tell();
}

core::Result<Runtime::Impl::Awaited> Runtime::Impl::await(core::ExecutionId id,
                                                          const Finished& finished,
                                                          Ledger::WatchId number) {
    if (const auto watch = ledger_.watch(id, finished, false, number)) return Awaited{{}, *watch};
    const auto status_of = [&]() -> core::Result<core::ExecutionStatus> {
        const core::Result<engine::ExecutionRow> row = store_->execution(id);
        if (!row) return std::unexpected(row.error());
        return row->status;
    };
    core::Result<core::ExecutionStatus> status = status_of();
    for (int tries = 0;; ++tries) {
        if (!status) return std::unexpected(status.error());
        if (is_terminal(*status)) return Awaited{*status, 0};
        const bool is_parked = *status != core::ExecutionStatus::running;
        if (ledger_.is_live(id) || (is_parked && waker_.keeps(id))) break;
        if (tries == tries_max) {
            return core::fail(RuntimeErrc::not_live, "execution " + id.text() +
                                                         " is unfinished, but does not run here; "
                                                         "recover it first");
        }
        // It may have woken or ended since its row was read.
        loop_.await_settled();
        status = status_of();
    }
    const auto watch = ledger_.watch(id, finished, true, number);
    if (!watch) return core::fail(RuntimeErrc::stopped, "the runtime has been stopped");
    status = status_of();
    if (status && !is_terminal(*status)) return Awaited{{}, *watch};
    ledger_.unwatch(id, *watch);
    if (!status) return std::unexpected(status.error());
    return Awaited{*status, 0};
}

}  // namespace millrace::runtime
