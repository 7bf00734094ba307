// SPDX-License-Identifier: Apache-2.0
#include "metrics/use_metrics.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

#include "metrics/duration_bounds.hpp"

namespace millrace::server {
namespace {

constexpr std::size_t node_types_max = 200;

double seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>{time}.count();
}

// Of the number of inputs of a frame: powers of four.
const std::vector<double> input_bounds{1, 4, 16, 64, 256, 1'024, 4'096};

}  // namespace

UseMetrics::UseMetrics(MetricRegistry& registry)
    : attempts_{registry.histograms({"millrace_attempt_duration_seconds",
                                     "How long attempts of effects took, by type of node.",
                                     {"node_type"},
                                     node_types_max},
                                    run_bounds)},
      cpu_{registry.counters({"millrace_attempt_cpu_seconds_total",
                              "Processor time that attempts of effects have used.",
                              {"node_type"},
                              node_types_max})},
      network_{registry.counters({"millrace_attempt_network_bytes_total",
                                  "Bytes that attempts have sent and received over HTTP.",
                                  {"node_type", "direction"},
                                  node_types_max})},
      cache_misses_{registry
                        .counters({"millrace_cache_results_total",
                                   "Results of nodes that were looked up among kept ones.",
                                   {"result"}})
                        .at({"miss"})},
      frame_inputs_{registry
                        .histograms({"millrace_frame_inputs",
                                     "Commands, results and timers that a frame has taken in."},
                                    input_bounds)
                        .only()},
      frames_{registry
                  .histograms({"millrace_frame_duration_seconds", "How long frames were computed."},
                              engine_bounds)
                  .only()},
      commits_{registry
                   .histograms({"millrace_commit_duration_seconds",
                                "How long the store took to make frames durable."},
                               engine_bounds)
                   .only()},
      rows_{registry.counters({"millrace_journal_rows_total", "Rows that were added to journals."})
                .only()},
      bytes_{
          registry.counters({"millrace_journal_bytes_total", "Bytes that were added to journals."})
              .only()},
      timers_{registry
                  .gauges({"millrace_timers",
                           "Timers of executions in memory, those included "
                           "that no longer matter."})
                  .only()},
      waiting_{registry.gauges({"millrace_queue_depth", "What waits for its turn.", {"queue"}})
                   .at({"executions"})} {}

void UseMetrics::on_attempt(const runtime::AttemptUse& use) {
    attempts_.at({use.node_type}).observe(seconds(use.wall));
    if (use.cpu.count() > 0) cpu_.at({use.node_type}).add(seconds(use.cpu));
    if (use.sent > 0) network_.at({use.node_type, "sent"}).add(static_cast<double>(use.sent));
    if (use.received > 0)
        network_.at({use.node_type, "received"}).add(static_cast<double>(use.received));
    if (use.is_cacheable) cache_misses_.add();
    if (attempted_) attempted_(use);
}

void UseMetrics::on_frame(const runtime::FrameUse& use) {
    frame_inputs_.observe(static_cast<double>(use.inputs));
    frames_.observe(seconds(use.time));
    timers_.set(static_cast<double>(use.timers));
    waiting_.set(static_cast<double>(use.waiting));
}

void UseMetrics::on_commit(const runtime::CommitUse& use) {
    commits_.observe(seconds(use.time));
    rows_.add(static_cast<double>(use.rows));
    bytes_.add(static_cast<double>(use.bytes));
}

}  // namespace millrace::server
