// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "millrace/server/metric_registry.hpp"
#include "observation/facts.hpp"

namespace millrace::server {

/// Counts what becomes of executions and nodes.
class FactMetrics final : public FactSink {
public:
    /// `workflows_max`: workflows that are counted one by one; 0: none. `registry` outlives it.
    FactMetrics(MetricRegistry& registry, std::size_t workflows_max);

    void on_created(const ObservedExecution& execution) override;
    void on_node(const NodeFact& fact) override;
    void on_ended(const ExecutionFact& fact) override;
    void on_gap(store::FeedPosition) override;

private:
    void count_of_workflow(const ExecutionFact& fact);

    MetricFamily<Counter>& created_;
    MetricFamily<Counter>& ended_;
    MetricFamily<Counter>& errors_;
    Histogram& durations_;
    MetricFamily<Counter>& nodes_;
    MetricFamily<Histogram>& node_durations_;
    MetricFamily<Counter>& node_errors_;
    MetricFamily<Counter>& node_retries_;
    Counter& cache_hits_;
    Counter& gaps_;
    MetricFamily<Counter>* workflow_ended_ = nullptr;  ///< null: workflows are not told apart
    MetricFamily<Histogram>* workflow_durations_ = nullptr;
};

}  // namespace millrace::server
