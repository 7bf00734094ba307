// SPDX-License-Identifier: Apache-2.0
#include "subworkflows/subworkflows.hpp"

#include <utility>
#include <variant>

#include "millrace/store/library.hpp"
#include "millrace/store/waits.hpp"
#include "perform.hpp"
#include "subworkflows/child_calls.hpp"

namespace millrace::runtime {
namespace {

// Long enough for a store to come back, short enough not to be noticed.
constexpr core::Duration retry_interval{200};
constexpr std::size_t page_size = 500;

/// It was not recorded, and may be when it is tried again.
bool may_pass(const core::Error& error) {
    return error.is(RuntimeErrc::busy) || error.is(RuntimeErrc::unavailable) ||
           error.is(store::StoreErrc::io) || error.is(store::StoreErrc::full) ||
           error.is(store::StoreErrc::timed_out) || error.is(store::StoreErrc::locked);
}

std::uint32_t attempt_in(const core::Value& details) {
    const core::Value* const attempt = details.find("attempt");
    return attempt != nullptr && attempt->is_integer()
               ? static_cast<std::uint32_t>(attempt->as_integer())
               : 1;
}

bool abandons(const core::Value& details) {
    const core::Value* const found = details.find("abandons");
    return found != nullptr && found->is_bool() && found->as_bool();
}

core::Failure gone_failure(const store::Wait& wait) {
    core::Failure failure;
    failure.code = "child_gone";
    failure.message = "execution " + wait.name +
                      ", which this run waited for, is not in the store "
                      "any more; retry the run to start another one";
    return failure;
}

core::Failure canceled_failure_of(const engine::ExecutionView& view) {
    core::Failure failure;
    failure.code = "child_canceled";
    failure.error_class = core::ErrorClass::canceled;
    failure.message = "execution " + view.id().text() + " of workflow `" +
                      view.plan().identity().workflow_id + "` was canceled";
    return failure;
}

}  // namespace

void Subworkflows::Start::fail(core::Failure failure) const {
    done(failed(effect, std::move(failure)));
}

bool Subworkflows::take_unconfirmed(const AttemptKey& key) {
    const std::scoped_lock lock{mutex_};
    return unconfirmed_.erase(key) > 0;
}

// ---- Start ----------------------------------------------------------------------------------

void Subworkflows::begin(const engine::Effect& effect, std::stop_token stop, Done done) {
    const auto start = std::make_shared<const Start>(
        Start{effect, child_id_of(effect), std::move(stop), std::move(done)});
    if (start->call().depth > subworkflow_depth_max) return start->fail(too_deep_failure());
    try_start(start);
}

void Subworkflows::try_start(const StartPtr& start) {
    if (start->stop.stop_requested()) return start->fail(canceled_failure());
    const core::Result<engine::ExecutionRow> row = parts_.store.execution(start->child);
    if (row) return found(start, *row);
    if (row.error().is(store::StoreErrc::not_found)) return create(start);
    parts_.later(retry_interval, [this, start](bool is_stopping) {
        // Whoever owns the store next starts it.
        if (!is_stopping) try_start(start);
    });
}

core::Result<SavedWorkflow> Subworkflows::workflow_of(const engine::SubworkflowCall& call) const {
    if (call.version != 0) return parts_.plans.load(call.workflow, call.version);
    const core::Result<store::WorkflowEntry> entry = parts_.store.library().find(call.workflow);
    if (entry) return parts_.plans.load(call.workflow, entry->active.value_or(entry->head));
    if (!entry.error().is(store::StoreErrc::not_found)) return std::unexpected(entry.error());
    return core::fail(
        store::StoreErrc::not_found,
        entry.error().message() + "; save it in this store first, such as by `millrace apply`");
}

void Subworkflows::create(const StartPtr& start) {
    const engine::SubworkflowCall& call = start->call();
    core::Result<SavedWorkflow> workflow = workflow_of(call);
    if (!workflow && !may_pass(workflow.error()))
        return start->fail(child_failure(workflow.error()));
    const auto again = [this, start](bool is_stopping) {
        if (!is_stopping) try_start(start);
    };
    if (!workflow) return parts_.later(retry_interval, again);
    StartRequest request;
    request.plan = std::move(workflow->plan);
    request.input = call.input;
    request.variables = call.variables;
    request.options = child_options(start->effect, call);
    request.id = start->child;
    parts_.start(request, [this, start, again](core::Result<core::ExecutionId> answer) {
        if (answer || answer.error().is(engine::CommandErrc::already_exists)) return started(start);
        if (may_pass(answer.error())) return parts_.later(retry_interval, again);
        if (!answer.error().is(RuntimeErrc::stopped)) start->fail(child_failure(answer.error()));
    });
}

void Subworkflows::started(const StartPtr& start) {
    const engine::SubworkflowCall& call = start->call();
    const engine::Effect& effect = start->effect;
    if (call.waits && !call.abandons) {
        const AttemptKey key{effect.id, effect.run, effect.attempt};
        {
            const std::scoped_lock lock{mutex_};
            unconfirmed_.insert_or_assign(key, start->child);
        }
        // From here on either this or the frame that gives the attempt up finds the entry.
        if (start->stop.stop_requested() && take_unconfirmed(key))
            cancel(start->child, "the run that has started it was given up");
    }
    start->done(completion_of_start(effect, call, start->child));
}

void Subworkflows::found(const StartPtr& start, const engine::ExecutionRow& row) {
    if (!start->call().waits || !is_terminal(row.status)) return started(start);
    // Its end was told while nobody knew who waits for it, or was lost with a process.
    auto end = end_of(row, *child_options(start->effect, start->call()).parent);
    if (end) return start->done(end_of_child(*end));
    if (!may_pass(end.error())) return start->fail(child_failure(end.error()));
    parts_.later(retry_interval, [this, start](bool is_stopping) {
        if (!is_stopping) try_start(start);
    });
}

// ---- End ------------------------------------------------------------------------------------

void Subworkflows::settle(const engine::Frame& frame) {
    using Row = engine::WaitRow;
    for (const engine::ChildEnd& end : frame.child_ends)
        tell(end_of_child(end));
    for (const Row& row : frame.waits) {
        if (row.what != Row::What::child) continue;
        if (row.state == Row::State::open) {
            take_unconfirmed({row.id, row.run, attempt_in(row.details)});
        } else if (row.state == Row::State::ended) {
            look_after(row.id, row.run);
        }
    }
    for (const engine::Abort& abort : frame.aborts) {
        std::optional<core::ExecutionId> child = abort.child;
        if (!child) {
            const std::scoped_lock lock{mutex_};
            if (const auto node = unconfirmed_.extract({abort.id, abort.run, abort.attempt}))
                child = node.mapped();
        }
        if (child) cancel(*child, "the run that has started it was given up");
    }
    if (frame.finished.empty()) return;
    const std::scoped_lock lock{mutex_};
    if (canceled_.empty() && unconfirmed_.empty()) return;
    for (const engine::ExecutionRow& row : frame.finished) {
        canceled_.erase(row.id);
        auto at = unconfirmed_.lower_bound({row.id, {}, 0});
        while (at != unconfirmed_.end() && at->first.id == row.id)
            at = unconfirmed_.erase(at);
    }
}

void Subworkflows::tell(engine::Completion ended) {
    engine::EndChild input;
    input.id = ended.id;
    input.completion = ended;
    parts_.send(std::move(input),
                [this, ended = std::move(ended)](const core::Result<core::ExecutionId>& answer) {
                    // A parent that has ended or is gone needs no answer; after a stop the next
                    // owner tells it.
                    if (answer || !may_pass(answer.error())) return;
                    parts_.later(retry_interval, [this, ended](bool is_stopping) {
                        if (!is_stopping) tell(ended);
                    });
                });
}

void Subworkflows::cancel(core::ExecutionId child, const std::string& reason) {
    {
        const std::scoped_lock lock{mutex_};
        if (!canceled_.insert(child).second) return;
    }
    send_cancel(child, reason);
}

void Subworkflows::send_cancel(core::ExecutionId child, const std::string& reason) {
    engine::CancelExecution input;
    input.id = child;
    input.reason = reason;
    parts_.send(
        std::move(input), [this, child, reason](const core::Result<core::ExecutionId>& answer) {
            if (answer) return;
            if (may_pass(answer.error())) {
                return parts_.later(retry_interval, [this, child, reason](bool is_stopping) {
                    if (!is_stopping) send_cancel(child, reason);
                });
            }
            const std::scoped_lock lock{mutex_};
            canceled_.erase(child);
        });
}

/// A closing row does not say which child the run has waited for.
void Subworkflows::look_after(core::ExecutionId id, const engine::RunKey& run) {
    parts_.later({}, [this, id, run](bool is_stopping) {
        if (is_stopping) return;
        const core::Result<store::Wait> wait = parts_.store.waits().find(id, run);
        if (wait) look_after(*wait);
    });
}

void Subworkflows::look_after(const store::Wait& wait) {
    const bool is_given_up =
        wait.what == store::WaitWhat::child && wait.state == store::WaitState::ended;
    const auto child = core::ExecutionId::parse(wait.name);
    if (!is_given_up || abandons(wait.details) || !child) return;
    const auto row = parts_.store.execution(*child);
    if (row && !is_terminal(row->status))
        cancel(*child, "the run that has started it was given up");
}

core::Result<engine::ChildEnd> Subworkflows::end_of(const engine::ExecutionRow& row,
                                                    engine::ParentLink parent) const {
    core::Result<SavedWorkflow> workflow = parts_.plans.load(row.workflow_id, row.workflow_version);
    if (!workflow) return std::unexpected(workflow.error());
    auto rows = parts_.store.journal(row.id, 0);
    if (!rows) return std::unexpected(rows.error());
    const EndedExecution ended{row.id, row.status, std::move(workflow->plan), std::move(*rows)};
    const auto view = ended.view();
    if (!view) return std::unexpected(view.error());
    engine::ChildEnd end{std::move(parent), row.id, view->outputs()};
    if (row.status == core::ExecutionStatus::canceled) {
        end.outcome = canceled_failure_of(*view);
    } else if (row.status == core::ExecutionStatus::failed) {
        end.outcome = view->error().value_or(core::Failure{});
    }
    return end;
}

core::Result<engine::ChildEnd> Subworkflows::end_of(const store::Wait& wait) const {
    engine::ParentLink parent;
    parent.id = wait.id;
    parent.run = wait.run;
    parent.attempt = attempt_in(wait.details);
    parent.path = wait.path;
    const auto child = core::ExecutionId::parse(wait.name).value_or(core::ExecutionId{});
    const core::Result<engine::ExecutionRow> row = parts_.store.execution(child);
    if (row) return end_of(*row, std::move(parent));
    if (!row.error().is(store::StoreErrc::not_found)) return std::unexpected(row.error());
    return engine::ChildEnd{std::move(parent), child, gone_failure(wait)};
}

// ---- Recovery -------------------------------------------------------------------------------

core::Result<> Subworkflows::add_children(store::WaitFilter filter,
                                          std::set<core::ExecutionId>& found) const {
    filter.what = store::WaitWhat::child;
    filter.open_only = true;
    std::string cursor;
    while (true) {
        const auto page = parts_.store.waits().list(filter, page_size, cursor);
        if (!page) return std::unexpected(page.error());
        for (const store::Wait& wait : page->items)
            if (const auto child = core::ExecutionId::parse(wait.name)) found.insert(*child);
        if (!page->next_cursor) return {};
        cursor = *page->next_cursor;
    }
}

core::Result<std::vector<core::ExecutionId>> Subworkflows::awaited_by(
    const std::string& workflow_id) const {
    std::set<core::ExecutionId> found;
    if (auto added = add_children({.workflow_id = workflow_id}, found); !added)
        return std::unexpected(added.error());
    std::set<core::ExecutionId> seen;
    std::vector<core::ExecutionId> unfinished;
    while (!found.empty()) {
        const core::ExecutionId child = found.extract(found.begin()).value();
        if (!seen.insert(child).second) continue;
        const auto row = parts_.store.execution(child);
        // One that is gone is told of as such.
        if (!row && row.error().is(store::StoreErrc::not_found)) continue;
        if (!row) return std::unexpected(row.error());
        if (is_terminal(row->status)) continue;
        unfinished.push_back(child);
        if (auto added = add_children({.id = child}, found); !added)
            return std::unexpected(added.error());
    }
    return unfinished;
}

core::Result<> Subworkflows::for_each(const std::optional<std::string>& workflow_id,
                                      const std::function<Waits(std::uint64_t after)>& read,
                                      const std::function<void(const store::Wait&)>& act) {
    std::uint64_t after = 0;
    while (true) {
        const Waits page = read(after);
        if (!page) return std::unexpected(page.error());
        for (const store::Wait& wait : *page)
            if (!workflow_id || wait.workflow_id == *workflow_id) act(wait);
        if (page->size() < page_size) return {};
        after = page->back().number;
    }
}

core::Result<> Subworkflows::recover(const std::optional<std::string>& workflow_id) {
    store::Waits& waits = parts_.store.waits();
    const auto told = for_each(
        workflow_id, [&](std::uint64_t after) { return waits.finished_children(page_size, after); },
        [this](const store::Wait& wait) {
            auto end = end_of(wait);
            if (end) return tell(end_of_child(*end));
            parts_.log.write(LogLevel::error, "the end of a sub-workflow cannot be read",
                             {{"execution_id", wait.id.text()},
                              {"child_execution_id", wait.name},
                              {"error", end.error().message()}});
        });
    if (!told) return told;
    return for_each(
        workflow_id,
        [&](std::uint64_t after) { return waits.abandoned_children(page_size, after); },
        [this](const store::Wait& wait) { look_after(wait); });
}

}  // namespace millrace::runtime
