// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "metrics/use_metrics.hpp"
#include "millrace/runtime/meter.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/server/metric_registry.hpp"
#include "millrace/server/options.hpp"
#include "observation/facts.hpp"

namespace millrace::server {

/// Counts answers of routes. Thread-safe.
class RequestMetrics {
public:
    /// `registry` outlives it.
    explicit RequestMetrics(MetricRegistry& registry);

    /// `route`: the pattern, or nothing when the path has no route.
    void answered(std::string_view method, std::string_view route, int status, double seconds);

private:
    MetricFamily<Counter>& requests_;
    MetricFamily<Histogram>& durations_;
};

/// What the server counts beside what its parts count of their own. Thread-safe.
class Metrics : public std::enable_shared_from_this<Metrics> {
public:
    /// Facts, the runtime's meter, the process and the machine.
    Metrics(const MetricsOptions& options, std::string_view version);

    MetricRegistry& registry() { return registry_; }
    /// For an Observation, and for a runtime; both keep all of this.
    std::shared_ptr<FactSink> facts() { return {shared_from_this(), facts_.get()}; }
    std::shared_ptr<runtime::Meter> meter() { return {shared_from_this(), meter_.get()}; }
    RequestMetrics& requests() { return requests_; }
    /// Also tells `attempted` what attempts use, from any thread; before the meter is given away.
    void tell_attempts(UseMetrics::Attempted attempted) { meter_->tell(std::move(attempted)); }

    /// Lets `text` show what the runtime holds and what its store says; it outlives all calls.
    void read_of(runtime::Runtime& runtime);

    std::string text() { return registry_.text(); }

private:
    MetricRegistry registry_;
    const std::unique_ptr<FactSink> facts_;
    const std::unique_ptr<UseMetrics> meter_;
    RequestMetrics requests_{registry_};
};

}  // namespace millrace::server
