// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/message.hpp"
#include "millrace/core/document.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/result.hpp"

namespace millrace::server {

/// One thing that is wrong with a request, and where.
struct ProblemDetail {
    std::string path;  ///< JSON Pointer into the body
    std::string code;
    std::string message;
    std::string node_id;                ///< empty: none
    std::optional<std::uint32_t> line;  ///< from 1, where the text is known
    std::optional<std::uint32_t> column;
    std::string suggestion;  ///< empty: none
};

/// Why a request cannot be done; RFC 9457.
struct Problem {
    int status = 500;
    std::string code;  ///< stable; names its page, /problems/{code}
    std::string detail;
    std::vector<ProblemDetail> errors;
    Fields headers;  ///< such as Allow and Retry-After
};

/// A code that the API may answer: its title and what its page says.
struct ProblemKind {
    std::string_view code;
    int status;
    std::string_view title;
    std::string_view meaning;  ///< for people: why it happens, and what to do
};
std::span<const ProblemKind> problem_codes();
const ProblemKind* find_problem_code(std::string_view code);

/// Of a code that is in the table, with its status.
Problem problem(std::string_view code, std::string detail);
/// By the error's room and code: `not_found` is 404, `conflict` 409, `busy` 503, and so on.
Problem problem_of(const core::Error& error);
/// 422 with all problems of a document.
Problem problem_of(const core::Problems& problems, std::string detail);

/// `application/problem+json`.
Response to_response(const Problem& problem, const Request& request);

}  // namespace millrace::server
