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
