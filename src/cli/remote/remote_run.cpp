// SPDX-License-Identifier: Apache-2.0
#include "remote/remote_run.hpp"

#include <memory>

#include "body.hpp"

namespace millrace::cli {

core::Result<core::ExecutionId> started_on_server(const core::Value& answer) {
    if (const auto id = core::ExecutionId::parse(text_at(answer, "execution_id"))) return *id;
    return core::fail(RemoteErrc::bad_answer, "the server does not say which execution it started");
}

Exit left_on_server(const Context& context, WatchEnd end) {
    context.console.say(Tone::warn, "stopped; what is unfinished goes on at the server");
    switch (end) {
        case WatchEnd::terminated: return Exit::terminated;
        case WatchEnd::hung_up: return Exit::hung_up;
        case WatchEnd::finished:
        case WatchEnd::interrupted: break;
    }
    return Exit::interrupted;
}

core::Result<Exit> follow_to_end(const Context& context, const ApiClient& client,
                                 const SignalInbox& signals, core::ExecutionId id) {
    const auto loaded = load_on_server(client, id);
    if (!loaded) return std::unexpected(loaded.error());
    const engine::Plan* const plan = loaded->plan.get();
    const std::unique_ptr<Progress> progress =
        make_progress(context.console, watched_facts(loaded->facts, plan), "Ctrl-C cancels");
    RemoteWatch watch;
    watch.id = id;
    const auto outcome = watch_on_server(client, signals, *progress, plan, watch);
    progress->finish();
    if (!outcome) return std::unexpected(outcome.error());
    const bool is_over = outcome->facts.has_ended() || outcome->end == WatchEnd::finished;
    return is_over ? conclude(context, outcome->facts) : left_on_server(context, outcome->end);
}

core::Result<RemoteOutcome> command_on_server(const Context& context, const ApiClient& client,
                                              const SignalInbox& signals,
                                              const RemoteCommand& command) {
    const auto loaded = load_on_server(client, command.id);
    if (!loaded) return std::unexpected(loaded.error());
    const auto events = events_on_server(client, command.id);
    if (!events) return std::unexpected(events.error());
    const engine::Plan* const plan = loaded->plan.get();
    const std::unique_ptr<Progress> progress = make_progress(
        context.console, watched_facts(loaded->facts, plan), "Ctrl-C leaves it for later");
    for (const core::Event& event : *events)
        progress->recall(event);
    if (const auto sent = command.send(); !sent) return std::unexpected(sent.error());
    RemoteWatch watch;
    watch.id = command.id;
    watch.on_interrupt = OnInterrupt::leave;
    if (!events->empty()) watch.after = events->back().cursor();
    watch.rests_at = command.rests_at;
    auto outcome = watch_on_server(client, signals, *progress, plan, watch);
    progress->finish();
    return outcome;
}

core::Result<RemoteOutcome> follow_quietly(const Context& context, const ApiClient& client,
                                           const SignalInbox& signals, core::ExecutionId id,
                                           OnInterrupt on_interrupt) {
    const std::unique_ptr<Progress> silent = make_silent_progress();
    RemoteWatch watch;
    watch.id = id;
    watch.on_interrupt = on_interrupt;
    auto outcome = watch_on_server(client, signals, *silent, nullptr, watch);
    if (outcome && outcome->facts.has_ended())
        make_quiet_progress(context.console)->say(end_line(outcome->facts));
    return outcome;
}

}  // namespace millrace::cli
