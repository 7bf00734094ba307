// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "testing/evaluate.hpp"

// What an evaluation may cost. Memory is measured as the most that the process ever held.
namespace millrace::expr {

namespace {

using core::Value;

long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/// `[name, name, …]`
std::string many(std::string_view name, int count) {
    std::string source = "[";
    for (int i = 0; i < count; ++i)
        source.append(name).append(",");
    source.back() = ']';
    return source;
}

constexpr long allowed_kib = 64 * 1024;

TEST(Fuel, BoundsTheMemoryOfTextMadeOfAnArray) {
    const Value roots =
        Value::object({{"inputs", Value::object({{"s", std::string(500'000, 'x')}})}});
    const std::string array = many("inputs.s", 2'000);
    const long before = peak_kib();
    EXPECT_EQ(result_of("'' + " + array, roots), "fuel_exhausted");
    EXPECT_EQ(result_of("`${" + array + "}`", roots), "fuel_exhausted");
    EXPECT_EQ(result_of("inputs[" + array + "]", roots), "fuel_exhausted");
    EXPECT_LT(peak_kib() - before, allowed_kib);
}

TEST(Fuel, BoundsTheMemoryOfJson) {
    const Value data = Value::array({std::string(300'000, 'x'), Value{1}});
    const Value roots = Value::object({{"inputs", Value::object({{"a", data}})}});
    const long before = peak_kib();
    EXPECT_EQ(rendered("x{{ " + many("inputs.a", 2'000) + " }}", roots), "fuel_exhausted");
    EXPECT_LT(peak_kib() - before, allowed_kib);
}

TEST(Fuel, IsNotSpentOnWhatDataWeighsInMemory) {
    // 100,000 numbers weigh 1.6 MB, more than the fuel there is, but are short as JSON.
    const Value numbers = Value::array(std::vector<Value>(100'000, Value{1}));
    const std::string text = rendered("x{{ inputs }}", Value::object({{"inputs", numbers}}));
    EXPECT_EQ(text.size(), 200'001u + 3u);
}

TEST(Fuel, IsNotSpentOnTextThatIsPassedOn) {
    const Value text{std::string(5'000'000, 'x')};
    const auto passed = Expression::compile("inputs.s ?? ''", RootSet::all());
    ASSERT_TRUE(passed);
    Fuel fuel{100};
    const std::vector<Operand> operands{{Value::object({{"s", text}})}};
    const auto result = evaluate(*passed, operands, fuel);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->value, text);
    EXPECT_EQ(result->value.as_string().data(), text.as_string().data());
}

TEST(Fuel, PaysExactlyForTheTextOfMeetingSurrogates) {
    const auto pair = Expression::compile("`${inputs[0]}${inputs[1]}`", RootSet::all());
    ASSERT_TRUE(pair);
    Fuel fuel;
    const std::vector<Operand> smile{{Value{"😀"}}};
    EXPECT_EQ(evaluate(*pair, smile, fuel)->value, Value{"😀"});
    const std::uint64_t cost = Fuel{}.left - fuel.left;
    Fuel exact{cost};
    EXPECT_TRUE(evaluate(*pair, smile, exact));
    Fuel short_of_one{cost - 1};
    EXPECT_FALSE(evaluate(*pair, smile, short_of_one));
}

TEST(References, AreFoundAgainAmongMany) {
    constexpr std::size_t count = 30'000;
    std::vector<Value> texts;
    for (std::size_t i = 0; i < 2 * count; ++i)
        texts.emplace_back("{{ vars.v" + std::to_string(i % count) + " }}");
    const auto compiled = Template::compile(Value::array(std::move(texts)), RootSet::all());
    ASSERT_TRUE(compiled);
    ASSERT_EQ(compiled->references().size(), count);
    EXPECT_EQ(compiled->references().back().first, "v29999");
}

}  // namespace

}  // namespace millrace::expr
