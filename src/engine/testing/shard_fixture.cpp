// SPDX-License-Identifier: Apache-2.0
#include "testing/shard_fixture.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "millrace/core/check.hpp"
#include "millrace/core/hash.hpp"
#include "millrace/engine/pure_job.hpp"
#include "millrace/engine/replay.hpp"

namespace millrace::engine {
namespace {

std::vector<Record> decoded(std::string_view row) {
    auto records = read_row(row);
    MR_CHECK(records.has_value());
    return std::move(*records);
}

std::string_view purpose_text(TimerPurpose purpose) {
    constexpr std::string_view texts[] = {
        "attempt_timeout",   "deadline",     "retry",          "delay",
        "execution_timeout", "cancel_grace", "workflow_retry", "start"};
    return texts[static_cast<std::size_t>(purpose)];
}

ShardLimits with(ShardLimits limits, Parking parking) {
    limits.parks_idle = parking == Parking::on;
    return limits;
}

}  // namespace

StoredExecution CommittedExecution::stored(core::ExecutionId id, RebuildFrom from) const {
    if (from == RebuildFrom::journal || snapshot.empty())
        return {id, plan, {}, rows, parked.has_value()};
    const auto tail = rows.begin() + static_cast<std::ptrdiff_t>(rows_in_snapshot);
    return {id, plan, snapshot, {tail, rows.end()}, parked.has_value()};
}

ShardFixture::ShardFixture(ShardLimits limits, Parking parking)
    : options{with(limits, parking),
              [](std::string_view text) { return "key-" + std::to_string(core::fnv1a64(text)); }},
      shard{options} {}

CreateExecution ShardFixture::creation(const std::shared_ptr<const Plan>& plan, core::Value input) {
    ++started_;
    id_ = {core::Uuid::v7(core::Time{1'700'000'000'000}, started_, started_)};
    executions[id_].plan = plan;
    const auto variables = resolve_variables(*plan, core::Value::object({}));
    MR_CHECK(variables.has_value());
    return {started_, id_,      plan, index_of(*plan, "start"), input, input, *variables,
            11,       started_, {}};
}

core::ExecutionId ShardFixture::start(const PlanBuilder& plan, core::Value input) {
    return start(plan.plan(), std::move(input));
}

core::ExecutionId ShardFixture::start(const std::shared_ptr<const Plan>& plan, core::Value input) {
    tell(creation(plan, std::move(input)));
    advance();
    return id_;
}

Completion ShardFixture::completion(const Effect& effect, core::Value output) const {
    return {effect.id, effect.run, effect.attempt,
            std::vector<PortValue>{{core::PortIndex{0}, std::move(output)}}, "test"};
}

void ShardFixture::complete(std::string_view node, core::Value output) {
    tell(completion(effect(node), std::move(output)));
    advance();
}

void ShardFixture::fail(std::string_view node, core::Failure failure) {
    Completion completion = this->completion(effect(node));
    completion.outcome = std::move(failure);
    tell(std::move(completion));
    advance();
}

void ShardFixture::fail(std::string_view node, core::ErrorClass error_class,
                        std::string_view code) {
    fail(node, failure_of(error_class, code));
}

void ShardFixture::run_job(std::string_view node) {
    Completion completion = this->completion(effect(node));
    auto result = std::get<std::shared_ptr<const PureJob>>(effect(node).request)->run();
    if (auto* failure = std::get_if<core::Failure>(&result)) {
        completion.outcome = std::move(*failure);
    } else {
        auto& emit = std::get<Emit>(result);
        completion.outcome = std::move(emit.ports);
        completion.note = std::move(emit.note);
    }
    tell(std::move(completion));
    advance();
}

void ShardFixture::cancel(std::string_view reason) {
    tell(CancelExecution{99, id_, std::string{reason}});
    advance();
}

void ShardFixture::pass(core::Duration span) {
    now = now + span;
    advance();
}

void ShardFixture::pass_to_next_timer() {
    const auto due = shard.next_due();
    MR_CHECK(due.has_value());
    now = std::max(now, *due);
    advance();
}

int ShardFixture::drain() {
    int frames = 0;
    while (shard.has_backlog() || !inbox.empty()) {
        advance();
        MR_CHECK(++frames < 10'000);
    }
    return frames;
}

const Frame& ShardFixture::advance() {
    frame = shard.advance(now, inbox);
    commit();
    return frame;
}

void ShardFixture::commit() {
    if (frame.has_records()) last_number_ = frame.number;
    for (const JournalRow& row : frame.journal)
        executions[row.id].rows.push_back(row.bytes);
    for (const ExecutionRow& row : frame.inserted)
        executions[row.id].status = row.status;
    for (const ExecutionRow& row : frame.finished)
        executions[row.id].status = row.status;
    for (const SnapshotRow& row : frame.snapshots) {
        CommittedExecution& execution = executions[row.id];
        execution.snapshot = row.bytes;
        execution.rows_in_snapshot = execution.rows.size();
    }
    for (const ParkedRow& row : frame.parked) {
        CommittedExecution& execution = executions[row.id];
        execution.snapshot = row.snapshot;
        execution.rows_in_snapshot = execution.rows.size();
        execution.parked = row;
    }
    for (const core::ExecutionId id : frame.unparked)
        executions[id].parked.reset();
    for (const SharedRow& row : frame.shared)
        shared.insert_or_assign(row.key, row);
    for (const Effect& effect : frame.effects)
        effects_.insert_or_assign({effect.id, effect.node_id}, effect);
}

void ShardFixture::restart(RebuildFrom from) {
    shard = Shard{options};
    shard.set_position(last_number_, now);
    inbox.clear();
    for (const auto& [key, row] : shared)
        if (!row.bytes.empty()) shard.restore_shared(row);
    for (const auto& [id, execution] : executions) {
        if (is_terminal(execution.status) || execution.rows.empty()) continue;
        if (execution.parked) {
            restore_limited(id, execution);
            continue;
        }
        const core::Result<> restored = shard.restore(execution.stored(id, from));
        MR_CHECK(restored.has_value());
    }
}

void ShardFixture::restore_limited(core::ExecutionId id, const CommittedExecution& execution) {
    const ParkedRow& row = *execution.parked;
    if (!row.is_limited) return;
    shard.restore_limited({id, execution.plan, row.priority, row.created_at,
                           row.status != core::ExecutionStatus::pending});
}

void ShardFixture::unpark(core::ExecutionId id) {
    const core::Result<> restored =
        shard.restore(executions.at(id).stored(id, RebuildFrom::snapshot));
    MR_CHECK(restored.has_value());
}

void ShardFixture::adopt(core::ExecutionId id, const CommittedExecution& left, RebuildFrom from) {
    id_ = id;
    executions[id] = left;
    now = std::max(now, decoded(left.rows.back()).back().at);
    last_number_ += left.rows.size();
    restart(from);
}

void ShardFixture::recover() {
    for (const core::ExecutionId id : shard.live())
        tell(RecoverExecution{id});
    advance();
}

std::vector<Record> ShardFixture::records() const {
    std::vector<Record> all;
    for (const std::string& row : stored().rows)
        for (Record& record : decoded(row))
            all.push_back(std::move(record));
    return all;
}

std::string ShardFixture::describe(const Record& record) const {
    std::string text{kind_name(record.body)};
    if (const auto* scope = std::get_if<ScopeOpened>(&record.body)) {
        return text + " " + plan().node(scope->container.node).id + "[" +
               std::to_string(scope->index) + "]";
    }
    if (const auto* timer = std::get_if<TimerFired>(&record.body)) {
        text += " " + std::string{purpose_text(timer->purpose)};
        if (timer->purpose >= TimerPurpose::execution_timeout) return text;
    }
    std::visit(
        [&](const auto& body) {
            if constexpr (requires { body.run; }) {
                text += " " + plan().node(body.run.node).id;
            } else if constexpr (requires { body.connection; }) {
                text += " " + plan().node(plan().connection(body.connection).to).id;
            }
        },
        record.body);
    return text;
}

std::vector<std::string> ShardFixture::history() const {
    std::vector<std::string> texts;
    for (const Record& record : records())
        texts.push_back(describe(record));
    return texts;
}

std::vector<std::string> ShardFixture::latest() const {
    std::vector<std::string> texts;
    for (const JournalRow& row : frame.journal)
        if (row.id == id_)
            for (const Record& record : decoded(row.bytes))
                texts.push_back(describe(record));
    return texts;
}

ExecutionView ShardFixture::view() const {
    ExecutionView view{id_, stored().plan};
    for (const Record& record : records())
        view.feed(record);
    return view;
}

NodeView ShardFixture::node(std::string_view name) const {
    const ExecutionView now_seen = view();
    const auto found = std::ranges::find(now_seen.nodes(), name, &NodeView::id);
    MR_CHECK(found != now_seen.nodes().end());
    return *found;
}

const Effect& ShardFixture::effect(std::string_view node) const {
    const auto found = effects_.find({id_, std::string{node}});
    MR_CHECK(found != effects_.end());
    return found->second;
}

std::vector<std::string> ShardFixture::effects() const {
    std::vector<std::string> texts;
    for (const Effect& effect : frame.effects)
        texts.push_back(effect.node_id + "#" + std::to_string(effect.attempt));
    return texts;
}

std::vector<std::string> ShardFixture::aborts() const {
    std::vector<std::string> texts;
    for (const Abort& abort : frame.aborts)
        texts.push_back(plan().node(abort.run.node).id + "#" + std::to_string(abort.attempt));
    return texts;
}

std::vector<std::string> replay(core::ExecutionId id, const CommittedExecution& history,
                                const ShardOptions& options) {
    const auto replayed = replay(id, history.plan, history.rows, options);
    MR_CHECK(replayed.has_value());
    return replayed->rows;
}

core::Failure failure_of(core::ErrorClass error_class, std::string_view code,
                         std::string_view message) {
    core::Failure failure;
    failure.error_class = error_class;
    failure.code = code;
    failure.message = message;
    return failure;
}

}  // namespace millrace::engine
