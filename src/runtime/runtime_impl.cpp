// SPDX-License-Identifier: Apache-2.0
#include "runtime_impl.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "execution_log.hpp"
#include "millrace/format/canonical.hpp"
#include "millrace/format/digest.hpp"
#include "millrace/format/writer.hpp"

namespace millrace::runtime {
namespace {

std::size_t pool_threads(std::size_t wanted) {
    if (wanted > 0) return wanted;
    return std::max<std::size_t>(2, std::thread::hardware_concurrency());
}

ExecutorOptions executor_options(const RuntimeOptions& options, Permissions allowed,
                                 std::shared_ptr<Clock> clock, std::shared_ptr<Log> log,
                                 std::shared_ptr<Credentials> credentials, Links& links,
                                 SubworkflowStarter& subworkflows, const MeterSlot& meter) {
    ExecutorOptions made;
    made.threads = pool_threads(options.pool_threads);
    made.in_flight_max = options.limits.effects_in_flight_max;
    made.http.transfers_max = options.http.transfers_max;
    made.egress = std::move(allowed.egress);
    made.folders = std::move(allowed.folders);
    made.programs = std::move(allowed.programs);
    made.clock = std::move(clock);
    made.log = std::move(log);
    made.credentials = std::move(credentials);
    made.links = &links;
    made.subworkflows = &subworkflows;
    made.meter = &meter;
    return made;
}

CachedEffectsOptions cache_options(const CacheOptions& options) {
    CachedEffectsOptions made;
    made.memory_bytes = options.memory_bytes;
    made.stored_bytes = options.stored_bytes;
    made.result_bytes_max = options.result_bytes_max;
    return made;
}

FramePipeline::Limits pipeline_limits(const RuntimeLimits& limits) {
    return {limits.shard.frame_inputs_max, limits.commands_queued_max, limits.backoff_min,
            limits.backoff_max};
}

engine::ShardOptions shard_options(const RuntimeLimits& limits) {
    return {limits.shard, [](std::string_view key) { return format::blake2b_256_hex(key); }};
}

}  // namespace

core::Result<Permissions> Permissions::make(const RuntimeOptions& options) {
    core::Result<EgressPolicy> egress =
        EgressPolicy::make({options.http.allow, options.http.deny, options.http.only_allowed});
    if (!egress) return std::unexpected(egress.error());
    core::Result<AllowedFolders> folders = AllowedFolders::make(options.files);
    if (!folders) return std::unexpected(folders.error());
    core::Result<AllowedPrograms> programs = AllowedPrograms::make(options.commands);
    if (!programs) return std::unexpected(programs.error());
    return Permissions{*std::move(egress),
                       std::make_shared<const AllowedFolders>(*std::move(folders)),
                       std::make_shared<const AllowedPrograms>(*std::move(programs))};
}

Runtime::Impl::Impl(RuntimeOptions options, Permissions allowed, std::unique_ptr<Links> links,
                    const store::Ownership& owned, std::span<const engine::SharedRow> shared)
    : store_{std::move(options.store)},
      clock_{options.clock ? options.clock : make_system_clock()},
      credentials_{
          std::make_shared<StoredCredentials>(options.secrets.key_file, store_->secrets())},
      links_{std::move(links)},
      log_{std::make_shared<MaskingLog>(options.log ? options.log : make_silent_log(),
                                        credentials_->secrets_mask())},
      limits_{options.limits},
      plans_{*store_, options.nodes},
      notifier_{limits_.observer_rows_max},
      histories_{limits_.histories_bytes_max},
      variables_{*store_},
      subworkflows_{
          {*store_, plans_, *log_,
           [this](const StartRequest& request, Accepted accepted) {
               execute(request, std::move(accepted), {});
           },
           [this](engine::Input input, Accepted answered) {
               send(std::move(input), std::move(answered));
           },
           [this](core::Duration after, Waker::Job job) { waker_.post(after, std::move(job)); }}},
      executor_{executor_options(options, std::move(allowed), clock_, log_, credentials_, *links_,
                                 subworkflows_, meter_),
                functions_, [this](std::span<engine::Completion> done) { completed(done); }},
      cached_{cache_options(options.cache),
              {store_->result_cache(), writing_, *clock_, *log_, executor_,
               [this](std::span<engine::Completion> done) { loop_.arrive(done); },
               [this](const core::Error& error) { loop_.distrust(error); }}},
      loop_{{*store_, writing_, *clock_, *log_, *this, shard_options(limits_),
             pipeline_limits(limits_), meter_},
            owned,
            shared},
      waker_{{*store_,
              *clock_,
              *log_,
              plans_,
              ledger_,
              loop_,
              {limits_.wake_window, limits_.wake_window_max},
              [this](core::ExecutionId id, const core::Error& error) { give_up(id, error); }},
             owned} {
    credentials_->write_with([this](const std::function<core::Result<>()>& task) {
        return write<void>([&](store::Store&) { return task(); });
    });
}

Runtime::Impl::~Impl() {
    stop();
}

void Runtime::Impl::stop() {
    std::call_once(stopped_, [this] {
        waker_.stop_soon();
        loop_.stop();
        waker_.join();
        executor_.stop();
        cached_.stop();
        ledger_.close({RuntimeErrc::stopped, "the runtime has been stopped"}).tell();
        notifier_.stop();
    });
}

core::Result<SavedWorkflow> Runtime::Impl::save_workflow(const core::Document& document) {
    if (const core::Result<> checked = plans_.check(document); !checked)
        return std::unexpected(checked.error());
    auto version = write<store::WorkflowVersion>([&](store::Store& store) {
        return store.save_version(document.id, format::document_hash(document),
                                  format::write_json(document), clock_->wall());
    });
    if (!version) return std::unexpected(version.error());
    return plans_.load(std::move(*version));
}

RuntimeLoad Runtime::Impl::load() const {
    const ExecutorLoad load = executor_.load();
    return {.live_executions = ledger_.live_count(),
            .effects_in_flight = load.in_flight,
            .effects_waiting = load.waiting,
            .effects_queued = load.queued,
            .inputs_queued = loop_.queued()};
}

core::Result<std::uint64_t> Runtime::Impl::clear_cache(const store::CacheFilter& filter) {
    auto cleared = cached_.clear(filter);
    if (!cleared && cleared.error().is(store::StoreErrc::outcome_unknown))
        loop_.distrust(cleared.error());
    return cleared;
}

/// What an executor has completed, from its threads.
void Runtime::Impl::completed(std::span<engine::Completion> done) {
    cached_.completed(done);
    loop_.arrive(done);
}

// ---- What the frame loop says ---------------------------------------------------------------

/// Who knows a link is to find what it leads to, and who reads the store is not to know the link.
void Runtime::Impl::prepare(engine::Frame& frame) {
    using What = engine::WaitRow::What;
    for (engine::WaitRow& row : frame.waits) {
        const bool has_link = row.what == What::webhook || row.what == What::approval;
        if (row.state != engine::WaitRow::State::open || !has_link) continue;
        auto hash = links_->token_hash(row.id, row.run);
        if (hash) {
            row.token_hash = *std::move(hash);
        } else {
            log_->write(LogLevel::error, "a run waits, but nobody can have a link to it",
                        {{"execution_id", row.id.text()},
                         {"node_id", row.node_id},
                         {"error", hash.error().message()}});
        }
    }
}

void Runtime::Impl::release(engine::Frame frame) {
    histories_.add(frame);
    log_ends(*log_, frame);
    auto responses = responses_.take(std::move(frame.responses));
    Ledger::News news = ledger_.settle(frame);
    loop_.settled(frame);
    // After that: what a waking found changed before it, it hears of now.
    waker_.settle(frame);
    cached_.abort(frame.aborts);
    if (!frame.effects.empty()) cached_.perform(std::move(frame.effects), frame.now);
    news.tell_answers();
    // After that: whoever has started an execution knows so before it hears of its end.
    subworkflows_.settle(frame);
    for (auto& [responded, response] : responses)
        responded(response.id, std::move(response.value));
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
    if (ledger_.is_live(id)) give_up(id, error);
}

void Runtime::Impl::give_up(core::ExecutionId id, const core::Error& error) {
    log_->write(LogLevel::error, "an execution cannot go on; it is left in the store as it is",
                {{"execution_id", id.text()},
                 {"code", std::string{error.code()}},
                 {"error", error.message()}});
    waker_.forsake(id);
    ledger_.drop(id, error.during("cannot go on with execution", id.text())).tell();
}

}  // namespace millrace::runtime
