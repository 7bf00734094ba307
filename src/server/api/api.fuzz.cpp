// SPDX-License-Identifier: Apache-2.0
// Any method, target, header and body is answered once, and the answer is as the API describes it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/answer.hpp"
#include "api/api.hpp"
#include "api/schemas.hpp"
#include "http/target.hpp"
#include "millrace/core/json.hpp"
#include "millrace/store/open.hpp"

namespace {

using namespace millrace::server;
namespace core = millrace::core;

Answer echo(const Request& request) {
    return json_response(request.json);
}

Route fuzzed_route(Method method, std::string pattern) {
    Route route;
    route.method = method;
    route.pattern = std::move(pattern);
    route.runs = Runs::here;
    route.handler = echo;
    return route;
}

RouteTable fuzzed_routes() {
    RouteTable table;
    add_common_schemas(table);
    Route list = fuzzed_route(Method::get, "/api/v1/things");
    list.parameters = page_parameters();
    list.parameters.push_back(choice_parameter("status", "", {"new", "old"}));
    list.parameters.push_back(time_parameter("after", ""));
    list.parameters.push_back(duration_parameter("wait", ""));
    table.routes.push_back(std::move(list));
    table.routes.push_back(fuzzed_route(Method::get, "/api/v1/things/{id}"));
    table.routes.push_back(fuzzed_route(Method::get, "/api/v1/things/special/{n}"));
    Route put = fuzzed_route(Method::put, "/api/v1/things/{id}");
    put.body = {{"A workflow.", schema_ref("Workflow"), true, false}};
    table.routes.push_back(std::move(put));
    Route post = fuzzed_route(Method::post, "/api/v1/things");
    post.body = {{"A node's run.", schema_ref("NodeRun"), false, false}};
    post.is_idempotent_by_key = true;
    table.routes.push_back(std::move(post));
    return table;
}

Method method_of(std::string_view text) {
    for (const Method method : {Method::get, Method::head, Method::post, Method::put, Method::patch,
                                Method::del, Method::options}) {
        if (to_text(method) == text) return method;
    }
    return Method::other;
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

/// `METHOD TARGET`, lines of headers, an empty line, the body. Null: no target that a connection
/// would pass on.
std::shared_ptr<Request> request_of(std::string_view text) {
    auto request = std::make_shared<Request>();
    const std::string_view first = take_line(text);
    const std::size_t space = first.find(' ');
    request->method_text = first.substr(0, space);
    request->method = method_of(request->method_text);
    const std::string_view target = space == std::string_view::npos ? "/" : first.substr(space + 1);
    if (!read_target(target, *request)) return nullptr;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos) continue;
        request->headers.add(std::string{line.substr(0, colon)},
                             std::string{line.substr(colon + 2)});
    }
    request->body = text;
    return request;
}

void require(bool condition, const Response& response) {
    if (condition) return;
    std::cerr << response.status << ' ' << response.body << '\n';
    std::abort();
}

void check(const Response& response) {
    require(response.status >= 200 && response.status < 500, response);
    if (response.body.empty()) return;
    const auto body = core::parse_json(response.body);
    require(body.has_value(), response);
    if (response.status < 400) return;
    const core::Value* const code = body->find("code");
    require(code != nullptr && find_problem_code(code->as_string()) != nullptr &&
                find_problem_code(code->as_string())->status == response.status,
            response);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 4096) return 0;  // long texts only slow the search down
    static const std::unique_ptr<millrace::store::Store> store =
        millrace::store::open_memory_store();
    static const Api api = [] {
        ApiParts parts;
        parts.work = [](const std::function<void()>& task) { task(); };
        parts.write_keys = [](const auto& task) { return task(store->idempotency()); };
        return Api{fuzzed_routes(), std::move(parts)};
    }();
    const std::shared_ptr<Request> request =
        request_of({reinterpret_cast<const char*>(data), size});
    if (request == nullptr) return 0;
    int answers = 0;
    Response last;
    api.handle(request, [&](Response response) {
        ++answers;
        last = std::move(response);
    });
    require(answers == 1, last);
    check(last);
    return 0;
}
