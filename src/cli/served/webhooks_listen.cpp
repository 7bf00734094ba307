// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "body.hpp"
#include "listing.hpp"
#include "on_call.hpp"
#include "remote/remote_run.hpp"
#include "run/wakeups.hpp"
#include "served/served_commands.hpp"
#include "served/webhooks.hpp"
#include "terminal/styled.hpp"

// `millrace webhooks listen`: a test URL, and the execution that its call starts.

namespace millrace::cli {
namespace {

constexpr core::Duration asked_every{250};

struct ListenOptions {
    std::string workflow;
    std::string node;
};

class Listening {
public:
    Listening(const Context& context, const ApiClient& client, core::Value opened)
        : context_{context}, client_{client}, state_{std::move(opened)} {}

    core::Result<Exit> until_called() {
        const Console& console = context_.console;
        console.out << text_at(state_, "url") << "\n" << std::flush;
        console.say(Tone::plain, "waits for one call of it, until " +
                                     date_at(console, state_, "expires_at") + "; Ctrl-C closes it");
        while (true) {
            const std::string kind = text_at(state_, "state");
            if (kind == "called") return called();
            if (kind == "expired") {
                console.say(Tone::warn, "nobody has called it in time");
                return Exit::failed;
            }
            tell_refusal();
            if (const auto request = signals_.wait(bell_, asked_every)) return closed(*request);
            auto state = client_.get(path());
            if (!state) return std::unexpected(state.error());
            state_ = std::move(*state);
        }
    }

private:
    std::string path() const {
        return api_path(
            {"workflows", text_at(state_, "workflow_id"), "listen", text_at(state_, "token")});
    }

    core::Result<Exit> called() {
        const auto id = core::ExecutionId::parse(text_at(state_, "execution_id"));
        if (!id) return core::fail(RemoteErrc::bad_answer, "the server named no execution");
        context_.console.say(Tone::good, "it was called: execution " + id->text());
        return follow_to_end(context_, client_, signals_, *id);
    }

    /// Each once.
    void tell_refusal() {
        const core::Value* const refused = member_at(state_, "refused");
        if (refused == nullptr || *refused == told_) return;
        told_ = *refused;
        context_.console.warn(
            "a call was refused with " + std::to_string(number_at(*refused, "status").value_or(0)) +
            ": " + one_line(text_at(*refused, "code") + ": " + text_at(*refused, "detail")));
    }

    core::Result<Exit> closed(Request request) const {
        // It ends by itself when this fails.
        (void)client_.remove(path());
        switch (request) {
            case Request::terminate: return Exit::terminated;
            case Request::hang_up: return Exit::hung_up;
            case Request::interrupt: break;
        }
        return Exit::interrupted;
    }

    const Context& context_;
    const ApiClient& client_;
    const SignalInbox signals_;
    const Bell bell_;
    core::Value state_;
    core::Value told_;
};

core::Result<Exit> listen(const Context& context, const ListenOptions& options) {
    const auto client = server_needed(context, Access::changes, "webhooks");
    if (!client) return std::unexpected(client.error());
    core::ObjectBuilder which;
    if (!options.node.empty()) which.set("node", options.node);
    auto opened =
        client->post(api_path({"workflows", options.workflow, "listen"}), std::move(which).build());
    if (!opened) return std::unexpected(opened.error());
    return Listening{context, *client, std::move(*opened)}.until_called();
}

}  // namespace

void add_webhooks_listen(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("listen", "Open a test URL and show what its call starts");
    const auto options = std::make_shared<ListenOptions>();
    command->add_option("WORKFLOW", options->workflow, "The workflow, active or not")->required();
    command->add_option("NODE", options->node, "Its trigger.webhook, where it has several");
    command->footer(
        "Prints the URL. One call of it, within ten minutes, runs the newest version; the command\n"
        "follows that run to its end.\n"
        "Example: millrace webhooks listen sensor-reading");
    on_call(*command, chosen, options, listen);
}

}  // namespace millrace::cli
