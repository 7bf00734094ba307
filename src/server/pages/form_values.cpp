// SPDX-License-Identifier: Apache-2.0
#include "pages/form_values.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "http/text.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/format/schema.hpp"

namespace millrace::server {
namespace {

using core::Value;
using nodes::FormField;
using nodes::FormFieldKind;

constexpr std::size_t messages_max = 100;

/// A number that the schema has under `key`.
std::optional<Value> bound(const FormField& field, std::string_view key) {
    const Value* const found = field.schema.find(key);
    return found != nullptr && found->is_number() ? std::optional{*found} : std::nullopt;
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_number_text(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
}

/// The number as JSON has it, also with a plus or with zeros before it.
std::optional<Value> number_of(std::string_view text) {
    if (!is_number_text(text)) return std::nullopt;
    const bool is_negative = text.starts_with('-');
    if (is_negative || text.starts_with('+')) text.remove_prefix(1);
    while (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9')
        text.remove_prefix(1);
    std::string json{is_negative ? "-" : ""};
    if (text.starts_with('.')) json += "0";
    json += text;
    if (json.ends_with('.')) json.pop_back();
    auto value = core::parse_json(json);
    if (!value || !value->is_number()) return std::nullopt;
    return *std::move(value);
}

std::string count_text(const Value& count, std::string_view what) {
    return core::to_json(count) + " " + std::string{what} + (count == Value{1} ? "" : "s");
}

/// Judges one field after the other and collects what they hold.
class Reader {
public:
    Reader(const Form& form, const FormTexts& sent) : form_{form}, sent_{sent} {}

    FormValues read() {
        for (const FormField& field : form_.fields)
            read_field(field);
        result_.values = std::move(values_).build();
        // What people are told is in their words; the schema has the last one. What it says of the
        // whole may come of the fields that are wrong.
        const bool is_wrong = !result_.messages.empty();
        for (FormMessage& message : judge_values(form_, result_.values)) {
            const bool is_told = message.field.empty() ? is_wrong : has_message(message.field);
            if (!is_told) result_.messages.push_back(std::move(message));
        }
        std::ranges::stable_sort(result_.messages, {}, [this](const FormMessage& message) {
            return std::ranges::find(form_.fields, message.field, &FormField::name) -
                   form_.fields.begin();
        });
        return std::move(result_);
    }

private:
    void read_field(const FormField& field) {
        switch (field.kind) {
            case FormFieldKind::line:
            case FormFieldKind::lines:
            case FormFieldKind::email:
            case FormFieldKind::uri:
            case FormFieldKind::date: return read_text(field);
            case FormFieldKind::integer:
            case FormFieldKind::number: return read_number(field);
            case FormFieldKind::flag: return read_flag(field);
            case FormFieldKind::choice: return read_choice(field);
            case FormFieldKind::choices: return read_choices(field);
            case FormFieldKind::list: return read_list(field);
        }
    }

    std::string_view text_of(const FormField& field) const {
        const std::string_view text = form_text(sent_, field.name);
        return field.kind == FormFieldKind::lines ? text : trimmed(text);
    }

    /// Nothing was filled in; a message when something must be.
    bool is_missing(const FormField& field, std::string_view text, std::string_view verb) {
        if (!text.empty()) return false;
        if (field.is_required) say(field, std::string{verb} + " " + lower(field.label));
        return true;
    }

    void read_text(const FormField& field) {
        const std::string_view text = text_of(field);
        if (is_missing(field, text, "Enter")) return;
        const auto least = bound(field, "minLength");
        const auto most = bound(field, "maxLength");
        const auto length = static_cast<double>(characters(text));
        if (least && length < least->as_double()) {
            say(field, field.label + " needs at least " + count_text(*least, "character"));
        } else if (most && length > most->as_double()) {
            say(field, field.label + " may have at most " + count_text(*most, "character") +
                           "; this has " + std::to_string(characters(text)));
        }
        values_.set(field.name, text);
    }

    void read_number(const FormField& field) {
        const std::string_view text = text_of(field);
        if (is_missing(field, text, "Enter")) return;
        const auto number = number_of(text);
        if (!number) return say(field, field.label + " must be a number, such as 12 or 3.5");
        if (field.kind == FormFieldKind::integer && !number->is_integer())
            return say(field, field.label + " must be a whole number");
        const auto least = bound(field, "minimum");
        const auto most = bound(field, "maximum");
        if (least && number->as_double() < least->as_double()) {
            say(field, field.label + " must be " + core::to_json(*least) + " or more");
        } else if (most && number->as_double() > most->as_double()) {
            say(field, field.label + " must be " + core::to_json(*most) + " or less");
        }
        values_.set(field.name, *number);
    }

    void read_flag(const FormField& field) {
        const bool is_set = has_form_text(sent_, field.name);
        const Value* const wanted = field.schema.find("const");
        if (wanted != nullptr && *wanted == Value{true} && !is_set)
            return say(field, "Tick: " + field.label);
        values_.set(field.name, is_set);
    }

    static const nodes::FormChoice* choice_of(const FormField& field, std::string_view text) {
        const auto found = std::ranges::find(field.choices, text, &nodes::FormChoice::text);
        return found == field.choices.end() ? nullptr : &*found;
    }

    void read_choice(const FormField& field) {
        const std::string_view text = form_text(sent_, field.name);
        if (is_missing(field, text, "Choose")) return;
        const nodes::FormChoice* const choice = choice_of(field, text);
        if (choice == nullptr)
            return say(field, "Choose one of what is offered for " + lower(field.label));
        values_.set(field.name, choice->value);
    }

    void read_choices(const FormField& field) {
        std::vector<Value> chosen;
        for (const auto& [name, text] : sent_) {
            if (name != field.name || text.empty()) continue;
            const nodes::FormChoice* const choice = choice_of(field, text);
            if (choice == nullptr)
                return say(field, "Choose only what is offered for " + lower(field.label));
            if (std::ranges::find(chosen, choice->value) == chosen.end())
                chosen.push_back(choice->value);
        }
        keep_list(field, std::move(chosen), "Choose");
    }

    void read_list(const FormField& field) {
        std::vector<Value> lines;
        for (std::string_view rest = form_text(sent_, field.name); !rest.empty();)
            if (const std::string_view line = take_item(rest, '\n'); !line.empty())
                lines.emplace_back(line);
        keep_list(field, std::move(lines), "Enter");
    }

    void keep_list(const FormField& field, std::vector<Value> elements, std::string_view verb) {
        const auto least = bound(field, "minItems");
        const auto most = bound(field, "maxItems");
        const auto count = static_cast<double>(elements.size());
        const bool needs_some = field.is_required && least && least->as_double() >= 1;
        if (elements.empty() && !field.is_required) return;
        if (elements.empty() && needs_some) {
            say(field, std::string{verb} + " " + lower(field.label));
        } else if (least && count < least->as_double()) {
            say(field, std::string{verb} + " at least " + core::to_json(*least));
        } else if (most && count > most->as_double()) {
            say(field, std::string{verb} + " at most " + core::to_json(*most));
        }
        values_.set(field.name, Value::array(std::move(elements)));
    }

    /// `E-mail address` within a sentence; a word in capitals stays.
    static std::string lower(std::string text) {
        const bool is_word = text.size() > 1 && text[1] >= 'a' && text[1] <= 'z';
        if (is_word && text[0] >= 'A' && text[0] <= 'Z')
            text[0] = static_cast<char>(text[0] - 'A' + 'a');
        return text;
    }

    bool has_message(std::string_view name) const {
        return std::ranges::any_of(result_.messages,
                                   [&](const FormMessage& one) { return one.field == name; });
    }

    void say(const FormField& field, std::string text) {
        result_.messages.push_back({field.name, std::move(text)});
    }

    const Form& form_;
    const FormTexts& sent_;
    core::ObjectBuilder values_;
    FormValues result_;
};

/// What a violation is about; null: the form as a whole.
const FormField* field_of(const Form& form, std::string_view path) {
    if (!path.starts_with('/')) return nullptr;
    path.remove_prefix(1);
    // Names of fields hold nothing that a pointer would escape.
    const auto found =
        std::ranges::find(form.fields, path.substr(0, path.find('/')), &FormField::name);
    return found == form.fields.end() ? nullptr : &*found;
}

bool is_one_line(std::string_view text) {
    return text.find_first_of("\r\n") == text.npos;
}

/// What browsers show at an address of other schemes may be a program.
bool is_web_address(std::string_view text) {
    const std::string_view scheme = text.substr(0, text.find("://"));
    return scheme.size() + 3 < text.size() &&
           (equal_ignoring_case(scheme, "http") || equal_ignoring_case(scheme, "https"));
}

std::string message_for(const FormField& field, const std::string& violation) {
    switch (field.kind) {
        case FormFieldKind::email: return "Enter an e-mail address, such as name@example.com";
        case FormFieldKind::uri: return "Enter a web address, such as https://example.com";
        case FormFieldKind::date: return "Enter a date, such as 2030-01-31";
        case FormFieldKind::line:
        case FormFieldKind::lines:
            if (field.schema.find("pattern") != nullptr)
                return field.label + " does not have the form that is asked for";
            break;
        case FormFieldKind::integer:
        case FormFieldKind::number:
        case FormFieldKind::flag:
        case FormFieldKind::choice:
        case FormFieldKind::choices:
        case FormFieldKind::list: break;
    }
    return field.label + ": " + violation;
}

/// What no schema says of a value that its field has; empty: nothing is wrong with it. Browsers
/// send nothing else, but what comes by hand ends up in subjects, logs and pages, too.
std::string mistake_of(const FormField& field, const Value& value) {
    const auto is_broken = [](const Value& one) {
        return one.is_string() && !is_one_line(one.as_string());
    };
    switch (field.kind) {
        case FormFieldKind::uri:
            if (value.is_string() && !is_web_address(value.as_string()))
                return message_for(field, {});
            [[fallthrough]];
        case FormFieldKind::line:
        case FormFieldKind::email:
        case FormFieldKind::date:
            return is_broken(value) ? field.label + " must be on one line" : std::string{};
        case FormFieldKind::list:
            return value.is_array() && std::ranges::any_of(value.as_array(), is_broken)
                       ? field.label + ": each element must be on one line"
                       : std::string{};
        case FormFieldKind::lines:
        case FormFieldKind::integer:
        case FormFieldKind::number:
        case FormFieldKind::flag:
        case FormFieldKind::choice:
        case FormFieldKind::choices: break;
    }
    return {};
}

bool tells_of(const std::vector<FormMessage>& messages, std::string_view name) {
    return std::ranges::find(messages, name, &FormMessage::field) != messages.end();
}

/// Names that no field has.
void add_unknown(const Form& form, const Value& values, std::vector<FormMessage>& messages) {
    for (const core::Member& member : values.as_object()) {
        if (messages.size() >= messages_max) return;
        if (std::ranges::find(form.fields, member.key, &FormField::name) == form.fields.end())
            messages.push_back({member.key, "There is no such field"});
    }
}

}  // namespace

std::optional<Form> make_form(const Value& schema) {
    auto fields = nodes::read_form_fields(schema);
    auto check = format::compile_schema(schema);
    if (!fields || !check) return std::nullopt;
    return Form{*std::move(fields), *std::move(check)};
}

FormValues read_form_values(const Form& form, const FormTexts& sent) {
    return Reader{form, sent}.read();
}

std::vector<FormMessage> judge_values(const Form& form, const Value& values) {
    std::vector<FormMessage> messages;
    for (const core::SchemaViolation& violation : form.check->violations(values)) {
        const FormField* const field = field_of(form, violation.path);
        const std::string name = field == nullptr ? "" : field->name;
        if (!name.empty() && tells_of(messages, name)) continue;
        messages.push_back(
            {name, field == nullptr ? violation.message : message_for(*field, violation.message)});
    }
    if (!values.is_object()) return messages;
    for (const FormField& field : form.fields) {
        const Value* const value = values.find(field.name);
        if (value == nullptr || tells_of(messages, field.name)) continue;
        if (std::string mistake = mistake_of(field, *value); !mistake.empty())
            messages.push_back({field.name, std::move(mistake)});
    }
    add_unknown(form, values, messages);
    return messages;
}

}  // namespace millrace::server
