// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "api/message.hpp"
#include "millrace/core/value.hpp"
#include "pages/form_values.hpp"
#include "pages/form_view.hpp"

// The pages of `trigger.form`. `data` is the node's.

namespace millrace::server {

/// A hidden field: what makes sending a form twice one start.
inline constexpr std::string_view once_field = "_once";

Response form_page(const core::Value& data, const Form& form, const FormState& state,
                   std::string_view once, int status = 200);
/// What people see when the form was taken.
Response thank_you_page(const core::Value& data);

/// Where the browser goes then, relative to the form at `path`.
std::string after_sending(const core::Value& data, std::string_view path);

}  // namespace millrace::server
