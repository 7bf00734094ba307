// SPDX-License-Identifier: Apache-2.0
#include "notifications/notification_rule.hpp"

#include <algorithm>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/store/library.hpp"

namespace millrace::server {
namespace {

using core::Value;

Value text_list(const Value& one_or_many) {
    if (one_or_many.is_array()) return one_or_many;
    return Value::array({one_or_many});
}

/// Every text of a list with something before it.
Value with_prefix(std::string_view prefix, const Value& texts) {
    std::vector<Value> made;
    for (const Value& text : texts.as_array())
        made.emplace_back(std::string{prefix}.append(text.as_string()));
    return Value::array(std::move(made));
}

/// None of the notifications' own executions, and those that have the labels.
std::string filter_of(const Value& rule) {
    std::string filter = "!item.workflow_id.startsWith('" + std::string{notification_prefix} + "')";
    for (const core::Member& label : rule.find("labels")->as_object()) {
        filter += " && item.labels[" + core::to_json(Value{label.key}) +
                  "] === " + core::to_json(label.value);
    }
    return filter;
}

Value event_node(const Value& rule) {
    const Value labels = Value::object({{"notification", *rule.find("id")}});
    return Value::object(
        {{"id", "event"},
         {"type", "trigger.event"},
         {"data", Value::object({{"event", with_prefix("execution.", *rule.find("on"))},
                                 {"source", with_prefix("workflow:", *rule.find("workflows"))},
                                 {"filter", filter_of(rule)},
                                 {"labels", labels}})}});
}

/// Again for about a day, at most every two hours.
Value retry() {
    return Value::object({{"max_attempts", 25},
                          {"delay", "1s"},
                          {"backoff", 2},
                          {"max_delay", "2h"},
                          {"jitter", 0.2},
                          {"retry_on", Value::array({"timeout", "connection", "http_5xx",
                                                     "http_408", "http_429"})}});
}

Value cloud_event() {
    const Value data = Value::object({{"workflow_id", "{{ input.workflow_id }}"},
                                      {"workflow_version", "{{ input.workflow_version }}"},
                                      {"execution_id", "{{ input.execution_id }}"},
                                      {"status", "{{ input.type.slice(10) }}"},
                                      {"error", "{{ input.data?.error ?? null }}"},
                                      {"reason", "{{ input.data?.reason ?? null }}"},
                                      {"labels", "{{ input.labels }}"},
                                      {"url", "{{ input.url }}"}});
    return Value::object({{"specversion", "1.0"},
                          {"id", "{{ input.id }}"},
                          {"source", "{{ input.workflow_url }}"},
                          {"type", "millrace.{{ input.type }}"},
                          {"subject", "{{ input.execution_id }}"},
                          {"time", "{{ input.time }}"},
                          {"datacontenttype", "application/json"},
                          {"data", data}});
}

Value webhook_node(const Value& webhook) {
    core::ObjectBuilder headers;
    headers.set("Content-Type", "application/cloudevents+json");
    if (const Value* const given = webhook.find("headers")) {
        for (const core::Member& header : given->as_object())
            headers.set(header.key, header.value);
    }
    core::ObjectBuilder node;
    node.set("id", "send").set("type", "http.request");
    node.set("data", Value::object({{"method", "POST"},
                                    {"url", *webhook.find("url")},
                                    {"headers", std::move(headers).build()},
                                    {"body", cloud_event()}}));
    if (const Value* const credential = webhook.find("credential"))
        node.set("credential", *credential);
    node.set("retry", retry()).set("timeout", "30s");
    return std::move(node).build();
}

constexpr std::string_view mail_subject = "{{ input.workflow_id }}: {{ input.type.slice(10) }}";
constexpr std::string_view mail_text =
    "Workflow:  {{ input.workflow_id }}, version {{ input.workflow_version }}\n"
    "Execution: {{ input.execution_id }}\n"
    "Status:    {{ input.type.slice(10) }}\n"
    "Time:      {{ input.time }}\n"
    "{{ input.data?.error ? 'Error:     ' + input.data.error.code + ': ' + "
    "input.data.error.message + '\\n' : '' }}"
    "{{ input.data?.reason ? 'Reason:    ' + input.data.reason + '\\n' : '' }}"
    "\n{{ input.url }}\n";

Value mail_node(const Value& email) {
    core::ObjectBuilder data;
    data.set("from", *email.find("from")).set("to", *email.find("to"));
    const Value* const subject = email.find("subject");
    data.set("subject", subject == nullptr ? Value{mail_subject} : *subject);
    data.set("text", mail_text);
    if (const Value* const server = email.find("server")) data.set("server", *server);
    core::ObjectBuilder node;
    node.set("id", "send").set("type", "email.send").set("data", std::move(data).build());
    if (const Value* const credential = email.find("credential"))
        node.set("credential", *credential);
    node.set("retry", retry()).set("timeout", "60s");
    return std::move(node).build();
}

}  // namespace

const std::string_view notification_schema = R"({
    "description": "Of which ends of executions somebody is told, and how.",
    "type": "object",
    "required": ["on"],
    "additionalProperties": false,
    "oneOf": [{"required": ["webhook"]}, {"required": ["email"]}],
    "properties": {
        "id": {"description": "Else one is made.", "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,54}$"},
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "on": {"description": "How the executions end.", "type": "array", "minItems": 1, "uniqueItems": true,
               "items": {"enum": ["completed", "failed", "canceled"]}},
        "workflows": {"description": "Ids, or patterns such as `order-*`; else all.", "type": ["string", "array"],
                      "minLength": 1, "minItems": 1, "maxItems": 50,
                      "items": {"type": "string", "minLength": 1, "maxLength": 200}},
        "labels": {"description": "That the executions have.", "type": "object", "maxProperties": 20,
                   "additionalProperties": {"type": "string"}},
        "webhook": {
            "description": "A CloudEvent by POST, tried again for a day.",
            "type": "object",
            "required": ["url"],
            "additionalProperties": false,
            "properties": {
                "url": {"description": "May hold `{{ secrets.NAME }}`.", "type": "string", "minLength": 1, "maxLength": 2000},
                "headers": {"description": "Further ones; may hold secrets.", "type": "object",
                            "additionalProperties": {"type": "string"}},
                "credential": {"description": "Of the type `webhook.signature`, which signs it, or one of HTTP.",
                               "type": "string", "minLength": 1}
            }
        },
        "email": {
            "description": "A mail, tried again for a day.",
            "type": "object",
            "required": ["to"],
            "additionalProperties": false,
            "properties": {
                "to": {"type": ["string", "array"], "minLength": 1, "minItems": 1, "maxItems": 100,
                       "items": {"type": "string", "minLength": 1}},
                "from": {"description": "Else `Millrace <millrace@localhost>`.", "type": "string", "minLength": 1},
                "subject": {"description": "May hold templates over `input`, the event.", "type": "string", "minLength": 1, "maxLength": 255},
                "credential": {"description": "Of the type `smtp`.", "type": "string", "minLength": 1},
                "server": {"description": "`smtp://HOST:PORT`, without a credential.", "type": "string", "minLength": 1}
            }
        },
        "enabled": {"type": "boolean", "default": true}
    }
})";

std::string notification_workflow(std::string_view rule_id) {
    return std::string{notification_prefix}.append(rule_id);
}

std::string carried_rule(const store::WorkflowEntry& entry) {
    if (!entry.id.starts_with(notification_prefix)) return {};
    if (std::ranges::find(entry.tags, notification_tag) == entry.tags.end()) return {};
    return entry.id.substr(notification_prefix.size());
}

Value normal_rule(const Value& body, std::string_view id) {
    const auto given = [&](std::string_view key) { return body.find(key); };
    core::ObjectBuilder rule;
    rule.set("id", id);
    rule.set("name",
             given("name") == nullptr ? Value{"Notification " + std::string{id}} : *given("name"));
    rule.set("on", *given("on"));
    rule.set("workflows",
             given("workflows") == nullptr ? text_list("*") : text_list(*given("workflows")));
    rule.set("labels", given("labels") == nullptr ? Value::object({}) : *given("labels"));
    if (const Value* const webhook = given("webhook")) rule.set("webhook", *webhook);
    if (const Value* const email = given("email")) {
        core::ObjectBuilder made;
        made.set("to", text_list(*email->find("to"))).set("from", "Millrace <millrace@localhost>");
        for (const core::Member& member : email->as_object())
            if (member.key != "to") made.set(member.key, member.value);
        rule.set("email", std::move(made).build());
    }
    return std::move(rule).build();
}

Value notification_document(const Value& rule) {
    const std::string id{rule.find("id")->as_string()};
    const Value* const webhook = rule.find("webhook");
    return Value::object(
        {{"millrace", 1},
         {"id", notification_workflow(id)},
         {"name", *rule.find("name")},
         {"description", "Carries the notification " + id + " out, which is where to change it."},
         {"folder", "notifications"},
         {"tags", Value::array({notification_tag})},
         {"nodes",
          Value::array({event_node(rule), webhook == nullptr ? mail_node(*rule.find("email"))
                                                             : webhook_node(*webhook)})},
         {"connections", Value::array({"event -> send"})},
         {std::string{notification_key}, rule}});
}

Value rule_of(const Value& document) {
    const Value* const rule = document.find(notification_key);
    if (rule == nullptr) return {};
    const Value* const id = rule->find("id");
    const Value* const on = rule->find("on");
    const bool is_one = id != nullptr && id->is_string() && on != nullptr && on->is_array();
    return is_one ? *rule : Value{};
}

Value sample_event(const Value& rule, std::string_view now, std::string_view api) {
    const Value how = rule.find("on")->as_array().front();
    const std::string status{how.as_string()};
    core::ObjectBuilder data;
    if (status == "completed") data.set("outputs", Value::object({}));
    if (status == "canceled") data.set("reason", "this is a test of the notification");
    if (status == "failed") {
        data.set("error", Value::object({{"code", "test"},
                                         {"class", "internal"},
                                         {"message", "this is a test of the notification"}}));
    }
    const std::string id = "00000000-0000-7000-8000-000000000000";
    const std::string path = std::string{api} + "/";
    return Value::object({{"id", id + ":0"},
                          {"type", "execution." + status},
                          {"source", "workflow:test"},
                          {"time", now},
                          {"subject", id},
                          {"data", std::move(data).build()},
                          {"depth", 0},
                          {"execution_id", id},
                          {"workflow_id", "test"},
                          {"workflow_version", 1},
                          {"labels", *rule.find("labels")},
                          {"url", path + "executions/" + id},
                          {"workflow_url", path + "workflows/test"}});
}

}  // namespace millrace::server
