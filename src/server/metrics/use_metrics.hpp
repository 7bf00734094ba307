// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <utility>

#include "millrace/runtime/meter.hpp"
#include "millrace/server/metric_registry.hpp"

namespace millrace::server {

/// Counts what the runtime's work costs.
class UseMetrics final : public runtime::Meter {
public:
    using Attempted = std::function<void(const runtime::AttemptUse&)>;

    /// `registry` outlives it.
    explicit UseMetrics(MetricRegistry& registry);

    /// Also tells somebody else of attempts, as a Meter is told. Before it measures anything.
    void tell(Attempted attempted) { attempted_ = std::move(attempted); }

    void on_attempt(const runtime::AttemptUse& use) override;
    void on_frame(const runtime::FrameUse& use) override;
    void on_commit(const runtime::CommitUse& use) override;

private:
    Attempted attempted_;
    MetricFamily<Histogram>& attempts_;
    MetricFamily<Counter>& cpu_;
    MetricFamily<Counter>& network_;
    Counter& cache_misses_;
    Histogram& frame_inputs_;
    Histogram& frames_;
    Histogram& commits_;
    Counter& rows_;
    Counter& bytes_;
    Gauge& timers_;
    Gauge& waiting_;
};

}  // namespace millrace::server
