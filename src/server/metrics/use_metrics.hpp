// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "metrics/metric_registry.hpp"
#include "millrace/runtime/meter.hpp"

namespace millrace::server {

/// What attempts of one node have used.
struct NodeUse {
    struct Amount {
        std::uint64_t sum = 0;
        std::uint64_t max = 0;

        void add(std::uint64_t amount);
    };
    std::string workflow_id;
    std::string node_id;
    std::uint64_t attempts = 0;
    Amount cpu_us;
    Amount memory_bytes;  ///< of programs only
    Amount sent_bytes;
    Amount received_bytes;
};

/// What attempts have used, by node, until somebody takes it. Bounded: of too many nodes at a time
/// some are not told. Thread-safe.
class NodeUses {
public:
    void add(const runtime::AttemptUse& use);
    /// All since the last time.
    std::vector<NodeUse> take();

private:
    static constexpr std::size_t nodes_max = 20'000;

    std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, NodeUse, std::less<>> uses_;
};

/// Counts what the runtime's work costs.
class UseMetrics final : public runtime::Meter {
public:
    /// `registry` outlives it; `uses` may be null.
    UseMetrics(MetricRegistry& registry, std::shared_ptr<NodeUses> uses);

    void on_attempt(const runtime::AttemptUse& use) override;
    void on_frame(const runtime::FrameUse& use) override;
    void on_commit(const runtime::CommitUse& use) override;

private:
    const std::shared_ptr<NodeUses> uses_;
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
