// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "data/convert/csv.hpp"
#include "data/convert/xml.hpp"
#include "field.hpp"
#include "given_fields.hpp"
#include "items.hpp"
#include "json_text.hpp"
#include "limit_failure.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/utf8.hpp"
#include "millrace/format/document.hpp"
#include "millrace/format/writer.hpp"
#include "ordering.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;
using Converted = std::expected<Value, Failure>;

enum class Form : std::uint8_t { value, json, ndjson, csv, xml, yaml, text, bytes, base64 };

constexpr Word<Form> sources[]{
    {"value", Form::value}, {"json", Form::json}, {"ndjson", Form::ndjson}, {"csv", Form::csv},
    {"xml", Form::xml},     {"yaml", Form::yaml}, {"base64", Form::base64}};
constexpr Word<Form> targets[]{
    {"value", Form::value}, {"json", Form::json},   {"ndjson", Form::ndjson},
    {"csv", Form::csv},     {"xml", Form::xml},     {"yaml", Form::yaml},
    {"text", Form::text},   {"bytes", Form::bytes}, {"base64", Form::base64}};
constexpr Word<bool> typings[]{{"auto", true}, {"text", false}};
constexpr Word<bool> short_rows[]{{"fail", false}, {"fill", true}};
constexpr Word<bool> line_ends[]{{"lf", false}, {"crlf", true}};

struct Settings {
    Form from;
    Form to;
    bool pretty;
    CsvOptions csv;
    XmlOptions xml;
};

std::vector<std::string> texts_at(FieldReader& fields, std::string_view key) {
    std::vector<std::string> texts;
    const Value* const list = fields.find(key);
    if (list == nullptr) return texts;
    const std::span<const Value> elements =
        list->is_array() ? list->as_array() : std::span<const Value>{};
    for (const Value& element : elements) {
        if (element.is_string()) texts.emplace_back(element.as_string());
    }
    if (!list->is_array() || texts.size() != list->size()) fields.refuse(key, "an array of names");
    return texts;
}

char character_at(FieldReader& fields, std::string_view key, char fallback) {
    const std::string text = fields.text(key, std::string_view{&fallback, 1});
    const bool fits = text.size() == 1 && text != "\n" && text != "\r" &&
                      static_cast<unsigned char>(text.front()) < 0x80;
    if (!fits) fields.refuse(key, "one ASCII character, not a line end");
    return fits ? text.front() : fallback;
}

CsvOptions csv_options(const Value& object, std::optional<Failure>& failure) {
    FieldReader fields{object, "/csv", failure};
    CsvOptions options;
    options.delimiter = character_at(fields, "delimiter", ',');
    options.quote = character_at(fields, "quote", '"');
    if (options.delimiter == options.quote) {
        fields.refuse("quote", "another character than the delimiter");
    }
    options.has_header = fields.flag("header", true);
    options.columns = texts_at(fields, "columns");
    options.typed = fields.word("types", typings, true);
    options.trim = fields.flag("trim", false);
    options.fills_short_rows = fields.word("short_rows", short_rows, false);
    options.ends_lines_with_crlf = fields.word("line_end", line_ends, false);
    return options;
}

XmlOptions xml_options(const Value& object, std::optional<Failure>& failure) {
    FieldReader fields{object, "/xml", failure};
    XmlOptions options;
    options.root = fields.text("root");
    options.item = fields.text("item", "item");
    options.lists = texts_at(fields, "lists");
    options.typed = fields.word("types", typings, false);
    options.declares = fields.flag("declaration", true);
    return options;
}

Converted read_yaml(const std::string& text) {
    format::TreeRead read = format::read_tree({"input", text, format::Syntax::yaml});
    if (read.value) return *std::move(read.value);
    const core::Problem& first = read.problems.front();
    const std::string where = std::to_string(first.line) + ":" + std::to_string(first.column);
    if (first.code == core::ProblemCode::limit)
        return std::unexpected{limit_failure("conversion_limit", where + ": " + first.message)};
    return std::unexpected{engine::validation_failure("bad_yaml", where + ": " + first.message)};
}

Converted read_json(std::string_view text, std::size_t bytes_max) {
    core::Result<Value> read = read_json_text(text, bytes_max);
    if (read) return *std::move(read);
    return std::unexpected{json_failure(read.error(), read.error().message())};
}

Converted read_ndjson(std::string_view text, std::size_t weight_max, ItemErrors& errors) {
    std::vector<Value> values;
    std::size_t left = weight_max;
    for (std::size_t line = 1; !text.empty(); ++line) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        const std::string_view one = text.substr(0, end);
        text.remove_prefix(end);
        if (one.find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
        Converted value = read_json(one, weight_max);
        if (!value) {
            Failure failure = std::move(value.error());
            failure.message = "line " + std::to_string(line) + ": " + failure.message;
            failure.details = Value::object({{"line", static_cast<std::int64_t>(line)}});
            if (auto fatal = errors.take(std::move(failure), line - 1)) {
                return std::unexpected{*std::move(fatal)};
            }
            continue;
        }
        if (value->weight() > left) return std::unexpected{result_too_large(weight_max)};
        left -= value->weight();
        values.push_back(*std::move(value));
    }
    return Value::array(std::move(values));
}

Failure not_a_text(const Value& source) {
    return engine::validation_failure("not_a_text",
                                      "what is to be read is no text and no bytes but " +
                                          std::string{core::kind_name(source)} +
                                          "; name the text by `value`, such as {{ input.body }}");
}

Failure not_utf8(std::string_view remedy) {
    return engine::validation_failure("not_utf8",
                                      "the bytes are no text in UTF-8; " + std::string{remedy});
}

Converted read(const engine::NodeCall& call, const Value& source, const Settings& settings,
               ItemErrors& errors) {
    if (settings.from == Form::value) return source;
    if (!source.is_string() && !source.is_bytes()) return std::unexpected{not_a_text(source)};
    const std::string text = source.is_string()
                                 ? std::string{source.as_string()}
                                 : std::string{source.as_bytes().begin(), source.as_bytes().end()};
    // XML says itself how it is encoded. Of the others each foreign letter would become U+FFFD.
    if (source.is_bytes() && settings.from != Form::xml && !core::is_valid_utf8(text)) {
        return std::unexpected{
            not_utf8("convert them before, as `iconv` does, or have them "
                     "written in UTF-8")};
    }
    switch (settings.from) {
        case Form::json: return read_json(text, call.weight_max);
        case Form::ndjson: return read_ndjson(text, call.weight_max, errors);
        case Form::csv:
            return read_csv(text, settings.csv, call.weight_max,
                            [&errors](Failure failure, std::size_t row) {
                                return errors.take(std::move(failure), row);
                            });
        case Form::xml: return read_xml(text, source.is_string(), settings.xml);
        case Form::yaml: return read_yaml(text);
        case Form::value:
        case Form::text:
        case Form::bytes:
        case Form::base64: break;
    }
    const core::Result<std::string> bytes = core::parse_base64(text);
    if (!bytes) {
        return std::unexpected{engine::validation_failure("bad_base64", bytes.error().message())};
    }
    return Value::bytes({reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()});
}

/// As text where the value is one or bytes of one, else its JSON.
Converted to_text(const Value& value) {
    if (!value.is_bytes()) return value.is_null() ? Value{""} : text_value(value);
    const std::string text{value.as_bytes().begin(), value.as_bytes().end()};
    if (core::is_valid_utf8(text)) return Value{text};
    return std::unexpected{not_utf8("keep them as bytes, or write base64")};
}

Converted to_bytes(const Value& value) {
    if (value.is_bytes()) return value;
    const Converted text = to_text(value);
    if (!text) return text;
    const std::string_view bytes = text->as_string();
    return Value::bytes({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

Converted write_ndjson(const Value& value, std::size_t weight_max) {
    if (!value.is_array()) {
        return std::unexpected{engine::validation_failure(
            "not_an_array",
            "ndjson is written of an array, not of " + std::string{core::kind_name(value)})};
    }
    std::string text;
    for (const Value& element : value.as_array()) {
        core::append_json(text, element);
        text += '\n';
        if (text.size() > weight_max) return std::unexpected{result_too_large(weight_max)};
    }
    return Value{text};
}

/// Recursion is bounded by `levels` itself.
bool is_deeper(const Value& value, int levels) {
    if (levels == 0) return true;
    if (value.is_array()) {
        return std::ranges::any_of(value.as_array(),
                                   [&](const Value& v) { return is_deeper(v, levels - 1); });
    }
    return value.is_object() && std::ranges::any_of(value.as_object(), [&](const core::Member& m) {
               return is_deeper(m.value, levels - 1);
           });
}

Converted as_value(std::expected<std::string, Failure> text) {
    if (!text) return std::unexpected{std::move(text.error())};
    return Value{*text};
}

Converted write(const engine::NodeCall& call, const Value& value, Settings settings) {
    constexpr int yaml_levels_max = 100;
    settings.xml.pretty = settings.pretty;
    switch (settings.to) {
        case Form::value: return value;
        case Form::json:
            return Value{settings.pretty ? core::to_pretty_json(value) : core::to_json(value)};
        case Form::ndjson: return write_ndjson(value, call.weight_max);
        case Form::csv: return as_value(write_csv(value, settings.csv, call.weight_max));
        case Form::xml: return as_value(write_xml(value, settings.xml));
        case Form::yaml:
            if (is_deeper(value, yaml_levels_max)) {
                return std::unexpected{limit_failure(
                    "conversion_limit", "more than " + std::to_string(yaml_levels_max) +
                                            " arrays and objects lie in each other")};
            }
            return Value{format::write_yaml(value)};
        case Form::text: return to_text(value);
        case Form::bytes: return to_bytes(value);
        case Form::base64: break;
    }
    const Converted bytes = to_bytes(value);
    if (!bytes) return bytes;
    const auto data = bytes->as_bytes();
    return Value{core::base64({reinterpret_cast<const char*>(data.data()), data.size()})};
}

class DataConvert final : public GivenFields<DataConvert> {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        const auto from = fixed_text(data, "from");
        const auto to = fixed_text(data, "to");
        const bool fixed = (from || !data.find("from")) && (to || !data.find("to"));
        if (!fixed) return;
        if (data.find("pretty") != nullptr && to != "json" && to != "xml") {
            add_problem(problems, core::ProblemCode::bad_value,
                        core::pointer_child(pointer, "pretty"),
                        "`pretty` goes with `to: json` and `to: xml` only; remove it");
        }
        if (data.find("on_item_error") != nullptr && from != "csv" && from != "ndjson") {
            add_problem(problems, core::ProblemCode::bad_value,
                        core::pointer_child(pointer, "on_item_error"),
                        "`on_item_error` goes with `from: csv` and `from: ndjson` only; remove it");
        }
        for (const std::string_view form : {"csv", "xml"}) {
            if (data.find(form) == nullptr || from == form || to == form) continue;
            add_problem(problems, core::ProblemCode::bad_value, core::pointer_child(pointer, form),
                        "these options are for `from: " + std::string{form} +
                            "` and `to: " + std::string{form} + "` only; remove them");
        }
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<Failure> failure;
        FieldReader fields{call.data, {}, failure};
        ItemErrors errors{fields, {}};
        const Settings settings{
            fields.word("from", sources, Form::value), fields.word("to", targets, Form::value),
            fields.flag("pretty", false), csv_options(call.field("csv"), failure),
            xml_options(call.field("xml"), failure)};
        if (failure) return *failure;
        const Value& source = given_or_input(call, "value");
        const Converted value = read(call, source, settings, errors);
        if (!value) return value.error();
        Converted result = write(call, *value, settings);
        if (!result) return std::move(result.error());
        if (result->weight() > call.weight_max) return result_too_large(call.weight_max);
        return emit_items(*std::move(result), errors,
                          errors.count() + (value->is_array() ? value->size() : 0));
    }
};

}  // namespace

Behaviour data_convert() {
    return std::make_shared<DataConvert>();
}

}  // namespace millrace::nodes
