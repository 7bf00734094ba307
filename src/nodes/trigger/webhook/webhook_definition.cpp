// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/webhook_definition.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "field.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/utf8.hpp"
#include "millrace/format/schema.hpp"

namespace millrace::nodes {
namespace {

using core::ProblemCode;
using core::Value;

constexpr std::size_t path_bytes_max = 1'000;
constexpr std::size_t path_segments_max = 32;
constexpr core::Duration respond_timeout_max{300'000};
constexpr expr::RootSet call_roots{expr::Root::item, expr::Root::inputs};

bool is_name(std::string_view text) {
    const auto is_letter = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    };
    return !text.empty() && text.size() <= 64 && is_letter(text.front()) &&
           std::ranges::all_of(text,
                               [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

/// Why a segment cannot be one; empty: it can.
std::string segment_mistake(std::string_view text) {
    if (text.empty()) return "has an empty segment; write it without `//` and a slash at its end";
    if (text == "." || text == "..") return "has a segment `.` or `..`, which clients take away";
    if (text.front() == '{' && text.back() == '}' && text.size() > 2) {
        if (is_name(text.substr(1, text.size() - 2))) return {};
        return "has a parameter " + std::string{text} +
               "; its name has letters, digits and _, a letter first";
    }
    for (const char c : text) {
        if (c == '{' || c == '}')
            return "has a parameter within a segment; a parameter is a whole one, such as {id}";
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '?' || c == '#' ||
            c == '%' || c == '\\')
            return "is written as it is compared, without spaces, `?`, `#`, `%` and `\\`";
    }
    return {};
}

std::string text_of(const Value& data, std::string_view name) {
    const Value* const value = data.find(name);
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

constexpr std::array<std::pair<std::string_view, WebhookRespond>, 3> respond_words{{
    {"immediately", WebhookRespond::immediately},
    {"outputs", WebhookRespond::outputs},
    {"respond_node", WebhookRespond::respond_node},
}};
constexpr std::array<std::pair<std::string_view, WebhookAuth>, 4> auth_words{{
    {"none", WebhookAuth::none},
    {"basic", WebhookAuth::basic},
    {"bearer", WebhookAuth::bearer},
    {"api_key", WebhookAuth::api_key},
}};

std::string upper(std::string_view text) {
    std::string made{text};
    std::ranges::transform(made, made.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return made;
}

std::vector<std::string> read_methods(const Value& data) {
    std::vector<std::string> methods;
    const Value* const given = data.find("method");
    if (given == nullptr) return {"POST"};
    if (given->is_string()) methods.push_back(upper(given->as_string()));
    if (given->is_array()) {
        for (const Value& one : given->as_array())
            if (one.is_string()) methods.push_back(upper(one.as_string()));
    }
    if (std::ranges::find(methods, "ANY") != methods.end()) methods.clear();
    return methods;
}

/// Providers whose calls have one scheme.
constexpr std::array<std::string_view, 3> known_providers{"github", "stripe", "standard"};

/// With the scheme that the provider has, where it does not say one.
Value read_signature(const Value& data) {
    const Value* const given = data.find("signature");
    if (given == nullptr || !given->is_object()) return {};
    const std::string provider = text_of(data, "provider");
    if (given->find("scheme") != nullptr ||
        std::ranges::find(known_providers, provider) == known_providers.end())
        return *given;
    core::ObjectBuilder made;
    made.set("scheme", provider);
    for (const core::Member& member : given->as_object())
        made.set(member.key, member.value);
    return std::move(made).build();
}

void check_path(const Value& data, const std::string& pointer, core::Problems& problems) {
    const Value* const path = data.find("path");
    if (path == nullptr || !path->is_string()) return;
    if (const auto read = parse_webhook_path(path->as_string()); !read) {
        add_problem(problems, ProblemCode::bad_value, core::pointer_child(pointer, "path"),
                    "path " + read.error());
    }
}

void check_timeout(const Value& data, const std::string& pointer, core::Problems& problems) {
    const Value* const timeout = data.find("respond_timeout");
    if (timeout == nullptr || !timeout->is_string()) return;
    const std::string place = core::pointer_child(pointer, "respond_timeout");
    const auto read = core::parse_duration(timeout->as_string());
    if (!read)
        return add_problem(problems, ProblemCode::bad_duration, place, read.error().message());
    if (*read <= core::Duration{0} || *read > respond_timeout_max) {
        add_problem(problems, ProblemCode::bad_value, place,
                    "respond_timeout must be more than nothing and at most 5m");
    }
    if (text_of(data, "respond").empty() || text_of(data, "respond") == "immediately") {
        add_problem(problems, ProblemCode::bad_value, place,
                    "nobody waits where `respond` is immediately; take it out, or respond with "
                    "outputs or respond_node");
    }
}

void check_auth(const Value& data, const std::string& pointer, core::Problems& problems) {
    const Value* const auth = data.find("auth");
    if (auth == nullptr || !auth->is_object()) return;
    const std::string place = core::pointer_child(pointer, "auth");
    const bool has_credential = auth->find("credential") != nullptr;
    const bool is_none = text_of(*auth, "type") == "none";
    if (!is_none && !has_credential) {
        add_problem(problems, ProblemCode::missing_key, place,
                    "auth names the `credential` that callers must show");
    }
    if (is_none && has_credential) {
        add_problem(problems, ProblemCode::bad_value, core::pointer_child(place, "credential"),
                    "a credential has no effect where the type is none");
    }
}

void check_signature(const Value& data, const std::string& pointer, core::Problems& problems) {
    const Value signature = read_signature(data);
    if (!signature.is_object()) return;
    const std::string place = core::pointer_child(pointer, "signature");
    const std::string scheme = text_of(signature, "scheme");
    if (scheme.empty()) {
        return add_problem(problems, ProblemCode::missing_key, place,
                           "signature needs its `scheme`: github, stripe, standard or generic");
    }
    for (const std::string_view name : {"header", "timestamp_header", "algorithm", "encoding"}) {
        if (scheme == "generic" || signature.find(name) == nullptr) continue;
        add_problem(
            problems, ProblemCode::bad_value, core::pointer_child(place, name),
            std::string{name} + " is for the scheme generic only; " + scheme + " says it itself");
    }
    const Value* const tolerance = signature.find("tolerance");
    if (tolerance == nullptr || !tolerance->is_string()) return;
    const auto duration = core::parse_duration(tolerance->as_string());
    if (!duration) {
        add_problem(problems, ProblemCode::bad_duration, core::pointer_child(place, "tolerance"),
                    duration.error().message());
    } else if (*duration <= core::Duration{0} || *duration > core::Duration{86'400'000}) {
        add_problem(problems, ProblemCode::bad_value, core::pointer_child(place, "tolerance"),
                    "tolerance must be more than nothing and at most 1d");
    }
}

}  // namespace

std::string_view to_text(WebhookRespond respond) {
    return std::ranges::find(respond_words, respond,
                             &std::pair<std::string_view, WebhookRespond>::second)
        ->first;
}

std::string_view to_text(WebhookAuth auth) {
    return std::ranges::find(auth_words, auth, &std::pair<std::string_view, WebhookAuth>::second)
        ->first;
}

std::string_view credential_type_of(WebhookAuth auth) {
    switch (auth) {
        case WebhookAuth::none: return {};
        case WebhookAuth::basic: return "http.basic";
        case WebhookAuth::bearer: return "http.bearer";
        case WebhookAuth::api_key: return "http.api_key";
    }
    return {};
}

std::string_view code_text(WebhookErrc) {
    return "bad_webhook";
}

std::expected<std::vector<PathSegment>, std::string> parse_webhook_path(std::string_view path) {
    if (path.starts_with('/')) path.remove_prefix(1);
    if (path.empty()) return std::unexpected("is empty; write it like orders/{id}");
    if (path.size() > path_bytes_max) return std::unexpected("is longer than 1,000 bytes");
    if (!core::is_valid_utf8(path)) return std::unexpected("is no UTF-8");
    if (path.starts_with('~'))
        return std::unexpected("begins with `~`, which stands for tenants and tests");
    std::vector<PathSegment> segments;
    while (true) {
        const std::size_t end = std::min(path.find('/'), path.size());
        const std::string_view text = path.substr(0, end);
        if (std::string mistake = segment_mistake(text); !mistake.empty())
            return std::unexpected(std::move(mistake));
        PathSegment segment{std::string{text}, text.front() == '{'};
        if (segment.is_parameter) segment.text = text.substr(1, text.size() - 2);
        if (segment.is_parameter && std::ranges::find(segments, segment) != segments.end())
            return std::unexpected("has the parameter {" + segment.text + "} twice");
        segments.push_back(std::move(segment));
        if (segments.size() > path_segments_max)
            return std::unexpected("has more than 32 segments");
        if (end == path.size()) return segments;
        path.remove_prefix(end + 1);
    }
}

core::Result<WebhookExpression> WebhookExpression::compile(std::string_view source) {
    auto code = expr::Expression::compile(source, call_roots);
    if (!code) return std::unexpected(code.error());
    return WebhookExpression{*std::move(code)};
}

std::expected<Value, core::Failure> WebhookExpression::evaluate(const Value& call) const {
    std::vector<expr::Operand> operands;
    for (const expr::Reference& reference : code_.references()) {
        const Value* const body = call.find("body");
        operands.push_back({reference.root == expr::Root::item ? call
                            : body == nullptr                  ? Value{}
                                                               : *body});
    }
    expr::Fuel fuel;
    auto result = expr::evaluate(code_, operands, fuel);
    if (!result) return std::unexpected(std::move(result.error()));
    return std::move(result->value);
}

bool WebhookDefinition::takes(std::string_view method) const {
    if (methods.empty()) return method != "HEAD" && method != "OPTIONS";
    return std::ranges::find(methods, method) != methods.end();
}

core::Result<WebhookDefinition> read_webhook(const Value& data) {
    WebhookDefinition made;
    auto path = parse_webhook_path(text_of(data, "path"));
    if (!path) return core::fail(WebhookErrc::bad_webhook, "path " + path.error());
    made.path = *std::move(path);
    made.methods = read_methods(data);
    const std::string respond = text_of(data, "respond");
    for (const auto& [word, meaning] : respond_words)
        if (respond == word) made.respond = meaning;
    if (const std::string text = text_of(data, "respond_timeout"); !text.empty())
        made.respond_timeout = core::parse_duration(text).value_or(made.respond_timeout);
    if (const Value* const auth = data.find("auth"); auth != nullptr && auth->is_object()) {
        for (const auto& [word, meaning] : auth_words)
            if (text_of(*auth, "type") == word) made.auth = meaning;
        made.credential = text_of(*auth, "credential");
    }
    made.signature = read_signature(data);
    if (made.signature.is_object()) made.signature_secret = text_of(made.signature, "secret");
    if (const Value* const schema = data.find("schema")) made.schema = *schema;
    made.dedupe_key = text_of(data, "dedupe_key");
    made.provider = text_of(data, "provider");
    return made;
}

void check_webhook(const Value& data, const std::string& pointer, core::Problems& problems) {
    check_path(data, pointer, problems);
    check_timeout(data, pointer, problems);
    check_auth(data, pointer, problems);
    check_signature(data, pointer, problems);
    if (const Value* const schema = data.find("schema")) {
        if (const auto compiled = format::compile_schema(*schema); !compiled) {
            add_problem(problems, ProblemCode::bad_value, core::pointer_child(pointer, "schema"),
                        compiled.error().message());
        }
    }
    const std::string key = text_of(data, "dedupe_key");
    if (key.empty()) return;
    if (const auto code = WebhookExpression::compile(key); !code) {
        add_problem(problems, ProblemCode::bad_expression,
                    core::pointer_child(pointer, "dedupe_key"), code.error().message());
    }
}

Value webhook_call(Value body, Value headers, Value query, Value params, std::string_view method) {
    return Value::object({{"body", std::move(body)},
                          {"headers", std::move(headers)},
                          {"query", std::move(query)},
                          {"params", std::move(params)},
                          {"method", method}});
}

}  // namespace millrace::nodes
