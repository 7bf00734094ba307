// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "millrace/store/waits.hpp"
#include "runtime_impl.hpp"

// How executions come back from the store.

namespace millrace::runtime {
namespace {

constexpr std::size_t page_size = 500;

}  // namespace

core::Result<engine::StoredExecution> Runtime::Impl::load(const engine::ExecutionRow& row) {
    core::Result<SavedWorkflow> workflow = plans_.load(row.workflow_id, row.workflow_version);
    if (!workflow) return std::unexpected(workflow.error());
    core::Result<store::StoredHistory> history = store_->history(row.id);
    if (!history) return std::unexpected(history.error());
    engine::StoredExecution stored;
    stored.id = row.id;
    stored.plan = std::move(workflow->plan);
    stored.snapshot = std::move(history->snapshot);
    stored.rows = std::move(history->rows);
    // The store calls running what lives in memory, and only that.
    stored.was_parked = row.status != core::ExecutionStatus::running;
    return stored;
}

core::Result<engine::StoredExecution> Runtime::Impl::load(core::ExecutionId id) {
    const core::Result<engine::ExecutionRow> row = store_->execution(id);
    if (!row) return std::unexpected(row.error());
    return load(*row);
}

core::Result<> Runtime::Impl::find_leftovers(const std::optional<std::string>& workflow_id,
                                             std::vector<engine::StoredExecution>& found,
                                             RecoverReport& report) {
    core::ExecutionId after;
    while (true) {
        const auto page = store_->unparked(page_size, after);
        if (!page) return std::unexpected(page.error());
        for (const engine::ExecutionRow& row : *page) {
            const bool is_meant = !workflow_id || row.workflow_id == *workflow_id;
            if (!is_meant || ledger_.is_live(row.id)) continue;
            core::Result<engine::StoredExecution> stored = load(row);
            if (stored) {
                found.push_back(std::move(*stored));
            } else {
                report.failed.emplace_back(row.id, stored.error());
            }
        }
        if (page->size() < page_size) return {};
        after = page->back().id;
    }
}

core::Result<RecoverReport> Runtime::Impl::recover_own(
    const std::optional<std::string>& workflow_id) {
    const std::scoped_lock one_at_a_time{recovering_};
    RecoverReport report;
    auto request = std::make_shared<Restore>();
    request->reading = loop_.begin_reading();
    if (const auto read = find_leftovers(workflow_id, request->executions, report); !read)
        return std::unexpected(read.error());
    // With those, so that no frame lets more run than may.
    auto limited = read_limited(workflow_id);
    if (!limited) return std::unexpected(limited.error());
    request->limited = std::move(*limited);
    auto restored = restore(request, std::move(report));
    if (!restored) return restored;
    if (const auto told = subworkflows_.recover(workflow_id); !told)
        return std::unexpected(told.error());
    if (!workflow_id) {
        waker_.cover_all();
        return restored;
    }
    if (const auto kept = keep_parked(*workflow_id); !kept) return std::unexpected(kept.error());
    return restored;
}

core::Result<RecoverReport> Runtime::Impl::recover(const std::optional<std::string>& workflow_id) {
    auto report = recover_own(workflow_id);
    if (!report || !workflow_id) return report;
    // What those executions wait for has to go on for them, whatever its workflow.
    const auto children = subworkflows_.awaited_by(*workflow_id);
    if (!children) return std::unexpected(children.error());
    auto others = recover_only(*children);
    if (!others) return others;
    std::ranges::move(others->resumed, std::back_inserter(report->resumed));
    std::ranges::move(others->failed, std::back_inserter(report->failed));
    return report;
}

core::Result<RecoverReport> Runtime::Impl::recover_only(std::span<const core::ExecutionId> ids) {
    const std::scoped_lock one_at_a_time{recovering_};
    RecoverReport report;
    auto request = std::make_shared<Restore>();
    request->reading = loop_.begin_reading();
    std::set<std::string> queues;
    for (const core::ExecutionId id : ids) {
        if (ledger_.is_live(id)) continue;
        const core::Result<engine::ExecutionRow> row = store_->execution(id);
        core::Result<engine::StoredExecution> stored =
            row ? load_unfinished(*row) : std::unexpected(row.error());
        if (stored) {
            request->executions.push_back(std::move(*stored));
            if (row->status == core::ExecutionStatus::pending) queues.insert(row->workflow_id);
        } else {
            report.failed.emplace_back(id, stored.error());
        }
    }
    // Whoever waits for its turn waits for those before it, which must then go on as well.
    for (const std::string& workflow_id : queues) {
        auto limited = read_limited(workflow_id);
        if (!limited) return std::unexpected(limited.error());
        std::ranges::move(*limited, std::back_inserter(request->limited));
    }
    auto restored = restore(request, std::move(report));
    for (const std::string& workflow_id : queues)
        if (const auto kept = keep_parked(workflow_id); !kept) return std::unexpected(kept.error());
    return restored;
}

core::Result<engine::StoredExecution> Runtime::Impl::load_unfinished(
    const engine::ExecutionRow& row) {
    if (is_terminal(row.status)) {
        return core::fail(
            engine::CommandErrc::already_finished,
            "execution " + row.id.text() + " is " + std::string{to_text(row.status)} + " already");
    }
    return load(row);
}

core::Result<RecoverReport> Runtime::Impl::restore(const std::shared_ptr<Restore>& restore,
                                                   RecoverReport report) {
    std::vector<core::ExecutionId> ids;
    ids.reserve(restore->executions.size());
    for (const engine::StoredExecution& stored : restore->executions)
        ids.push_back(stored.id);
    loop_.restore(restore);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const core::Result<Restore::Outcome>& result = restore->results[i];
        if (result) {
            // What has ended or parked meanwhile had been taken over before.
            if (*result == Restore::Outcome::lives) report.resumed.push_back(ids[i]);
        } else if (result.error().is(RuntimeErrc::stopped)) {
            return std::unexpected(result.error());
        } else {
            report.failed.emplace_back(ids[i], result.error());
        }
    }
    return report;
}

// ---- Limits and parking ---------------------------------------------------------------------

core::Result<std::vector<engine::LimitedExecution>> Runtime::Impl::read_limited(
    const std::optional<std::string>& workflow_id) {
    std::vector<engine::LimitedExecution> limited;
    core::ExecutionId after;
    while (true) {
        const auto page = store_->limited_parked(page_size, after);
        if (!page) return std::unexpected(page.error());
        for (const store::ParkedExecution& parked : *page) {
            if (workflow_id && parked.workflow_id != *workflow_id) continue;
            auto workflow = plans_.load(parked.workflow_id, parked.workflow_version);
            // What cannot be run does not stand in the way of others.
            if (!workflow) continue;
            engine::LimitedExecution execution;
            execution.id = parked.id;
            execution.plan = std::move(workflow->plan);
            execution.priority = parked.priority;
            execution.created_at = parked.created_at;
            execution.has_permit = parked.status != core::ExecutionStatus::pending;
            limited.push_back(std::move(execution));
        }
        if (page->size() < page_size) return limited;
        after = page->back().id;
    }
}

core::Result<std::vector<engine::LimitedExecution>> Runtime::Impl::load_limited() {
    if (waker_.covers_all()) return read_limited({});
    std::set<std::string> workflows;
    {
        const std::scoped_lock lock{limited_mutex_};
        workflows = limited_workflows_;
    }
    std::vector<engine::LimitedExecution> all;
    for (const std::string& workflow_id : workflows) {
        auto limited = read_limited(workflow_id);
        if (!limited) return limited;
        std::ranges::move(*limited, std::back_inserter(all));
    }
    return all;
}

core::Result<> Runtime::Impl::keep_parked(const std::string& workflow_id) {
    {
        const std::scoped_lock lock{limited_mutex_};
        limited_workflows_.insert(workflow_id);
    }
    const core::Time end{std::numeric_limits<std::int64_t>::max()};
    store::WakePosition after;
    while (true) {
        auto page = store_->due_parked(end, page_size, after);
        if (!page) return std::unexpected(page.error());
        const bool is_last = page->size() < page_size;
        if (!page->empty()) after = {page->back().wake_at.value_or(end), page->back().id};
        std::erase_if(*page, [&](const auto& parked) { return parked.workflow_id != workflow_id; });
        waker_.keep(*page);
        if (is_last) return keep_waiting(workflow_id);
    }
}

/// Those that only an answer from outside wakes.
core::Result<> Runtime::Impl::keep_waiting(const std::string& workflow_id) {
    store::WaitFilter filter;
    filter.workflow_id = workflow_id;
    filter.open_only = true;
    std::string cursor;
    while (true) {
        const auto page = store_->waits().list(filter, page_size, cursor);
        if (!page) return std::unexpected(page.error());
        std::vector<store::ParkedExecution> waiting;
        for (const store::Wait& wait : page->items) {
            store::ParkedExecution& parked = waiting.emplace_back();
            parked.id = wait.id;
            parked.workflow_id = wait.workflow_id;
            parked.workflow_version = wait.workflow_version;
        }
        waker_.keep(waiting);
        if (!page->next_cursor) return {};
        cursor = *page->next_cursor;
    }
}

}  // namespace millrace::runtime
