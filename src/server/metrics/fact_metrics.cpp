// SPDX-License-Identifier: Apache-2.0
#include "metrics/fact_metrics.hpp"

#include "metrics/duration_bounds.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/status.hpp"
#include "millrace/engine/effect.hpp"

namespace millrace::server {
namespace {

constexpr std::size_t node_types_max = 200;
// Of one workflow: one for each status that an execution may end in.
constexpr std::size_t end_statuses = 3;

double seconds(core::Duration duration) {
    constexpr double ms_per_second = 1'000;
    return static_cast<double>(duration.ms) / ms_per_second;
}

}  // namespace

FactMetrics::FactMetrics(MetricRegistry& registry, std::size_t workflows_max)
    : created_{registry.counters({"millrace_executions_created_total",
                                  "Executions that were created, by the type of their trigger.",
                                  {"trigger_type"}})},
      ended_{registry.counters({"workflow_executions_total",
                                "Executions that have ended, by their status.",
                                {"status"}})},
      errors_{registry.counters({"workflow_errors_total",
                                 "Executions that have failed, by the class of their error.",
                                 {"error_type"}})},
      durations_{registry
                     .histograms({"workflow_execution_duration_seconds",
                                  "From the start of executions to their end."},
                                 run_bounds)
                     .only()},
      nodes_{registry.counters({"millrace_node_executions_total",
                                "Runs of nodes that have ended, by type and status.",
                                {"node_type", "status"},
                                node_types_max})},
      node_durations_{registry.histograms({"node_execution_duration_seconds",
                                           "From the start of runs of nodes to their end, "
                                           "retries included.",
                                           {"node_type"},
                                           node_types_max},
                                          run_bounds)},
      node_errors_{registry.counters({"millrace_node_errors_total",
                                      "Runs of nodes that have failed, by the class of the error.",
                                      {"node_type", "error_type"},
                                      node_types_max})},
      node_retries_{registry.counters({"millrace_node_retries_total",
                                       "Attempts of nodes that followed a failed one.",
                                       {"node_type"},
                                       node_types_max})},
      cache_hits_{registry
                      .counters({"millrace_cache_results_total",
                                 "Results of nodes that were looked up among kept ones.",
                                 {"result"}})
                      .at({"hit"})},
      gaps_{registry
                .counters({"millrace_observation_gaps_total",
                           "Times that executions could not be counted: they came too fast for "
                           "too long."})
                .only()} {
    for (const auto status : {core::ExecutionStatus::completed, core::ExecutionStatus::failed,
                              core::ExecutionStatus::canceled})
        ended_.at({to_text(status)});
    // A rate of what was never zero misses the first one.
    for (auto error = core::ErrorClass::internal; error <= core::ErrorClass::canceled;
         error = static_cast<core::ErrorClass>(static_cast<int>(error) + 1))
        errors_.at({to_text(error)});
    if (workflows_max == 0) return;
    workflow_ended_ = &registry.counters({"millrace_workflow_executions_total",
                                          "Executions that have ended, by workflow and status.",
                                          {"workflow", "status"},
                                          workflows_max * end_statuses});
    workflow_durations_ = &registry.histograms({"millrace_workflow_execution_duration_seconds",
                                                "From the start of executions to their end, by "
                                                "workflow.",
                                                {"workflow"},
                                                workflows_max},
                                               run_bounds);
}

void FactMetrics::on_created(const ObservedExecution& execution) {
    created_.at({execution.trigger_type}).add();
}

void FactMetrics::on_node(const NodeFact& fact) {
    nodes_.at({fact.node_type, to_text(fact.status)}).add();
    if (fact.was_run()) node_durations_.at({fact.node_type}).observe(seconds(fact.duration()));
    if (fact.retries > 0) node_retries_.at({fact.node_type}).add(fact.retries);
    if (fact.error != nullptr)
        node_errors_.at({fact.node_type, to_text(fact.error->error_class)}).add();
    if (fact.executor == engine::cached_executor) cache_hits_.add();
}

void FactMetrics::on_ended(const ExecutionFact& fact) {
    ended_.at({to_text(fact.status)}).add();
    if (fact.execution.started) durations_.observe(seconds(fact.duration()));
    if (fact.error != nullptr) errors_.at({to_text(fact.error->error_class)}).add();
    if (workflow_ended_ != nullptr) count_of_workflow(fact);
}

void FactMetrics::count_of_workflow(const ExecutionFact& fact) {
    workflow_ended_->at({fact.execution.workflow_id, to_text(fact.status)}).add();
    if (fact.execution.started)
        workflow_durations_->at({fact.execution.workflow_id}).observe(seconds(fact.duration()));
}

void FactMetrics::on_gap(store::FeedPosition) {
    gaps_.add();
}

}  // namespace millrace::server
