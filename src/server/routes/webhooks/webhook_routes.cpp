// SPDX-License-Identifier: Apache-2.0
#include "routes/webhooks/webhook_routes.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "api/answer.hpp"
#include "millrace/core/percent.hpp"
#include "millrace/server/stored_document.hpp"
#include "routes/routes.hpp"
#include "routes/workflows/workflow_answers.hpp"
#include "webhooks/webhooks.hpp"

namespace millrace::server {
namespace {

using core::Value;

constexpr std::string_view webhook_type = "trigger.webhook";

constexpr std::string_view webhook_schema = R"({
  "type": "object",
  "required": ["workflow_id", "workflow_version", "node_id", "active", "url", "path", "methods", "respond", "auth", "signature", "statistics"],
  "properties": {
    "workflow_id": {"type": "string"},
    "workflow_version": {"type": "integer"},
    "node_id": {"type": "string"},
    "active": {"type": "boolean", "description": "Whether it can be called now."},
    "url": {"type": "string", "description": "Where it is called once it is active; parameters as {NAME}."},
    "path": {"type": "string"},
    "methods": {"type": "array", "items": {"type": "string"}, "description": "`ANY`: all but HEAD and OPTIONS."},
    "respond": {"enum": ["immediately", "outputs", "respond_node"]},
    "auth": {"enum": ["none", "basic", "bearer", "api_key"]},
    "signature": {"type": ["string", "null"], "description": "The scheme; null: calls are not signed."},
    "provider": {"type": ["string", "null"]},
    "statistics": {
      "type": "object",
      "description": "Of all versions of the workflow. What happened in the last seconds before a crash may be missing.",
      "required": ["calls", "succeeded", "failed", "refused", "success_rate", "average_ms", "last_called_at"],
      "properties": {
        "calls": {"type": "integer"},
        "succeeded": {"type": "integer"},
        "failed": {"type": "integer", "description": "Executions that failed, or did not answer in time."},
        "refused": {"type": "integer", "description": "Calls that have started nothing."},
        "success_rate": {"type": ["number", "null"], "description": "From 0 to 1."},
        "average_ms": {"type": ["number", "null"], "description": "From the whole call to its answer."},
        "last_called_at": {"type": ["string", "null"], "format": "date-time"}
      }
    }
  }
})";

using Counts = std::map<std::pair<std::string, std::string>, store::TriggerCount>;

std::expected<Counts, Problem> counts_of(Services& services,
                                         const std::optional<std::string>& workflow_id) {
    auto list = services.webhooks.counts().list(workflow_id);
    if (!list) return std::unexpected(problem_of(list.error()));
    Counts counts;
    for (store::TriggerCount& count : *list)
        counts.insert_or_assign({count.workflow_id, count.node_id}, std::move(count));
    return counts;
}

Value with_statistics(const Value& webhook, const Counts& counts, const Webhook& of) {
    const auto at = counts.find({of.trigger()->workflow_id, of.trigger()->node_id});
    core::ObjectBuilder made;
    for (const core::Member& member : webhook.as_object())
        made.set(member.key, member.value);
    made.set("statistics",
             statistics_value(at == counts.end() ? store::TriggerCount{} : at->second));
    return std::move(made).build();
}

/// What follows the place that the cursor names: `WORKFLOW/NODE` of the last item.
Answer list_active(Services& services, const Request& request) {
    std::optional<std::string> only;
    if (const std::string* const id = request.query_value("workflow_id")) only = *id;
    const auto counts = counts_of(services, only);
    if (!counts) return std::unexpected(counts.error());
    const std::string cursor = page_cursor(request);
    const std::size_t limit = page_limit(request);
    const auto name_of = [](const WebhookPtr& webhook) {
        return webhook->trigger()->workflow_id + "/" + webhook->trigger()->node_id;
    };
    std::vector<WebhookPtr> chosen;
    for (const WebhookPtr& webhook : services.webhooks.index()->all()) {
        if (!only || webhook->trigger()->workflow_id == *only) chosen.push_back(webhook);
    }
    std::ranges::sort(chosen, {}, name_of);
    std::vector<Value> items;
    std::string last;
    for (const WebhookPtr& webhook : chosen) {
        if (!cursor.empty() && name_of(webhook) <= cursor) continue;
        if (items.size() == limit) return list_response(std::move(items), last);
        items.push_back(
            with_statistics(webhook_value(services, *webhook, true), *counts, *webhook));
        last = name_of(webhook);
    }
    return list_response(std::move(items), {});
}

/// Of the head, and of the active version what the head has no more.
Answer list_of_workflow(Services& services, const Request& request) {
    const std::string& id = request.parameter("id");
    const auto entry = find_workflow(services, id);
    if (!entry) return std::unexpected(entry.error());
    const auto counts = counts_of(services, id);
    if (!counts) return std::unexpected(counts.error());
    auto webhooks = webhooks_of(services, id, entry->head);
    if (!webhooks) return std::unexpected(webhooks.error());
    std::vector<std::pair<WebhookPtr, bool>> shown;
    for (const WebhookPtr& webhook : *webhooks) {
        const TriggerPtr active = services.triggers.find(id, webhook->trigger()->node_id);
        shown.emplace_back(webhook, active != nullptr && active->version == entry->head);
    }
    if (entry->active && *entry->active != entry->head) {
        auto running = webhooks_of(services, id, *entry->active);
        if (!running) return std::unexpected(running.error());
        for (const WebhookPtr& webhook : *running) {
            const auto same = std::ranges::find_if(shown, [&](const auto& one) {
                return one.first->trigger()->node_id == webhook->trigger()->node_id;
            });
            const bool is_same =
                same != shown.end() && same->first->trigger()->data == webhook->trigger()->data;
            if (is_same) {
                *same = {webhook, true};
            } else {
                shown.emplace_back(webhook, true);
            }
        }
    }
    std::vector<Value> items;
    for (const auto& [webhook, is_active] : shown) {
        items.push_back(
            with_statistics(webhook_value(services, *webhook, is_active), *counts, *webhook));
    }
    return list_response(std::move(items), {});
}

Route make_list(Services& services) {
    Route route;
    route.pattern = "/api/v1/webhooks";
    route.id = "listWebhooks";
    route.tag = webhooks_tag;
    route.summary = "List the webhooks that can be called";
    route.description =
        "Those of active versions, by workflow and node, each with its URL and what was counted.";
    route.action = Action::read;
    route.parameters = page_parameters();
    route.parameters.push_back(text_parameter("workflow_id", "Only those of this workflow."));
    route.answers = {{200, "The webhooks.", list_schema("Webhook")}};
    route.handler =
        Handler{[&services](const Request& request) { return list_active(services, request); }};
    return route;
}

Route make_list_of_workflow(Services& services) {
    Route route;
    route.pattern = "/api/v1/workflows/{id}/webhooks";
    route.id = "listWorkflowWebhooks";
    route.tag = webhooks_tag;
    route.summary = "List the webhooks of a workflow";
    route.description =
        "Those of its head, called or not, and those of the active version that are "
        "not the same there.";
    route.action = Action::read;
    route.parameters = {path_parameter("id", "The workflow.")};
    route.answers = {{200, "The webhooks; there is one page.", list_schema("Webhook")}};
    route.problems = {"not_found"};
    route.handler = Handler{
        [&services](const Request& request) { return list_of_workflow(services, request); }};
    return route;
}

Route make_call(Services& services) {
    Route route;
    route.pattern = "/webhooks/{path...}";
    route.id = "callWebhook";
    route.tag = webhooks_tag;
    route.summary = "Call a webhook";
    route.description =
        "Starts the active workflow that has a `trigger.webhook` at this path and method. What it "
        "takes and answers is the workflow's affair; see [webhooks](webhooks.md). "
        "`/webhooks/~test/{token}` is a test URL.";
    route.parameters = {path_parameter("path", "As the trigger's `path` has it.")};
    route.is_for_any_method = true;
    route.is_open_ended = true;
    route.action = Action::open;
    route.runs = Runs::here;
    route.handler = AsyncHandler{[&services](std::shared_ptr<const Request> request, Reply reply) {
        services.webhooks.call(std::move(request), std::move(reply));
    }};
    return route;
}

}  // namespace

std::string webhook_url(const Services& services, std::string_view path) {
    // Braces stay readable; everything else is as a client has to write it.
    const std::string encoded = core::percent_encoded(path, "-._~/{}");
    const auto url = services.runtime.links().page("webhooks/" + encoded);
    return url ? *url : "/webhooks/" + encoded;
}

Value webhook_value(const Services& services, const Webhook& webhook, bool is_active) {
    const nodes::WebhookDefinition& definition = webhook.definition();
    std::vector<Value> methods;
    for (const std::string& method : definition.methods)
        methods.emplace_back(method);
    if (methods.empty()) methods.emplace_back("ANY");
    const auto text_or_null = [](std::string_view text) {
        return text.empty() ? Value{} : Value{text};
    };
    const std::string path = webhook.path_text();
    return Value::object(
        {{"workflow_id", webhook.trigger()->workflow_id},
         {"workflow_version", webhook.trigger()->version},
         {"node_id", webhook.trigger()->node_id},
         {"active", is_active},
         {"url", webhook_url(services, path)},
         {"path", path},
         {"methods", Value::array(std::move(methods))},
         {"respond", nodes::to_text(definition.respond)},
         {"auth", nodes::to_text(definition.auth)},
         {"signature",
          webhook.signature() ? Value{runtime::to_text(webhook.signature()->scheme)} : Value{}},
         {"provider", text_or_null(definition.provider)}});
}

std::expected<std::vector<WebhookPtr>, Problem> webhooks_of(Services& services,
                                                            const std::string& workflow_id,
                                                            std::uint32_t version) {
    const auto document = stored_document(services.runtime.store(), workflow_id, version);
    if (!document) return std::unexpected(problem_of(document.error()));
    std::vector<WebhookPtr> webhooks;
    for (const core::NodeSpec& node : document->nodes) {
        if (node.type != webhook_type) continue;
        auto trigger = std::make_shared<const store::ActiveTrigger>(store::ActiveTrigger{
            workflow_id, version, node.id, node.type, node.type_version, node.data});
        auto webhook = services.webhooks.uncounted(std::move(trigger));
        if (!webhook)
            return std::unexpected(
                problem("invalid", "node " + node.id + ": " + webhook.error().message()));
        webhooks.push_back(*std::move(webhook));
    }
    return webhooks;
}

std::expected<FoundWebhook, Problem> find_webhook(Services& services,
                                                  const std::string& workflow_id,
                                                  const std::string& node_id) {
    const auto entry = find_workflow(services, workflow_id);
    if (!entry) return std::unexpected(entry.error());
    std::vector<std::uint32_t> versions{entry->head};
    if (entry->active && *entry->active != entry->head) versions.push_back(*entry->active);
    std::string names;
    for (const std::uint32_t version : versions) {
        auto webhooks = webhooks_of(services, workflow_id, version);
        if (!webhooks) return std::unexpected(webhooks.error());
        if (node_id.empty() && webhooks->size() == 1)
            return FoundWebhook{webhooks->front(), entry->active == version};
        for (const WebhookPtr& webhook : *webhooks) {
            if (webhook->trigger()->node_id == node_id)
                return FoundWebhook{webhook, entry->active == version};
            names += (names.empty() ? "" : ", ") + webhook->trigger()->node_id;
        }
        if (node_id.empty() && webhooks->size() > 1) break;
    }
    if (node_id.empty() && !names.empty()) {
        return std::unexpected(
            problem("invalid", "the workflow has several webhooks; name one of " + names));
    }
    return std::unexpected(problem("not_found", "the workflow " + workflow_id + " has no webhook" +
                                                    (node_id.empty() ? "" : " " + node_id) +
                                                    (names.empty() ? "" : "; it has " + names)));
}

void add_webhook_routes(RouteTable& table, Services& services) {
    table.schemas.emplace_back("Webhook", schema_of(webhook_schema));
    table.routes.push_back(make_call(services));
    table.routes.push_back(make_list(services));
    table.routes.push_back(make_list_of_workflow(services));
    add_webhook_simulation(table, services);
    add_webhook_listening(table, services);
}

}  // namespace millrace::server
