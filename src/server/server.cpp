// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/server.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "access/authorize.hpp"
#include "analytics/cost_meter.hpp"
#include "analytics/rollup_counter.hpp"
#include "api/api.hpp"
#include "dispatch/event_dispatcher.hpp"
#include "events/event_hub.hpp"
#include "http/http_server.hpp"
#include "metrics/metrics.hpp"
#include "metrics/part_metrics.hpp"
#include "observation/observation.hpp"
#include "routes/routes.hpp"
#include "schedules/scheduler.hpp"
#include "service/file_workflows.hpp"
#include "service/health.hpp"
#include "service/janitor.hpp"
#include "service/services.hpp"
#include "service/work_pool.hpp"
#include "service/workflow_catalog.hpp"
#include "tracing/otlp_exporter.hpp"
#include "tracing/span_sink.hpp"
#include "triggers/trigger_table.hpp"
#include "webhooks/webhooks.hpp"

namespace millrace::server {

namespace {

EventLimits event_limits(const HttpLimits& limits) {
    EventLimits events;
    events.stream_buffer_bytes = limits.stream_buffer_bytes;
    return events;
}

/// What of the options is fixed once the server runs; empty: nothing of it would change.
std::string_view fixed_change(const ServerOptions& now, const ServerOptions& wished) {
    if (now.listen != wished.listen) return "listen";
    if (now.public_url != wished.public_url) return "public_url";
    if (now.auth != wished.auth) return "auth";
    if (now.token != wished.token) return "token";
    if (now.work_threads != wished.work_threads) return "work_threads";
    if (now.metrics != wished.metrics) return "metrics";
    if (now.tracing != wished.tracing) return "tracing";
    if (now.limits.wait_max != wished.limits.wait_max) return "limits.wait_max";
    if (now.limits.stream_buffer_bytes != wished.limits.stream_buffer_bytes) {
        return "limits.stream_buffer_bytes";
    }
    return {};
}

/// Lets the connections reach the routes.
class ApiHandler : public RequestHandler {
public:
    explicit ApiHandler(const Api& api) : api_{api} {}

    void handle(std::shared_ptr<Request> request, Reply reply) override {
        api_.handle(std::move(request), std::move(reply));
    }
    bool is_websocket(const Request& request) const override { return api_.is_websocket(request); }

private:
    const Api& api_;
};

/// The ways to the server's threads, for callbacks of the runtime: those may come when the server
/// has gone already, since the runtime outlives it. What comes then is dropped. Thread-safe.
class Doors {
public:
    void open(WorkPool& pool) {
        const std::scoped_lock lock{mutex_};
        pool_ = &pool;
    }
    void open(HttpServer& http) {
        const std::scoped_lock lock{mutex_};
        http_ = &http;
    }
    void close() {
        const std::scoped_lock lock{mutex_};
        pool_ = nullptr;
        http_ = nullptr;
    }
    void work(std::function<void()> task) {
        const std::scoped_lock lock{mutex_};
        if (pool_ != nullptr) pool_->add(std::move(task));
    }
    void later(core::Duration delay, std::function<void()> task) {
        const std::scoped_lock lock{mutex_};
        if (http_ != nullptr) http_->later(delay, std::move(task));
    }

private:
    std::mutex mutex_;  // guards what follows
    WorkPool* pool_ = nullptr;
    HttpServer* http_ = nullptr;
};

}  // namespace

class Server::Impl {
public:
    Impl(const ServerParts& parts, ServerOptions options, runtime::Vault& vault)
        : options_{std::move(options)},
          health_{parts.version},
          catalog_{parts.runtime},
          triggers_{parts.runtime, parts.log},
          webhooks_{{.runtime = parts.runtime,
                     .vault = vault,
                     .catalog = catalog_,
                     .triggers = triggers_,
                     .log = parts.log,
                     .work = work(),
                     .later = later()}},
          pool_{options_.work_threads, parts.log},
          events_{parts.runtime, work(), event_limits(options_.limits), &parts.log},
          metrics_{std::make_shared<Metrics>(options_.metrics, parts.version)},
          observation_{{journals_of(parts.runtime), work(), later(), &parts.log}},
          files_{parts.runtime, parts.registry, parts.log,
                 [this](const std::string& id) { catalog_.forget(id); }},
          services_{.runtime = parts.runtime,
                    .registry = parts.registry,
                    .vault = vault,
                    .log = parts.log,
                    .events = events_,
                    .files = files_,
                    .health = health_,
                    .catalog = catalog_,
                    .triggers = triggers_,
                    .webhooks = webhooks_,
                    .dispatcher = dispatcher_,
                    .scheduler = scheduler_,
                    .metrics = *metrics_,
                    .options = options_,
                    .version = parts.version,
                    .work = work(),
                    .later = later()},
          dispatcher_{dispatch_parts(services_)},
          scheduler_{scheduler_parts(services_)},
          janitor_{janitor_parts(services_)} {
        doors_->open(pool_);
        catalog_.when_forgotten([this](const std::string& id) { triggers_.refresh(id); });
        // Whoever waits for an execution is told to ask again, so that the server can stop.
        health_.when_draining([this] { webhooks_.hurry(); });
    }

    ~Impl() {
        // From the outside in. The connections' thread goes last: tasks give it their answers.
        if (http_) http_->drain(core::Duration{0});
        janitor_.stop();
        files_.stop();
        scheduler_.stop();
        dispatcher_.stop();
        events_.stop();
        observation_.settle();
        observation_.stop();
        if (counter_) counter_->stop();
        exporter_.reset();
        services_.runtime.measure(nullptr);
        webhooks_.stop();
        pool_.stop();
        doors_->close();
        http_.reset();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    core::Result<> start(const FileWorkflowOptions& files, const RetentionOptions& retention);
    const std::string& url() const { return http_->url(); }
    MetricRegistry& metrics() { return metrics_->registry(); }
    core::Result<> reconfigure(const ServerOptions& options, const FileWorkflowOptions& files,
                               const RetentionOptions& retention);
    void drain(core::Duration grace);

private:
    core::Result<> start_observing();
    std::function<void(std::function<void()>)> work() {
        return [doors = doors_](std::function<void()> task) { doors->work(std::move(task)); };
    }
    std::function<void(core::Duration, std::function<void()>)> later() {
        return [doors = doors_](core::Duration delay, std::function<void()> task) {
            doors->later(delay, std::move(task));
        };
    }

    const std::shared_ptr<Doors> doors_ = std::make_shared<Doors>();
    const ServerOptions options_;
    Health health_;
    WorkflowCatalog catalog_;
    TriggerTable triggers_;
    Webhooks webhooks_;
    WorkPool pool_;
    EventHub events_;
    const std::shared_ptr<Metrics> metrics_;
    std::unique_ptr<OtlpExporter> exporter_;  // null: traces go nowhere
    std::shared_ptr<RollupCounter> counter_;  // null before the start
    Observation observation_;
    FileWorkflows files_;
    Services services_;
    EventDispatcher dispatcher_;
    Scheduler scheduler_;
    Janitor janitor_;
    std::optional<Api> api_;
    std::optional<ApiHandler> handler_;
    std::unique_ptr<HttpServer> http_;
};

core::Result<> Server::Impl::start(const FileWorkflowOptions& files,
                                   const RetentionOptions& retention) {
    // The address first: when it is taken, nothing else is to happen.
    auto http = HttpServer::open(options_, services_.log, work());
    if (!http) return std::unexpected{http.error()};
    http_ = std::move(*http);
    doors_->open(*http_);
    services_.runtime.links().use_address(options_.public_url.empty() ? http_->url()
                                                                      : options_.public_url);
    if (auto loaded = triggers_.load(); !loaded) return loaded;
    triggers_.subscribe("trigger.event", dispatcher_.on_change());
    if (auto followed = dispatcher_.start(); !followed) return followed;
    if (auto read = files_.start(files); !read) return read;
    if (auto scheduled = scheduler_.start(triggers_); !scheduled) return scheduled;
    add_standard_probes(health_, services_);
    health_.add("archive", [this] { return janitor_.archive_health(); });
    if (auto observed = start_observing(); !observed) return observed;
    ApiParts parts = api_parts(services_);
    parts.authorize = authorize;
    // An answer may come when the server has gone.
    parts.answered = [metrics = metrics_](Method method, std::string_view route, int status,
                                          double seconds) {
        metrics->requests().answered(to_text(method), route, status, seconds);
    };
    api_.emplace(all_routes(services_), std::move(parts));
    handler_.emplace(*api_);
    janitor_.start(retention);
    health_.set_ready();
    http_->serve(*handler_);
    return {};
}

/// Metrics begin with what is committed from now on, analytics where they have ended.
core::Result<> Server::Impl::start_observing() {
    if (options_.metrics.enabled) {
        observation_.add(metrics_->facts());
        metrics_->read_of(services_.runtime);
        add_part_metrics(metrics_->registry(), {.dispatcher = dispatcher_,
                                                .scheduler = scheduler_,
                                                .events = events_,
                                                .observation = observation_});
    }
    counter_ = std::make_shared<RollupCounter>(rollup_counter_parts(services_));
    const auto counted = counter_->place();
    if (!counted) return std::unexpected{counted.error()};
    observation_.add(counter_, *counted);
    services_.runtime.measure(std::make_shared<CostMeter>(metrics_->meter(), counter_));
    if (!options_.tracing.endpoint.empty()) {
        auto exporter = OtlpExporter::start(options_.tracing, services_.version,
                                            metrics_->registry(), services_.log);
        if (!exporter) return std::unexpected{exporter.error()};
        exporter_ = *std::move(exporter);
        observation_.add(
            std::make_shared<SpanSink>([this](Span span) { exporter_->add(std::move(span)); }));
    }
    return observation_.start();
}

core::Result<> Server::Impl::reconfigure(const ServerOptions& options,
                                         const FileWorkflowOptions& files,
                                         const RetentionOptions& retention) {
    if (const auto name = fixed_change(options_, options); !name.empty()) {
        return core::fail(ServerErrc::bad_option, "'" + std::string{name} +
                                                      "' cannot change while the server runs; "
                                                      "start it again");
    }
    if (auto changed = http_->reconfigure(options); !changed) return changed;
    janitor_.start(retention);
    return files_.start(files);
}

void Server::Impl::drain(core::Duration grace) {
    health_.start_draining();
    scheduler_.stop();
    http_->drain(grace);
}

Server::Server(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Server::~Server() = default;

core::Result<std::unique_ptr<Server>> Server::start(const ServerParts& parts, ServerOptions options,
                                                    FileWorkflowOptions files,
                                                    RetentionOptions retention) {
    auto vault = parts.runtime.vault();
    if (!vault) return std::unexpected{vault.error()};
    auto impl = std::make_unique<Impl>(parts, std::move(options), **vault);
    if (auto started = impl->start(files, retention); !started)
        return std::unexpected{started.error()};
    return std::unique_ptr<Server>{new Server{std::move(impl)}};
}

const std::string& Server::url() const {
    return impl_->url();
}

core::Result<> Server::reconfigure(const ServerOptions& options, const FileWorkflowOptions& files,
                                   const RetentionOptions& retention) {
    return impl_->reconfigure(options, files, retention);
}

MetricRegistry& Server::metrics() {
    return impl_->metrics();
}

void Server::drain(core::Duration grace) {
    impl_->drain(grace);
}

}  // namespace millrace::server
