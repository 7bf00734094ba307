// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "api/etag.hpp"
#include "dispatch/dispatch_parts.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/canonical.hpp"
#include "millrace/format/document.hpp"
#include "millrace/format/writer.hpp"
#include "millrace/server/document_check.hpp"
#include "millrace/store/library.hpp"
#include "notifications/notification_rule.hpp"
#include "routes/routes.hpp"
#include "service/workflow_catalog.hpp"

// Rules that tell people and programs how executions end.

namespace millrace::server {
namespace {

using core::Value;

/// A rule with the entry of the workflow that carries it out.
struct StoredRule {
    Value rule;
    store::WorkflowEntry entry;
};

Value shown(const StoredRule& stored) {
    core::ObjectBuilder value;
    for (const core::Member& member : stored.rule.as_object())
        value.set(member.key, member.value);
    value.set("enabled", stored.entry.active.has_value())
        .set("workflow_id", stored.entry.id)
        .set("created_at", stored.entry.created_at.text())
        .set("updated_at", stored.entry.updated_at.text());
    return std::move(value).build();
}

/// Another one whenever anything of the rule has changed, also when it was switched on or off.
std::string etag_of(const StoredRule& stored) {
    return content_etag(core::to_json(shown(stored)));
}

Response rule_response(const StoredRule& stored, int status = 200) {
    Response response = json_response(shown(stored), status);
    response.headers.set("ETag", etag_of(stored));
    return response;
}

/// `conflict` unless the entry is what it was when its ETag was compared; none: there was none.
core::Result<> check_unchanged(store::Store& store, const std::string& workflow_id,
                               const std::optional<store::WorkflowEntry>& before) {
    const auto now = store.library().find(workflow_id);
    if (!now && !now.error().is(store::StoreErrc::not_found)) return std::unexpected(now.error());
    const bool is_same = before ? now && *now == *before : !now;
    if (is_same) return {};
    return core::fail(store::StoreErrc::conflict,
                      "the workflow " + workflow_id + " was changed meanwhile");
}

/// None: the workflow is not one of a rule.
core::Result<std::optional<StoredRule>> rule_behind(Services& services,
                                                    const store::WorkflowEntry& entry) {
    const auto version = services.runtime.store().version(entry.id, entry.head);
    if (!version) return std::unexpected(version.error());
    const auto tree = core::parse_json(version->document);
    if (!tree) return std::optional<StoredRule>{};
    Value rule = rule_of(*tree);
    // A copy of such a workflow is no rule.
    if (rule.is_null() || notification_workflow(rule.find("id")->as_string()) != entry.id)
        return std::optional<StoredRule>{};
    return std::optional{StoredRule{std::move(rule), entry}};
}

std::expected<std::optional<StoredRule>, Problem> find_rule(Services& services,
                                                            const std::string& id) {
    const auto entry = services.runtime.store().library().find(notification_workflow(id));
    if (!entry && entry.error().is(store::StoreErrc::not_found)) return std::nullopt;
    if (!entry) return std::unexpected(problem_of(entry.error()));
    auto stored = rule_behind(services, *entry);
    if (!stored) return std::unexpected(problem_of(stored.error()));
    return *std::move(stored);
}

std::expected<StoredRule, Problem> require_rule(Services& services, const std::string& id) {
    auto found = find_rule(services, id);
    if (!found) return std::unexpected(std::move(found.error()));
    if (*found) return **std::move(found);
    return std::unexpected(problem("not_found", "there is no notification " + id));
}

Answer list(Services& services, const Request& request) {
    store::WorkflowFilter filter;
    filter.tag = notification_tag;
    const auto page =
        services.runtime.store().library().list(filter, page_limit(request), page_cursor(request));
    if (!page) return std::unexpected(problem_of(page.error()));
    std::vector<Value> items;
    for (const store::WorkflowEntry& entry : page->items) {
        if (!entry.id.starts_with(notification_prefix)) continue;
        const auto stored = rule_behind(services, entry);
        if (!stored) return std::unexpected(problem_of(stored.error()));
        if (*stored) items.push_back(shown(**stored));
    }
    return list_response(std::move(items), page->next_cursor.value_or(""));
}

/// What a person gives is in templates, which may be wrong.
std::expected<core::Document, Problem> document_of(Services& services, const Value& rule) {
    const Value tree = notification_document(rule);
    CheckedDocument checked = check_document(tree, services.registry);
    if (checked.document && checked.problems.empty()) return *std::move(checked.document);
    Problem made = problem("invalid", "the notification cannot be carried out");
    for (const core::Problem& one : checked.problems) {
        ProblemDetail& error = made.errors.emplace_back();
        const std::string at = "/nodes/1/data/";
        const bool is_given = one.path.starts_with(at);
        const std::string how = rule.find("webhook") == nullptr ? "/email/" : "/webhook/";
        error.path = is_given ? how + one.path.substr(at.size()) : std::string{};
        error.code = core::to_text(one.code);
        error.message = one.message;
    }
    return std::unexpected(std::move(made));
}

/// What must be there when a rule is saved.
struct Expected {
    bool is_anything = false;
    std::optional<store::WorkflowEntry> entry;  ///< none: nothing
};

std::expected<StoredRule, Problem> save(Services& services, const Value& rule, bool is_enabled,
                                        const Expected& expected, core::Time now) {
    auto document = document_of(services, rule);
    if (!document) return std::unexpected(std::move(document.error()));
    store::WorkflowPut put;
    put.workflow_id = document->id;
    put.hash = format::document_hash(*document);
    put.document = format::write_json(*document);
    put.activate = is_enabled;
    StoredRule stored{rule, {}};
    const auto done = services.runtime.write([&](store::Store& store) -> core::Result<> {
        if (!expected.is_anything) {
            const auto may = check_unchanged(store, put.workflow_id, expected.entry);
            if (!may) return may;
        }
        auto saved = store.library().put(put, now);
        if (!saved) return std::unexpected(saved.error());
        stored.entry = std::move(saved->entry);
        if (is_enabled || !stored.entry.active) return {};
        auto entry = store.library().set_active(put.workflow_id, std::nullopt, now);
        if (!entry) return std::unexpected(entry.error());
        stored.entry = *std::move(entry);
        return {};
    });
    services.catalog.forget(put.workflow_id);
    if (!done) return std::unexpected(problem_of(done.error()));
    return stored;
}

bool is_enabled(const Value& body) {
    const Value* const enabled = body.find("enabled");
    return enabled == nullptr || enabled->as_bool();
}

std::string new_rule_id() {
    static thread_local std::random_device device;
    constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuv";
    std::string id;
    for (int i = 0; i < 12; ++i)
        id += letters[device() % letters.size()];
    return id;
}

Answer create(Services& services, const Request& request) {
    const Value* const given = request.json.find("id");
    const std::string id = given == nullptr ? new_rule_id() : std::string{given->as_string()};
    auto stored = save(services, normal_rule(request.json, id), is_enabled(request.json),
                       Expected{}, request.received_at);
    if (!stored && stored.error().code == "conflict") {
        return std::unexpected(problem("conflict", "there is a notification or a workflow " +
                                                       notification_workflow(id) +
                                                       " already; choose another id, or PUT"));
    }
    if (!stored) return std::unexpected(std::move(stored.error()));
    Response response = rule_response(*stored, 201);
    response.headers.set("Location", "/api/v1/notifications/" + id);
    return response;
}

Answer replace(Services& services, const Request& request) {
    const std::string& id = request.parameter("id");
    const Value* const given = request.json.find("id");
    if (given != nullptr && given->as_string() != id)
        return std::unexpected(problem("invalid", "the path says " + id +
                                                      ", and the body has the id " +
                                                      std::string{given->as_string()}));
    const auto before = find_rule(services, id);
    if (!before) return std::unexpected(before.error());
    const std::string etag = *before ? etag_of(**before) : std::string{};
    if (const auto may = check_preconditions(request, etag); !may)
        return std::unexpected(may.error());
    Expected expected;
    expected.is_anything = request.header("If-Match") == "*";
    if (*before) expected.entry = (*before)->entry;
    const auto stored = save(services, normal_rule(request.json, id), is_enabled(request.json),
                             expected, request.received_at);
    if (!stored && stored.error().code == "conflict" && *before)
        return std::unexpected(problem("stale", stored.error().detail));
    if (!stored) return std::unexpected(stored.error());
    return rule_response(*stored, *before ? 200 : 201);
}

Answer remove(Services& services, const Request& request) {
    const auto stored = require_rule(services, request.parameter("id"));
    if (!stored) return std::unexpected(stored.error());
    const bool is_picky = !request.header("If-Match").empty();
    if (is_picky) {
        if (const auto may = check_preconditions(request, etag_of(*stored)); !may)
            return std::unexpected(may.error());
    }
    const std::vector<std::string> gone{stored->entry.id};
    const auto done = services.runtime.write([&](store::Store& store) -> core::Result<> {
        if (is_picky) {
            const auto may = check_unchanged(store, gone.front(), stored->entry);
            if (!may) return may;
        }
        const auto applied = store.library().apply({}, gone, request.received_at);
        if (!applied) return std::unexpected(applied.error());
        return {};
    });
    services.catalog.forget(gone.front());
    if (!done && done.error().is(store::StoreErrc::conflict))
        return std::unexpected(problem("stale", done.error().message()));
    if (!done) return std::unexpected(problem_of(done.error()));
    return empty_response();
}

Answer test(Services& services, const Request& request) {
    const auto stored = require_rule(services, request.parameter("id"));
    if (!stored) return std::unexpected(stored.error());
    auto plan = services.catalog.load(stored->entry.id, {VersionChoice::Kind::head, 0});
    if (!plan) return std::unexpected(problem_of(plan.error()));
    const Value event =
        sample_event(stored->rule, request.received_at.text(), api_address(services.runtime));
    runtime::StartRequest start;
    start.plan = *std::move(plan);
    start.input = *event.find("data");
    start.trigger_data = event;
    start.options.labels =
        Value::object({{"notification", *stored->rule.find("id")}, {"test", "true"}});
    const auto id = services.runtime.execute(std::move(start));
    if (!id) return std::unexpected(problem_of(id.error()));
    Response response =
        json_response(Value::object({{"execution_id", id->text()}, {"status", "pending"}}), 202);
    response.headers.set("Location", "/api/v1/executions/" + id->text());
    return response;
}

Route route(Method method, std::string pattern, std::string id, std::string summary) {
    Route made;
    made.method = method;
    made.pattern = std::move(pattern);
    made.id = std::move(id);
    made.tag = "Notifications";
    made.summary = std::move(summary);
    made.action = method == Method::get ? Action::read : Action::edit;
    return made;
}

void add_reading(RouteTable& table, Services& services) {
    Route all =
        route(Method::get, "/api/v1/notifications", "listNotifications", "List notifications");
    all.description = "Changed last first.";
    all.parameters = page_parameters();
    all.answers = {{200, "The rules.", list_schema("Notification")}};
    all.handler = [&services](const Request& request) { return list(services, request); };
    table.routes.push_back(std::move(all));

    Route one =
        route(Method::get, "/api/v1/notifications/{id}", "getNotification", "Get a notification");
    one.description = "The ETag is what PUT wants to see in If-Match.";
    one.parameters = {path_parameter("id", "Of the rule."),
                      header_parameter("If-None-Match", "ETag of a copy that the caller has.")};
    one.answers = {{200, "The rule.", schema_ref("Notification")},
                   {304, "The caller has it already."}};
    one.problems = {"not_found"};
    one.handler = [&services](const Request& request) -> Answer {
        const auto stored = require_rule(services, request.parameter("id"));
        if (!stored) return std::unexpected(stored.error());
        if (auto known = not_modified(request, etag_of(*stored))) return *std::move(known);
        return rule_response(*stored);
    };
    table.routes.push_back(std::move(one));
}

void add_writing(RouteTable& table, Services& services) {
    constexpr std::string_view how =
        "The workflow `notify-{id}` carries it out: that is where its executions are, what could "
        "not be told, and how often it was tried. It is changed here only.";
    Route made =
        route(Method::post, "/api/v1/notifications", "createNotification", "Add a notification");
    made.description = how;
    made.body = {{"The rule.", schema_ref("NotificationRule")}};
    made.answers = {{201, "The rule.", schema_ref("Notification")}};
    made.problems = {"conflict", "invalid", "unavailable"};
    made.is_idempotent_by_key = true;
    made.handler = [&services](const Request& request) { return create(services, request); };
    table.routes.push_back(std::move(made));

    Route put =
        route(Method::put, "/api/v1/notifications/{id}", "putNotification", "Set a notification");
    put.description = std::string{how} +
                      " An existing rule needs `If-Match` with its ETag or `*`; "
                      "`If-None-Match: *` only creates.";
    put.parameters = {path_parameter("id", "Of the rule: lower-case letters, digits and `-`."),
                      header_parameter("If-Match", "The ETag of the rule to replace, or `*`."),
                      header_parameter("If-None-Match", "`*`: there must be none yet.")};
    put.body = {{"The rule.", schema_ref("NotificationRule")}};
    put.answers = {{200, "It is another one now.", schema_ref("Notification")},
                   {201, "There was none of this id.", schema_ref("Notification")}};
    put.problems = {"conflict", "invalid", "precondition_required", "stale", "unavailable"};
    put.handler = [&services](const Request& request) { return replace(services, request); };
    table.routes.push_back(std::move(put));

    Route gone = route(Method::del, "/api/v1/notifications/{id}", "deleteNotification",
                       "Delete a notification");
    gone.description = "What it is telling at the moment is told.";
    gone.parameters = {path_parameter("id", "Of the rule."),
                       header_parameter("If-Match", "Only when this is still its ETag.")};
    gone.answers = {{204, "It is deleted.", {}}};
    gone.problems = {"not_found", "stale", "unavailable"};
    gone.handler = [&services](const Request& request) { return remove(services, request); };
    table.routes.push_back(std::move(gone));

    Route tried = route(Method::post, "/api/v1/notifications/{id}/test", "testNotification",
                        "Try a notification");
    tried.description =
        "Tells what would be told of an execution of a workflow `test`, also when the rule is not "
        "enabled. The execution that is answered shows what became of it.";
    tried.action = Action::run;
    tried.parameters = {path_parameter("id", "Of the rule.")};
    tried.answers = {{202, "It is being told.", schema_ref("Accepted")}};
    tried.problems = {"not_found", "unavailable"};
    tried.handler = [&services](const Request& request) { return test(services, request); };
    table.routes.push_back(std::move(tried));
}

}  // namespace

void add_notification_routes(RouteTable& table, Services& services) {
    table.schemas.emplace_back("NotificationRule", schema_of(notification_schema));
    table.schemas.emplace_back("Notification", schema_of(R"({
        "description": "A rule in full.",
        "type": "object",
        "required": ["id", "name", "on", "workflows", "labels", "enabled", "workflow_id",
                     "created_at", "updated_at"],
        "properties": {
            "id": {"type": "string"},
            "name": {"type": "string"},
            "on": {"type": "array", "items": {"enum": ["completed", "failed", "canceled"]}},
            "workflows": {"type": "array", "items": {"type": "string"}},
            "labels": {"type": "object"},
            "webhook": {"type": "object"},
            "email": {"type": "object"},
            "enabled": {"type": "boolean"},
            "workflow_id": {"description": "Carries it out.", "type": "string"},
            "created_at": {"type": "string", "format": "date-time"},
            "updated_at": {"type": "string", "format": "date-time"}
        }
    })"));
    add_reading(table, services);
    add_writing(table, services);
}

}  // namespace millrace::server
