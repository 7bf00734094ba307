// SPDX-License-Identifier: Apache-2.0
#include "analytics/rollup_counter.hpp"

#include <algorithm>
#include <chrono>

#include "service/services.hpp"

namespace millrace::server {
namespace {

using store::Rollup;
using store::RollupSpan;

std::uint64_t milliseconds(core::Duration duration) {
    return duration.ms > 0 ? static_cast<std::uint64_t>(duration.ms) : 0;
}

void count_status(Rollup& rollup, core::NodeStatus status) {
    switch (status) {
        case core::NodeStatus::completed: ++rollup.completed; break;
        case core::NodeStatus::failed: ++rollup.failed; break;
        case core::NodeStatus::canceled: ++rollup.canceled; break;
        case core::NodeStatus::skipped: ++rollup.skipped; break;
        case core::NodeStatus::pending:
        case core::NodeStatus::running:
        case core::NodeStatus::waiting: break;
    }
}

void count_status(Rollup& rollup, core::ExecutionStatus status) {
    switch (status) {
        case core::ExecutionStatus::completed: ++rollup.completed; break;
        case core::ExecutionStatus::failed: ++rollup.failed; break;
        case core::ExecutionStatus::canceled: ++rollup.canceled; break;
        case core::ExecutionStatus::pending:
        case core::ExecutionStatus::running:
        case core::ExecutionStatus::waiting:
        case core::ExecutionStatus::paused: break;
    }
}

void count_failure(Rollup& rollup, const core::Failure* failure) {
    if (failure == nullptr) return;
    rollup.count_error(std::string_view{failure->code}.substr(0, RollupCounter::code_bytes_max));
}

/// Every row that counts something again: those of longer spans, and those of all workflows.
class Rows {
public:
    void add(const std::string& workflow_id, const std::string& node_id, core::Time start,
             const Rollup& counted) {
        for (const RollupSpan span : {RollupSpan::minute, RollupSpan::hour, RollupSpan::day}) {
            if (span == RollupSpan::minute && !node_id.empty()) continue;
            merge({workflow_id, node_id}, span, start, counted);
            if (node_id.empty()) merge({}, span, start, counted);
        }
    }
    std::vector<store::RollupAdd> take() {
        std::vector<store::RollupAdd> adds;
        adds.reserve(rows_.size());
        for (auto& [key, rollup] : rows_)
            adds.push_back(
                {std::get<0>(key), std::get<1>(key), std::get<2>(key), std::move(rollup)});
        return adds;
    }

private:
    void merge(store::RollupSubject subject, RollupSpan span, core::Time start,
               const Rollup& counted) {
        rows_[{std::move(subject), span, store::start_of(span, start)}].merge(counted);
    }
    std::map<std::tuple<store::RollupSubject, RollupSpan, core::Time>, Rollup> rows_;
};

}  // namespace

RollupCounter::Parts rollup_counter_parts(Services& services) {
    runtime::Runtime& runtime = services.runtime;
    return {.store = runtime.store(),
            .write =
                [&runtime](const std::function<core::Result<>(store::Store&)>& task) {
                    return runtime.write(task);
                },
            .log = services.log,
            .later =
                [work = services.work, later = services.later](core::Duration delay,
                                                               std::function<void()> task) {
                    later(delay, [work, task = std::move(task)] { work(task); });
                },
            .now =
                [] {
                    const auto since = std::chrono::system_clock::now().time_since_epoch();
                    return core::Time{
                        std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
                },
            .steady_ms =
                [] {
                    const auto since = std::chrono::steady_clock::now().time_since_epoch();
                    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
                }};
}

RollupCounter::RollupCounter(Parts parts) : parts_{std::move(parts)} {}

core::Result<store::FeedPosition> RollupCounter::place() {
    const auto progress = parts_.store.rollups().progress();
    if (!progress) return std::unexpected(progress.error());
    const std::scoped_lock lock{mutex_};
    has_history_ = progress->has_value();
    progress_ = progress->value_or(store::RollupProgress{});
    return progress_.position;
}

Rollup& RollupCounter::at(Counted& counted, std::string_view workflow_id, std::string_view node_id,
                          core::Time time) {
    const RollupSpan span = node_id.empty() ? RollupSpan::minute : RollupSpan::hour;
    const Name name{workflow_id, node_id, store::start_of(span, time).ms};
    auto found = counted.find(name);
    if (found == counted.end()) {
        Key key{std::string{workflow_id}, std::string{node_id}, std::get<2>(name)};
        found = counted.emplace(std::move(key), Rollup{}).first;
    }
    return found->second;
}

void RollupCounter::note(core::Time time) {
    is_within_ = true;
    progress_.at = std::max(progress_.at, time);
}

void RollupCounter::on_created(const ObservedExecution& execution) {
    const std::scoped_lock lock{mutex_};
    ++at(counted_, execution.workflow_id, {}, execution.created).started;
    note(execution.created);
}

void RollupCounter::on_node(const NodeFact& fact) {
    const std::scoped_lock lock{mutex_};
    Rollup& rollup = at(counted_, fact.execution.workflow_id, fact.node_id, fact.ended);
    count_status(rollup, fact.status);
    if (fact.attempts > 0) ++rollup.started;
    rollup.attempts += fact.attempts;
    rollup.retries += fact.retries;
    if (fact.was_run() && fact.status != core::NodeStatus::skipped)
        rollup.duration_ms.add(milliseconds(fact.duration()));
    if (fact.status == core::NodeStatus::failed) count_failure(rollup, fact.error);
    note(fact.ended);
}

void RollupCounter::on_ended(const ExecutionFact& fact) {
    const std::scoped_lock lock{mutex_};
    Rollup& rollup = at(counted_, fact.execution.workflow_id, {}, fact.ended);
    count_status(rollup, fact.status);
    rollup.retries += fact.execution.generation;
    if (fact.execution.started) rollup.duration_ms.add(milliseconds(fact.duration()));
    if (fact.status == core::ExecutionStatus::failed) count_failure(rollup, fact.error);
    note(fact.ended);
}

void RollupCounter::on_attempt(const runtime::AttemptUse& use) {
    const core::Time now = parts_.now();
    const auto cpu = std::chrono::duration_cast<std::chrono::microseconds>(use.cpu).count();
    const std::scoped_lock lock{costs_mutex_};
    for (const std::string_view node : {use.node_id, std::string_view{}}) {
        Rollup& rollup = at(costs_, use.workflow_id, node, now);
        rollup.cpu_us.add(static_cast<std::uint64_t>(std::max<std::int64_t>(cpu, 0)));
        if (use.memory != 0) rollup.memory_bytes.add(use.memory);
        rollup.sent_bytes.add(use.sent);
        rollup.received_bytes.add(use.received);
    }
}

void RollupCounter::on_position(store::FeedPosition position) {
    const std::scoped_lock lock{mutex_};
    progress_.position = position;
    is_within_ = false;
    is_changed_ = true;
    if (!is_stopped_ && parts_.steady_ms() >= due_ms_) {
        static_cast<void>(write());
    } else {
        plan();
    }
}

void RollupCounter::on_gap(store::FeedPosition position) {
    const std::scoped_lock lock{mutex_};
    // Whatever was committed until now and is not in the feed any more.
    store::RollupGap gap{std::nullopt, parts_.now()};
    if (has_history_) gap.from = progress_.at;
    if (gap_) gap.from = gap_->from;
    gap_ = gap;
    progress_ = {position, gap.to};
    is_within_ = false;
    is_changed_ = true;
    parts_.log.write(
        runtime::LogLevel::warning,
        "analytics leave out a time whose events the feed has forgotten",
        {{"from", gap.from ? gap.from->text() : "the beginning"}, {"to", gap.to.text()}});
    plan();
}

void RollupCounter::plan() {
    if (is_stopped_ || std::exchange(is_planned_, true)) return;
    const std::int64_t wait = std::max(due_ms_ - parts_.steady_ms(), std::int64_t{0});
    parts_.later(core::Duration{wait}, [self = shared_from_this()] {
        const std::scoped_lock lock{self->mutex_};
        self->is_planned_ = false;
        if (self->is_stopped_) return;
        // Between two places it would be told again; the next place writes it.
        if (!self->is_within_) static_cast<void>(self->write());
    });
}

core::Result<> RollupCounter::flush() {
    const std::scoped_lock lock{mutex_};
    return is_within_ ? core::Result<>{} : write();
}

void RollupCounter::stop() {
    const std::scoped_lock lock{mutex_};
    if (!is_stopped_ && !is_within_) static_cast<void>(write());
    is_stopped_ = true;
}

core::Result<> RollupCounter::put(const Batch& batch) const {
    return parts_.write([&batch](store::Store& store) {
        return store.rollups().add(batch.adds, batch.progress, batch.gap);
    });
}

/// What failed may have been kept, which its place tells. Counting it again would be wrong.
core::Result<> RollupCounter::write_unsure() {
    if (!unsure_) return {};
    const auto stored = parts_.store.rollups().progress();
    if (!stored) return std::unexpected(stored.error());
    if (*stored != unsure_->progress) {
        if (auto done = put(*unsure_); !done) return done;
    }
    unsure_.reset();
    return {};
}

void RollupCounter::complain(const core::Error& error) {
    plan();
    if (std::exchange(is_failing_, true)) return;
    parts_.log.write(runtime::LogLevel::warning,
                     "analytics could not be written; this is tried again",
                     {{"error", error.message()}});
}

core::Result<> RollupCounter::write() {
    if (!is_changed_ && !unsure_) return {};
    const std::int64_t began = parts_.steady_ms();
    due_ms_ = began + interval_min.ms;
    if (auto done = write_unsure(); !done) {
        complain(done.error());
        return done;
    }
    Rows rows;
    for (const auto& [key, rollup] : std::exchange(counted_, {}))
        rows.add(key.workflow_id, key.node_id, core::Time{key.start_ms}, rollup);
    Counted costs;
    {
        const std::scoped_lock lock{costs_mutex_};
        costs.swap(costs_);
    }
    for (const auto& [key, rollup] : costs)
        rows.add(key.workflow_id, key.node_id, core::Time{key.start_ms}, rollup);
    Batch batch{rows.take(), progress_, std::exchange(gap_, std::nullopt)};
    is_changed_ = false;
    has_history_ = true;
    if (auto done = put(batch); !done) {
        unsure_ = std::move(batch);
        complain(done.error());
        return done;
    }
    is_failing_ = false;
    due_ms_ = std::max(due_ms_, began + (parts_.steady_ms() - began) * writing_share);
    return {};
}

core::Time RollupCounter::counted_until() const {
    const std::scoped_lock lock{mutex_};
    return progress_.at;
}

}  // namespace millrace::server
