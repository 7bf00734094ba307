// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/json.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/expr/expression.hpp"
#include "millrace/nodes/registry.hpp"
#include "millrace/nodes/standard.hpp"
#include "support/process.hpp"

// What node types that work on many items cost for each of them, beside the engine's transition.
namespace {

using namespace millrace;
using core::Value;

constexpr std::int64_t item_count = 100'000;

const nodes::Registry& registry() {
    static const nodes::Registry* const made = [] {
        auto* filled = new nodes::Registry;
        const core::Result<> registered = nodes::register_standard(*filled);
        if (!registered) bench::give_up(registered.error().message());
        return filled;
    }();
    return *made;
}

/// Orders of a thousand customers.
const Value& orders() {
    static const Value* const list = [] {
        std::vector<Value> items;
        for (std::int64_t i = 0; i < item_count; ++i) {
            items.push_back(Value::object({{"id", i},
                                           {"customer", i * 7919 % 1000},
                                           {"total", static_cast<double>(i * 31 % 5000) / 4}}));
        }
        return new Value{Value::array(std::move(items))};
    }();
    return *list;
}

/// One node with its deferred expressions; `pointers` are their places in the data.
class Node {
public:
    using Expressions = std::vector<std::pair<std::string, std::string>>;

    Node(std::string_view type, Value data, Expressions expressions)
        : definition_{registry().find(type, 1)}, data_{std::move(data)} {
        if (auto special = definition_->behaviour->specialise(*definition_, data_)) {
            definition_ = std::move(special);
        }
        const expr::RootSet roots{expr::Root::item, expr::Root::index, expr::Root::acc};
        for (auto& [pointer, source] : expressions) {
            code_.push_back(bench::must(expr::Expression::compile(source, roots)));
            pointers_.push_back(std::move(pointer));
        }
        for (const expr::Expression& one : code_)
            operands_.emplace_back(one.references().size());
    }

    void run(benchmark::State& state, std::vector<Value> inputs, std::int64_t items) const {
        std::vector<engine::DeferredExpression> deferred;
        for (std::size_t i = 0; i < code_.size(); ++i)
            deferred.push_back({&code_[i], operands_[i], pointers_[i]});
        for (auto _ : state) {
            expr::Fuel fuel;
            const engine::NodeOutcome outcome =
                definition_->behaviour->start({.inputs = inputs,
                                               .labels = {},
                                               .data = data_,
                                               .now = core::Time{0},
                                               .deferred = deferred,
                                               .fuel = &fuel,
                                               .weight_max = std::size_t{1} << 30});
            if (const auto* failure = std::get_if<core::Failure>(&outcome)) {
                bench::give_up(failure->message);
            }
        }
        state.SetItemsProcessed(state.iterations() * items);
    }

private:
    std::shared_ptr<const engine::NodeDefinition> definition_;
    Value data_;
    std::vector<expr::Expression> code_;
    std::vector<std::string> pointers_;
    std::vector<std::vector<expr::Operand>> operands_;
};

Value data_of(std::string_view json) {
    return *core::parse_json(json);
}

// Cost of one computed number for each item: the least that data.map does.
void map_to_a_number(benchmark::State& state) {
    const Node node{"data.map", data_of("{}"), {{"/expression", "item.total * 2"}}};
    node.run(state, {orders()}, item_count);
}
BENCHMARK(map_to_a_number)->Unit(benchmark::kMillisecond);

// Cost of one new object for each item, as in most uses of data.map.
void map_to_an_object(benchmark::State& state) {
    const Node node{"data.map",
                    data_of("{}"),
                    {{"/expression", "{ id: item.id, net: item.total / 1.08, rank: index }"}}};
    node.run(state, {orders()}, item_count);
}
BENCHMARK(map_to_an_object)->Unit(benchmark::kMillisecond);

// Cost of judging each item, half of which stay.
void filter_half(benchmark::State& state) {
    const Node node{"data.filter", data_of("{}"), {{"/expression", "item.total > 600"}}};
    node.run(state, {orders()}, item_count);
}
BENCHMARK(filter_half)->Unit(benchmark::kMillisecond);

// Cost of one step of a sum.
void reduce_to_a_sum(benchmark::State& state) {
    const Node node{
        "data.reduce", data_of(R"({"initial":0})"), {{"/expression", "acc + item.total"}}};
    node.run(state, {orders()}, item_count);
}
BENCHMARK(reduce_to_a_sum)->Unit(benchmark::kMillisecond);

// Cost of each item when they are sorted by two keys.
void sort_by_two_keys(benchmark::State& state) {
    const Node node{"data.sort",
                    data_of(R"({"by":[{"order":"desc"},{}]})"),
                    {{"/by/0/key", "item.total"}, {"/by/1/key", "item.id"}}};
    node.run(state, {orders()}, item_count);
}
BENCHMARK(sort_by_two_keys)->Unit(benchmark::kMillisecond);

// Cost of each item when a thousand groups get a count and a sum.
void group_with_count_and_sum(benchmark::State& state) {
    const Node node{"data.group",
                    data_of(R"({"by":[{"name":"c"}],"values":[{"name":"n","op":"count"},
                    {"name":"s","op":"sum"}]})"),
                    {{"/by/0/key", "item.customer"}, {"/values/1/of", "item.total"}}};
    node.run(state, {orders()}, item_count);
}
BENCHMARK(group_with_count_and_sum)->Unit(benchmark::kMillisecond);

// Cost of each left item when it finds its one partner among a thousand.
void join_with_customers(benchmark::State& state) {
    std::vector<Value> customers;
    for (std::int64_t i = 0; i < 1000; ++i)
        customers.push_back(Value::object({{"key", i}, {"name", "Ada"}}));
    const Node node{
        "data.join", data_of("{}"), {{"/left_key", "item.customer"}, {"/right_key", "item.key"}}};
    node.run(state, {orders(), Value::array(std::move(customers))}, item_count);
}
BENCHMARK(join_with_customers)->Unit(benchmark::kMillisecond);

// Cost of each row of three cells that is read from CSV.
void read_csv_rows(benchmark::State& state) {
    std::string text = "id,customer,total\n";
    for (const Value& order : orders().as_array()) {
        for (const core::Member& member : order.as_object())
            text += core::to_json(member.value) + (member.key == "total" ? "\n" : ",");
    }
    const Node node{"data.convert", data_of(R"({"from":"csv"})"), {}};
    node.run(state, {Value{text}}, item_count);
}
BENCHMARK(read_csv_rows)->Unit(benchmark::kMillisecond);

// Cost of each match of a pattern with one group.
void find_all_matches(benchmark::State& state) {
    std::string text;
    for (std::int64_t i = 0; i < item_count; ++i)
        text += "order-" + std::to_string(i) + ", ";
    const Value data = data_of(R"x({"mode":"match_all","pattern":"order-(\\d+)"})x");
    const Node node{"text.regex", data, {}};
    node.run(state, {Value{text}}, item_count);
}
BENCHMARK(find_all_matches)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
