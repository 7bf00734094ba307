// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "api/etag.hpp"
#include "millrace/store/variables.hpp"
#include "routes/routes.hpp"

// What the deployment gives to workflows that declare a variable of a name.

namespace millrace::server {
namespace {

// A variable is copied into every execution that begins with it.
constexpr std::size_t body_bytes_max = 256u << 10;

core::Value variable_value(const store::Variable& variable) {
    return core::Value::object({{"name", variable.name},
                                {"value", variable.value},
                                {"description", variable.description},
                                {"updated_at", variable.updated_at.text()}});
}

Answer list(Services& services) {
    const auto variables = services.runtime.store().variables().list();
    if (!variables) return std::unexpected(problem_of(variables.error()));
    std::vector<core::Value> items;
    for (const store::Variable& variable : *variables)
        items.push_back(variable_value(variable));
    return list_response(std::move(items), "");
}

Answer get(Services& services, const Request& request) {
    const auto variable = services.runtime.store().variables().find(request.parameter("name"));
    if (!variable) return std::unexpected(problem_of(variable.error()));
    return json_response(variable_value(*variable));
}

bool is_name(std::string_view name) {
    const auto is_letter = [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
    };
    if (name.empty() || name.size() > 64 || !is_letter(name.front())) return false;
    for (const char byte : name)
        if (!is_letter(byte) && !(byte >= '0' && byte <= '9')) return false;
    return true;
}

Answer put(Services& services, const Request& request) {
    store::Variable variable;
    variable.name = request.parameter("name");
    if (!is_name(variable.name)) {
        return std::unexpected(
            problem("invalid",
                    "the name of a variable has 1 to 64 letters, digits and \"_\", and does not "
                    "begin with a digit, as in the documents that declare it"));
    }
    if (request.body.size() > body_bytes_max) {
        return std::unexpected(
            problem("too_large",
                    "a variable has at most 256 KiB: it is copied into every execution that "
                    "begins with it"));
    }
    variable.value = *request.json.find("value");
    if (const core::Value* const text = request.json.find("description"))
        variable.description = text->as_string();
    variable.updated_at = request.received_at;
    const bool is_new = !services.runtime.store().variables().find(variable.name);
    if (const auto may = check_presence(request, !is_new); !may)
        return std::unexpected(may.error());
    if (const auto done = services.runtime.put_variable(variable); !done)
        return std::unexpected(problem_of(done.error()));
    return json_response(variable_value(variable), is_new ? 201 : 200);
}

Answer remove(Services& services, const Request& request) {
    if (const auto done = services.runtime.remove_variable(request.parameter("name")); !done)
        return std::unexpected(problem_of(done.error()));
    return empty_response();
}

Route route(Method method, std::string pattern, std::string id, std::string summary) {
    Route made;
    made.method = method;
    made.pattern = std::move(pattern);
    made.id = std::move(id);
    made.tag = "Variables";
    made.summary = std::move(summary);
    return made;
}

void add_reading(RouteTable& table, Services& services) {
    Route all = route(Method::get, "/api/v1/variables", "listVariables", "List variables");
    all.description = "In order of their names.";
    all.answers = {{200, "All of them.", list_schema("Variable")}};
    all.handler = [&services](const Request&) { return list(services); };
    table.routes.push_back(std::move(all));

    Route one = route(Method::get, "/api/v1/variables/{name}", "getVariable", "Get a variable");
    one.parameters = {path_parameter("name", "Its name.")};
    one.answers = {{200, "The variable.", schema_ref("Variable")}};
    one.problems = {"not_found"};
    one.handler = [&services](const Request& request) { return get(services, request); };
    table.routes.push_back(std::move(one));
}

void add_writing(RouteTable& table, Services& services) {
    Route set = route(Method::put, "/api/v1/variables/{name}", "putVariable", "Set a variable");
    set.description =
        "It goes before the default of a workflow that declares a variable of this name, and "
        "behind what a request for an execution gives. Executions that run keep what they have.";
    set.action = Action::edit;
    set.parameters = {path_parameter("name", "As documents declare it."),
                      header_parameter("If-Match", "`*`: there must be one already."),
                      header_parameter("If-None-Match", "`*`: there must be none yet.")};
    set.body = {{"The value, any JSON.", schema_of(R"({
        "type": "object",
        "required": ["value"],
        "additionalProperties": false,
        "properties": {
            "value": {},
            "description": {"type": "string", "maxLength": 1000}
        }
    })")}};
    set.answers = {{200, "It has another value now.", schema_ref("Variable")},
                   {201, "There was none of this name.", schema_ref("Variable")}};
    set.problems = {"invalid", "stale", "too_large", "unavailable"};
    set.handler = [&services](const Request& request) { return put(services, request); };
    table.routes.push_back(std::move(set));

    Route gone =
        route(Method::del, "/api/v1/variables/{name}", "deleteVariable", "Delete a variable");
    gone.description = "Workflows go on with their own defaults.";
    gone.action = Action::edit;
    gone.parameters = {path_parameter("name", "Its name.")};
    gone.answers = {{204, "It is deleted.", {}}};
    gone.problems = {"not_found", "unavailable"};
    gone.handler = [&services](const Request& request) { return remove(services, request); };
    table.routes.push_back(std::move(gone));
}

}  // namespace

void add_variable_routes(RouteTable& table, Services& services) {
    table.schemas.emplace_back("Variable", schema_of(R"({
        "type": "object",
        "required": ["name", "value", "description", "updated_at"],
        "properties": {
            "name": {"type": "string"},
            "value": {},
            "description": {"type": "string"},
            "updated_at": {"type": "string", "format": "date-time"}
        }
    })"));
    add_reading(table, services);
    add_writing(table, services);
}

}  // namespace millrace::server
