// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "pages/form_values.hpp"
#include "pages/html.hpp"

// How the fields of a form look: each with a label, its hint and its message tied to it, so that
// screen readers tell of them, too.

namespace millrace::server {

struct FormState {
    FormTexts sent;        ///< what is filled in again
    bool is_sent = false;  ///< else the schema's defaults are filled in
    std::vector<FormMessage> messages;
};

/// What is wrong, with links to the fields; nothing without messages. It stands before the form and
/// takes the focus of screen readers.
void write_summary(Html& html, const FormState& state);

void write_field(Html& html, const nodes::FormField& field, const FormState& state);
void write_fields(Html& html, std::span<const nodes::FormField> fields, const FormState& state);

}  // namespace millrace::server
