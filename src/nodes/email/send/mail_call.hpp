// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "millrace/core/failure.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/effect.hpp"

namespace millrace::nodes {

/// The mail that evaluated `data` asks for; a failure of class `validation` names the field.
std::expected<engine::MailCall, core::Failure> make_mail(const core::Value& data);

/// What can be said of `data` before its templates are evaluated.
void check_mail_data(const core::Value& data, const std::string& pointer, core::Problems& problems);

}  // namespace millrace::nodes
