// SPDX-License-Identifier: Apache-2.0
#include "testing/route_fixture.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>

#include "access/authorize.hpp"
#include "api/api.hpp"
#include "api/schemas.hpp"
#include "api/testing/conformance.hpp"
#include "dispatch/event_dispatcher.hpp"
#include "events/event_hub.hpp"
#include "http/target.hpp"
#include "metrics/metrics.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/document.hpp"
#include "millrace/nodes/descriptor.hpp"
#include "millrace/nodes/standard.hpp"
#include "millrace/store/open.hpp"
#include "schedules/scheduler.hpp"
#include "service/file_workflows.hpp"
#include "service/health.hpp"
#include "service/workflow_catalog.hpp"
#include "triggers/trigger_table.hpp"
#include "webhooks/webhooks.hpp"

namespace millrace::server::testing {
namespace {

constexpr std::string_view effect_descriptor = R"({
    "type": "test.effect",
    "version": 1,
    "semantic_version": "1.0.0",
    "name": "Effect",
    "description": "Calls a function of the test.",
    "icon": "zap",
    "category": "actions",
    "role": "effect",
    "inputs": [{"name": "in", "description": "What the function gets.", "schema": {}}],
    "outputs": [{"name": "out", "description": "What it gives."}],
    "data_schema": {
        "type": "object",
        "additionalProperties": false,
        "properties": {"function": {"type": "string", "description": "Its name."}}
    },
    "default_data": {"function": "echo"},
    "examples": []
})";

class CallFunction final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        return engine::EffectRequest{
            engine::FunctionCall{std::string{call.field("function").as_string()}, call.input()}};
    }
};

class ErrorLog final : public runtime::Log {
public:
    bool takes(runtime::LogLevel level) const override { return level == runtime::LogLevel::error; }
    void put(runtime::LogLevel level, std::string_view message,
             std::span<const runtime::LogField>) override {
        if (!takes(level)) return;
        const std::scoped_lock lock{mutex_};
        messages_.emplace_back(message);
    }
    std::vector<std::string> messages() {
        const std::scoped_lock lock{mutex_};
        return messages_;
    }

private:
    std::mutex mutex_;
    std::vector<std::string> messages_;
};

/// One thread that does what it is given, in order.
class Worker {
public:
    void give(std::function<void()> task) {
        {
            const std::scoped_lock lock{mutex_};
            tasks_.push_back(std::move(task));
        }
        came_.notify_one();
    }

private:
    void run(const std::stop_token& stop) {
        for (;;) {
            std::unique_lock lock{mutex_};
            if (!came_.wait(lock, stop, [this] { return !tasks_.empty(); })) return;
            const std::function<void()> task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
        }
    }

    std::mutex mutex_;
    std::condition_variable_any came_;
    std::deque<std::function<void()>> tasks_;
    std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }};
};

core::Time now() {
    return core::Time{std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count()};
}

std::shared_ptr<nodes::Registry> test_registry() {
    auto registry = std::make_shared<nodes::Registry>();
    EXPECT_TRUE(nodes::register_standard(*registry));
    auto type = nodes::read_descriptor("test.effect", effect_descriptor);
    if (!type) {
        ADD_FAILURE() << type.error().message();
        return registry;
    }
    const auto added = registry->add(*std::move(type), std::make_shared<CallFunction>());
    if (!added) ADD_FAILURE() << added.error().message();
    return registry;
}

}  // namespace

class RouteFixture::Parts {
public:
    explicit Parts(const std::vector<Add>& adders) {
        RouteTable table;
        add_common_schemas(table);
        for (const Add add : adders)
            add(table, services);
        ApiParts parts = api_parts(services);
        parts.authorize = authorize;
        api = std::make_unique<Api>(std::move(table), std::move(parts));
        conformance = std::make_unique<Conformance>(api->openapi());
        catalog.when_forgotten([this](const std::string& id) { triggers.refresh(id); });
    }

    std::unique_ptr<runtime::Runtime> start_runtime() {
        runtime::RuntimeOptions made;
        made.store = store::open_memory_store();
        made.nodes = registry;
        auto started = runtime::Runtime::start(std::move(made));
        if (!started) ADD_FAILURE() << started.error().message();
        return *std::move(started);
    }

    void later(core::Duration delay, std::function<void()> task) {
        if (delay <= core::Duration{0}) return worker.give(std::move(task));
        const std::scoped_lock lock{mutex};
        delayed.push_back(std::move(task));
        delayed_came.notify_all();
    }

    std::mutex mutex;
    std::vector<std::function<void()>> delayed;
    std::condition_variable_any delayed_came;
    std::shared_ptr<nodes::Registry> registry = test_registry();
    ErrorLog log;
    ServerOptions options;
    std::unique_ptr<runtime::Runtime> runtime = start_runtime();
    runtime::Vault& vault = **runtime->vault();
    EventHub events{*runtime, [this](std::function<void()> task) { worker.give(std::move(task)); }};
    WorkflowCatalog catalog{*runtime};
    TriggerTable triggers{*runtime, log};
    Webhooks webhooks{
        {.runtime = *runtime,
         .vault = vault,
         .catalog = catalog,
         .triggers = triggers,
         .log = log,
         .work = [this](std::function<void()> task) { worker.give(std::move(task)); },
         .later = [this](core::Duration delay,
                         std::function<void()> task) { later(delay, std::move(task)); }}};
    FileWorkflows files{*runtime, *registry, log,
                        [this](const std::string& id) { catalog.forget(id); }};
    Health health{"1.2.3"};
    std::shared_ptr<Metrics> metrics = std::make_shared<Metrics>(options.metrics, "1.2.3");
    Services services{
        .runtime = *runtime,
        .registry = *registry,
        .vault = vault,
        .log = log,
        .events = events,
        .files = files,
        .health = health,
        .catalog = catalog,
        .triggers = triggers,
        .webhooks = webhooks,
        .dispatcher = dispatcher,
        .scheduler = scheduler,
        .metrics = *metrics,
        .options = options,
        .version = "1.2.3",
        .work = [this](std::function<void()> task) { worker.give(std::move(task)); },
        .later = [this](core::Duration delay,
                        std::function<void()> task) { later(delay, std::move(task)); }};
    EventDispatcher dispatcher{dispatch_parts(services)};  // starts when a test lets it
    Scheduler scheduler{scheduler_parts(services)};        // the same
    std::unique_ptr<Api> api;
    std::unique_ptr<Conformance> conformance;
    Worker worker;  // last: its thread uses all of the above
};

RouteFixture::RouteFixture(std::vector<Add> adders) : parts_{std::make_unique<Parts>(adders)} {
    add_functions();
}

RouteFixture::~RouteFixture() = default;

void RouteFixture::TearDown() {
    gate->open();
    parts_->runtime->stop();
    parts_.reset();
}

std::vector<std::string> RouteFixture::logged_errors() {
    return parts_->log.messages();
}

runtime::Runtime& RouteFixture::runtime() {
    return *parts_->runtime;
}

Services& RouteFixture::services() {
    return parts_->services;
}

void RouteFixture::add_functions() {
    using Outcome = std::expected<core::Value, core::Failure>;
    runtime::Functions& functions = parts_->runtime->functions();
    functions.add("echo", [](const Value& input, const runtime::FunctionContext&) -> Outcome {
        return input;
    });
    functions.add("moody", [](const Value& input, const runtime::FunctionContext&) -> Outcome {
        if (input == Value{true}) return input;
        core::Failure failure;
        failure.code = "out_of_stock";
        failure.message = "nothing is left";
        return std::unexpected{std::move(failure)};
    });
    functions.add("gated",
                  [this](const Value& input, const runtime::FunctionContext& call) -> Outcome {
                      const std::stop_callback on_stop{call.stop, [g = gate] { g->open(); }};
                      entered.add(call.node_id);
                      gate->wait();
                      return input;
                  });
}

Response RouteFixture::send(Method method, std::string_view target, std::string body,
                            const Headers& headers) {
    const auto request = std::make_shared<Request>();
    sent = request;
    request->method = method;
    request->method_text = to_text(method);
    const auto read = read_target(target, *request);
    if (!read) ADD_FAILURE() << read.error();
    for (const auto& [name, value] : headers)
        request->headers.add(name, value);
    if (!body.empty() && request->headers.find("Content-Type") == nullptr)
        request->headers.add("Content-Type", "application/json");
    request->body = std::move(body);
    request->received_at = now() + ahead;
    request->id = "request-1";
    const auto answers = std::make_shared<runtime::testing::Harvest<Response>>();
    parts_->api->handle(request,
                        [answers](Response response) { answers->add(std::move(response)); });
    Response response = answers->wait_for(1).front();
    for (const std::string& mistake : parts_->conformance->problems(*request, response))
        ADD_FAILURE() << target << ": " << mistake << "\n" << response.body;
    if (response.written && reads_answers) response.written();
    return response;
}

core::Value RouteFixture::body_of(const Response& response, int status) {
    EXPECT_EQ(response.status, status) << response.body;
    const auto body = core::parse_json(response.body);
    if (!body) ADD_FAILURE() << body.error().message() << "\n" << response.body;
    return body.value_or(Value{});
}

std::string RouteFixture::problem_of(const Response& response, int status) {
    const Value body = body_of(response, status);
    const Value* const code = body.find("code");
    return code != nullptr && code->is_string() ? std::string{code->as_string()} : response.body;
}

std::uint32_t RouteFixture::save(std::string_view document) {
    const auto read = format::read_document({"test", std::string{document}, format::Syntax::json});
    for (const core::Problem& problem : read.problems)
        ADD_FAILURE() << format::to_text("test", problem);
    if (!read.document) return 0;
    const auto saved = runtime().save_workflow(*read.document);
    if (!saved) {
        ADD_FAILURE() << saved.error().message();
        return 0;
    }
    services().catalog.forget(read.document->id);
    return saved->version.number;
}

std::uint32_t RouteFixture::save_chain(const std::string& id, std::string_view function) {
    const std::string call =
        R"("type": "test.effect", "data": {"function": ")" + std::string{function} + R"("}})";
    return save(R"({"millrace": 1, "id": ")" + id + R"(", "nodes": [
        {"id": "start", "type": "trigger.manual"},
        {"id": "a", )" +
                call + R"(, {"id": "b", )" + call + R"(],
        "connections": ["start -> a -> b"]})");
}

std::string RouteFixture::start(const std::string& workflow, const std::string& body) {
    const Value started = body_of(post("/api/v1/workflows/" + workflow + "/execute", body), 202);
    // Ids are in order by the millisecond only.
    for (const core::Time then = now(); now() <= then;)
        std::this_thread::yield();
    return std::string{started.find("execution_id")->as_string()};
}

core::Value RouteFixture::ended(const std::string& id) {
    const auto status = runtime().wait_for(*core::ExecutionId::parse(id), core::Duration{20'000});
    if (!status) ADD_FAILURE() << status.error().message();
    return body_of(get("/api/v1/executions/" + id));
}

void RouteFixture::let_time_pass() {
    std::vector<std::function<void()>> due;
    {
        const std::scoped_lock lock{parts_->mutex};
        due.swap(parts_->delayed);
    }
    for (const std::function<void()>& task : due)
        task();
}

void RouteFixture::let_time_pass(const std::stop_token& over) {
    for (;;) {
        {
            std::unique_lock lock{parts_->mutex};
            const auto waits = [this] { return !parts_->delayed.empty(); };
            if (!parts_->delayed_came.wait(lock, over, waits)) return;
        }
        let_time_pass();
    }
}

}  // namespace millrace::server::testing
