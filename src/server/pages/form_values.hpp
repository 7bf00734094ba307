// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/schema_check.hpp"
#include "millrace/core/value.hpp"
#include "millrace/nodes/form_fields.hpp"
#include "pages/form_encoding.hpp"

namespace millrace::server {

/// A form as it is shown and judged. Immutable.
struct Form {
    std::vector<nodes::FormField> fields;
    std::shared_ptr<const core::SchemaCheck> check;
};

/// Nothing when the schema is no form.
std::optional<Form> make_form(const core::Value& schema);

/// What is wrong with what somebody has sent.
struct FormMessage {
    std::string field;  ///< its name; empty: the form as a whole
    std::string text;
};

/// What was sent, as the schema wants it.
struct FormValues {
    core::Value values;                 ///< object; a field that was left empty is not in it
    std::vector<FormMessage> messages;  ///< none: the values fit the schema
};

/// Makes numbers, flags and lists of texts, and judges them. Names that are no fields are ignored:
/// browsers and programs between add such.
FormValues read_form_values(const Form& form, const FormTexts& sent);

/// Judges values, also those that a program has sent: by the schema, by what a field of its kind
/// can hold, and by what fields there are.
std::vector<FormMessage> judge_values(const Form& form, const core::Value& values);

}  // namespace millrace::server
