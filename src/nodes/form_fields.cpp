// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/form_fields.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "field.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/schema.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

constexpr std::size_t name_length_max = 64;
constexpr std::size_t path_length_max = 200;
/// A text that may be longer than this gets several lines.
constexpr std::int64_t line_length_max = 200;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view text_of(const Value& schema, std::string_view key) {
    const Value* const found = schema.find(key);
    return found != nullptr && found->is_string() ? found->as_string() : std::string_view{};
}

/// `first_name` and `firstName` are First name.
std::string label_of(std::string_view name) {
    std::string label;
    for (const char c : name) {
        const bool is_upper = c >= 'A' && c <= 'Z';
        if (label.empty()) {
            label.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
        } else if (c == '_' || c == '-' || c == '.') {
            label.push_back(' ');
        } else if (is_upper && label.back() >= 'a' && label.back() <= 'z') {
            label.append(1, ' ').push_back(static_cast<char>(c - 'A' + 'a'));
        } else {
            label.push_back(c);
        }
    }
    return label;
}

bool is_field_name(std::string_view name) {
    const auto fits = [](char c) {
        return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
    };
    return !name.empty() && name.size() <= name_length_max && is_letter(name.front()) &&
           std::ranges::all_of(name, fits);
}

bool is_plain(const Value& value) {
    return value.is_string() || value.is_number() || value.is_bool();
}

/// The type that is not null; empty: none is said, nothing: there are several.
std::optional<std::string_view> type_of(const Value& schema) {
    const Value* const type = schema.find("type");
    if (type == nullptr) return std::string_view{};
    if (type->is_string()) return type->as_string();
    if (!type->is_array()) return std::nullopt;
    std::string_view found;
    for (const Value& one : type->as_array()) {
        if (!one.is_string()) return std::nullopt;
        if (one.as_string() == "null") continue;
        if (!found.empty()) return std::nullopt;
        found = one.as_string();
    }
    return found;
}

class Reader {
public:
    std::expected<std::vector<FormField>, FormMistake> read(const Value& schema) {
        const auto type = schema.is_object() ? type_of(schema) : std::nullopt;
        const Value* const properties = schema.find("properties");
        if (!type || (!type->empty() && *type != "object"))
            return mistake("", "a form needs a JSON Schema of an object");
        if (properties == nullptr || !properties->is_object() || properties->size() == 0)
            return mistake("", "a form needs `properties`, one for each field");
        if (properties->size() > form_fields_max) {
            return mistake("/properties",
                           "a form has at most " + std::to_string(form_fields_max) + " fields");
        }
        for (const core::Member& property : properties->as_object()) {
            FormField& field = fields_.emplace_back();
            field.name = property.key;
            field.is_required = names(schema.find("required"), property.key);
            const std::string path = core::pointer_child("/properties", property.key);
            if (auto wrong = read_field(property.value, path, field))
                return std::unexpected(*wrong);
        }
        return std::move(fields_);
    }

private:
    using Wrong = std::optional<FormMistake>;

    static std::unexpected<FormMistake> mistake(std::string path, std::string message) {
        return std::unexpected{FormMistake{std::move(path), std::move(message)}};
    }

    static bool names(const Value* required, std::string_view name) {
        if (required == nullptr || !required->is_array()) return false;
        const auto all = required->as_array();
        return std::ranges::find(all, Value{name}) != all.end();
    }

    static Wrong read_field(const Value& schema, const std::string& path, FormField& field) {
        if (!is_field_name(field.name)) {
            return FormMistake{path,
                               "the name of a field has letters, digits, `_`, `-` and `.`, begins "
                               "with a letter and has at most 64 characters"};
        }
        if (!schema.is_object())
            return FormMistake{path, "a field needs a JSON Schema such as {type: string}"};
        field.schema = schema;
        const std::string_view title = text_of(schema, "title");
        field.label = title.empty() ? label_of(field.name) : std::string{title};
        field.hint = text_of(schema, "description");
        if (schema.find("enum") != nullptr || schema.find("oneOf") != nullptr) {
            field.kind = FormFieldKind::choice;
            return read_choices(schema, path, field);
        }
        const auto type = type_of(schema);
        if (type == "array") return read_array(schema, path, field);
        if (type == "boolean") {
            field.kind = FormFieldKind::flag;
        } else if (type == "integer") {
            field.kind = FormFieldKind::integer;
        } else if (type == "number") {
            field.kind = FormFieldKind::number;
        } else if (type == "string") {
            field.kind = kind_of_text(schema);
        } else {
            return FormMistake{path,
                               "a form cannot ask for this: a field is a string, a number, an "
                               "integer, a boolean, an `enum`, or an array of strings or of an "
                               "`enum`"};
        }
        return std::nullopt;
    }

    static FormFieldKind kind_of_text(const Value& schema) {
        const std::string_view format = text_of(schema, "format");
        if (format == "email") return FormFieldKind::email;
        if (format == "uri") return FormFieldKind::uri;
        if (format == "date") return FormFieldKind::date;
        if (format == "multi-line") return FormFieldKind::lines;
        const Value* const length = schema.find("maxLength");
        const bool is_long =
            length != nullptr && length->is_integer() && length->as_integer() > line_length_max;
        return is_long ? FormFieldKind::lines : FormFieldKind::line;
    }

    static Wrong read_array(const Value& schema, const std::string& path, FormField& field) {
        const Value* const items = schema.find("items");
        if (items != nullptr && items->is_object()) {
            if (items->find("enum") != nullptr || items->find("oneOf") != nullptr) {
                field.kind = FormFieldKind::choices;
                return read_choices(*items, path + "/items", field);
            }
            field.kind = FormFieldKind::list;
            if (type_of(*items) == "string") return std::nullopt;
        }
        return FormMistake{path, "the `items` of an array in a form are strings or an `enum`"};
    }

    static Wrong read_choices(const Value& schema, const std::string& path, FormField& field) {
        const bool is_titled = schema.find("enum") == nullptr;
        const Value* const listed = schema.find(is_titled ? "oneOf" : "enum");
        const std::string place = path + (is_titled ? "/oneOf" : "/enum");
        if (!listed->is_array() || listed->size() == 0 || listed->size() > form_choices_max) {
            return FormMistake{
                place, "a choice needs 1 to " + std::to_string(form_choices_max) + " values"};
        }
        for (const Value& one : listed->as_array()) {
            const Value* const value = is_titled ? one.find("const") : &one;
            if (value != nullptr && value->is_null()) continue;
            if (value == nullptr || !is_plain(*value)) {
                return FormMistake{place, is_titled ? "each of them needs a `const`, a text or a "
                                                      "number, and a `title`"
                                                    : "the values of a choice are texts, numbers "
                                                      "or booleans"};
            }
            FormChoice& choice = field.choices.emplace_back();
            choice.value = *value;
            choice.text =
                value->is_string() ? std::string{value->as_string()} : core::to_json(*value);
            const std::string_view title = is_titled ? text_of(one, "title") : std::string_view{};
            choice.label = title.empty() ? choice.text : std::string{title};
        }
        return std::nullopt;
    }

    std::vector<FormField> fields_;
};

}  // namespace

std::expected<std::vector<FormField>, FormMistake> read_form_fields(const Value& schema) {
    return Reader{}.read(schema);
}

bool has_template(const Value& value) {
    if (value.is_string()) return is_template(value);
    if (value.is_array()) return std::ranges::any_of(value.as_array(), has_template);
    return value.is_object() && std::ranges::any_of(value.as_object(), [](const core::Member& one) {
               return has_template(one.value);
           });
}

void check_form_schema(const Value& schema, const std::string& pointer, core::Problems& problems) {
    if (has_template(schema)) return;
    if (const auto fields = read_form_fields(schema); !fields) {
        add_problem(problems, core::ProblemCode::bad_value, pointer + fields.error().path,
                    fields.error().message);
    } else if (const auto compiled = format::compile_schema(schema); !compiled) {
        add_problem(problems, core::ProblemCode::bad_value, pointer, compiled.error().message());
    }
}

std::string form_path_mistake(std::string_view path) {
    if (path.empty() || path.size() > path_length_max)
        return "the path of a form has 1 to 200 characters";
    const auto fits = [](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '~';
    };
    if (path.front() == '~') return "a path that begins with `~` would name a tenant";
    for (std::string_view rest = path;;) {
        const std::string_view segment = rest.substr(0, rest.find('/'));
        if (segment.empty()) return "the path begins or ends with a `/`, or has two of them";
        if (segment == "." || segment == "..") return "`.` and `..` are no parts of a path";
        if (!std::ranges::all_of(segment, fits))
            return "the parts of a path have letters, digits, `-`, `_`, `.` and `~`";
        if (segment.size() == rest.size()) return {};
        rest.remove_prefix(segment.size() + 1);
    }
}

}  // namespace millrace::nodes
