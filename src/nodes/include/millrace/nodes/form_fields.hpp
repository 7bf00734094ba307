// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/problem.hpp"
#include "millrace/core/value.hpp"

// What people are asked for, as `trigger.form` and the approvals of `flow.wait` describe it.

namespace millrace::nodes {

/// How a field is asked for.
enum class FormFieldKind : std::uint8_t {
    line,   ///< one line of text
    lines,  ///< several lines of text: format `multi-line`, or more than 200 characters
    email,
    uri,
    date,
    integer,
    number,
    flag,     ///< true or false
    choice,   ///< one of `choices`
    choices,  ///< any number of `choices`, as an array
    list,     ///< an array of texts, one on each line
};

struct FormChoice {
    std::string label;
    std::string text;  ///< what stands for the value in a form
    core::Value value;
};

struct FormField {
    std::string name;
    std::string label;  ///< its schema's `title`, else made of the name
    std::string hint;   ///< its `description`
    FormFieldKind kind = FormFieldKind::line;
    bool is_required = false;
    std::vector<FormChoice> choices;
    core::Value schema;  ///< of its value
};

/// Why a schema cannot be shown as a form.
struct FormMistake {
    std::string path;  ///< JSON Pointer into the schema
    std::string message;
};

inline constexpr std::size_t form_fields_max = 200;
inline constexpr std::size_t form_choices_max = 1'000;

/// The fields of a form in the schema's order. The schema is one of an object whose `properties`
/// are texts, numbers, flags, choices, and arrays of texts and choices.
std::expected<std::vector<FormField>, FormMistake> read_form_fields(const core::Value& schema);

/// Reports why `schema`, at this place of a document, is no form; nothing where templates still
/// change it.
void check_form_schema(const core::Value& schema, const std::string& pointer,
                       core::Problems& problems);

/// Whether a template may still change a text anywhere in the value.
bool has_template(const core::Value& value);

/// Why the path of a form is none; empty: it is one. `contact`, `events/2030/register`.
std::string form_path_mistake(std::string_view path);

}  // namespace millrace::nodes
