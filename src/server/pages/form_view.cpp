// SPDX-License-Identifier: Apache-2.0
#include "pages/form_view.hpp"

#include <algorithm>
#include <string_view>

#include "millrace/core/json.hpp"

namespace millrace::server {
namespace {

using core::Value;
using nodes::FormChoice;
using nodes::FormField;
using nodes::FormFieldKind;

/// More choices than these are a list to open.
constexpr std::size_t radios_max = 6;

std::string plain_text(const Value& value) {
    if (value.is_null()) return {};
    return value.is_string() ? std::string{value.as_string()} : core::to_json(value);
}

/// A number of the schema as an attribute's value; empty: there is none.
std::string limit_text(const FormField& field, std::string_view key) {
    const Value* const found = field.schema.find(key);
    return found != nullptr && found->is_number() ? core::to_json(*found) : std::string{};
}

/// Attributes that are there when they say something.
class Writer {
public:
    Writer(Html& html, const FormField& field, const FormState& state)
        : html_{html}, field_{field}, state_{state}, id_{"f-" + field.name} {
        const auto message = std::ranges::find(state.messages, field.name, &FormMessage::field);
        if (message != state.messages.end()) error_ = message->text;
        if (!field.hint.empty()) described_by_ = id_ + "-hint";
        if (!error_.empty()) described_by_ += (described_by_.empty() ? "" : " ") + id_ + "-error";
    }

    void write() {
        switch (field_.kind) {
            case FormFieldKind::flag: return write_flag();
            case FormFieldKind::choices: return write_group(false);
            case FormFieldKind::choice:
                return field_.choices.size() <= radios_max ? write_group(true) : write_select();
            case FormFieldKind::lines:
            case FormFieldKind::list: return write_area();
            case FormFieldKind::line:
            case FormFieldKind::email:
            case FormFieldKind::uri:
            case FormFieldKind::date:
            case FormFieldKind::integer:
            case FormFieldKind::number: return write_input();
        }
    }

private:
    std::string_view wrapper() const { return error_.empty() ? "field" : "field wrong"; }

    void write_label_text() {
        html_.text(field_.label);
        if (!field_.is_required && field_.kind != FormFieldKind::flag)
            html_.text(" ").leaf("span", "(optional)", {{"class", "optional"}});
    }

    void write_notes() {
        if (!field_.hint.empty())
            html_.leaf("p", field_.hint, {{"class", "hint"}, {"id", id_ + "-hint"}});
        if (!error_.empty()) {
            html_.open("p", {{"class", "error"}, {"id", id_ + "-error"}});
            html_.leaf("span", "Error: ", {{"class", "away"}}).text(error_).close();
        }
    }

    void begin() {
        html_.open("div", {{"class", wrapper()}});
        html_.open("label", {{"for", id_}});
        write_label_text();
        html_.close();
        write_notes();
    }

    /// What the field holds when the page is shown.
    std::string value() const {
        if (state_.is_sent) return std::string{form_text(state_.sent, field_.name)};
        const Value* const initial = field_.schema.find("default");
        if (initial == nullptr) return {};
        if (field_.kind != FormFieldKind::list || !initial->is_array()) return plain_text(*initial);
        std::string lines;
        for (const Value& line : initial->as_array())
            lines.append(lines.empty() ? "" : "\n").append(plain_text(line));
        return lines;
    }

    bool is_chosen(const FormChoice& choice) const {
        if (state_.is_sent) {
            return std::ranges::any_of(state_.sent, [&](const auto& one) {
                return one.first == field_.name && one.second == choice.text;
            });
        }
        const Value* const initial = field_.schema.find("default");
        if (initial == nullptr) return false;
        if (!initial->is_array()) return *initial == choice.value;
        const auto all = initial->as_array();
        return std::ranges::find(all, choice.value) != all.end();
    }

    std::string_view input_type() const {
        switch (field_.kind) {
            case FormFieldKind::email: return "email";
            case FormFieldKind::uri: return "url";
            case FormFieldKind::date: return "date";
            case FormFieldKind::integer:
            case FormFieldKind::number: return "number";
            case FormFieldKind::line:
            case FormFieldKind::lines:
            case FormFieldKind::flag:
            case FormFieldKind::choice:
            case FormFieldKind::choices:
            case FormFieldKind::list: break;
        }
        return "text";
    }

    /// What browsers may fill in by themselves.
    std::string_view autocomplete() const {
        if (field_.kind == FormFieldKind::email) return "email";
        if (field_.name == "name") return "name";
        if (field_.name == "first_name") return "given-name";
        if (field_.name == "last_name") return "family-name";
        if (field_.name == "phone") return "tel";
        return {};
    }

    void write_input() {
        begin();
        const bool is_number =
            field_.kind == FormFieldKind::integer || field_.kind == FormFieldKind::number;
        const std::string least = is_number ? limit_text(field_, "minimum") : "";
        const std::string most = is_number ? limit_text(field_, "maximum") : "";
        const std::string length = is_number ? "" : limit_text(field_, "maxLength");
        const std::string_view filled = autocomplete();
        HtmlAttribute step{"step", field_.kind == FormFieldKind::integer ? "1" : "any"};
        step.is_given = is_number;
        html_.single("input", {{"id", id_},
                               {"name", field_.name},
                               {"type", input_type()},
                               {"value", value()},
                               {"required", field_.is_required},
                               given("min", least),
                               given("max", most),
                               step,
                               given("maxlength", length),
                               given("autocomplete", filled),
                               given("aria-describedby", described_by_),
                               given("aria-invalid", error_.empty() ? "" : "true")});
        html_.close();
    }

    void write_area() {
        begin();
        html_.leaf(
            "textarea", "\n" + value(),
            {{"id", id_},
             {"name", field_.name},
             {"rows", "5"},
             {"required", field_.is_required},
             given("maxlength",
                   field_.kind == FormFieldKind::lines ? limit_text(field_, "maxLength") : ""),
             given("aria-describedby", described_by_),
             given("aria-invalid", error_.empty() ? "" : "true")});
        html_.close();
    }

    void write_select() {
        begin();
        html_.open("select", {{"id", id_},
                              {"name", field_.name},
                              {"required", field_.is_required},
                              given("aria-describedby", described_by_),
                              given("aria-invalid", error_.empty() ? "" : "true")});
        html_.leaf("option", "Choose…", {{"value", ""}});
        for (const FormChoice& choice : field_.choices)
            html_.leaf("option", choice.label,
                       {{"value", choice.text}, {"selected", is_chosen(choice)}});
        html_.close().close();
    }

    /// One box or button for each choice; the first has the id that the summary leads to.
    void write_group(bool is_one) {
        html_.open("div", {{"class", wrapper()}});
        html_.open("fieldset", {given("aria-describedby", described_by_)});
        html_.open("legend");
        write_label_text();
        html_.close();
        write_notes();
        std::size_t number = 0;
        for (const FormChoice& choice : field_.choices) {
            const std::string id = number == 0 ? id_ : id_ + "-" + std::to_string(number);
            ++number;
            html_.open("div", {{"class", "pick"}});
            html_.single("input", {{"id", id},
                                   {"name", field_.name},
                                   {"type", is_one ? "radio" : "checkbox"},
                                   {"value", choice.text},
                                   {"required", is_one && field_.is_required},
                                   {"checked", is_chosen(choice)}});
            html_.leaf("label", choice.label, {{"for", id}}).close();
        }
        html_.close().close();
    }

    void write_flag() {
        const Value* const initial = field_.schema.find("default");
        const bool is_set = state_.is_sent ? has_form_text(state_.sent, field_.name)
                                           : initial != nullptr && *initial == Value{true};
        const Value* const wanted = field_.schema.find("const");
        html_.open("div", {{"class", wrapper()}});
        write_notes();
        html_.open("div", {{"class", "field pick"}});
        html_.single("input", {{"id", id_},
                               {"name", field_.name},
                               {"type", "checkbox"},
                               {"value", "true"},
                               {"checked", is_set},
                               {"required", wanted != nullptr && *wanted == Value{true}},
                               given("aria-describedby", described_by_),
                               given("aria-invalid", error_.empty() ? "" : "true")});
        html_.open("label", {{"for", id_}});
        write_label_text();
        html_.close().close().close();
    }

    static HtmlAttribute given(HtmlName name, std::string_view value) {
        HtmlAttribute attribute{name, value};
        attribute.is_given = !value.empty();
        return attribute;
    }

    Html& html_;
    const FormField& field_;
    const FormState& state_;
    const std::string id_;
    std::string error_;
    std::string described_by_;
};

}  // namespace

void write_summary(Html& html, const FormState& state) {
    if (state.messages.empty()) return;
    html.open("div", {{"class", "summary"},
                      {"role", "alert"},
                      {"tabindex", "-1"},
                      {"autofocus", true},
                      {"aria-labelledby", "summary-title"}});
    html.leaf("h2", "Please correct this", {{"id", "summary-title"}}).open("ul");
    for (const FormMessage& message : state.messages) {
        html.open("li");
        if (message.field.empty()) {
            html.text(message.text);
        } else {
            html.leaf("a", message.text, {{"href", "#f-" + message.field}});
        }
        html.close();
    }
    html.close().close();
}

void write_field(Html& html, const FormField& field, const FormState& state) {
    Writer{html, field, state}.write();
}

void write_fields(Html& html, std::span<const FormField> fields, const FormState& state) {
    for (const FormField& field : fields)
        write_field(html, field, state);
}

}  // namespace millrace::server
