// SPDX-License-Identifier: Apache-2.0
// Each type that works on items takes a million of them in its stride.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using core::Value;
using testing::json;
using testing::TypeRun;

constexpr std::int64_t count = 1'000'000;
/// 0, 1, 2, …, each in a random-looking order of its own.
const Value& numbers() {
    static const Value* const list = [] {
        std::vector<Value> values;
        for (std::int64_t i = 0; i < count; ++i)
            values.emplace_back(i * 7919 % count);
        return new Value{Value::array(std::move(values))};
    }();
    return *list;
}

TypeRun run(std::string_view type, std::string_view data) {
    TypeRun made{type, json(data)};
    return made.with_input(numbers()).with_weight_max(std::size_t{1} << 30);
}

TEST(MillionItems, AreMappedFilteredAndReduced) {
    const Value doubled = run("data.map", R"({"expression":"item * 2"})").out();
    ASSERT_EQ(doubled.size(), 1'000'000u);
    EXPECT_EQ(doubled.as_array()[1], 2 * 7919);
    EXPECT_EQ(run("data.filter", R"({"expression":"item % 2 == 0"})").out().size(), 500'000u);
    EXPECT_EQ(run("data.reduce", R"({"initial":0,"expression":"acc + item"})").out(),
              count * (count - 1) / 2);
}

TEST(MillionItems, AreSorted) {
    const Value sorted = run("data.sort", R"({"by":[{"key":"item","order":"desc"}]})").out();
    ASSERT_EQ(sorted.size(), 1'000'000u);
    EXPECT_EQ(sorted.as_array()[0], count - 1);
    EXPECT_EQ(sorted.as_array()[999'999], 0);
}

TEST(MillionItems, AreAggregatedAndGrouped) {
    EXPECT_EQ(run("data.aggregate",
                  R"({"values":[{"name":"n","op":"count"},{"name":"s","op":"sum","of":"item"},
                                {"name":"m","op":"median","of":"item"},
                                {"name":"d","op":"count_distinct","of":"item"}]})")
                  .out(),
              json(R"({"n":1000000,"s":499999500000,"m":499999.5,"d":1000000})"));
    const Value groups =
        run("data.group", R"({"by":"item % 1000","values":[{"name":"n","op":"count"}]})").out();
    ASSERT_EQ(groups.size(), 1'000u);
    EXPECT_EQ(*groups.as_array()[7].find("n"), 1'000);
    EXPECT_EQ(
        run("data.group", R"({"by":"item","values":[{"name":"n","op":"count"}]})").out().size(),
        1'000'000u);
}

TEST(MillionItems, AreSplitAndFreedOfDuplicates) {
    EXPECT_EQ(run("data.split", R"({"size":1000})").out().size(), 1'000u);
    EXPECT_EQ(run("data.dedupe", R"({"by":"item % 500000"})").out().size(), 500'000u);
    EXPECT_EQ(run("data.dedupe", R"({"by":"item % 10","keep":"last"})").out().size(), 10u);
}

TEST(MillionItems, AreJoinedAndLookedUp) {
    TypeRun joined{"data.join", json(R"({"key":"item","combine":"nest"})")};
    joined.with_inputs({numbers(), numbers()}).with_weight_max(std::size_t{1} << 30);
    EXPECT_EQ(joined.out().size(), 1'000'000u);
    TypeRun crossed{"data.join", json(R"({"key":"1","combine":"nest"})")};
    crossed.with_inputs({numbers(), numbers()}).with_weight_max(std::size_t{1} << 30);
    EXPECT_EQ(crossed.failure().code, "too_many_rows");
    TypeRun found{"data.lookup", json(R"({"key":"item.k","table_key":"item","into":"v",
                                           "over":"input.items","missing":"fail"})")};
    std::vector<Value> items(1'000'000, json(R"({"k":77})"));
    found.with_inputs({Value::object({{"items", Value::array(std::move(items))}}), numbers()});
    EXPECT_EQ(found.with_weight_max(std::size_t{1} << 30).out().as_array()[999'999],
              json(R"({"k":77,"v":77})"));
}

TEST(MillionItems, AreValidatedQueriedAndConverted) {
    EXPECT_EQ(run("data.validate", R"({"mode":"items","schema":{"type":"integer"}})").out().size(),
              1'000'000u);
    EXPECT_EQ(run("json.query", R"({"path":"$[?@ > 10]","take":"count"})").out(), count - 11);
    TypeRun patched = run("json.patch", R"({"patch":[{"op":"add","path":"/-","value":1}]})");
    EXPECT_EQ(patched.out().size(), 1'000'001u);
    const Value text = run("data.convert", R"({"to":"ndjson"})").out();
    TypeRun back{"data.convert", json(R"({"from":"ndjson"})")};
    EXPECT_EQ(back.with_input(text).out().size(), 1'000'000u);
    TypeRun rows{"data.convert", json(R"({"from":"csv","csv":{"header":false}})")};
    rows.with_input(text).with_weight_max(std::size_t{1} << 30);
    EXPECT_EQ(rows.out().size(), 1'000'000u);
}

// What a value may weigh ends a run long before memory does.
TEST(MillionItems, OfThreeFieldsAreTooMuchForOneValue) {
    const Value row = json(R"({"id":1,"name":"a","total":2})");
    EXPECT_GT(row.weight() * 1'000'000, std::size_t{64} << 20);
    TypeRun made{"data.map", json(R"({"expression":"{ id: item, name: 'a', total: 2 }"})")};
    EXPECT_EQ(made.with_input(numbers()).failure().code, "result_too_large");
}

}  // namespace
}  // namespace millrace::nodes
