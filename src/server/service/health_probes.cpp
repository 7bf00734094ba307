// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "dispatch/event_dispatcher.hpp"
#include "events/event_hub.hpp"
#include "millrace/store/result_cache.hpp"
#include "service/file_workflows.hpp"
#include "service/health.hpp"
#include "service/services.hpp"

namespace millrace::server {
namespace {

core::Value number(std::uint64_t count) {
    return static_cast<std::int64_t>(count);
}

ComponentHealth failing(const core::Error& error) {
    return {HealthStatus::failing, error.message(), {}};
}

/// Looks for what cannot be there: takes the way of every read.
ComponentHealth probe_store(runtime::Runtime& runtime) {
    const auto row = runtime.store().execution(core::ExecutionId{});
    if (!row && !row.error().is(store::StoreErrc::not_found)) return failing(row.error());
    return {};
}

/// Waits for its turn between the frames: one that does not end would be noticed.
ComponentHealth probe_engine(runtime::Runtime& runtime) {
    const auto written =
        runtime.write([](store::Store&) -> core::Result<> { return core::Result<>{}; });
    if (!written) return failing(written.error());
    return {HealthStatus::ok, {}, {{"live_executions", number(runtime.load().live_executions)}}};
}

ComponentHealth probe_executor(const runtime::Runtime& runtime) {
    return {
        HealthStatus::ok, {}, {{"effects_in_flight", number(runtime.load().effects_in_flight)}}};
}

ComponentHealth probe_cache(runtime::Runtime& runtime) {
    const auto totals = runtime.store().result_cache().totals();
    if (!totals) return failing(totals.error());
    return {HealthStatus::ok,
            {},
            {{"entries", number(totals->entries)}, {"bytes", number(totals->bytes)}}};
}

ComponentHealth probe_files(const FileWorkflows& files) {
    const FileWorkflowStatus status = files.status();
    ComponentHealth health;
    health.facts = {{"files", number(status.files)},
                    {"watched", status.is_watched},
                    {"broken", number(status.broken.size())}};
    if (status.broken.empty()) return health;
    health.status = HealthStatus::degraded;
    health.detail = status.broken.front().error;
    if (status.broken.size() > 1)
        health.detail += " (and " + std::to_string(status.broken.size() - 1) + " more)";
    return health;
}

/// How long work waits for a thread: a task is given out at one look and found done at the next, so
/// that nobody waits for it.
class QueueProbe {
public:
    explicit QueueProbe(const Services& services) : services_{services} {}

    ComponentHealth operator()() const {
        const std::int64_t now = now_ms();
        const std::int64_t given_out = state_->given_out_ms;
        if (given_out != 0) {
            state_->waited_ms = now - given_out;
        } else {
            state_->given_out_ms = now;
            services_.work([state = state_] {
                state->waited_ms = now_ms() - state->given_out_ms;
                state->given_out_ms = 0;
            });
        }
        const std::int64_t waited = state_->waited_ms;
        ComponentHealth health;
        health.facts = {{"waited_ms", waited}};
        if (waited < too_long_ms) return health;
        health.status = HealthStatus::degraded;
        health.detail = "requests wait for a work thread; give the server more of them";
        return health;
    }

private:
    static constexpr std::int64_t too_long_ms = 5'000;
    struct State {
        std::atomic<std::int64_t> given_out_ms{0};  ///< 0: no task is out
        std::atomic<std::int64_t> waited_ms{0};     ///< of the last one
    };
    static std::int64_t now_ms() {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::steady_clock::now().time_since_epoch())
            .count();
    }

    const Services& services_;
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace

void add_standard_probes(Health& health, Services& services) {
    runtime::Runtime& runtime = services.runtime;
    health.add("store", [&runtime] { return probe_store(runtime); });
    health.add("engine", [&runtime] { return probe_engine(runtime); });
    health.add("executor", [&runtime] { return probe_executor(runtime); });
    health.add("cache", [&runtime] { return probe_cache(runtime); });
    health.add("queue", QueueProbe{services});
    health.add("events", [&events = services.events] {
        return ComponentHealth{HealthStatus::ok, {}, {{"followers", number(events.followers())}}};
    });
    health.add("dispatch", [&dispatcher = services.dispatcher] { return dispatcher.health(); });
    health.add("files", [&files = services.files] { return probe_files(files); });
}

}  // namespace millrace::server
