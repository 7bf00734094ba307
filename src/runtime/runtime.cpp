// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/runtime.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "runtime_impl.hpp"

namespace millrace::runtime {
namespace {

/// One value that another thread will give. Shared, so that neither must outlive the other.
template <class T>
class Promised {
public:
    void give(core::Result<T> value) {
        {
            const std::scoped_lock lock{mutex_};
            value_ = std::move(value);
        }
        given_.notify_one();
    }
    core::Result<T> take() {
        std::unique_lock lock{mutex_};
        given_.wait(lock, [this] { return value_.has_value(); });
        return std::move(*value_);
    }
    std::optional<core::Result<T>> take_for(core::Duration at_most) {
        std::unique_lock lock{mutex_};
        given_.wait_for(lock, std::chrono::milliseconds{at_most.ms},
                        [this] { return value_.has_value(); });
        return std::move(value_);
    }

private:
    std::mutex mutex_;
    std::condition_variable given_;
    std::optional<core::Result<T>> value_;
};

core::Result<engine::ExecutionView> view_of(core::ExecutionId id,
                                            const std::shared_ptr<const engine::Plan>& plan,
                                            const std::vector<std::string>& rows,
                                            std::string scope) {
    engine::ExecutionView view{id, plan, std::move(scope)};
    for (const std::string& bytes : rows) {
        const auto records = engine::read_row(bytes);
        if (!records) return std::unexpected(records.error());
        for (const engine::Record& record : *records)
            view.feed(record);
    }
    return view;
}

}  // namespace

core::Result<engine::ExecutionView> EndedExecution::view(std::string scope) const {
    return view_of(id, plan, rows, std::move(scope));
}

std::string_view code_text(RuntimeErrc code) {
    switch (code) {
        case RuntimeErrc::unavailable: return "unavailable";
        case RuntimeErrc::busy: return "busy";
        case RuntimeErrc::stopped: return "stopped";
        case RuntimeErrc::not_live: return "not_live";
        case RuntimeErrc::bad_workflow: return "bad_workflow";
        case RuntimeErrc::timed_out: return "timed_out";
        case RuntimeErrc::bad_option: return "bad_option";
    }
    return "unavailable";
}

core::Result<std::unique_ptr<Runtime>> Runtime::start(RuntimeOptions options) {
    if (!options.store || !options.nodes)
        return core::fail(RuntimeErrc::bad_option, "a runtime needs a store and node types");
    core::Result<Permissions> allowed = Permissions::make(options);
    if (!allowed) return std::unexpected(allowed.error());
    // Before anything is changed: who sets secrets under another key would have two kinds of them.
    if (!options.secrets.key_file.empty()) {
        const auto vault = Vault::open(options.secrets.key_file, options.store->secrets());
        if (!vault) return std::unexpected(vault.error());
    }
    auto links = Links::open(options.links);
    if (!links) return std::unexpected(links.error());
    const core::Result<store::Ownership> owned = options.store->take_ownership();
    if (!owned) return std::unexpected(owned.error());
    const auto shared = options.store->shared();
    if (!shared) return std::unexpected(shared.error());
    return std::unique_ptr<Runtime>{new Runtime{std::make_unique<Impl>(
        std::move(options), std::move(*allowed), std::move(*links), *owned, *shared)}};
}

Runtime::Runtime(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Runtime::~Runtime() = default;

Functions& Runtime::functions() {
    return impl_->functions_;
}

Links& Runtime::links() {
    return *impl_->links_;
}

store::Store& Runtime::store() {
    return *impl_->store_;
}

core::Result<SavedWorkflow> Runtime::save_workflow(const core::Document& document) {
    return impl_->save_workflow(document);
}

core::Result<SavedWorkflow> Runtime::load_workflow(const std::string& workflow_id,
                                                   std::uint32_t number) {
    return impl_->plans_.load(workflow_id, number);
}

core::Result<RecoverReport> Runtime::recover(const std::optional<std::string>& workflow_id) {
    return impl_->recover(workflow_id);
}

core::Result<RecoverReport> Runtime::recover_only(std::span<const core::ExecutionId> ids) {
    return impl_->recover_only(ids);
}

core::Result<core::ExecutionId> Runtime::execute(StartRequest request) {
    const auto answer = std::make_shared<Promised<core::ExecutionId>>();
    impl_->execute(
        request, [answer](core::Result<core::ExecutionId> id) { answer->give(std::move(id)); }, {});
    return answer->take();
}

void Runtime::execute(StartRequest request, Accepted accepted, Finished finished) {
    impl_->execute(request, std::move(accepted), std::move(finished));
}

std::shared_ptr<Waiting> Runtime::execute_to_end(StartRequest request, Accepted accepted,
                                                 Ended ended) {
    return impl_->execute_to_end(request, std::move(accepted), std::move(ended));
}

std::shared_ptr<Waiting> Runtime::execute_to_response(StartRequest request, Accepted accepted,
                                                      Responded responded, Ended ended) {
    return impl_->execute_to_response(request, std::move(accepted), std::move(responded),
                                      std::move(ended));
}

core::Result<> Runtime::signal(core::ExecutionId id, std::string name, core::Value data) {
    return send(engine::SendSignal{0, id, std::move(name), std::move(data)});
}

core::Result<> Runtime::answer_wait(core::ExecutionId id, const engine::RunKey& run,
                                    core::Value answer, bool may_be_early) {
    return send(engine::AnswerWait{0, id, run, std::move(answer), may_be_early});
}

core::Result<> Runtime::write(const std::function<core::Result<>(store::Store&)>& work) {
    return impl_->write<void>(work);
}

core::Result<> Runtime::put_variable(const store::Variable& variable) {
    return impl_->put_variable(variable);
}

core::Result<> Runtime::remove_variable(const std::string& name) {
    return impl_->remove_variable(name);
}

core::Result<Vault*> Runtime::vault() {
    return impl_->credentials_->open_vault();
}

void Runtime::send(Command command, Accepted answered) {
    impl_->send(std::move(command), std::move(answered));
}

core::Result<> Runtime::send(Command command) {
    const auto answer = std::make_shared<Promised<core::ExecutionId>>();
    impl_->send(std::move(command),
                [answer](core::Result<core::ExecutionId> done) { answer->give(std::move(done)); });
    const core::Result<core::ExecutionId> done = answer->take();
    if (!done) return std::unexpected(done.error());
    return {};
}

core::Result<core::ExecutionId> Runtime::retry(core::ExecutionId id, const RetryRequest& request) {
    auto create = impl_->creation_of_fork(id, request);
    if (!create) return std::unexpected(create.error());
    const auto answer = std::make_shared<Promised<core::ExecutionId>>();
    impl_->create(std::move(*create),
                  [answer](core::Result<core::ExecutionId> done) { answer->give(std::move(done)); },
                  {});
    return answer->take();
}

core::Result<core::ExecutionId> Runtime::replay_dead_letter(std::uint64_t number,
                                                            const ReplayRequest& request) {
    store::DeadLetters& letters = store().dead_letters();
    const auto letter = letters.find(number);
    if (!letter) return std::unexpected(letter.error());
    if (letter->status != store::DeadLetterStatus::open) {
        return core::fail(store::StoreErrc::conflict,
                          "dead letter " + std::to_string(number) + " was " +
                              std::string{to_text(letter->status)} + " already");
    }
    const auto id = retry(letter->row.id, {letter->row.path, request.input, request.version});
    if (!id) return id;
    const auto marked = impl_->write<void>([&](store::Store& store) {
        return store.dead_letters().mark_replayed(number, *id, impl_->clock_->wall());
    });
    if (!marked) {
        return std::unexpected(marked.error().during("execution " + id->text() +
                                                     " was started, but the letter is not marked"));
    }
    return id;
}

core::Result<ReplayReport> Runtime::replay_dead_letters(const store::DeadLetterFilter& filter,
                                                        const ReplayRequest& request) {
    constexpr std::size_t page_size = 500;
    store::DeadLetterFilter open = filter;
    open.status = store::DeadLetterStatus::open;
    // All are known before the first is replayed: what fails again is another letter.
    std::vector<std::uint64_t> numbers;
    std::string cursor;
    do {
        const auto page = store().dead_letters().list(open, page_size, cursor);
        if (!page) return std::unexpected(page.error());
        for (const store::DeadLetter& letter : page->items)
            numbers.push_back(letter.number);
        cursor = page->next_cursor.value_or("");
    } while (!cursor.empty());
    ReplayReport report;
    for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
        const auto id = replay_dead_letter(*number, request);
        if (id) {
            report.replayed.emplace_back(*number, *id);
        } else {
            report.failed.emplace_back(*number, id.error());
        }
    }
    return report;
}

core::Result<> Runtime::discard_dead_letter(std::uint64_t number) {
    return impl_->write<void>([&](store::Store& store) {
        return store.dead_letters().discard(number, impl_->clock_->wall());
    });
}

core::Result<std::uint64_t> Runtime::clear_cache(const store::CacheFilter& filter) {
    return impl_->clear_cache(filter);
}

core::Result<> Runtime::cancel(core::ExecutionId id, std::string reason) {
    return send(engine::CancelExecution{0, id, std::move(reason)});
}

core::Result<> Runtime::pause(core::ExecutionId id, std::string reason) {
    return send(engine::PauseExecution{0, id, std::move(reason)});
}

core::Result<> Runtime::resume(core::ExecutionId id, core::Value variables) {
    if (!variables.is_null()) {
        if (auto changed = send(engine::ChangeVariables{0, id, std::move(variables)}); !changed)
            return changed;
    }
    return send(engine::ResumeExecution{0, id});
}

core::Result<> Runtime::step(core::ExecutionId id) {
    return send(engine::StepExecution{0, id});
}

core::Result<> Runtime::set_breakpoints(core::ExecutionId id, std::vector<std::string> nodes) {
    return send(engine::SetBreakpoints{0, id, std::move(nodes)});
}

core::Result<> Runtime::command_node(core::ExecutionId id, std::string path,
                                     engine::NodeAction action) {
    return send(engine::CommandNode{0, id, std::move(path), action});
}

core::Result<core::ExecutionStatus> Runtime::wait(core::ExecutionId id) {
    const auto ended = std::make_shared<Promised<core::ExecutionStatus>>();
    const auto awaited =
        impl_->await(id, [ended](core::ExecutionId, core::Result<core::ExecutionStatus> status) {
            ended->give(std::move(status));
        });
    if (!awaited) return std::unexpected(awaited.error());
    return awaited->ended ? *awaited->ended : ended->take();
}

core::Result<core::ExecutionStatus> Runtime::wait_for(core::ExecutionId id,
                                                      core::Duration at_most) {
    const auto ended = std::make_shared<Promised<core::ExecutionStatus>>();
    const auto awaited =
        impl_->await(id, [ended](core::ExecutionId, core::Result<core::ExecutionStatus> status) {
            ended->give(std::move(status));
        });
    if (!awaited) return std::unexpected(awaited.error());
    if (awaited->ended) return *awaited->ended;
    if (auto status = ended->take_for(at_most)) return std::move(*status);
    impl_->ledger_.unwatch(id, awaited->watch);
    return core::fail(RuntimeErrc::timed_out,
                      "execution " + id.text() + " has not ended within " + core::to_text(at_most));
}

core::Result<engine::ExecutionView> Runtime::view(core::ExecutionId id, std::string scope) {
    const core::Result<engine::ExecutionRow> row = store().execution(id);
    if (!row) return std::unexpected(row.error());
    const auto workflow = load_workflow(row->workflow_id, row->workflow_version);
    if (!workflow) return std::unexpected(workflow.error());
    const auto rows = store().journal(id, 0);
    if (!rows) return std::unexpected(rows.error());
    return view_of(id, workflow->plan, *rows, std::move(scope));
}

std::vector<core::ExecutionId> Runtime::live() const {
    return impl_->ledger_.live();
}

RuntimeLoad Runtime::load() const {
    return impl_->load();
}

void Runtime::observe(std::shared_ptr<Observer> observer) {
    impl_->notifier_.add(std::move(observer));
}

void Runtime::unobserve(const std::shared_ptr<Observer>& observer) {
    impl_->notifier_.remove(observer);
}

void Runtime::measure(std::shared_ptr<Meter> meter) {
    impl_->meter_.set(std::move(meter));
}

void Runtime::stop() {
    impl_->stop();
}

}  // namespace millrace::runtime
