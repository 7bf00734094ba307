// SPDX-License-Identifier: Apache-2.0
#include "api/testing/conformance.hpp"

#include <algorithm>
#include <array>

#include "api/router.hpp"
#include "api/schema_bundle.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/json.hpp"
#include "millrace/format/schema.hpp"

namespace millrace::server {

using core::Value;

namespace {

std::string upper(std::string_view text) {
    std::string upper{text};
    std::ranges::transform(upper, upper.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return upper;
}

bool is_parameter(std::string_view segment) {
    return segment.starts_with('{') && segment.ends_with('}');
}

/// How well a pattern fits: the places of its literals, earlier ones count more; none: not at all.
std::optional<std::string> fit(const std::vector<std::string>& pattern,
                               const std::vector<std::string>& path) {
    if (pattern.size() != path.size()) return std::nullopt;
    std::string fits;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (!is_parameter(pattern[i]) && pattern[i] != path[i]) return std::nullopt;
        if (is_parameter(pattern[i]) && path[i].empty()) return std::nullopt;
        fits += is_parameter(pattern[i]) ? '0' : '1';
    }
    return fits;
}

constexpr std::array<std::string_view, 3> open_folders{"/webhooks/", "/forms/", "/wait/"};

std::string_view media_type(std::string_view content_type) {
    const std::string_view type = content_type.substr(0, content_type.find(';'));
    return type.substr(0, type.find_last_not_of(' ') + 1);
}

/// Follows a reference within the document, such as `#/components/responses/Problem404`.
const Value* resolved(const Value& openapi, const Value* value) {
    const Value* const reference = value == nullptr ? nullptr : value->find("$ref");
    if (reference == nullptr) return value;
    const Value* found = &openapi;
    for (const std::string& part : split_path(reference->as_string().substr(1)))
        found = found == nullptr ? nullptr : found->find(part);
    return found;
}

}  // namespace

Conformance::Conformance(core::Value openapi) : openapi_{std::move(openapi)} {
    const Value* const paths = openapi_.find("paths");
    if (paths == nullptr || !paths->is_object()) return;
    for (const auto& [pattern, methods] : paths->as_object()) {
        for (const auto& [method, value] : methods.as_object()) {
            Operation& operation = operations_.emplace_back();
            operation.method = upper(method);
            operation.segments = split_path(pattern);
            operation.name = operation.method + ' ' + pattern;
            operation.value = value;
            const Value* const responses = value.find("responses");
            if (responses == nullptr || responses->find("101") == nullptr)
                tried_[operation.name] = false;
        }
    }
}

const Conformance::Operation* Conformance::find(std::string_view method,
                                                std::string_view target) const {
    const std::vector<std::string> path = split_path(target.substr(0, target.find_first_of("?#")));
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    const Operation* best = nullptr;
    std::string best_fit;
    for (const Operation& operation : operations_) {
        if (operation.method != wanted) continue;
        const auto fits = fit(operation.segments, path);
        if (!fits || (best != nullptr && *fits <= best_fit)) continue;
        best = &operation;
        best_fit = *fits;
    }
    return best;
}

std::vector<std::string> Conformance::problems(const Request& request,
                                               const Response& response) const {
    const std::string* const type = response.headers.find("Content-Type");
    // A stream that answers an upgrade becomes 101 on the connection.
    const Operation* const operation = find(to_text(request.method), request.path);
    const Value* const responses =
        operation == nullptr ? nullptr : operation->value.find("responses");
    const bool is_upgrade =
        response.stream != nullptr && responses != nullptr && responses->find("101") != nullptr;
    return problems(to_text(request.method), request.path, is_upgrade ? 101 : response.status,
                    type == nullptr ? "application/json" : *type,
                    request.method == Method::head ? std::string_view{} : response.body);
}

std::vector<std::string> Conformance::problems(std::string_view method, std::string_view target,
                                               int status, std::string_view content_type,
                                               std::string_view body) const {
    std::vector<std::string> found;
    const Operation* const operation = find(method, target);
    const bool is_problem = media_type(content_type) == "application/problem+json";
    std::optional<Value> value;
    if (!body.empty() && media_type(content_type).ends_with("json")) {
        auto read = format::read_json(body);
        if (!read) return {"the body is no JSON: " + read.error().message()};
        value = *std::move(read);
    }
    if (is_problem && value) check_problem(status, *value, found);
    if (operation == nullptr) {
        // What workflows answer at paths of their own nobody has promised.
        const bool may_be = is_problem || method == "OPTIONS" ||
                            std::ranges::any_of(open_folders, [&](auto folder) {
                                return target.starts_with(folder);
                            });
        if (!may_be)
            found.push_back("no operation " + std::string{method} + " " + std::string{target});
        return found;
    }
    {
        const std::scoped_lock lock{mutex_};
        if (const auto tried = tried_.find(operation->name); tried != tried_.end())
            tried->second = true;
    }
    const Value* const responses = operation->value.find("responses");
    const Value* const response = responses == nullptr
                                      ? nullptr
                                      : resolved(openapi_, responses->find(std::to_string(status)));
    if (response == nullptr) {
        found.push_back(operation->name + ": status " + std::to_string(status) +
                        " is not among its answers");
        return found;
    }
    if (body.empty()) return found;
    const Value* const content = response->find("content");
    const Value* const media =
        content == nullptr ? nullptr : content->find(media_type(content_type));
    if (media == nullptr) {
        found.push_back(operation->name + ": " + std::to_string(status) + " has no body of " +
                        std::string{media_type(content_type)});
        return found;
    }
    if (!value) return found;
    const std::size_t before = found.size();
    if (const Value* const schema = media->find("schema")) check_schema(*schema, *value, found);
    for (std::size_t i = before; i < found.size(); ++i)
        found[i] = operation->name + " " + std::to_string(status) + ": " + found[i];
    return found;
}

std::vector<std::string> Conformance::problems(std::string_view schema, const Value& value) const {
    std::vector<std::string> found;
    check_schema(Value::object({{"$ref", std::string{component_prefix} + std::string{schema}}}),
                 value, found);
    return found;
}

std::vector<std::string> Conformance::untried() const {
    const std::scoped_lock lock{mutex_};
    std::vector<std::string> names;
    for (const auto& [name, was_tried] : tried_) {
        if (!was_tried) names.push_back(name);
    }
    return names;
}

std::shared_ptr<const core::SchemaCheck> Conformance::check_of(const Value& schema) const {
    const std::string key = core::to_json(schema);
    const std::scoped_lock lock{mutex_};
    std::shared_ptr<const core::SchemaCheck>& check = checks_[key];
    if (check != nullptr) return check;
    const Value* const components = openapi_.find("components");
    const Value* const schemas = components == nullptr ? nullptr : components->find("schemas");
    const auto find = [&](std::string_view name) {
        return schemas == nullptr ? nullptr : schemas->find(name);
    };
    auto compiled = format::compile_schema(bundled(schema, find));
    if (compiled) check = *std::move(compiled);
    return check;
}

void Conformance::check_schema(const Value& schema, const Value& value,
                               std::vector<std::string>& found) const {
    const auto check = check_of(schema);
    if (check == nullptr) {
        found.push_back("the schema does not compile: " + core::to_json(schema));
        return;
    }
    for (const core::SchemaViolation& violation : check->violations(value))
        found.push_back(violation.path + ": " + violation.message);
}

void Conformance::check_problem(int status, const Value& value,
                                std::vector<std::string>& found) const {
    std::string reference{component_prefix};
    reference += "Problem";
    check_schema(Value::object({{"$ref", reference}}), value, found);
    const Value* const said = value.find("status");
    const Value* const code = value.find("code");
    const Value* const type = value.find("type");
    if (said == nullptr || *said != Value{status})
        found.push_back("/status: it is not that of the answer, " + std::to_string(status));
    std::string page{"/problems/"};
    if (code != nullptr && code->is_string()) page += code->as_string();
    if (type == nullptr || *type != Value{page})
        found.push_back("/type: it is not the page of the code");
}

}  // namespace millrace::server
