// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/message.hpp"
#include "api/problem.hpp"
#include "millrace/core/value.hpp"

namespace millrace::server {

/// What a caller wants to do, for `authorize`.
enum class Action : std::uint8_t { open, read, run, edit, operate, administer };
std::string_view to_text(Action action);

/// An answer, or why there is none.
using Answer = std::expected<Response, Problem>;

/// Answers on the thread it is called on.
using Handler = std::function<Answer(const Request&)>;
/// Answers later; the request lives as long as anybody holds it.
using AsyncHandler = std::function<void(std::shared_ptr<const Request>, Reply)>;

/// Where a handler runs. One that reads the store or compiles would hold up all connections.
enum class Runs : std::uint8_t {
    here,     ///< on the connection's thread: takes microseconds and never blocks
    at_work,  ///< on a work thread
};

/// A parameter of the path, the query or the headers, as OpenAPI tells it and requests are checked.
struct Parameter {
    enum class In : std::uint8_t { path, query, header };
    In in = In::query;
    std::string name;
    std::string description;
    core::Value schema;  ///< JSON Schema of a text, a number or a choice; repeated: type array
    bool is_required = false;
};

/// A body that a route takes, as JSON or as YAML.
struct Body {
    std::string description;
    core::Value schema;  ///< `{"$ref": "#/components/schemas/Execution"}` or a schema; null: any
    bool is_required = true;
    /// The handler reads `Request::body` itself: no reading or checking before.
    bool is_raw = false;
    /// Which the handler of a raw body takes; empty: JSON and YAML.
    std::vector<std::string> media_types{};
};

struct PossibleAnswer {
    int status = 200;
    std::string description;
    core::Value schema;  ///< null: no body
    std::string media_type = "application/json";
};

struct Route {
    Method method = Method::get;
    /// `/api/v1/workflows/{id}/versions/{n}`; `/webhooks/{path...}`: whatever follows, as it is.
    std::string pattern;
    /// Whatever the method is, where no other route of the pattern has it; OPTIONS, too.
    bool is_for_any_method = false;
    /// Belongs to whoever made the path: its query and answers are not this API's, and it is not
    /// in the API's description.
    bool is_open_ended = false;
    std::string id;   ///< OpenAPI's operationId: `getWorkflowVersion`
    std::string tag;  ///< groups routes: `Workflows`
    std::string summary;
    std::string description;
    Action action = Action::read;
    Runs runs = Runs::at_work;
    std::vector<Parameter> parameters;
    std::vector<Body> body;  ///< none or one
    std::vector<PossibleAnswer> answers;
    std::vector<std::string> problems;  ///< codes beside those that every route may answer
    /// POST that makes something: `Idempotency-Key` is honoured.
    bool is_idempotent_by_key = false;
    /// Besides: done again with the same `Request::repeat_id`, it finds what it has made before. So
    /// it may be repeated after a crash or an unknown outcome.
    bool is_repeatable = false;
    bool is_websocket = false;  ///< the handler's answer has a `stream`, and the method is GET
    std::variant<Handler, AsyncHandler> handler;
};

/// All routes and the schemas that they name; a folder of routes adds its own.
struct RouteTable {
    std::vector<Route> routes;
    std::vector<std::pair<std::string, core::Value>> schemas;  ///< `Execution` → JSON Schema
};

}  // namespace millrace::server
