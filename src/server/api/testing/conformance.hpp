// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/message.hpp"
#include "millrace/core/schema_check.hpp"
#include "millrace/core/value.hpp"

namespace millrace::server {

/// Tells whether answers are as an OpenAPI document says. Thread-safe.
///
///     Conformance conformance{*core::parse_json(get("/api/v1/openapi.json").body)};
///     EXPECT_THAT(conformance.problems("GET", "/api/v1/workflows", 200, "application/json", body),
///                 IsEmpty());
class Conformance {
public:
    explicit Conformance(core::Value openapi);

    /// `target`: path, with or without a query. Empty when there is such an operation, the status
    /// and the media type are among its answers, and the body fits the schema. A problem document
    /// must also have a known code, its status, and the type that the code has.
    std::vector<std::string> problems(std::string_view method, std::string_view target, int status,
                                      std::string_view content_type, std::string_view body) const;
    std::vector<std::string> problems(const Request& request, const Response& response) const;

    /// Whether a value fits one of `components.schemas`, such as an event that came by WebSocket.
    std::vector<std::string> problems(std::string_view schema, const core::Value& value) const;

    /// Operations as `GET /path/{id}` that no call to `problems` has met yet, sorted. WebSockets
    /// are left out: what they answer is no body.
    std::vector<std::string> untried() const;

private:
    struct Operation {
        std::string method;
        std::vector<std::string> segments;
        std::string name;  ///< `GET /path/{id}`
        core::Value value;
    };
    const Operation* find(std::string_view method, std::string_view target) const;
    std::shared_ptr<const core::SchemaCheck> check_of(const core::Value& schema) const;
    void check_schema(const core::Value& schema, const core::Value& value,
                      std::vector<std::string>& found) const;
    void check_problem(int status, const core::Value& value, std::vector<std::string>& found) const;

    core::Value openapi_;
    std::vector<Operation> operations_;
    mutable std::mutex mutex_;  // guards what follows
    mutable std::map<std::string, std::shared_ptr<const core::SchemaCheck>> checks_;
    mutable std::map<std::string, bool> tried_;
};

}  // namespace millrace::server
