// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "api/problem.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/store/waits.hpp"
#include "pages/form_values.hpp"

// What an answer to a run that waits is made of.

namespace millrace::server {

/// What somebody decides, before it is judged.
struct Decision {
    bool is_approved = false;
    std::string by;
    std::string reason;
    core::Value values;  ///< object; counts only where it is approved
};

/// `{approved, by, reason, at, values?}`, or what is wrong with the decision: its fields are those
/// of the form, `_by` and `_reason` among them.
std::expected<core::Value, std::vector<FormMessage>> approval_answer(const store::Wait& wait,
                                                                     const Decision& decision,
                                                                     core::Time at);

/// Reads `{approved, by?, reason?, values?}`. 422 with all that is wrong.
std::expected<Decision, Problem> read_decision(const core::Value& body);
/// 422 with messages about a decision that a program has sent.
Problem decision_problem(const std::vector<FormMessage>& messages);

/// As `operator_answer` of the public header says, for the API.
std::expected<core::Value, Problem> judged_answer(const store::Wait& wait, const core::Value& body,
                                                  const std::string& by, core::Time at);

/// `{body, headers, query, method}` of a call. 400 where the body is not what it says it is.
std::expected<core::Value, Problem> call_answer(const Request& request);

}  // namespace millrace::server
