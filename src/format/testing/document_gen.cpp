// SPDX-License-Identifier: Apache-2.0
#include "testing/document_gen.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace millrace::format {

namespace {

using core::Value;
namespace gen = rc::gen;

/// Texts with everything that YAML and JSON have to quote or escape.
rc::Gen<std::string> any_text() {
    static const std::vector<std::string> pieces{
        "a",   "order",      "Z",    "7",    "é",      "😀",      " ",      "  ",    "\n",   "\n\n",
        "\t",  "\r",         ": ",   " #",   "#",      "-",      "- ",     "{{ ",   " }}",  "[",
        "]",   "{",          "}",    ",",    "\"",     "'",      "\\",     "&a",    "*a",   "!x",
        "|",   ">",          "%",    "@",    "`",      "?",      "~",      "null",  "true", "no",
        "on",  "1e3",        "0x1f", "0o7",  ".5",     "-0",     ".inf",   "<<",    "=",    "...",
        "---", "2026-01-01", "\x01", "\x7F", "\u0085", "\u2028", "\uFEFF", "$bytes"};
    const auto piece = gen::elementOf(pieces);
    const auto joined =
        gen::map(gen::container<std::vector<std::string>>(piece), [](const auto& v) {
            std::string text;
            for (const std::string& part : v)
                text += part;
            return text;
        });
    return gen::oneOf(piece, gen::resize(8, joined));
}

rc::Gen<std::string> any_key() {
    // An object with the single key $bytes means bytes.
    return gen::map(any_text(), [](std::string text) {
        return text == "$bytes" ? std::string{"bytes"} : text;
    });
}

rc::Gen<std::string> any_name() {
    return gen::elementOf(std::vector<std::string>{"a", "b", "start", "by_hand", "_x", "N1", "no",
                                                   "yes", "null", "true", "in", "out", "error"});
}

rc::Gen<double> any_double(bool exact) {
    const auto kept = [exact](double x) {
        if (!std::isfinite(x)) return false;
        const bool integral = std::trunc(x) == x;
        return !exact || !(x == 0 ? std::signbit(x) : integral && std::abs(x) > 9007199254740991.0);
    };
    return gen::suchThat(gen::oneOf(gen::arbitrary<double>(),
                                    gen::element(0.1, 1e300, 1e-300, 1e21, 5e-324, -0.0, 1e18)),
                         kept);
}

rc::Gen<Value> any_leaf(bool exact) {
    return gen::oneOf(
        gen::just(Value{}), gen::map(gen::arbitrary<bool>(), [](bool b) { return Value{b}; }),
        gen::map(gen::arbitrary<std::int64_t>(), [](std::int64_t i) { return Value{i}; }),
        gen::map(any_double(exact), [](double x) { return Value{x}; }),
        gen::map(any_text(), [](const std::string& text) { return Value{text}; }),
        gen::map(gen::arbitrary<std::vector<std::uint8_t>>(),
                 [](const std::vector<std::uint8_t>& bytes) { return Value::bytes(bytes); }));
}

rc::Gen<std::vector<core::Member>> any_members(const rc::Gen<Value>& values) {
    const auto member = gen::map(gen::pair(any_key(), values), [](std::pair<std::string, Value> p) {
        return core::Member{std::move(p.first), std::move(p.second)};
    });
    return gen::resize(4, gen::container<std::vector<core::Member>>(member));
}

rc::Gen<Value> any_tree(int levels, bool exact) {
    if (levels == 0) return any_leaf(exact);
    const rc::Gen<Value> below = any_tree(levels - 1, exact);
    return gen::oneOf(
        any_leaf(exact),
        gen::map(gen::resize(4, gen::container<std::vector<Value>>(below)),
                 [](std::vector<Value> elements) { return Value::array(std::move(elements)); }),
        gen::map(any_members(below), [](std::vector<core::Member> members) {
            return Value::object(std::move(members));
        }));
}

/// Without bytes, which `x-…` and `editor` keep as they are written.
rc::Gen<Value> any_undecoded() {
    return gen::map(any_text(),
                    [](const std::string& text) { return Value::array({Value{text}}); });
}

core::Duration any_duration() {
    return {*gen::inRange<std::int64_t>(1, 400'000'000)};
}

std::vector<core::Member> any_extensions() {
    std::vector<core::Member> extensions;
    if (*gen::inRange(0, 4) == 0) extensions.push_back({"x-team", *any_undecoded()});
    return extensions;
}

core::RetryPolicy any_retry() {
    core::RetryPolicy retry;
    retry.max_attempts = *gen::inRange<std::uint32_t>(1, 1001);
    retry.delay = any_duration();
    retry.max_delay = retry.delay + core::Duration{*gen::inRange<std::int64_t>(0, 100'000)};
    retry.backoff = 1 + *gen::inRange(0, 990) / 10.0;
    retry.jitter = *gen::inRange(0, 101) / 100.0;
    retry.retry_on = *gen::resize(
        3, gen::container<std::vector<std::string>>(
               gen::elementOf(std::vector<std::string>{"timeout", "http_5xx", "http_429"})));
    return retry;
}

core::NodeOnError any_on_error(bool exact) {
    using Kind = core::NodeOnError::Kind;
    core::NodeOnError on_error;
    on_error.kind = *gen::element(Kind::inherit, Kind::stop, Kind::proceed, Kind::default_value,
                                  Kind::fallback);
    if (on_error.kind == Kind::default_value) on_error.value = *any_tree(1, exact);
    if (on_error.kind == Kind::fallback) on_error.fallback = *any_name();
    return on_error;
}

void any_effect_rules(core::NodeSpec& node) {
    if (*gen::arbitrary<bool>()) {
        core::NodeCache cache{any_duration(), {}, {}};
        cache.key = *gen::element<std::string>("", "inputs.id", "{{ input.a }}", "- x");
        cache.tags = *gen::resize(3, gen::unique<std::vector<std::string>>(
                                         gen::element<std::string>("prices", "- a", "no", "1")));
        node.cache = std::move(cache);
    }
    const auto name = gen::element<std::string>("", "bank-api", "7", "no", "a.b_c");
    if (*gen::arbitrary<bool>()) {
        node.circuit_breaker =
            core::CircuitBreaker{*name, *gen::inRange<std::uint32_t>(1, 100'001), any_duration(),
                                 any_duration(), *gen::inRange<std::uint32_t>(1, 1'001)};
    }
    if (*gen::arbitrary<bool>()) node.compensate = *any_name();
    node.credential = *name;
}

core::NodeSpec any_node(std::size_t index, bool exact) {
    core::NodeSpec node;
    node.id = *any_name() + std::to_string(index);
    node.type =
        *gen::elementOf(std::vector<std::string>{"http.request", "data.set", "a", "x.y-z.q"});
    node.type_version = *gen::element(1u, 2u, 4'000'000'000u);
    node.name = *any_text();
    node.notes = *any_text();
    if (*gen::arbitrary<bool>()) {
        node.position = core::Position{*any_double(exact), *any_double(exact), {}};
        if (*gen::arbitrary<bool>()) node.position->z = *any_double(exact);
    }
    if (*gen::arbitrary<bool>()) node.data = Value::object(*any_members(any_tree(2, exact)));
    if (*gen::arbitrary<bool>()) node.parent = *any_name();
    if (*gen::arbitrary<bool>()) node.retry = any_retry();
    if (*gen::arbitrary<bool>()) node.timeout = any_duration();
    if (*gen::arbitrary<bool>()) node.deadline = any_duration();
    node.on_error = any_on_error(exact);
    if (*gen::arbitrary<bool>()) {
        node.on_interrupt = *gen::element(core::OnInterrupt::rerun, core::OnInterrupt::fail);
    }
    any_effect_rules(node);
    node.extensions = any_extensions();
    return node;
}

core::ConnectionSpec any_connection(bool exact) {
    using Kind = core::ConnectionOnError::Kind;
    core::ConnectionSpec connection;
    connection.from = {*any_name(), *any_name()};
    connection.to = {*any_name(), *any_name()};
    if (*gen::arbitrary<bool>()) return connection;
    const auto filled = gen::element<std::string>("", "value > 1", "{{ value.a }}", "{ id: 1 }");
    connection.filter = *filled;
    connection.transform = *filled;
    connection.tag = *gen::element<std::string>("", "web", "- x", "no");
    connection.on_error.kind = *gen::element(Kind::fail, Kind::drop, Kind::default_value);
    if (connection.on_error.kind == Kind::default_value) {
        connection.on_error.value = *any_tree(1, exact);
    }
    connection.priority = *gen::inRange(-1000, 1000);
    connection.extensions = any_extensions();
    return connection;
}

void any_settings(core::Settings& settings) {
    using Kind = core::WorkflowOnError::Kind;
    using When = core::ConcurrencyLimit::WhenExceeded;
    settings.on_error.kind = *gen::element(Kind::stop, Kind::proceed, Kind::retry);
    if (settings.on_error.kind == Kind::retry) {
        core::WorkflowRetry& retry = settings.on_error.retry;
        retry.max_attempts = *gen::inRange<std::uint32_t>(2, 1'001);
        if (*gen::arbitrary<bool>()) retry.delay = any_duration();
        retry.max_delay = retry.delay + core::Duration{*gen::inRange<std::int64_t>(0, 100'000)};
        retry.backoff = *gen::element(1.0, 1.5, 2.0, 100.0);
    }
    settings.max_parallel_nodes = *gen::inRange<std::uint32_t>(1, 10'001);
    if (*gen::arbitrary<bool>()) {
        settings.max_concurrent_executions = {*gen::inRange<std::uint32_t>(1, 1'000'001),
                                              *gen::element(When::queue, When::reject)};
    }
    if (*gen::arbitrary<bool>()) settings.timeout = any_duration();
    settings.priority = *gen::inRange(-100, 101);
    if (*gen::arbitrary<bool>()) {
        settings.retention.emplace().max_age = any_duration();
        if (*gen::arbitrary<bool>())
            settings.retention->max_count = *gen::inRange<std::uint32_t>(1, 1'000'000'001);
    }
}

void any_head(core::Document& document, bool exact) {
    document.id = *gen::element<std::string>("a", "0", "order-intake", "7-7", "no", "null", "1e3");
    document.name = *any_text();
    document.description = *any_text();
    document.folder = *gen::element<std::string>("", "sales", "sales/new orders", "1/2", "no");
    document.tags = *gen::resize(3, gen::unique<std::vector<std::string>>(
                                        gen::element<std::string>("web", "- a", "no", "1")));
    if (*gen::arbitrary<bool>()) {
        document.inputs = Value::object({{"type", "object"}, {"x-note", *any_text()}});
    }
    for (int i = *gen::inRange(0, 4); i > 0; --i) {
        document.variables.push_back({*any_name() + std::to_string(i), *any_tree(2, exact)});
    }
    any_settings(document.settings);
}

}  // namespace

rc::Gen<Value> any_value(bool exact_doubles) {
    return any_tree(3, exact_doubles);
}

rc::Gen<core::Document> any_document(bool exact_doubles) {
    return gen::exec([exact_doubles] {
        core::Document document;
        any_head(document, exact_doubles);
        const int nodes = *gen::inRange(0, 4);
        for (int i = 0; i < nodes; ++i) {
            document.nodes.push_back(any_node(static_cast<std::size_t>(i), exact_doubles));
        }
        const int connections = *gen::inRange(0, 4);
        for (int i = 0; i < connections; ++i) {
            document.connections.push_back(any_connection(exact_doubles));
        }
        if (*gen::arbitrary<bool>()) document.outputs = *any_tree(2, exact_doubles);
        if (*gen::arbitrary<bool>()) document.editor = Value::object({{"notes", *any_undecoded()}});
        document.extensions = any_extensions();
        return document;
    });
}

}  // namespace millrace::format
