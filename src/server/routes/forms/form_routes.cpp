// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "api/answer.hpp"
#include "http/text.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/plan.hpp"
#include "pages/form_index.hpp"
#include "pages/form_once.hpp"
#include "pages/form_pages.hpp"
#include "pages/page.hpp"
#include "routes/routes.hpp"
#include "tracing/trace_context.hpp"
#include "triggers/start_by_trigger.hpp"
#include "webhooks/webhooks.hpp"

// The forms of `trigger.form`, for people with a browser.

namespace millrace::server {
namespace {

using OpenFormPtr = std::shared_ptr<const OpenForm>;
using RequestPtr = std::shared_ptr<const Request>;

constexpr std::string_view form_type = "application/x-www-form-urlencoded";
constexpr std::string_view own_tenant = "~default/";
constexpr std::string_view being_taken =
    "This form is being taken already. Nothing is lost: send it again in a moment.";

/// The form that the path of the request names; null: there is none.
OpenFormPtr open_form(Services& services, FormIndex& index, const Request& request) {
    std::string_view path = request.parameter("path");
    if (path.starts_with(own_tenant)) path.remove_prefix(own_tenant.size());
    return index.find(services.triggers, path);
}

Response no_form(const Request& request) {
    if (!prefers_page(request))
        return to_response(problem("not_found", "there is no form " + request.path), request);
    return message_page(404, "There is no form here",
                        "The address may be mistyped, or the form is closed by now.");
}

Response show(Services& services, FormIndex& index, const Request& request) {
    const OpenFormPtr open = open_form(services, index, request);
    if (!open) return no_form(request);
    const core::Value& data = open->trigger->data;
    const bool is_sent = request.query_value("sent") != nullptr;
    if (is_sent && data.find("redirect") == nullptr) return thank_you_page(data);
    return form_page(data, open->form, {}, new_once(request.received_at));
}

/// One form on its way from the browser to the execution that it starts.
struct Sending {
    OpenFormPtr open;
    RequestPtr request;
    FormState state;
    std::string once;
    bool is_named = false;  ///< by what was shown, so that it may come again

    /// The form again, with what was filled in and what is wrong.
    Response again(int status, std::vector<FormMessage> messages) const {
        FormState shown = state;
        shown.messages = std::move(messages);
        return form_page(open->trigger->data, open->form, shown, once, status);
    }
    Response again(int status, std::string text) const {
        return again(status, {FormMessage{"", std::move(text)}});
    }
};

Response refusal(const Sending& sending, const core::Error& error) {
    if (error.is(engine::StartErrc::bad_input)) return sending.again(422, error.message());
    const bool is_full = error.is(engine::CommandErrc::too_many_executions);
    Response page = sending.again(
        is_full ? 429 : problem_of(error).status,
        is_full ? "Too many people have sent this form just now. Nothing is lost: send it again "
                  "in a minute."
                : "The form could not be taken just now. Nothing is lost: send it again in a "
                  "moment.");
    page.headers.set("Retry-After", is_full ? "30" : "5");
    return page;
}

TriggerStart start_of(const Sending& sending, core::Value values) {
    TriggerStart start;
    start.trigger = sending.open->trigger;
    start.input = values;
    start.trigger_data = std::move(values);
    start.trace = trace_of(*sending.request);
    return start;
}

/// The same button pressed twice; what was changed meanwhile is another form.
SeenCalls::Claim claim_of(const Sending& sending, const core::Value& values) {
    const store::ActiveTrigger& trigger = *sending.open->trigger;
    SeenCalls::Claim claim;
    claim.scope = "form " + trigger.workflow_id + "/" + trigger.node_id;
    claim.key = sending.once + " " + core::to_json(values);
    claim.key_window = once_window;
    claim.now = sending.request->received_at;
    return claim;
}

Response taken(const Sending& sending) {
    const core::Value& data = sending.open->trigger->data;
    Response response;
    response.status = 303;
    response.headers.add("Location", after_sending(data, data.find("path")->as_string()));
    return response;
}

void start(Services& services, const std::shared_ptr<Sending>& sending, const TriggerStart& wanted,
           const Reply& reply, std::shared_ptr<SeenCalls::Turn> turn = nullptr) {
    start_by_trigger(
        services, wanted,
        [sending, reply, turn = std::move(turn)](const core::Result<core::ExecutionId>& started) {
            // A start whose outcome was not known may turn out to have happened.
            const bool is_done = started || started.error().is(engine::CommandErrc::already_exists);
            if (!is_done && turn && starts_nothing(started.error())) turn->give_up();
            reply(is_done ? taken(*sending) : refusal(*sending, started.error()));
        });
}

bool is_form(const Request& request) {
    std::string_view type = request.header("Content-Type");
    return equal_ignoring_case(take_item(type, ';'), form_type);
}

void take(Services& services, FormIndex& index, RequestPtr request, const Reply& reply) {
    const OpenFormPtr open = open_form(services, index, *request);
    if (!open) return reply(no_form(*request));
    if (!is_form(*request)) {
        return reply(to_response(
            problem("unsupported_media_type", "a form is sent as " + std::string{form_type}),
            *request));
    }
    auto sent = read_form(request->body);
    if (!sent) return reply(to_response(problem("bad_request", sent.error()), *request));
    auto sending = std::make_shared<Sending>();
    sending->open = open;
    sending->once = form_text(*sent, once_field);
    sending->state = {*std::move(sent), true, {}};
    sending->is_named = read_once(sending->once, request->received_at).has_value();
    if (!sending->is_named) sending->once = new_once(request->received_at);
    sending->request = std::move(request);
    FormValues values = read_form_values(open->form, sending->state.sent);
    if (!values.messages.empty()) return reply(sending->again(422, std::move(values.messages)));
    auto wanted = std::make_shared<TriggerStart>(start_of(*sending, std::move(values.values)));
    if (!sending->is_named) return start(services, sending, *wanted, reply);
    auto claim = claim_of(*sending, wanted->input);
    services.webhooks.shell().seen->claim(
        std::move(claim),
        [&services, sending, wanted, reply](core::Result<SeenCalls::Outcome> outcome) {
            if (!outcome) return reply(refusal(*sending, outcome.error()));
            if (outcome->refusal != SeenCalls::Refusal::none)
                return reply(sending->again(429, std::string{being_taken}));
            if (outcome->fate != store::StartKey::Fate::not_started) return reply(taken(*sending));
            wanted->id = outcome->execution;
            start(services, sending, *wanted, reply, std::move(outcome->turn));
        });
}

}  // namespace

void add_form_routes(RouteTable& table, Services& services) {
    const auto index = std::make_shared<FormIndex>();
    Route shown;
    shown.pattern = "/forms/{path...}";
    shown.id = "getForm";
    shown.tag = "Forms";
    shown.summary = "The form of a workflow";
    shown.action = Action::open;
    shown.is_open_ended = true;
    shown.parameters = {path_parameter("path", "What the trigger's `path` says.")};
    shown.handler = [&services, index](const Request& request) -> Answer {
        return show(services, *index, request);
    };
    Route sent = shown;
    sent.method = Method::post;
    sent.id = "sendForm";
    sent.summary = "Send the form of a workflow";
    sent.body = {
        {.description = "The form's fields.", .schema = {}, .is_required = true, .is_raw = true}};
    sent.handler = [&services, index](RequestPtr request, const Reply& reply) {
        take(services, *index, std::move(request), reply);
    };
    table.routes.push_back(std::move(shown));
    table.routes.push_back(std::move(sent));
}

}  // namespace millrace::server
