// SPDX-License-Identifier: Apache-2.0
#include "api/testing/sample_api.hpp"

#include <algorithm>
#include <stdexcept>

#include "api/answer.hpp"
#include "api/router.hpp"
#include "api/schemas.hpp"
#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "millrace/store/open.hpp"

namespace millrace::server {
namespace {

Route sample_route(Method method, std::string pattern, std::string id, Handler handler) {
    Route route;
    route.method = method;
    route.pattern = std::move(pattern);
    route.id = std::move(id);
    route.tag = "Things";
    route.summary = "A thing";
    route.runs = Runs::here;
    route.answers = {{200, "The thing.", schema_ref("Thing"), "application/json"}};
    if (route.pattern.ends_with("{id}")) route.parameters = {path_parameter("id", "Of the thing.")};
    route.handler = std::move(handler);
    return route;
}

Body thing_body() {
    return {"The thing.", schema_ref("Thing"), true, false};
}

Answer echo(const Request& request) {
    const std::string id = request.parameters.empty() ? "special" : request.parameter("id");
    return json_response(core::Value::object({{"name", id}, {"size", request.json}}));
}

Parameter typed(std::string name, std::string_view schema) {
    Parameter parameter = text_parameter(std::move(name), "Some.");
    parameter.schema = schema_of(schema);
    return parameter;
}

Route list_route() {
    Route route = sample_route(
        Method::get, "/api/v1/things", "listThings", [](const Request& request) -> Answer {
            return list_response({static_cast<std::int64_t>(page_limit(request))},
                                 page_cursor(request));
        });
    route.parameters = page_parameters();
    route.parameters.push_back(choice_parameter("status", "Which.", {"new", "old"}));
    route.parameters.push_back(time_parameter("after", "When."));
    route.parameters.push_back(typed("deep", R"({"type": "boolean"})"));
    route.parameters.push_back(
        typed("tag", R"({"type": "array", "items": {"type": "string", "maxLength": 3}})"));
    route.answers = {{200, "Sizes.", schema_of(R"({"type": "object"})"), "application/json"}};
    return route;
}

class NoMessages final : public MessageSource {
public:
    Batch take(std::size_t, std::function<void()>) override { return {{}, true}; }
};

Route websocket_route() {
    Route route = sample_route(Method::get, "/api/v1/ws", "follow", [](const Request&) -> Answer {
        Response response;
        response.status = 101;
        response.stream = std::make_shared<NoMessages>();
        return response;
    });
    route.is_websocket = true;
    route.answers = {{101, "Messages.", {}, "application/json"}};
    return route;
}

}  // namespace

std::shared_ptr<Request> sample_request(Method method, std::string_view target, std::string body) {
    auto request = std::make_shared<Request>();
    request->method = method;
    request->method_text = to_text(method);
    const std::size_t mark = target.find('?');
    request->path = target.substr(0, mark);
    request->segments = split_path(request->path);
    std::string_view query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        const std::size_t equals = pair.find('=');
        request->query.emplace_back(pair.substr(0, equals), equals == std::string_view::npos
                                                                ? ""
                                                                : pair.substr(equals + 1));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
    }
    if (!body.empty()) request->headers.add("Content-Type", "application/json");
    request->body = std::move(body);
    request->received_at = core::Time{1'700'000'000'000};
    request->id = "r1";
    return request;
}

SampleApi::SampleApi()
    : store_{store::open_memory_store()}, api_{std::make_unique<Api>(routes(), parts())} {}

ApiParts SampleApi::parts() {
    ApiParts parts;
    parts.authorize = [this](const Caller&, Action action, std::string_view) {
        return allow ? allow(action) : std::expected<void, Problem>{};
    };
    parts.work = [this](std::function<void()> task) { work_.push_back(std::move(task)); };
    parts.write_keys = [this](const auto& task) { return task(store_->idempotency()); };
    parts.version = "1.2.3";
    return parts;
}

RouteTable SampleApi::routes() {
    RouteTable table;
    add_common_schemas(table);
    table.schemas.emplace_back("Thing", schema_of(R"json({
        "type": "object", "required": ["name"], "additionalProperties": false,
        "properties": {"name": {"type": "string"}, "size": {"$ref": "#/components/schemas/Size"}}
    })json"));
    table.schemas.emplace_back("Size", schema_of(R"({"type": ["integer", "null"]})"));
    table.routes.push_back(list_route());
    table.routes.push_back(sample_route(Method::get, "/api/v1/things/{id}", "getThing", echo));
    table.routes.push_back(
        sample_route(Method::get, "/api/v1/things/special", "getSpecialThing", echo));
    Route put = sample_route(Method::put, "/api/v1/things/{id}", "putThing",
                             [](const Request& request) { return json_response(request.json); });
    put.body = {thing_body()};
    table.routes.push_back(std::move(put));
    Route make = sample_route(Method::post, "/api/v1/things", "makeThing",
                              [this](const Request& request) { return make_thing(request); });
    make.body = {thing_body()};
    make.is_idempotent_by_key = true;
    make.answers = {{201, "Made.", schema_ref("Thing"), "application/json"}};
    table.routes.push_back(std::move(make));
    Route later = sample_route(Method::post, "/api/v1/later", "later", {});
    later.is_idempotent_by_key = true;
    later.handler = AsyncHandler{[this](const std::shared_ptr<const Request>&, Reply reply) {
        later_.push_back(std::move(reply));
    }};
    table.routes.push_back(std::move(later));
    Route again = sample_route(Method::post, "/api/v1/again", "again",
                               [this](const Request& request) -> Answer {
                                   repeat_ids_.push_back(request.repeat_id.value_or(core::Uuid{}));
                                   if (instead) return instead();
                                   return json_response(core::Value{repeat_ids_.back().text()});
                               });
    again.is_idempotent_by_key = true;
    again.is_repeatable = true;
    table.routes.push_back(std::move(again));
    table.routes.push_back(websocket_route());
    table.routes.push_back(sample_route(Method::get, "/api/v1/fails", "fail", [](const Request&) {
        return throw std::runtime_error{"a library threw"}, Answer{};
    }));
    return table;
}

Answer SampleApi::make_thing(const Request& request) {
    if (instead) return instead();
    ++things_made_;
    Response response = json_response(request.json, 201);
    response.headers.add("Location", "/api/v1/things/" + std::to_string(things_made_));
    return response;
}

void SampleApi::send(const std::shared_ptr<Request>& request) {
    api_->handle(request, [this](Response response) { answers_.push_back(std::move(response)); });
}

void SampleApi::do_work() {
    while (!work_.empty()) {
        const auto tasks = std::exchange(work_, {});
        for (const auto& task : tasks)
            task();
    }
}

Response SampleApi::ask(const std::shared_ptr<Request>& request) {
    const std::size_t before = answers_.size();
    send(request);
    do_work();
    MR_CHECK(answers_.size() == before + 1);
    Response response = std::move(answers_.back());
    answers_.pop_back();
    return response;
}

Response SampleApi::ask(Method method, std::string_view target, std::string body) {
    return ask(sample_request(method, target, std::move(body)));
}

core::Value body_of(const Response& response) {
    const auto value = core::parse_json(response.body);
    return value ? *value : core::Value{};
}

std::string code_of(const Response& response) {
    const core::Value body = body_of(response);
    const core::Value* const code = body.find("code");
    return code == nullptr ? std::string{} : std::string{code->as_string()};
}

std::string detail_of(const Response& response) {
    const core::Value body = body_of(response);
    const core::Value* const detail = body.find("detail");
    return detail == nullptr ? std::string{} : std::string{detail->as_string()};
}

}  // namespace millrace::server
