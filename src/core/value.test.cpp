// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include "testing/arbitrary_value.hpp"

namespace millrace::core {
namespace {

constexpr std::int64_t safe_max = 9007199254740991;

Value nested_arrays(int depth) {
    Value value;
    for (int i = 0; i < depth; ++i)
        value = Value::array({std::move(value)});
    return value;
}

/// Objects with `count` members k0, k1, …
std::vector<Member> numbered_members(int count) {
    std::vector<Member> members;
    for (int i = 0; i < count; ++i)
        members.push_back({"k" + std::to_string(i), i});
    return members;
}

TEST(Value, TakesSixteenBytes) {
    EXPECT_EQ(sizeof(Value), 16u);
}

TEST(Value, KnowsItsKind) {
    EXPECT_TRUE(Value{}.is_null());
    EXPECT_TRUE(Value{nullptr}.is_null());
    EXPECT_TRUE(Value{true}.is_bool());
    EXPECT_TRUE(Value{5}.is_integer());
    EXPECT_TRUE(Value{5u}.is_integer());
    EXPECT_EQ(Value{5.5}.kind(), Value::Kind::number);
    EXPECT_TRUE(Value{"text"}.is_string());
    EXPECT_TRUE(Value::bytes({}).is_bytes());
    EXPECT_TRUE(Value::array({}).is_array());
    EXPECT_TRUE(Value::object({}).is_object());
}

TEST(Value, NamesKindsForPeople) {
    EXPECT_EQ(kind_name(Value{}), "null");
    EXPECT_EQ(kind_name(Value{true}), "boolean");
    EXPECT_EQ(kind_name(Value{1}), "integer");
    EXPECT_EQ(kind_name(Value{1.5}), "number");
    EXPECT_EQ(kind_name(Value{""}), "string");
    EXPECT_EQ(kind_name(Value{"a text longer than inline"}), "string");
    EXPECT_EQ(kind_name(Value::bytes({})), "bytes");
    EXPECT_EQ(kind_name(Value::array({})), "array");
    EXPECT_EQ(kind_name(Value::object({})), "object");
}

TEST(Value, IsAnIntegerWhenADoubleIsSafelyIntegral) {
    EXPECT_EQ(Value{5.0}, Value{5});
    EXPECT_TRUE(Value{5.0}.is_integer());
    EXPECT_TRUE(Value{static_cast<double>(safe_max)}.is_integer());
    EXPECT_TRUE(Value{-static_cast<double>(safe_max)}.is_integer());
    EXPECT_FALSE(Value{static_cast<double>(safe_max) + 1}.is_integer());
    EXPECT_FALSE(Value{0.5}.is_integer());
    EXPECT_FALSE(Value{std::numeric_limits<double>::infinity()}.is_integer());
}

TEST(Value, KeepsMinusZeroAsADoubleThatEqualsZero) {
    const Value minus_zero{-0.0};
    EXPECT_FALSE(minus_zero.is_integer());
    EXPECT_TRUE(std::signbit(minus_zero.as_double()));
    EXPECT_EQ(minus_zero, Value{0});
    EXPECT_EQ(minus_zero.hash(), Value{0}.hash());
}

TEST(Value, HoldsNanEqualToItself) {
    const Value nan{std::numeric_limits<double>::quiet_NaN()};
    EXPECT_EQ(nan, Value{-std::numeric_limits<double>::quiet_NaN()});
    EXPECT_EQ(nan.hash(), Value{-std::numeric_limits<double>::quiet_NaN()}.hash());
    EXPECT_NE(nan, Value{0});
}

TEST(Value, NeverHoldsABigIntegerEqualToADouble) {
    EXPECT_NE(Value{safe_max + 1}, Value{9007199254740992.0});
    EXPECT_NE(Value{std::numeric_limits<std::int64_t>::max()}, Value{9223372036854775807.0});
}

TEST(Value, KeepsTextsOfEveryLengthAroundTheInlineLimit) {
    for (std::size_t size = 0; size <= 40; ++size) {
        const std::string text(size, 'x');
        EXPECT_EQ(Value{text}.as_string(), text);
        EXPECT_EQ(Value{text}.size(), size);
    }
}

TEST(Value, ReplacesInvalidUtf8) {
    EXPECT_EQ(Value{"a\xFFz"}.as_string(), "a\xEF\xBF\xBDz");
    EXPECT_EQ(Value{"\xED\xA0\x80"}.as_string(), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(Value::object({{"\xC0", 1}}).as_object()[0].key, "\xEF\xBF\xBD");
}

TEST(Value, MayBeAssignedFromItsOwnChild) {
    Value value = Value::array({Value::array({"a text longer than inline"})});
    value = value.as_array()[0];
    value = value.as_array()[0];
    EXPECT_EQ(value.as_string(), "a text longer than inline");
    Value& same = value;
    value = same;
    value = std::move(same);
    EXPECT_EQ(value.as_string(), "a text longer than inline");
}

TEST(Value, IsNullAfterItWasMovedFrom) {
    Value from{"a text longer than inline"};
    const Value to{std::move(from)};
    EXPECT_TRUE(from.is_null());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(to.as_string(), "a text longer than inline");
}

TEST(Value, FindsMembersInSmallAndLargeObjects) {
    for (const int count : {0, 1, 8, 9, 1000}) {
        const Value object = Value::object(numbered_members(count));
        for (int i = 0; i < count; ++i) {
            const Value* found = object.find("k" + std::to_string(i));
            ASSERT_NE(found, nullptr);
            EXPECT_EQ(*found, Value{i});
        }
        EXPECT_EQ(object.find("absent"), nullptr);
    }
    EXPECT_EQ(Value{5}.find("k0"), nullptr);
}

TEST(Value, KeepsOfRepeatedKeysTheFirstPlaceAndTheLastValue) {
    const Value object = Value::object({{"a", 1}, {"b", 2}, {"a", 3}});
    ASSERT_EQ(object.size(), 2u);
    EXPECT_EQ(object.as_object()[0], (Member{"a", 3}));
    EXPECT_EQ(object.as_object()[1], (Member{"b", 2}));
}

TEST(Value, KeepsOfRepeatedKeysTheFirstPlaceAlsoInLargeObjects) {
    std::vector<Member> members = numbered_members(100);
    for (int i = 0; i < 100; i += 2)
        members.push_back({"k" + std::to_string(i), "again"});
    const Value object = Value::object(std::move(members));
    ASSERT_EQ(object.size(), 100u);
    EXPECT_EQ(object.as_object()[42], (Member{"k42", "again"}));
    EXPECT_EQ(object.as_object()[43], (Member{"k43", 43}));
    EXPECT_EQ(object.element_count(), 100u);
}

TEST(Value, BuildsObjectsMemberByMember) {
    ObjectBuilder builder;
    EXPECT_TRUE(builder.empty());
    builder.set("a", 1).set("b", 2).set("a", 3);
    EXPECT_FALSE(builder.empty());
    EXPECT_EQ(std::move(builder).build(), Value::object({{"b", 2}, {"a", 3}}));
}

TEST(Value, CountsElementsAtAllDepths) {
    const Value tree = Value::array({1, Value::object({{"a", Value::array({1, 2})}})});
    EXPECT_EQ(tree.element_count(), 5u);
    EXPECT_EQ(Value{"text"}.element_count(), 0u);
}

TEST(Value, WeighsAtLeastItsContents) {
    EXPECT_EQ(Value{5}.weight(), 16u);
    const Value text{std::string(1000, 'x')};
    EXPECT_GE(text.weight(), 1016u);
    EXPECT_GE(Value::array({text, text}).weight(), 2 * text.weight() + 16);
    EXPECT_GE(Value::object({{std::string(500, 'k'), text}}).weight(), text.weight() + 516);
}

TEST(Value, WeighsTheMostThereIsWhenSharedSubtreesWouldOverflowTheCount) {
    Value doubled{1};
    for (int i = 0; i < 100; ++i)
        doubled = Value::array({doubled, doubled});
    EXPECT_EQ(doubled.weight(), std::numeric_limits<std::size_t>::max());
    EXPECT_EQ(doubled, Value{doubled});
}

TEST(Value, MayBeAMillionDeep) {
    constexpr int depth = 1'000'000;
    const Value a = nested_arrays(depth);
    const Value b = nested_arrays(depth);
    EXPECT_EQ(a, b);
    EXPECT_EQ(a.hash(), b.hash());
    EXPECT_NE(a, nested_arrays(depth - 1));
    EXPECT_EQ(a.element_count(), static_cast<std::size_t>(depth));
}

TEST(Value, MayBeSharedByThreads) {
    const Value shared = Value::array({"a text longer than inline", Value::object({{"a", 1}})});
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([shared] {
            for (int j = 0; j < 10'000; ++j) {
                const Value copy = shared;
                const Value child = copy.as_array()[1];
                EXPECT_EQ(child.size(), 1u);
            }
        });
    }
    threads.clear();
    EXPECT_EQ(shared.as_array()[0].as_string(), "a text longer than inline");
}

TEST(ValueDeathTest, RefusesTheWrongAccessor) {
    EXPECT_DEATH(Value{"text"}.as_integer(), "broken invariant");
    EXPECT_DEATH(Value{5}.as_string(), "broken invariant");
    EXPECT_DEATH(Value{}.as_object(), "broken invariant");
}

RC_GTEST_PROP(ValueLaws, ACopyIsEqualAndHashesEqually, ()) {
    const Value value = *arbitrary_value();
    const Value copy{value};
    RC_ASSERT((copy == value));
    RC_ASSERT((copy.hash() == value.hash()));
    RC_ASSERT((copy.weight() == value.weight()));
}

RC_GTEST_PROP(ValueLaws, ARebuiltTreeIsEqualAndHashesEqually, ()) {
    const Value value = *arbitrary_value();
    const Value rebuilt = deep_copy(value);
    RC_ASSERT((rebuilt == value));
    RC_ASSERT((rebuilt.hash() == value.hash()));
    RC_ASSERT((rebuilt.weight() == value.weight()));
    RC_ASSERT((rebuilt.element_count() == value.element_count()));
}

RC_GTEST_PROP(ValueLaws, EqualityIsSymmetricAndAgreesWithTheHash, ()) {
    const Value a = *arbitrary_value();
    const Value b = *arbitrary_value();
    RC_ASSERT((a == b) == (b == a));
    if (a == b) RC_ASSERT((a.hash() == b.hash()));
}

RC_GTEST_PROP(ValueLaws, TheOrderOfKeysDoesNotCount, (const std::vector<std::string>& keys)) {
    std::vector<Member> members;
    for (const std::string& key : keys)
        members.push_back({key, Value{key}});
    const Value object = Value::object(members);
    std::ranges::reverse(members);
    const Value reversed = Value::object(members);
    RC_ASSERT((object == reversed));
    RC_ASSERT((object.hash() == reversed.hash()));
}

RC_GTEST_PROP(ValueLaws, ADoubleIsEqualToItselfOnly, (double a, double b)) {
    RC_ASSERT((Value{a} == Value{b}) == (a == b));
}

}  // namespace
}  // namespace millrace::core
