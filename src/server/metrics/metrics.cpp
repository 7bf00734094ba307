// SPDX-License-Identifier: Apache-2.0
#include "metrics/metrics.hpp"

#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include "metrics/duration_bounds.hpp"
#include "metrics/fact_metrics.hpp"
#include "metrics/process_metrics.hpp"
#include "millrace/engine/breaker_view.hpp"
#include "millrace/store/result_cache.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

constexpr std::size_t routes_max = 1'000;
/// What is read of the store is not read again before that.
constexpr std::chrono::seconds store_read_every{2};

double number(std::uint64_t count) {
    return static_cast<double>(count);
}

/// Reads what the store knows. A store that hangs holds up one reader and no other.
class StoreState {
public:
    StoreState(MetricRegistry& registry, runtime::Runtime& runtime)
        : runtime_{runtime},
          bytes_{gauge(registry, "millrace_store_bytes",
                       "Size of the store, without its write-ahead log.")},
          wal_bytes_{gauge(registry, "millrace_wal_bytes", "Size of the write-ahead log.")},
          active_{gauge(registry, "active_workflow_executions",
                        "Executions that have not ended, parked ones included.")},
          parked_{gauge(registry, "millrace_parked_executions",
                        "Unfinished executions that are in the store only.")},
          dead_letters_{gauge(registry, "millrace_dead_letters_open",
                              "Failed work that nobody has decided about.")},
          breakers_{registry.gauges({"millrace_breakers",
                                     "Circuit breakers that hold calls back, by state.",
                                     {"state"}})},
          cached_results_{
              gauge(registry, "millrace_cached_results", "Results of nodes that are kept.")},
          cached_bytes_{gauge(registry, "millrace_cached_bytes", "Size of those results.")} {}

    void read() {
        const std::unique_lock lock{reading_, std::try_to_lock};
        if (!lock) return;
        const auto now = std::chrono::steady_clock::now();
        if (read_at_ && now - *read_at_ < store_read_every) return;
        read_at_ = now;
        read_extent();
        read_breakers();
        if (const auto totals = runtime_.store().result_cache().totals()) {
            cached_results_.set(number(totals->entries));
            cached_bytes_.set(number(totals->bytes));
        }
    }

private:
    static Gauge& gauge(MetricRegistry& registry, const char* name, const char* help) {
        return registry.gauges({name, help}).only();
    }

    void read_extent() {
        const auto extent = runtime_.store().extent();
        if (!extent) return;
        bytes_.set(number(extent->bytes));
        wal_bytes_.set(number(extent->wal_bytes));
        active_.set(number(extent->live_executions));
        parked_.set(number(extent->parked_executions));
        dead_letters_.set(number(extent->open_dead_letters));
    }

    void read_breakers() {
        const auto shared = runtime_.store().shared();
        if (!shared) return;
        std::uint64_t open = 0;
        std::uint64_t half_open = 0;
        for (const engine::SharedRow& row : *shared) {
            const auto breaker = engine::read_breaker(row);
            if (!breaker) continue;
            open += breaker->state == engine::BreakerState::open ? 1 : 0;
            half_open += breaker->state == engine::BreakerState::half_open ? 1 : 0;
        }
        breakers_.at({"open"}).set(number(open));
        breakers_.at({"half_open"}).set(number(half_open));
    }

    runtime::Runtime& runtime_;
    Gauge& bytes_;
    Gauge& wal_bytes_;
    Gauge& active_;
    Gauge& parked_;
    Gauge& dead_letters_;
    MetricFamily<Gauge>& breakers_;
    Gauge& cached_results_;
    Gauge& cached_bytes_;
    std::mutex reading_;
    std::optional<std::chrono::steady_clock::time_point> read_at_;
};

}  // namespace

Metrics::Metrics(const MetricsOptions& options, std::string_view version)
    : facts_{std::make_unique<FactMetrics>(registry_, options.workflows_max)},
      meter_{std::make_unique<UseMetrics>(registry_)} {
    add_process_metrics(registry_, version);
}

void Metrics::read_of(runtime::Runtime& runtime) {
    auto& queues =
        registry_.gauges({"millrace_queue_depth", "What waits for its turn.", {"queue"}});
    registry_.before_reading(
        [&runtime, &inputs = queues.at({"inputs"}), &effects = queues.at({"effects"}),
         &threads = queues.at({"threads"}),
         &live = registry_
                     .gauges({"millrace_live_executions",
                              "Unfinished executions in memory; the others are parked."})
                     .only(),
         &in_flight =
             registry_.gauges({"millrace_effects_in_flight", "Attempts of effects under way."})
                 .only()] {
            const runtime::RuntimeLoad load = runtime.load();
            live.set(number(load.live_executions));
            in_flight.set(number(load.effects_in_flight));
            inputs.set(number(load.inputs_queued));
            effects.set(number(load.effects_waiting));
            threads.set(number(load.effects_queued));
        });
    registry_.before_reading(
        [state = std::make_shared<StoreState>(registry_, runtime)] { state->read(); });
}

RequestMetrics::RequestMetrics(MetricRegistry& registry)
    : requests_{registry.counters({"millrace_http_requests_total",
                                   "Answers, by route and class of their status.",
                                   {"method", "route", "status"},
                                   routes_max})},
      durations_{registry.histograms({"millrace_http_request_duration_seconds",
                                      "From a request to its answer, by route.",
                                      {"method", "route"},
                                      routes_max},
                                     answer_bounds)} {}

void RequestMetrics::answered(std::string_view method, std::string_view route, int status,
                              double seconds) {
    constexpr std::string_view classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
    const auto hundred = static_cast<std::size_t>(status / 100);
    const std::string_view status_class =
        hundred >= 1 && hundred <= std::size(classes) ? classes[hundred - 1] : "other";
    const std::string_view shown = route.empty() ? "none" : route;
    requests_.at({method, shown, status_class}).add();
    durations_.at({method, shown}).observe(seconds);
}

}  // namespace millrace::server
