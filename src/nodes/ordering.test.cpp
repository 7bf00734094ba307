// SPDX-License-Identifier: Apache-2.0
#include "ordering.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using core::Value;
using testing::json;

/// -1, 0 or 1.
int compared(const Value& a, const Value& b, Comparison comparison) {
    const auto order = compare_keys(sort_key(a, comparison), sort_key(b, comparison), comparison);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}

TEST(Ordering, RanksKindsAndComparesWithinThem) {
    const std::vector<Value> sorted{false,       true,         json("-1.5"), 2,
                                    json("2.5"), std::nan(""), "B",          "a",
                                    "\xc3\xa4",  json("[1]"),  json("{}")};
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        for (std::size_t j = 0; j < sorted.size(); ++j) {
            EXPECT_EQ(compared(sorted[i], sorted[j], Comparison::by_kind), i < j   ? -1
                                                                           : i > j ? 1
                                                                                   : 0)
                << i << " " << j;
        }
    }
}

TEST(Ordering, ComparesLargeIntegersExactly) {
    constexpr std::int64_t large = 9007199254740993;
    EXPECT_EQ(compared(large, large + 1, Comparison::by_kind), -1);
    EXPECT_EQ(compared(large, Value{9007199254740992.0}, Comparison::by_kind), 1);
    EXPECT_EQ(
        compared(std::numeric_limits<std::int64_t>::max(), Value{9.3e18}, Comparison::by_kind), -1);
    EXPECT_EQ(
        compared(Value{-1e300}, std::numeric_limits<std::int64_t>::min(), Comparison::by_kind), -1);
}

TEST(Ordering, NaturalReadsDigitsAsNumbers) {
    const auto order = [](const char* a, const char* b) {
        return compared(a, b, Comparison::natural);
    };
    EXPECT_EQ(order("file9", "file10"), -1);
    EXPECT_EQ(order("File9", "file10"), -1);
    EXPECT_EQ(order("a007", "a7"), -1);  // equal but for zeros
    EXPECT_EQ(order("a7b", "a7"), 1);
    EXPECT_EQ(order("1.10.2", "1.9.30"), 1);
    EXPECT_EQ(order("x99999999999999999999", "x100000000000000000000"), -1);
    EXPECT_EQ(order("same", "same"), 0);
}

TEST(Ordering, NumericReadsTexts) {
    EXPECT_EQ(compared(" 9", "10", Comparison::numeric), -1);
    EXPECT_EQ(compared("1e3", 999, Comparison::numeric), 1);
    EXPECT_TRUE(sort_key("nine", Comparison::numeric).is_null());
    EXPECT_TRUE(sort_key(json("[1]"), Comparison::numeric).is_null());
}

TEST(Ordering, TextWritesNumbersOut) {
    EXPECT_EQ(compared(9, 10, Comparison::text), 1);
    EXPECT_EQ(text_value(json("{\"a\":1}")), "{\"a\":1}");
}

Value any_value() {
    switch (*rc::gen::inRange(0, 4)) {
        case 0: return *rc::gen::inRange<std::int64_t>(-3, 3);
        case 1: return static_cast<double>(*rc::gen::inRange(-6, 6)) / 2;
        case 2: return *rc::gen::container<std::string>(rc::gen::element('0', '1', '9', 'a', 'A'));
        default: return *rc::gen::arbitrary<bool>();
    }
}

RC_GTEST_PROP(Ordering, IsAnOrder, ()) {
    for (const Comparison comparison :
         {Comparison::by_kind, Comparison::natural, Comparison::text}) {
        const Value a = any_value();
        const Value b = any_value();
        const Value c = any_value();
        RC_ASSERT(compared(a, b, comparison) == -compared(b, a, comparison));
        if (compared(a, b, comparison) <= 0 && compared(b, c, comparison) <= 0) {
            RC_ASSERT(compared(a, c, comparison) <= 0);
        }
    }
}

}  // namespace
}  // namespace millrace::nodes
