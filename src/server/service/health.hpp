// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

namespace millrace::server {

struct Services;

enum class HealthStatus : std::uint8_t {
    ok,
    degraded,  ///< works, but somebody should look
    failing,   ///< does not do its work
};
std::string_view to_text(HealthStatus status);

struct ComponentHealth {
    HealthStatus status = HealthStatus::ok;
    std::string detail;               ///< for people; empty when there is nothing to say
    std::vector<core::Member> facts;  ///< such as `{"live": 12}`
};

/// Whether the server works, and which part does not. Thread-safe.
class Health {
public:
    /// May take as long as the component does: called on work threads only, by one at a time.
    using Probe = std::function<ComponentHealth()>;

    explicit Health(std::string version);

    /// Components are shown in the order in which they were added.
    void add(std::string component, Probe probe);

    /// Executions were recovered and requests are answered.
    void set_ready();
    void start_draining();
    /// `task` is called when draining starts, on that thread; at once when it already has.
    void when_draining(std::function<void()> task);
    bool is_ready() const;
    bool is_draining() const;

    /// `{status, version, uptime_ms, components: {NAME: {status, latency_ms, detail?, …}}}`; asks
    /// all components, unless that was done less than a second ago.
    core::Value report();

private:
    struct Component {
        std::string name;
        Probe probe;
    };
    core::Value ask_components(HealthStatus& worst);

    std::string version_;
    std::int64_t started_ns_;
    std::atomic<bool> is_recovered_{false};
    std::atomic<bool> is_draining_{false};
    std::mutex draining_mutex_;  // guards what follows
    std::vector<std::function<void()>> when_draining_;
    std::mutex mutex_;  // guards what follows
    std::vector<Component> components_;
    core::Value last_;
    HealthStatus last_status_ = HealthStatus::ok;
    std::optional<std::int64_t> asked_ns_;
};

/// Adds the runtime's store, engine, executor and cache, the queue of the server's work, those who
/// follow events, and the files of workflows. `services` outlives the health.
void add_standard_probes(Health& health, Services& services);

}  // namespace millrace::server
