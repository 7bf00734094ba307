// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/store/waits.hpp"

namespace millrace::server {

/// What leaves a run that waits when whoever operates it answers with `body`: of an approval
/// `{approved, by?, reason?, values?}`, where `by` stands in when nobody is named; of a webhook the
/// body that a call would have had; of a signal or an event the value itself. Or a sentence that
/// says why it is no answer.
std::expected<core::Value, std::string> operator_answer(const store::Wait& wait,
                                                        const core::Value& body,
                                                        const std::string& by, core::Time at);

}  // namespace millrace::server
