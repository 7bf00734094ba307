// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "api/message.hpp"
#include "api/problem.hpp"
#include "api/route.hpp"
#include "millrace/core/schema_check.hpp"

namespace millrace::server {

/// What a route says of its parameters, ready to check requests. Immutable and thread-safe.
class ParameterCheck {
public:
    /// A schema that does not compile is a mistake in the program.
    explicit ParameterCheck(const Route& route);

    /// 400 `bad_request` that names each parameter that is missing, unknown, given twice, no UTF-8
    /// or not as its schema says.
    std::expected<void, Problem> check(const Request& request) const;

private:
    struct Rule {
        Parameter::In in = Parameter::In::query;
        std::string name;
        bool is_required = false;
        bool is_array = false;
        core::Value item;                                 ///< schema of one value
        std::shared_ptr<const core::SchemaCheck> schema;  ///< null: any text
    };
    void check_values(const Rule& rule, const std::vector<std::string_view>& values,
                      std::vector<std::string>& wrong) const;
    void check_names(const Request& request, std::vector<std::string>& wrong) const;

    std::vector<Rule> rules_;
};

}  // namespace millrace::server
