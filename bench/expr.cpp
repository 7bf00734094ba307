// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <vector>

#include "millrace/core/json.hpp"
#include "millrace/expr/expression.hpp"
#include "millrace/expr/template.hpp"

namespace {

using namespace millrace;

const core::Value& order() {
    static const core::Value value = *core::parse_json(
        R"({"id": "order-1", "customer": {"name": "Ada Lovelace", "city": "London"}, "total": 120.5})");
    return value;
}

// Cost of one condition: what every `flow.if` and every connection filter adds to a transition.
void expression_condition(benchmark::State& state) {
    const auto condition =
        *expr::Expression::compile("inputs.total > vars.threshold", expr::RootSet::all());
    const std::vector<expr::Operand> values{{order()}, {core::Value{100}}};
    for (auto _ : state) {
        expr::Fuel fuel;
        benchmark::DoNotOptimize(evaluate(condition, values, fuel));
    }
}
BENCHMARK(expression_condition);

// Cost of one element in `data.map`, besides the node's own loop.
void expression_of_an_element(benchmark::State& state) {
    const auto expression = *expr::Expression::compile("item.a * 2 + index", expr::RootSet::all());
    const std::vector<expr::Operand> values{{*core::parse_json(R"({"a": 4})")}, {core::Value{1}}};
    for (auto _ : state) {
        expr::Fuel fuel;
        benchmark::DoNotOptimize(evaluate(expression, values, fuel));
    }
}
BENCHMARK(expression_of_an_element);

const core::Value& rows() {
    static const core::Value value = [] {
        std::vector<core::Value> elements;
        for (int i = 0; i < 1000; ++i) {
            elements.push_back(core::Value::object(
                {{"id", core::Value{i}}, {"kind", core::Value{i % 3 == 0 ? "a" : "b"}}}));
        }
        return core::Value::array(std::move(elements));
    }();
    return value;
}

/// Evaluates over a thousand rows and reports the cost of each.
void over_rows(benchmark::State& state, const char* source) {
    const auto expression = *expr::Expression::compile(source, expr::RootSet::all());
    const std::vector<expr::Operand> values{{rows()}};
    for (auto _ : state) {
        expr::Fuel fuel;
        benchmark::DoNotOptimize(evaluate(expression, values, fuel));
    }
    state.SetItemsProcessed(state.iterations() * 1000);
}

// Cost of a function called for each element: what a sum over an order's lines is made of.
void sum_of_a_thousand(benchmark::State& state) {
    over_rows(state, "inputs.reduce((sum, row) => sum + row.id, 0)");
}
BENCHMARK(sum_of_a_thousand);

// The same with new objects, which leave as data.
void map_of_a_thousand(benchmark::State& state) {
    over_rows(state, "inputs.filter(({kind}) => kind === 'b').map(({id, kind}) => ({id, kind}))");
}
BENCHMARK(map_of_a_thousand);

// Comparisons by a function.
void sort_of_a_thousand(benchmark::State& state) {
    over_rows(state, "inputs.toSorted((a, b) => b.id - a.id).length");
}
BENCHMARK(sort_of_a_thousand);

// Cost of one message text with three fields, as in `data.template` and `debug.log`.
void template_text_of_three_fields(benchmark::State& state) {
    const auto text = *expr::Template::compile(
        core::Value{"Order {{ inputs.id }} of {{ inputs.customer.name }}: {{ inputs.total }} EUR"},
        expr::RootSet::all());
    const std::vector<expr::Operand> values{{order()}};
    for (auto _ : state) {
        expr::Fuel fuel;
        benchmark::DoNotOptimize(text.evaluate(values, fuel));
    }
}
BENCHMARK(template_text_of_three_fields);

// Cost of one request body with four fields, two of them constant, as in `http.request`.
void template_tree_of_four_fields(benchmark::State& state) {
    const auto body = *expr::Template::compile(
        *core::parse_json(R"({"amount": "{{ inputs.total }}", "currency": "EUR",
                              "customer": "{{ inputs.customer }}", "options": {"retry": true}})"),
        expr::RootSet::all());
    const std::vector<expr::Operand> values{{order()}};
    for (auto _ : state) {
        expr::Fuel fuel;
        benchmark::DoNotOptimize(body.evaluate(values, fuel));
    }
}
BENCHMARK(template_tree_of_four_fields);

// Cost of saving a version with one more condition.
void expression_compile(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            expr::Expression::compile("inputs.total > vars.threshold", expr::RootSet::all()));
    }
}
BENCHMARK(expression_compile);

}  // namespace

BENCHMARK_MAIN();
