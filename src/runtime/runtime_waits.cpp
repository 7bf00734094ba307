// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <utility>

#include "runtime_impl.hpp"

// Starts whose callers wait for a response or the end.

namespace millrace::runtime {

/// Over with the end, a refusal, or when the caller gives up, whichever comes first. All of these
/// come before the runtime goes, so that nobody reaches for it afterwards.
class Runtime::Impl::StartWait final : public Waiting {
public:
    StartWait(Impl& impl, core::ExecutionId id)
        : id_{id}, watch_{impl.ledger_.new_watch()}, impl_{impl} {}

    void give_up() override {
        if (end()) let_go();
    }
    /// Whether it was not over before.
    bool end() { return !is_over_.exchange(true); }
    bool is_over() const { return is_over_; }

    /// For who creates the execution; others read what was before them from the store.
    void keep_history() {
        has_history_ = true;
        impl_.histories_.keep(id_);
    }
    std::optional<std::vector<std::string>> take_history() {
        return has_history_ ? impl_.histories_.take(id_) : std::nullopt;
    }
    /// All that is kept for it.
    void let_go() {
        impl_.ledger_.unwatch(id_, watch_);
        impl_.responses_.forget(id_, watch_);
        take_history();
    }

    core::ExecutionId id() const { return id_; }
    Ledger::WatchId watch() const { return watch_; }

private:
    const core::ExecutionId id_;
    const Ledger::WatchId watch_;
    Impl& impl_;
    bool has_history_ = false;  // never changes once another thread may know of the wait
    std::atomic<bool> is_over_{false};
};

std::shared_ptr<Runtime::Impl::StartWait> Runtime::Impl::begin_wait(const StartRequest& request) {
    return std::make_shared<StartWait>(*this,
                                       request.id.value_or(ids_.execution_id(clock_->wall())));
}

std::shared_ptr<Waiting> Runtime::Impl::execute_to_response(const StartRequest& request,
                                                            Accepted accepted, Responded responded,
                                                            Ended ended) {
    const auto wait = begin_wait(request);
    responses_.await(
        wait->id(), wait->watch(),
        [wait, responded = std::move(responded)](core::ExecutionId id, core::Value response) {
            if (!wait->is_over()) responded(id, std::move(response));
        });
    run_to_end(request, wait, std::move(accepted), std::move(ended));
    return wait;
}

std::shared_ptr<Waiting> Runtime::Impl::execute_to_end(const StartRequest& request,
                                                       Accepted accepted, Ended ended) {
    const auto wait = begin_wait(request);
    run_to_end(request, wait, std::move(accepted), std::move(ended));
    return wait;
}

void Runtime::Impl::run_to_end(const StartRequest& request, const std::shared_ptr<StartWait>& wait,
                               Accepted accepted, Ended ended) {
    const auto tell_start =
        [wait, accepted = std::move(accepted)](core::Result<core::ExecutionId> answer) {
            if (!answer) wait->end();
            // Who has given up before this found nothing to let go.
            if (wait->is_over()) wait->let_go();
            accepted(std::move(answer));
        };
    const auto tell = [this, wait, plan = request.plan, ended = std::move(ended)](
                          core::ExecutionId id, core::Result<core::ExecutionStatus> status) {
        if (!wait->end()) return;
        auto rows = wait->take_history();
        responses_.forget(id, wait->watch());
        if (!status) return ended(id, std::unexpected(status.error()));
        tell_end(id, *status, plan, std::move(rows), ended);
    };
    if (goes_on(request, tell_start, tell, wait->watch())) {
        if (wait->is_over()) wait->let_go();
        return;
    }
    core::Result<engine::CreateExecution> made = creation_of(request);
    if (!made) return tell_start(std::unexpected(made.error()));
    made->id = wait->id();
    wait->keep_history();
    create(std::move(*made), tell_start, tell, wait->watch());
}

void Runtime::Impl::tell_end(core::ExecutionId id, core::ExecutionStatus status,
                             std::shared_ptr<const engine::Plan> plan,
                             std::optional<std::vector<std::string>> rows, const Ended& ended) {
    if (rows) return ended(id, EndedExecution{id, status, std::move(plan), std::move(*rows)});
    // This thread must not read the store.
    waker_.post([this, id, ended](bool is_stopping) {
        if (is_stopping)
            return ended(id, core::fail(RuntimeErrc::stopped, "the runtime has been stopped"));
        ended(id, read_ended(id));
    });
}

core::Result<EndedExecution> Runtime::Impl::read_ended(core::ExecutionId id) {
    const core::Result<engine::ExecutionRow> row = store_->execution(id);
    if (!row) return std::unexpected(row.error());
    core::Result<SavedWorkflow> workflow = plans_.load(row->workflow_id, row->workflow_version);
    if (!workflow) return std::unexpected(workflow.error());
    auto rows = store_->journal(id, 0);
    if (!rows) return std::unexpected(rows.error());
    return EndedExecution{id, row->status, std::move(workflow->plan), std::move(*rows)};
}

}  // namespace millrace::runtime
