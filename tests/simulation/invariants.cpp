// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "history.hpp"
#include "millrace/engine/execution_view.hpp"
#include "millrace/engine/record.hpp"

namespace millrace::simulation {
namespace {

using engine::Record;
using engine::RunKey;

/// Follows one execution's records and knows what may come next.
class Follower {
public:
    Follower(core::ExecutionId id, const engine::Plan& plan) : id_{id}, plan_{plan} {}

    void feed(const Record& record) {
        require(record.seq == ++seq_, "sequence numbers are not dense");
        require(record.at >= last_, "time went back");
        require(!ended_, "a record follows the end");
        last_ = record.at;
        std::visit([&](const auto& body) { on(body); }, record.body);
    }
    void finish() const {
        require(ended_, "no terminal record");
        require(terminal_.size() == plan_.nodes().size(), "a run has no terminal status");
        require(open_.empty(), "an attempt is open at the end");
    }

private:
    void require(bool condition, const std::string& what) const {
        if (!condition) violated("execution " + id_.text() + ": " + what);
    }
    std::string name(RunKey run) const { return plan_.node(run.node).id; }
    bool is_effect(RunKey run) const {
        return plan_.node(run.node).role() == core::NodeRole::effect;
    }

    void end_run(RunKey run) {
        require(terminal_.insert(run).second, "two terminal records of " + name(run));
        close(run);
    }
    void close(RunKey run) {
        if (open_.erase(run) > 0 && is_effect(run)) --effects_;
    }
    void on(const engine::AttemptStarted& r) {
        require(!terminal_.contains(r.run), "an attempt after the end of " + name(r.run));
        require(open_.emplace(r.run, r.attempt).second, "two open attempts of " + name(r.run));
        require(r.attempt == ++attempts_[r.run], "attempts of " + name(r.run) + " skip numbers");
        if (is_effect(r.run)) ++effects_;
        require(effects_ <= plan_.settings().max_parallel_nodes, "too many effects in flight");
        const auto& retry = plan_.node(r.run.node).retry;
        require(r.attempt <= (retry ? retry->max_attempts : 1), "too many attempts");
    }
    void on(const engine::AttemptReissued& r) {
        const auto open = open_.find(r.run);
        require(open != open_.end() && open->second == r.attempt, "a closed attempt is reissued");
        const bool rerun = plan_.node(r.run.node).on_interrupt == core::OnInterrupt::rerun;
        require(rerun, "an unsafe call is repeated");
    }
    void on(const engine::AttemptSucceeded& r) { end_attempt(r.run, r.attempt); }
    void on(const engine::AttemptFailed& r) {
        if (open_.contains(r.run)) end_attempt(r.run, r.attempt);
    }
    void end_attempt(RunKey run, std::uint32_t attempt) {
        const auto open = open_.find(run);
        require(open != open_.end() && open->second == attempt, "a result of a closed attempt");
        close(run);
    }
    void on(const engine::RunWaiting& r) { close(r.run); }
    void on(const engine::RunCompleted& r) { end_run(r.run); }
    void on(const engine::RunSkipped& r) { end_run(r.run); }
    void on(const engine::RunCanceled& r) { end_run(r.run); }
    void on(const engine::RunFailed& r) {
        if (r.then != engine::FailedThen::fallback) end_run(r.run);
    }
    void on(const engine::ExecutionCompleted&) { ended_ = true; }
    void on(const engine::ExecutionFailed& r) {
        require(r.failure.code != "stuck", "it is stuck");
        ended_ = true;
    }
    void on(const engine::ExecutionCanceled&) { ended_ = true; }
    template <class Other>
    void on(const Other&) {}

    core::ExecutionId id_;
    const engine::Plan& plan_;
    std::uint64_t seq_ = 0;
    core::Time last_;
    bool ended_ = false;
    std::set<RunKey> terminal_;
    std::map<RunKey, std::uint32_t> open_;
    std::map<RunKey, std::uint32_t> attempts_;
    std::uint32_t effects_ = 0;
};

std::vector<Record> records_of(const std::string& row) {
    auto records = engine::read_row(row);
    if (!records) violated("a journal row cannot be read: " + records.error().message());
    return std::move(*records);
}

/// What the outside told when this record was written; nothing for those that the shard causes
/// by itself: timers and going on.
std::optional<engine::Input> input_of(core::ExecutionId id, const StoredHistory& history,
                                      const Record& record) {
    if (record.origin != engine::Origin::input) return std::nullopt;
    if (const auto* r = std::get_if<engine::ExecutionCreated>(&record.body)) {
        return engine::CreateExecution{0,
                                       id,
                                       history.plan,
                                       r->trigger,
                                       r->input,
                                       r->trigger_data,
                                       r->variables,
                                       r->seed_high,
                                       r->seed_low};
    }
    if (const auto* r = std::get_if<engine::CancelRequested>(&record.body))
        return engine::CancelExecution{0, id, r->reason};
    if (const auto* r = std::get_if<engine::AttemptSucceeded>(&record.body))
        return engine::Completion{id, r->run, r->attempt, r->outputs, r->executor, r->note};
    if (const auto* r = std::get_if<engine::AttemptFailed>(&record.body))
        return engine::Completion{id, r->run, r->attempt, r->failure, r->executor, {}};
    if (std::holds_alternative<engine::Recovered>(record.body)) return engine::RecoverExecution{id};
    return std::nullopt;
}

}  // namespace

void check_history(core::ExecutionId id, const StoredHistory& history) {
    Follower follower{id, *history.plan};
    engine::ExecutionView view{id, history.plan};
    std::uint64_t events = 0;
    for (const std::string& row : history.rows) {
        for (const Record& record : records_of(row)) {
            follower.feed(record);
            if (const auto event = view.feed(record); event && event->seq != ++events)
                violated("events are not numbered densely");
        }
    }
    follower.finish();
    if (view.status() != history.row->status)
        violated("the view and the execution's row tell different statuses");
}

void check_replay(core::ExecutionId id, const StoredHistory& history,
                  const engine::ShardOptions& options) {
    engine::Shard shard{options};
    for (const std::string& row : history.rows) {
        std::deque<engine::Input> inbox;
        const std::vector<Record> records = records_of(row);
        for (const Record& record : records)
            if (auto input = input_of(id, history, record)) inbox.push_back(std::move(*input));
        const engine::Frame frame = shard.advance(records.front().at, inbox);
        if (frame.journal.size() != 1 || frame.journal[0].bytes != row)
            violated("the replay of " + id.text() + " gives other records");
    }
}

}  // namespace millrace::simulation
