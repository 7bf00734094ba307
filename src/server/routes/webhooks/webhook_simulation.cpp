// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "api/answer.hpp"
#include "http/text.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/store/idempotency.hpp"
#include "millrace/store/store.hpp"
#include "routes/webhooks/webhook_routes.hpp"
#include "service/workflow_catalog.hpp"
#include "webhooks/webhooks.hpp"

// What a call of a webhook would do, without starting anything.

namespace millrace::server {
namespace {

using core::Value;
using Texts = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view request_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "method": {"type": "string", "description": "Else the webhook's first one."},
    "headers": {"type": "object", "additionalProperties": {"type": "string"}},
    "query": {"type": "object", "additionalProperties": {"type": "string"}},
    "params": {"type": "object", "additionalProperties": {"type": "string"}},
    "body": {"description": "Sent as JSON; a text as it is where `headers` has a content-type."},
    "sign": {"type": "boolean", "description": "Sign it, and show the credential, as the sender would: with what is stored. Neither is in the answer."}
  }
})";

constexpr std::string_view simulation_schema = R"({
  "type": "object",
  "required": ["valid", "active", "checks", "trigger", "inputs", "dedupe_key", "errors", "response", "sample"],
  "properties": {
    "valid": {"type": "boolean", "description": "Whether the call would start an execution, were this version active."},
    "active": {"type": "boolean", "description": "Whether it is, so that it can be called now."},
    "checks": {
      "type": "object",
      "description": "`ok`, `failed`, or `none` where the webhook asks for nothing.",
      "properties": {
        "method": {"enum": ["ok", "failed"]},
        "auth": {"enum": ["ok", "failed", "none"]},
        "signature": {"enum": ["ok", "failed", "none"]},
        "body": {"enum": ["ok", "failed"]},
        "schema": {"enum": ["ok", "failed", "none"]},
        "inputs": {"enum": ["ok", "failed", "none"], "description": "Whether the workflow's `inputs` takes the body."}
      }
    },
    "trigger": {"description": "What the trigger would emit; null where the body cannot be read."},
    "inputs": {"description": "The business input."},
    "dedupe_key": {"description": "What names the call among others; null: nothing does."},
    "errors": {
      "type": "array",
      "items": {"type": "object", "required": ["status", "code", "message"], "properties": {
        "status": {"type": "integer"}, "code": {"type": "string"}, "message": {"type": "string"}, "path": {"type": "string"}}}
    },
    "response": {"type": "object", "description": "What the caller would get, as far as that is known before the execution.", "properties": {
      "status": {"type": "integer"}, "description": {"type": "string"}}},
    "sample": {"type": "object", "description": "The call as it goes over the wire; secrets are masked.", "properties": {
      "method": {"type": "string"}, "url": {"type": "string"}, "headers": {"type": "object"}, "body": {"type": "string"}}}
  }
})";

Texts texts_of(const Value& body, std::string_view name) {
    Texts texts;
    const Value* const given = body.find(name);
    if (given == nullptr) return texts;
    for (const core::Member& member : given->as_object())
        texts.emplace_back(member.key, std::string{member.value.as_string()});
    return texts;
}

std::string upper(std::string_view text) {
    std::string made{text};
    std::ranges::transform(made, made.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return made;
}

std::string_view field(const Value& fields, std::string_view name) {
    const Value* const value = fields.find(name);
    return value != nullptr && value->is_string() ? value->as_string() : std::string_view{};
}

/// A call as it is given, made whole.
struct Sample {
    std::string method;
    Texts headers;
    Texts query;
    Texts params;
    std::string body;
    std::vector<std::string> masked;  ///< names of headers whose values are not shown

    WebhookRequest request() const { return {method, headers, query, params, body}; }
    bool has_header(std::string_view name) const {
        return std::ranges::any_of(
            headers, [&](const auto& header) { return equal_ignoring_case(header.first, name); });
    }
};

Sample sample_of(const Value& given, const Webhook& webhook) {
    Sample sample;
    const std::vector<std::string>& methods = webhook.definition().methods;
    sample.method = methods.empty() ? "POST" : methods.front();
    if (const Value* const method = given.find("method"))
        sample.method = upper(method->as_string());
    sample.headers = texts_of(given, "headers");
    sample.query = texts_of(given, "query");
    sample.params = texts_of(given, "params");
    const Value* const body = given.find("body");
    if (body == nullptr) return sample;
    const bool is_sent_as_it_is = body->is_string() && sample.has_header("content-type");
    sample.body = is_sent_as_it_is ? std::string{body->as_string()} : core::to_json(*body);
    if (!sample.has_header("content-type"))
        sample.headers.emplace_back("content-type", "application/json");
    return sample;
}

/// Adds what the sender would: a signature, and the credential.
void sign(Sample& sample, const Webhook& webhook, const OpenedSecrets& secrets, core::Time now) {
    const Value& credential = secrets.credential;
    const auto add = [&](std::string name, std::string value) {
        sample.masked.push_back(name);
        sample.headers.emplace_back(std::move(name), std::move(value));
    };
    switch (webhook.definition().auth) {
        case nodes::WebhookAuth::none: break;
        case nodes::WebhookAuth::basic:
            add("authorization",
                "Basic " + core::base64(std::string{field(credential, "username")} + ":" +
                                        std::string{field(credential, "password")}));
            break;
        case nodes::WebhookAuth::bearer:
            add("authorization", "Bearer " + std::string{field(credential, "token")});
            break;
        case nodes::WebhookAuth::api_key:
            if (field(credential, "in") == "query") {
                sample.query.emplace_back(field(credential, "name"), field(credential, "value"));
            } else {
                add(std::string{field(credential, "name")},
                    std::string{field(credential, "value")});
            }
            break;
    }
    if (!webhook.signature()) return;
    // Whoever saw it could make the call in the sender's name, with a body of their choice.
    for (auto& [name, value] : runtime::sign_message(*webhook.signature(), secrets.signature_secret,
                                                     sample.body, "msg_simulated", now))
        add(std::move(name), std::move(value));
}

class Simulation {
public:
    Simulation(Services& services, FoundWebhook found, Sample sample)
        : services_{services}, found_{std::move(found)}, sample_{std::move(sample)} {}

    Value run(bool signs, core::Time now) {
        const Webhook& webhook = *found_.webhook;
        const bool takes = webhook.definition().takes(sample_.method);
        check("method", takes);
        if (!takes)
            complain(problem("method_not_allowed", "the webhook does not take " + sample_.method));
        judge_caller(signs, now);
        judge_body();
        return value();
    }

private:
    void check(std::string_view name, std::optional<bool> outcome) {
        checks_.set(name, !outcome ? "none" : *outcome ? "ok" : "failed");
    }
    template <class T>
    bool passes(const std::expected<T, Problem>& result) {
        if (!result) complain(result.error());
        return result.has_value();
    }

    void complain(const Problem& problem) {
        if (status_ == 0) status_ = problem.status;
        const auto add = [&](std::string_view message, std::string_view path) {
            core::ObjectBuilder error;
            error.set("status", problem.status).set("code", problem.code).set("message", message);
            if (!path.empty()) error.set("path", path);
            errors_.push_back(std::move(error).build());
        };
        if (problem.errors.empty()) add(problem.detail, {});
        for (const ProblemDetail& detail : problem.errors)
            add(detail.message, detail.path);
    }

    void judge_caller(bool signs, core::Time now) {
        const Webhook& webhook = *found_.webhook;
        auto opened = services_.webhooks.shell().open(webhook, now);
        if (passes(opened)) secrets_ = *std::move(opened);
        if (signs && opened) sign(sample_, webhook, secrets_, now);
        const bool has_auth = webhook.definition().auth != nodes::WebhookAuth::none;
        const bool is_let_in = opened && passes(check_caller(webhook, sample_.request(), secrets_));
        check("auth", has_auth ? std::optional{is_let_in} : std::nullopt);
        const bool is_signed =
            opened && passes(check_call_signature(webhook, sample_.request(), secrets_, now));
        check("signature", webhook.signature() ? std::optional{is_signed} : std::nullopt);
    }

    void judge_body() {
        const Webhook& webhook = *found_.webhook;
        const auto body = read_call_body(sample_.request());
        check("body", passes(body));
        if (!body) {
            check("schema", std::nullopt);
            return check("inputs", std::nullopt);
        }
        inputs_ = *body;
        trigger_ = call_value(webhook, sample_.request(), *body, secrets_);
        const bool fits = passes(check_call_schema(webhook, *body));
        check("schema", webhook.definition().schema.is_null() ? std::nullopt : std::optional{fits});
        const auto key = dedupe_value_of(webhook, trigger_);
        if (passes(key)) key_ = *key;
        const store::ActiveTrigger& trigger = *webhook.trigger();
        const auto plan = services_.catalog.load(trigger.workflow_id,
                                                 {VersionChoice::Kind::number, trigger.version});
        if (!plan) {
            complain(problem_of(plan.error()));
            return check("inputs", false);
        }
        const auto taken = engine::check_input(**plan, *body);
        if (!taken) complain(problem("invalid", taken.error().message()));
        check("inputs",
              (*plan)->input_check() == nullptr ? std::nullopt : std::optional{taken.has_value()});
    }

    Value response() const {
        if (status_ != 0)
            return Value::object({{"status", status_}, {"description", "nothing is started"}});
        switch (found_.webhook->definition().respond) {
            case nodes::WebhookRespond::immediately:
                return Value::object({{"status", 202}, {"description", "once it is durable"}});
            case nodes::WebhookRespond::outputs:
                return Value::object({{"status", 200}, {"description", "the workflow's outputs"}});
            case nodes::WebhookRespond::respond_node: break;
        }
        return Value::object(
            {{"status", 200}, {"description", "what flow.respond says; 204 when none is reached"}});
    }

    Value sample() const {
        core::ObjectBuilder headers;
        for (const auto& [name, value] : sample_.headers) {
            const bool is_masked = std::ranges::find(sample_.masked, name) != sample_.masked.end();
            headers.set(name, is_masked ? "***" : value);
        }
        std::string path = found_.webhook->path_text();
        for (const auto& [name, value] : sample_.params) {
            const std::string place = "{" + name + "}";
            if (const std::size_t at = path.find(place); at != path.npos)
                path.replace(at, place.size(), value);
        }
        return Value::object({{"method", sample_.method},
                              {"url", webhook_url(services_, path)},
                              {"headers", std::move(headers).build()},
                              {"body", sample_.body}});
    }

    Value value() {
        return Value::object({{"valid", errors_.empty()},
                              {"active", found_.is_active},
                              {"checks", std::move(checks_).build()},
                              {"trigger", trigger_},
                              {"inputs", inputs_},
                              {"dedupe_key", key_},
                              {"errors", Value::array(std::move(errors_))},
                              {"response", response()},
                              {"sample", sample()}});
    }

    Services& services_;
    const FoundWebhook found_;
    Sample sample_;
    OpenedSecrets secrets_;
    core::ObjectBuilder checks_;
    std::vector<Value> errors_;
    int status_ = 0;
    Value trigger_;
    Value inputs_;
    Value key_;
};

Answer simulate(Services& services, const Request& request) {
    auto found = find_webhook(services, request.parameter("id"), request.parameter("node"));
    if (!found) return std::unexpected(found.error());
    const Value* const signs = request.json.find("sign");
    Sample sample = sample_of(request.json, *found->webhook);
    Simulation simulation{services, *std::move(found), std::move(sample)};
    return json_response(simulation.run(signs != nullptr && signs->as_bool(), request.received_at));
}

}  // namespace

void add_webhook_simulation(RouteTable& table, Services& services) {
    table.schemas.emplace_back("WebhookSimulation", schema_of(simulation_schema));
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows/{id}/webhooks/{node}/simulate";
    route.id = "simulateWebhook";
    route.tag = webhooks_tag;
    route.summary = "See what a call would do";
    route.description =
        "Judges a call as the webhook would, by the head of the workflow, and says all that is "
        "wrong with it. Nothing is started and nothing is counted.";
    route.action = Action::run;
    route.parameters = {path_parameter("id", "The workflow."),
                        path_parameter("node", "Id of the trigger.")};
    Body body;
    body.is_required = false;
    body.description = "The call; without a body: an empty one.";
    body.schema = schema_of(request_schema);
    route.body = {std::move(body)};
    route.answers = {{200, "What would become of it.", schema_ref("WebhookSimulation")}};
    route.problems = {"invalid", "not_found"};
    route.handler =
        Handler{[&services](const Request& request) { return simulate(services, request); }};
    table.routes.push_back(std::move(route));
}

}  // namespace millrace::server
