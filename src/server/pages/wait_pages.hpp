// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/message.hpp"
#include "millrace/core/value.hpp"
#include "millrace/store/waits.hpp"
#include "pages/form_values.hpp"
#include "pages/form_view.hpp"

// The pages behind links: what people decide on, and what they are told.

namespace millrace::server {

// Names in the form of an approval, beside its own fields.
inline constexpr std::string_view decision_field = "_decision";  ///< `approve` or `reject`
inline constexpr std::string_view by_field = "_by";
inline constexpr std::string_view reason_field = "_reason";

/// Names of whom an approval is for; empty: it asks for the name.
std::vector<std::string> approvers_of(const store::Wait& wait);
/// What an approval asks for beside the decision; nothing without fields.
std::optional<Form> approval_form(const store::Wait& wait);

Response approval_page(const store::Wait& wait, const FormState& state, int status = 200);
Response decided_page(const store::Wait& wait, const core::Value& answer);
/// Of a link that programs call.
Response webhook_page(const store::Wait& wait);
/// Of an answer that came too late: who gave one and when, or why nobody waits.
Response closed_page(const store::Wait& wait);
/// The same for programs, as a sentence.
std::string closed_text(const store::Wait& wait);

}  // namespace millrace::server
