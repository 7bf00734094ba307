// SPDX-License-Identifier: Apache-2.0
#include "api/answer.hpp"
#include "metrics/metrics.hpp"
#include "routes/routes.hpp"

namespace millrace::server {
namespace {

Answer answer_metrics(Services& services) {
    if (!services.options.metrics.enabled) {
        return std::unexpected(
            problem("not_found",
                    "metrics are turned off; the setting metrics.enabled turns them "
                    "on"));
    }
    Response response;
    response.body = services.metrics.text();
    response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.headers.add("Cache-Control", "no-store");
    return response;
}

}  // namespace

void add_metrics_routes(RouteTable& table, Services& services) {
    Route route;
    route.pattern = "/metrics";
    route.id = "getMetrics";
    route.tag = "System";
    route.summary = "What is counted, for Prometheus";
    route.description =
        "Prometheus' text format 0.0.4. No label holds an id of an execution, and each has a "
        "bounded number of values. What the store is asked for is at most some seconds old.";
    route.action = Action::read;
    // Asks the store, and there may be a thousand lines to write.
    route.runs = Runs::at_work;
    route.handler = [&services](const Request&) { return answer_metrics(services); };
    route.answers = {{200, "The metrics.", schema_of(R"({"type": "string"})"), "text/plain"}};
    route.problems = {"not_found"};
    table.routes.push_back(std::move(route));
}

}  // namespace millrace::server
