// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "routes/executions/execution_problems.hpp"
#include "routes/executions/executions.hpp"
#include "routes/executions/gather.hpp"
#include "routes/executions/start_wish.hpp"
#include "tracing/trace_context.hpp"

namespace millrace::server {
namespace {

core::Value started_value(core::ExecutionId id) {
    return core::Value::object({{"execution_id", id.text()},
                                {"status", core::to_text(core::ExecutionStatus::pending)},
                                {"error", core::Value{}}});
}

core::Value refused_value(const Problem& problem) {
    return core::Value::object({{"execution_id", core::Value{}},
                                {"status", core::Value{}},
                                {"error", item_problem(problem)}});
}

/// What the item at this place of a request under an Idempotency-Key is known by.
std::optional<core::ExecutionId> id_of_item(const Request& request, std::size_t place) {
    if (!request.repeat_id) return std::nullopt;
    core::ExecutionId id{*request.repeat_id};
    for (std::size_t i = 0; i < sizeof(std::uint32_t); ++i)
        id.uuid.bytes[15 - i] ^= static_cast<std::uint8_t>(place >> (8 * i));
    return id;
}

/// Starts one; its result is given in any case.
void start_one(Services& services, const Request& request, const core::Value& body,
               const std::shared_ptr<Gather>& gather, std::size_t place) {
    const auto refuse = [&](const Problem& problem) {
        gather->give(place, refused_value(problem));
    };
    const std::string pointer = "/items/" + std::to_string(place);
    auto wish = read_start_wish(body, pointer);
    if (!wish) return refuse(wish.error());
    auto plan = services.catalog.load(request.parameter("id"), wish->version);
    if (!plan) return refuse(problem_of(plan.error()));
    wish->request.plan = *std::move(plan);
    wish->request.id = id_of_item(request, place);
    wish->request.options.trace = trace_of(request);
    services.runtime.execute(
        std::move(wish->request),
        [gather, place, pointer](core::Result<core::ExecutionId> id) {
            gather->give(
                place, id ? started_value(*id) : refused_value(start_problem(id.error(), pointer)));
        },
        {});
}

void execute_batch(Services& services, const std::shared_ptr<const Request>& request,
                   const Reply& reply) {
    const std::string& id = request->parameter("id");
    // Of the whole: without a workflow no item can be started.
    if (const auto plan = services.catalog.load(id); !plan)
        return reply_with(reply, *request, std::unexpected(problem_of(plan.error())));
    const core::Value* const items = request->json.find("items");
    const auto gather = std::make_shared<Gather>(
        items->size(), [work = services.work, reply](std::vector<core::Value> results) {
            // The last result comes on a thread of the engine, which has no time to write.
            work([reply, results = std::move(results)] {
                reply(json_response(core::Value::object({{"items", core::Value::array(results)}}),
                                    202));
            });
        });
    std::size_t place = 0;
    for (const core::Value& item : items->as_array())
        start_one(services, *request, item, gather, place++);
}

}  // namespace

void add_execute_batch_routes(RouteTable& table, Services& services) {
    table.schemas.emplace_back("ItemProblem", schema_of(R"({
        "type": "object",
        "description": "Why one of many could not be done.",
        "required": ["status", "code", "detail"],
        "properties": {
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "detail": {"type": "string"}
        }
    })"));
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows/{id}/execute-batch";
    route.id = "executeWorkflowBatch";
    route.tag = executions_tag;
    route.summary = "Start many executions";
    route.description =
        "Each for itself: one that cannot be started does not keep the others from it. Answers "
        "once all that were accepted are durable.";
    route.action = Action::run;
    route.parameters = {path_parameter("id", "The workflow.")};
    route.body = {
        {.description = "What to start them with, 1,000 at most.", .schema = schema_of(R"({
                       "type": "object",
                       "required": ["items"],
                       "additionalProperties": false,
                       "properties": {
                           "items": {
                               "type": "array",
                               "minItems": 1,
                               "maxItems": 1000,
                               "items": {"$ref": "#/components/schemas/ExecuteRequest"}
                           }
                       }
                   })")}};
    route.answers = {{202, "What became of each, in order.", schema_of(R"({
        "type": "object",
        "required": ["items"],
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["execution_id", "status", "error"],
                    "properties": {
                        "execution_id": {"type": ["string", "null"]},
                        "status": {"type": ["string", "null"]},
                        "error": {
                            "anyOf": [
                                {"type": "null"},
                                {"$ref": "#/components/schemas/ItemProblem"}
                            ]
                        }
                    }
                }
            }
        }
    })")}};
    route.problems = {"not_found"};
    route.is_idempotent_by_key = true;
    route.is_repeatable = true;
    route.handler =
        AsyncHandler{[&services](const std::shared_ptr<const Request>& request,
                                 const Reply& reply) { execute_batch(services, request, reply); }};
    table.routes.push_back(std::move(route));
}

}  // namespace millrace::server
