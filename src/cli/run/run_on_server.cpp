// SPDX-License-Identifier: Apache-2.0
#include "run/run_on_server.hpp"

#include <fmt/format.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "body.hpp"
#include "millrace/format/writer.hpp"
#include "remote/remote_run.hpp"
#include "run/outcome.hpp"

namespace millrace::cli {
namespace {

/// The number that the server gives it.
core::Result<std::int64_t> save_on_server(const ApiClient& client, const core::Document& document) {
    ApiRequest request;
    request.method = "POST";
    request.path = api_path({"workflows", document.id, "versions"});
    request.text = format::write_json(document);
    request.content_type = "application/json";
    const auto saved = client.send(request);
    if (!saved) return std::unexpected(saved.error());
    if (const auto number = number_at(saved->body, "number")) return *number;
    return core::fail(RemoteErrc::bad_answer, "the server does not say which version it saved");
}

/// The body of `POST /workflows/{id}/execute`.
core::Value execute_body(const runtime::StartRequest& request, std::int64_t version) {
    const engine::ExecutionOptions& options = request.options;
    core::ObjectBuilder body;
    body.set("version", version);
    if (!request.input.is_null()) body.set("input", request.input);
    if (!request.trigger.empty()) body.set("trigger", request.trigger);
    if (request.variables.size() > 0) body.set("variables", request.variables);
    if (options.labels.size() > 0) body.set("labels", options.labels);
    if (options.priority) body.set("priority", *options.priority);
    if (options.mock_external) body.set("mock_external", true);
    if (options.pins.size() > 0) body.set("pins", options.pins);
    if (!options.breakpoints.empty())
        body.set("breakpoints",
                 core::Value::array({options.breakpoints.begin(), options.breakpoints.end()}));
    return std::move(body).build();
}

/// One key for all tries, so that a start whose answer was lost is found and not made twice.
std::string new_idempotency_key() {
    std::random_device random;
    std::string key;
    for (int i = 0; i < 4; ++i)
        key += fmt::format("{:08x}", random());
    return key;
}

core::Result<core::Value> start_on_server(const ApiClient& client, const std::string& workflow,
                                          const core::Value& body) {
    // Together some ten seconds: the server was there a moment ago.
    constexpr int tries_max = 8;
    std::chrono::milliseconds pause{50};
    ApiRequest request;
    request.method = "POST";
    request.path = api_path({"workflows", workflow, "execute"});
    request.body = body;
    request.headers = {"Idempotency-Key: " + new_idempotency_key()};
    for (int tries = 1;; ++tries, pause *= 2) {
        auto answer = client.send(request);
        if (answer) return std::move(answer->body);
        const core::Error& error = answer.error();
        // The first try may still be under way while another asks for its answer.
        const bool may_help = error.is(RemoteErrc::unreachable) || error.is(RemoteErrc::busy) ||
                              (tries > 1 && error.is(RemoteErrc::conflict));
        if (!may_help || tries == tries_max) return std::unexpected(error);
        std::this_thread::sleep_for(pause);
    }
}

}  // namespace

core::Result<Exit> run_on_server(const Context& context, const Context& shown,
                                 const ApiClient& client, const ServerRun& run) {
    const SignalInbox signals;
    const engine::Plan& plan = *run.checked.plan;
    const std::string& workflow = run.checked.document->id;
    const auto version = save_on_server(client, *run.checked.document);
    if (!version) return std::unexpected(version.error());
    shown.console.say(
        {{Tone::strong, one_line(workflow)}, {Tone::dim, fmt::format(" version {}", *version)}});
    const auto started = start_on_server(client, workflow, execute_body(run.request, *version));
    if (!started) return std::unexpected(started.error());
    const auto id = started_on_server(*started);
    if (!id) return std::unexpected(id.error());
    CountingProgress progress{run.is_quiet
                                  ? make_silent_progress()
                                  : make_progress(shown.console, facts_of(plan), "Ctrl-C cancels")};
    RemoteWatch watch;
    watch.id = *id;
    const auto outcome = watch_on_server(client, signals, progress, &plan, watch);
    const bool has_ended = outcome && outcome->facts.has_ended();
    if (has_ended && run.has_timeline) progress.leave_out_nodes();
    progress.finish();
    if (!outcome) return std::unexpected(outcome.error());
    if (has_ended && run.has_timeline)
        print_timeline(context.console, outcome->facts, plan, progress.inner());
    if (!has_ended && outcome->end != WatchEnd::finished)
        return left_on_server(shown, outcome->end);
    const Exit exit = conclude(shown, outcome->facts);
    // Why it failed is no remark, but an error.
    if (run.is_quiet && exit == Exit::failed) explain_failure(context, outcome->facts);
    return exit;
}

}  // namespace millrace::cli
