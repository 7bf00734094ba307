// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "api/problem.hpp"
#include "api/route.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"

namespace millrace::server {

/// 422 with one thing that is wrong; `path` is a JSON Pointer into the body.
Problem invalid_member(std::string path, std::string message);

/// Why an execution could not be started; `pointer` leads to the start's part of the body.
Problem start_problem(const core::Error& error, std::string_view pointer = {});
/// Why a command about an execution or one of its runs could not be done.
Problem command_problem(const core::Error& error);

/// The id in the path: 404 when it cannot be one.
std::expected<core::ExecutionId, Problem> execution_id_of(const Request& request);

/// What a part of an answer about many says of one that failed.
core::Value item_problem(const Problem& problem);

}  // namespace millrace::server
