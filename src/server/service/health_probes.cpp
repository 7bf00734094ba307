// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

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

}  // namespace

void add_standard_probes(Health& health, Services& services) {
    runtime::Runtime& runtime = services.runtime;
    health.add("store", [&runtime] { return probe_store(runtime); });
    health.add("engine", [&runtime] { return probe_engine(runtime); });
    health.add("executor", [&runtime] { return probe_executor(runtime); });
    health.add("cache", [&runtime] { return probe_cache(runtime); });
    health.add("events", [&events = services.events] {
        return ComponentHealth{HealthStatus::ok, {}, {{"followers", number(events.followers())}}};
    });
    health.add("files", [&files = services.files] { return probe_files(files); });
}

}  // namespace millrace::server
