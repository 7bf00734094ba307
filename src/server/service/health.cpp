// SPDX-License-Identifier: Apache-2.0
#include "service/health.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace millrace::server {
namespace {

constexpr std::int64_t nanoseconds_per_millisecond = 1'000'000;
/// Somebody who asks all the time must not keep the store busy.
constexpr std::int64_t asked_again_after_ns = 1'000'000'000;

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// Milliseconds with three digits behind the point.
double milliseconds(std::int64_t ns) {
    return static_cast<double>(ns / 1'000) / 1'000.0;
}

}  // namespace

std::string_view to_text(HealthStatus status) {
    switch (status) {
        case HealthStatus::ok: return "ok";
        case HealthStatus::degraded: return "degraded";
        case HealthStatus::failing: return "failing";
    }
    return "failing";
}

Health::Health(std::string version) : version_{std::move(version)}, started_ns_{now_ns()} {}

void Health::add(std::string component, Probe probe) {
    const std::scoped_lock lock{mutex_};
    components_.push_back({std::move(component), std::move(probe)});
}

void Health::set_ready() {
    is_recovered_ = true;
}

void Health::start_draining() {
    std::vector<std::function<void()>> tasks;
    {
        const std::scoped_lock lock{draining_mutex_};
        is_draining_ = true;
        tasks.swap(when_draining_);
    }
    for (const std::function<void()>& task : tasks)
        task();
}

void Health::when_draining(std::function<void()> task) {
    {
        const std::scoped_lock lock{draining_mutex_};
        if (!is_draining_) return when_draining_.push_back(std::move(task));
    }
    task();
}

bool Health::is_ready() const {
    return is_recovered_ && !is_draining_;
}

bool Health::is_draining() const {
    return is_draining_;
}

core::Value Health::ask_components(HealthStatus& worst) {
    core::ObjectBuilder all;
    for (const Component& component : components_) {
        const std::int64_t before = now_ns();
        const ComponentHealth health = component.probe();
        core::ObjectBuilder value;
        value.set("status", to_text(health.status))
            .set("latency_ms", milliseconds(now_ns() - before));
        if (!health.detail.empty()) value.set("detail", health.detail);
        for (const core::Member& fact : health.facts)
            value.set(fact.key, fact.value);
        all.set(component.name, std::move(value).build());
        worst = std::max(worst, health.status);
    }
    return std::move(all).build();
}

core::Value Health::report() {
    const std::scoped_lock lock{mutex_};
    const std::int64_t now = now_ns();
    if (!asked_ns_ || now - *asked_ns_ >= asked_again_after_ns) {
        last_status_ = HealthStatus::ok;
        last_ = ask_components(last_status_);
        asked_ns_ = now;
    }
    return core::Value::object({{"status", to_text(last_status_)},
                                {"version", version_},
                                {"uptime_ms", (now - started_ns_) / nanoseconds_per_millisecond},
                                {"ready", is_ready()},
                                {"components", last_}});
}

}  // namespace millrace::server
