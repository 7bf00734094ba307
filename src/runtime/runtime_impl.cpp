// SPDX-License-Identifier: Apache-2.0
#include "runtime_impl.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "millrace/format/canonical.hpp"
#include "millrace/format/digest.hpp"
#include "millrace/format/writer.hpp"

namespace millrace::runtime {
namespace {

constexpr std::size_t leftovers_page = 500;

std::size_t pool_threads(std::size_t wanted) {
    if (wanted > 0) return wanted;
    return std::max<std::size_t>(2, std::thread::hardware_concurrency());
}

ExecutorOptions executor_options(const RuntimeOptions& options, EgressPolicy egress) {
    ExecutorOptions made;
    made.threads = pool_threads(options.pool_threads);
    made.in_flight_max = options.limits.effects_in_flight_max;
    made.http.transfers_max = options.http.transfers_max;
    made.egress = std::move(egress);
    return made;
}

FramePipeline::Limits pipeline_limits(const RuntimeLimits& limits) {
    return {limits.shard.frame_inputs_max, limits.commands_queued_max, limits.backoff_min,
            limits.backoff_max};
}

engine::ShardOptions shard_options(const RuntimeLimits& limits) {
    return {limits.shard, [](std::string_view key) { return format::blake2b_256_hex(key); }};
}

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

}  // namespace

Runtime::Impl::Impl(RuntimeOptions options, EgressPolicy egress, const store::Ownership& owned)
    : store_{std::move(options.store)},
      clock_{options.clock ? options.clock : make_system_clock()},
      log_{options.log ? options.log : make_silent_log()},
      limits_{options.limits},
      plans_{*store_, options.nodes},
      notifier_{limits_.observer_rows_max},
      executor_{executor_options(options, std::move(egress)), functions_,
                [this](std::span<engine::Completion> done) { loop_.arrive(done); }},
      loop_{{*store_, writing_, *clock_, *log_, *this, shard_options(limits_),
             pipeline_limits(limits_)},
            owned} {}

Runtime::Impl::~Impl() {
    stop();
}

void Runtime::Impl::stop() {
    std::call_once(stopped_, [this] {
        loop_.stop();
        executor_.stop();
        ledger_.close({RuntimeErrc::stopped, "the runtime has been stopped"}).tell();
        notifier_.stop();
    });
}

core::Result<SavedWorkflow> Runtime::Impl::save_workflow(const core::Document& document) {
    if (const core::Result<> checked = plans_.check(document); !checked)
        return std::unexpected(checked.error());
    core::Result<store::WorkflowVersion> version = [&] {
        const std::scoped_lock writing{writing_};
        return store_->save_version(document.id, format::document_hash(document),
                                    format::write_json(document), clock_->wall());
    }();
    if (!version) {
        // The store takes nothing now, and without a frame to commit nobody else would notice.
        if (version.error().is(store::StoreErrc::outcome_unknown)) loop_.distrust(version.error());
        return std::unexpected(version.error());
    }
    return plans_.load(std::move(*version));
}

// ---- Commands -------------------------------------------------------------------------------

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
    auto variables = engine::resolve_variables(plan, request.variables);
    if (!variables) return std::unexpected(variables.error());

    const IdSource::Seed seed = ids_.seed();
    engine::CreateExecution create;
    create.id = ids_.execution_id(clock_->wall());
    create.plan = request.plan;
    create.trigger = *trigger;
    create.input = request.input;
    create.trigger_data = request.input;
    create.variables = std::move(*variables);
    create.seed_high = seed.high;
    create.seed_low = seed.low;
    return create;
}

void Runtime::Impl::execute(const StartRequest& request, Accepted accepted, Finished finished) {
    core::Result<engine::CreateExecution> create = creation_of(request);
    if (!create) return accepted(std::unexpected(create.error()));
    const auto token = ledger_.open_call(create->id, std::move(accepted), std::move(finished),
                                         limits_.executions_live_max);
    // The ledger takes callbacks only with success. NOLINTNEXTLINE(bugprone-use-after-move)
    if (!token) return accepted(std::unexpected(token.error()));
    create->token = *token;
    offer(std::move(*create), *token);
}

void Runtime::Impl::cancel(core::ExecutionId id, std::string reason, Accepted answered) {
    const auto token = ledger_.open_call(id, std::move(answered), {});
    // NOLINTNEXTLINE(bugprone-use-after-move): as above
    if (!token) return answered(std::unexpected(token.error()));
    offer(engine::CancelExecution{*token, id, std::move(reason)}, *token);
}

void Runtime::Impl::offer(engine::Input&& command, engine::CallToken token) {
    const FramePipeline::Intake intake = loop_.offer(std::move(command));
    if (intake == FramePipeline::Intake::accepted) return;
    ledger_.refuse({&token, 1}, intake_error(intake)).tell();
}

core::Result<core::ExecutionStatus> Runtime::Impl::status_of_other(core::ExecutionId id) {
    const core::Result<engine::ExecutionRow> row = store_->execution(id);
    if (!row) return std::unexpected(row.error());
    if (is_terminal(row->status)) return row->status;
    return core::fail(RuntimeErrc::not_live, "execution " + id.text() +
                                                 " is unfinished, but does not run here; recover "
                                                 "it first");
}

core::Error Runtime::Impl::explain_cancel(core::ExecutionId id, const core::Error& error) {
    if (!error.is(engine::CommandErrc::not_found)) return error;
    // The shard forgets what has ended; the store knows better.
    const core::Result<core::ExecutionStatus> status = status_of_other(id);
    if (status) {
        return {engine::CommandErrc::already_finished,
                "execution " + id.text() + " is " + std::string{to_text(*status)} + " already"};
    }
    return status.error().is(store::StoreErrc::not_found) ? error : status.error();
}

// ---- What the frame loop says ---------------------------------------------------------------

void Runtime::Impl::release(engine::Frame frame) {
    Ledger::News news = ledger_.settle(frame);
    executor_.abort(frame.aborts);
    if (!frame.effects.empty()) executor_.perform(std::move(frame.effects));
    news.tell();
    notifier_.publish(frame);
}

void Runtime::Impl::refuse(std::span<const engine::CallToken> tokens, const core::Error& error) {
    ledger_.refuse(tokens, error).tell();
}

void Runtime::Impl::fenced(const core::Error& error) {
    ledger_.close({RuntimeErrc::stopped, error.message()}).tell();
    executor_.stop();
}

core::Result<std::vector<engine::StoredExecution>> Runtime::Impl::load_live() {
    std::vector<engine::StoredExecution> found;
    std::vector<core::ExecutionId> failed;
    for (const core::ExecutionId id : ledger_.live()) {
        core::Result<engine::StoredExecution> stored = load(id);
        if (stored) {
            found.push_back(std::move(*stored));
        } else {
            failed.push_back(id);
        }
    }
    if (failed.empty()) return found;
    // When the store can be read at all, the reason lies in those executions, and the others need
    // not wait for them.
    if (const auto readable = store_->executions({}, 1, {}); !readable)
        return std::unexpected(readable.error());
    for (const core::ExecutionId id : failed) {
        core::Result<engine::StoredExecution> stored = load(id);
        if (stored) {
            found.push_back(std::move(*stored));
        } else {
            set_aside(id, stored.error());
        }
    }
    return found;
}

void Runtime::Impl::set_aside(core::ExecutionId id, const core::Error& error) {
    if (!ledger_.is_live(id)) return;
    log_->write(LogLevel::error, "an execution cannot go on; it is left in the store as it is",
                {{"execution_id", id.text()},
                 {"code", std::string{error.code()}},
                 {"error", error.message()}});
    ledger_.drop(id, error.during("cannot go on with execution", id.text())).tell();
}

// ---- Recovery -------------------------------------------------------------------------------

core::Result<engine::StoredExecution> Runtime::Impl::load(const engine::ExecutionRow& row) {
    core::Result<SavedWorkflow> workflow = plans_.load(row.workflow_id, row.workflow_version);
    if (!workflow) return std::unexpected(workflow.error());
    core::Result<store::StoredHistory> history = store_->history(row.id);
    if (!history) return std::unexpected(history.error());
    return engine::StoredExecution{row.id, workflow->plan, std::move(history->snapshot),
                                   std::move(history->rows)};
}

core::Result<engine::StoredExecution> Runtime::Impl::load(core::ExecutionId id) {
    const core::Result<engine::ExecutionRow> row = store_->execution(id);
    if (!row) return std::unexpected(row.error());
    return load(*row);
}

core::Result<> Runtime::Impl::find_leftovers(const std::optional<std::string>& workflow_id,
                                             std::vector<engine::StoredExecution>& found,
                                             RecoverReport& report) {
    store::ExecutionFilter filter;
    filter.workflow_id = workflow_id;
    filter.live_only = true;
    std::string cursor;
    while (true) {
        const auto page = store_->executions(filter, leftovers_page, cursor);
        if (!page) return std::unexpected(page.error());
        for (const engine::ExecutionRow& row : page->items) {
            if (ledger_.is_live(row.id)) continue;
            core::Result<engine::StoredExecution> stored = load(row);
            if (stored) {
                found.push_back(std::move(*stored));
            } else {
                report.failed.emplace_back(row.id, stored.error());
            }
        }
        if (!page->next_cursor) break;
        cursor = *page->next_cursor;
    }
    // Oldest first: those have waited longest.
    std::ranges::reverse(found);
    return {};
}

core::Result<RecoverReport> Runtime::Impl::recover(const std::optional<std::string>& workflow_id) {
    const std::scoped_lock one_at_a_time{recovering_};
    RecoverReport report;
    std::vector<engine::StoredExecution> found;
    if (const auto read = find_leftovers(workflow_id, found, report); !read)
        return std::unexpected(read.error());
    return restore(std::move(found), std::move(report));
}

core::Result<RecoverReport> Runtime::Impl::recover_only(std::span<const core::ExecutionId> ids) {
    const std::scoped_lock one_at_a_time{recovering_};
    RecoverReport report;
    std::vector<engine::StoredExecution> found;
    for (const core::ExecutionId id : ids) {
        if (ledger_.is_live(id)) continue;
        core::Result<engine::StoredExecution> stored = load_unfinished(id);
        if (stored) {
            found.push_back(std::move(*stored));
        } else {
            report.failed.emplace_back(id, stored.error());
        }
    }
    return restore(std::move(found), std::move(report));
}

core::Result<engine::StoredExecution> Runtime::Impl::load_unfinished(core::ExecutionId id) {
    const core::Result<engine::ExecutionRow> row = store_->execution(id);
    if (!row) return std::unexpected(row.error());
    if (is_terminal(row->status)) {
        return core::fail(
            engine::CommandErrc::already_finished,
            "execution " + id.text() + " is " + std::string{to_text(row->status)} + " already");
    }
    return load(*row);
}

core::Result<RecoverReport> Runtime::Impl::restore(std::vector<engine::StoredExecution> found,
                                                   RecoverReport report) {
    std::vector<core::ExecutionId> ids;
    ids.reserve(found.size());
    for (const engine::StoredExecution& stored : found)
        ids.push_back(stored.id);
    const std::vector<core::Result<>> results = loop_.restore(std::move(found));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (results[i]) {
            report.resumed.push_back(ids[i]);
        } else if (results[i].error().is(RuntimeErrc::stopped)) {
            return std::unexpected(results[i].error());
        } else {
            report.failed.emplace_back(ids[i], results[i].error());
        }
    }
    return report;
}

}  // namespace millrace::runtime
