// SPDX-License-Identifier: Apache-2.0
#include "api/api.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <utility>

#include "api/answer.hpp"
#include "api/etag.hpp"
#include "api/idempotency.hpp"
#include "api/openapi.hpp"
#include "api/parameter_check.hpp"
#include "api/request_body.hpp"
#include "api/router.hpp"
#include "api/schema_bundle.hpp"
#include "http/text.hpp"
#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/utf8.hpp"
#include "millrace/format/schema.hpp"
#include "service/services.hpp"

namespace millrace::server {
namespace {

/// Reading and checking a larger body would hold up all connections.
constexpr std::size_t body_bytes_here_max = 16u << 10;
constexpr std::string_view api_path = "/api/v1/";

/// Whether one of the headers of this name has the word in its list.
bool names(const Request& request, std::string_view header, std::string_view word) {
    for (const auto& [name, value] : request.headers.all()) {
        if (!equal_ignoring_case(name, header)) continue;
        for (std::string_view list = value; !list.empty();)
            if (equal_ignoring_case(take_item(list, ','), word)) return true;
    }
    return false;
}

/// As the connection sees it: else it would write the answer's stream as no protocol that is.
bool wants_websocket(const Request& request) {
    return names(request, "Connection", "upgrade") && names(request, "Upgrade", "websocket");
}

Problem no_such_path(const Router& router, const Request& request) {
    const std::string shown = core::replace_invalid_utf8(request.path.substr(0, 200));
    const std::string near = router.suggestion(request.segments);
    return problem("not_found", "there is no path " + shown +
                                    (near.empty() ? "; /api/v1/openapi.json lists all there are"
                                                  : "; did you mean " + near + "?"));
}

}  // namespace

ApiParts api_parts(Services& services) {
    ApiParts parts;
    parts.work = services.work;
    // An answer may come when the services have gone; the runtime outlives them.
    parts.write_keys = [&runtime = services.runtime](const auto& task) {
        return runtime.write([&](store::Store& store) { return task(store.idempotency()); });
    };
    parts.version = services.version;
    parts.public_url = services.options.public_url;
    return parts;
}

class Api::Impl : public std::enable_shared_from_this<Api::Impl> {
public:
    Impl(RouteTable table, ApiParts parts)
        : parts_{std::move(parts)},
          table_{with_openapi_route(std::move(table))},
          keys_{std::make_shared<IdempotentRequests>(parts_.write_keys, parts_.work)},
          router_{table_.routes},
          prepared_(table_.routes.size()) {}

    void handle(std::shared_ptr<Request> request, Reply reply) const;
    bool is_websocket(const Request& request) const;
    const core::Value& openapi() const;

private:
    /// What is made when a route is first called: at the start there is no time for it.
    struct Prepared {
        std::once_flag parameters_once;
        std::optional<ParameterCheck> parameters;
        std::once_flag body_once;
        std::shared_ptr<const core::SchemaCheck> body;  ///< null: any
    };
    /// One request on its way through the checks.
    struct Call {
        const Route* route = nullptr;
        Prepared* prepared = nullptr;
        std::shared_ptr<Request> request;
        Reply reply;
        std::optional<format::Syntax> syntax;  ///< of the body, where it is to be read
    };

    RouteTable with_openapi_route(RouteTable table) const;
    const ParameterCheck& parameter_check(const Route& route, Prepared& prepared) const;
    const core::SchemaCheck* body_check(const Route& route, Prepared& prepared) const;
    std::expected<Call, Problem> prepare(std::shared_ptr<Request> request) const;
    Reply measured(Reply reply, Method method, const Route* route) const;
    std::expected<void, Problem> check_content(Call& call) const;
    std::expected<void, Problem> read_content(const Call& call) const;
    void run(const Call& call) const;
    void call_handler(const Call& call, const Reply& reply) const;
    Answer answer_openapi(const Request& request) const;

    ApiParts parts_;
    RouteTable table_;
    std::shared_ptr<IdempotentRequests> keys_;
    Router router_;
    mutable std::deque<Prepared> prepared_;
    mutable std::once_flag described_;
    mutable core::Value openapi_;
    mutable std::string openapi_text_;
    mutable std::string openapi_etag_;
};

RouteTable Api::Impl::with_openapi_route(RouteTable table) const {
    table.routes.push_back(
        openapi_route([this](const Request& request) { return answer_openapi(request); }));
    return table;
}

const core::Value& Api::Impl::openapi() const {
    std::call_once(described_, [this] {
        openapi_ = openapi_document(table_, parts_.version, parts_.public_url);
        openapi_text_ = core::to_json(openapi_);
        openapi_etag_ = content_etag(openapi_text_);
    });
    return openapi_;
}

Answer Api::Impl::answer_openapi(const Request& request) const {
    openapi();
    if (auto known = not_modified(request, openapi_etag_)) return *std::move(known);
    Response response;
    response.body = openapi_text_;
    response.headers.add("ETag", openapi_etag_);
    return response;
}

const ParameterCheck& Api::Impl::parameter_check(const Route& route, Prepared& prepared) const {
    std::call_once(prepared.parameters_once, [&] { prepared.parameters.emplace(route); });
    return *prepared.parameters;
}

const core::SchemaCheck* Api::Impl::body_check(const Route& route, Prepared& prepared) const {
    std::call_once(prepared.body_once, [&] {
        if (route.body.front().schema.is_null()) return;
        const auto find = [this](std::string_view name) { return find_schema(table_, name); };
        auto compiled = format::compile_schema(bundled(route.body.front().schema, find));
        MR_CHECK(compiled.has_value());
        prepared.body = *std::move(compiled);
    });
    return prepared.body.get();
}

std::expected<Api::Impl::Call, Problem> Api::Impl::prepare(std::shared_ptr<Request> request) const {
    Router::Found found = router_.find(request->method, request->segments);
    if (!found.route) {
        if (found.allow.empty()) return std::unexpected(no_such_path(router_, *request));
        Problem refused = problem("method_not_allowed",
                                  core::replace_invalid_utf8(request->method_text.substr(0, 50)) +
                                      " is not what this path has: " + allow_text(found.allow));
        refused.headers.add("Allow", allow_text(found.allow));
        return std::unexpected(std::move(refused));
    }
    Call call;
    call.route = &table_.routes[*found.route];
    call.prepared = &prepared_[*found.route];
    call.request = std::move(request);
    call.request->parameters = std::move(found.parameters);
    if (parts_.authorize) {
        auto allowed =
            parts_.authorize(call.request->caller, call.route->action, call.request->path);
        if (!allowed) return std::unexpected(std::move(allowed).error());
    }
    if (call.route->is_websocket && !wants_websocket(*call.request)) {
        Problem refused = problem("upgrade_required", "connect to this path with a WebSocket");
        refused.headers.add("Upgrade", "websocket");
        return std::unexpected(std::move(refused));
    }
    if (!call.route->is_open_ended) {
        const ParameterCheck& parameters = parameter_check(*call.route, *call.prepared);
        if (auto checked = parameters.check(*call.request); !checked)
            return std::unexpected(std::move(checked).error());
    }
    if (auto checked = check_content(call); !checked)
        return std::unexpected(std::move(checked).error());
    return call;
}

std::expected<void, Problem> Api::Impl::check_content(Call& call) const {
    if (call.route->body.empty()) return {};
    const Body& body = call.route->body.front();
    if (body.is_raw) return {};
    if (call.request->body.empty()) {
        if (!body.is_required) return {};
        return std::unexpected(
            problem("bad_request", "the request has no body; it needs one: " + body.description));
    }
    const auto syntax = body_syntax(*call.request);
    if (!syntax) return std::unexpected(syntax.error());
    call.syntax = *syntax;
    return {};
}

std::expected<void, Problem> Api::Impl::read_content(const Call& call) const {
    if (!call.syntax) return {};
    auto value = read_body(call.request->body, *call.syntax);
    if (!value) return std::unexpected(std::move(value).error());
    call.request->json = *std::move(value);
    const core::SchemaCheck* const schema = body_check(*call.route, *call.prepared);
    if (schema == nullptr) return {};
    return check_body(call.request->json, *schema);
}

void Api::Impl::handle(std::shared_ptr<Request> request, Reply reply) const {
    if (request->segments.size() == 1 && request->segments.front().empty())
        request->segments.clear();
    if (request->method == Method::options) {
        const Router::Found found = router_.find(Method::options, request->segments);
        if (!found.route && !found.allow.empty()) {
            Response response = empty_response();
            response.headers.add("Allow", allow_text(found.allow));
            return reply(std::move(response));
        }
    }
    if (!request->base.empty()) {
        reply = [reply = std::move(reply), base = request->base](Response response) {
            const std::string* const place = response.headers.find("Location");
            if (place != nullptr && place->starts_with(api_path))
                response.headers.set("Location", base + *place);
            reply(std::move(response));
        };
    }
    if (request->method == Method::head) {
        // Nobody would read a stream, and whoever holds it would be followed for nothing.
        reply = [reply = std::move(reply)](Response response) {
            response.stream.reset();
            reply(std::move(response));
        };
    }
    auto call = prepare(request);
    reply = measured(std::move(reply), request->method, call ? call->route : nullptr);
    if (!call) return reply(to_response(call.error(), *request));
    call->reply = std::move(reply);
    const bool has_key =
        call->route->is_idempotent_by_key && request->headers.find("Idempotency-Key") != nullptr;
    const bool stays =
        call->route->runs == Runs::here && !has_key && request->body.size() <= body_bytes_here_max;
    if (stays) return run(*call);
    parts_.work([self = shared_from_this(), call = *std::move(call)] { self->run(call); });
}

Reply Api::Impl::measured(Reply reply, Method method, const Route* route) const {
    if (!parts_.answered) return reply;
    const auto start = std::chrono::steady_clock::now();
    return [this, self = shared_from_this(), reply = std::move(reply), method, route,
            start](Response response) {
        const std::chrono::duration<double> lasted = std::chrono::steady_clock::now() - start;
        parts_.answered(method, route == nullptr ? std::string_view{} : route->pattern,
                        response.status, lasted.count());
        reply(std::move(response));
    };
}

void Api::Impl::run(const Call& call) const {
    if (auto read = read_content(call); !read)
        return call.reply(to_response(read.error(), *call.request));
    const bool has_key = call.route->is_idempotent_by_key &&
                         call.request->headers.find("Idempotency-Key") != nullptr;
    if (!has_key) return call_handler(call, call.reply);
    keys_->answer(
        call.request, call.route->is_repeatable,
        [self = shared_from_this(), call](const core::Uuid& repeat_id, const Reply& reply) {
            call.request->repeat_id = repeat_id;
            self->call_handler(call, reply);
        },
        call.reply);
}

void Api::Impl::call_handler(const Call& call, const Reply& reply) const {
    const std::shared_ptr<Request>& request = call.request;
    if (const auto* later = std::get_if<AsyncHandler>(&call.route->handler))
        return (*later)(request, reply);
    Response response;
    // A library's exception that slipped through must not end the server with all its connections.
    try {
        Answer answer = std::get<Handler>(call.route->handler)(*request);
        response = answer ? *std::move(answer) : to_response(answer.error(), *request);
    } catch (const std::exception& error) {
        response = to_response(problem("internal", error.what()), *request);
    }
    reply(std::move(response));
}

bool Api::Impl::is_websocket(const Request& request) const {
    if (request.method != Method::get) return false;
    const Router::Found found = router_.find(Method::get, request.segments);
    return found.route && table_.routes[*found.route].is_websocket;
}

Api::Api(RouteTable table, ApiParts parts)
    : impl_{std::make_shared<Impl>(std::move(table), std::move(parts))} {}

Api::~Api() = default;

void Api::handle(std::shared_ptr<Request> request, Reply reply) const {
    impl_->handle(std::move(request), std::move(reply));
}

bool Api::is_websocket(const Request& request) const {
    return impl_->is_websocket(request);
}

const core::Value& Api::openapi() const {
    return impl_->openapi();
}

}  // namespace millrace::server
