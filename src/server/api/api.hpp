// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/message.hpp"
#include "api/route.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/store/idempotency.hpp"

namespace millrace::server {

struct Services;

/// What an Api works with, apart from its routes: functions, so that tests need no runtime. All of
/// them may be called from any thread.
struct ApiParts {
    /// Whether the caller may do this; `resource` is the path.
    std::function<std::expected<void, Problem>(const Caller&, Action, std::string_view resource)>
        authorize;
    /// Does a task on a work thread.
    std::function<void(std::function<void()>)> work;
    /// Lets a task make writing calls; durable when it returns without an error.
    std::function<core::Result<>(const std::function<core::Result<>(store::Idempotency&)>&)>
        write_keys;
    /// Is told of each answer, before it is given: the route's pattern, or nothing where no route
    /// was found, and the seconds since the request was handed over. May be empty.
    std::function<void(Method, std::string_view route, int status, double seconds)> answered;
    std::string version;
    std::string public_url;  ///< empty: the document's server is `/`
};

/// All but `authorize`, which the access rules give.
ApiParts api_parts(Services& services);

/// Everything between a request that may come in and its answer: the route, what it takes, the
/// handler, and a problem document when something is wrong. Thread-safe.
///
/// The request comes with method, method_text, path, segments (none for `/`), query, headers, body,
/// caller, received_at and id; the rest is filled in here. What is wrong with the connection, the
/// host, the origin or the token was answered before.
class Api {
public:
    /// Adds the route of the OpenAPI document to those of `table`.
    Api(RouteTable table, ApiParts parts);
    ~Api();
    Api(const Api&) = delete;
    Api& operator=(const Api&) = delete;

    /// Gives the answer, once, from any thread, perhaps before this returns. An answer to HEAD has
    /// the body that GET would get: the connection sends its length and leaves it out.
    void handle(std::shared_ptr<Request> request, Reply reply) const;

    /// Whether a GET of this path opens a WebSocket; without an upgrade such a request is answered
    /// by `handle` with 426. With one, `handle` gives status 101 and a `stream`, or a problem.
    bool is_websocket(const Request& request) const;

    /// The OpenAPI 3.1 document, made when it is first asked for.
    const core::Value& openapi() const;

private:
    class Impl;
    std::shared_ptr<const Impl> impl_;  // requests under way keep it
};

}  // namespace millrace::server
