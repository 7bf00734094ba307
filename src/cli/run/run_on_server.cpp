// SPDX-License-Identifier: Apache-2.0
#include "run/run_on_server.hpp"

#include <fmt/format.h>

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
    const auto started = client.post(api_path({"workflows", workflow, "execute"}),
                                     execute_body(run.request, *version));
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
