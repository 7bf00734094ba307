// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/number_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

namespace millrace::core {
namespace {

struct NumberCase {
    double number;
    const char* text;
};

// What JavaScript's String(number) gives.
const NumberCase number_cases[] = {
    {0.0, "0"},
    {-0.0, "0"},
    {1, "1"},
    {-1, "-1"},
    {9, "9"},
    {10, "10"},
    {-10, "-10"},
    {42, "42"},
    {100, "100"},
    {1e5, "100000"},
    {123456789, "123456789"},
    {0.1, "0.1"},
    {-0.1, "-0.1"},
    {0.5, "0.5"},
    {0.25, "0.25"},
    {1.5, "1.5"},
    {-1.5, "-1.5"},
    {3.14159, "3.14159"},
    {0.1 + 0.2, "0.30000000000000004"},
    {1.0 / 3.0, "0.3333333333333333"},
    {2.0 / 3.0, "0.6666666666666666"},
    {100.0 / 3.0, "33.333333333333336"},
    {123.456, "123.456"},
    {1234.5, "1234.5"},
    {0.01, "0.01"},
    {0.001, "0.001"},
    {0.0001, "0.0001"},
    {0.00001, "0.00001"},
    {0.000001, "0.000001"},
    {0.0000012, "0.0000012"},
    {0.0000001, "1e-7"},
    {0.00000012, "1.2e-7"},
    {-1e-7, "-1e-7"},
    {1.5e-7, "1.5e-7"},
    {1e-10, "1e-10"},
    {1.234e-10, "1.234e-10"},
    {1e-100, "1e-100"},
    {5e-324, "5e-324"},
    {-5e-324, "-5e-324"},
    {1e-323, "1e-323"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {2.225073858507201e-308, "2.225073858507201e-308"},
    {1e15, "1000000000000000"},
    {1e16, "10000000000000000"},
    {1e17, "100000000000000000"},
    {1e20, "100000000000000000000"},
    {-1e20, "-100000000000000000000"},
    {1e21, "1e+21"},
    {-1e21, "-1e+21"},
    {1.5e21, "1.5e+21"},
    {1e22, "1e+22"},
    {1e23, "1e+23"},
    {123456789012345680000.0, "123456789012345680000"},
    {1234567890123456800000.0, "1.2345678901234568e+21"},
    {999999999999999900000.0, "999999999999999900000"},
    {9007199254740991.0, "9007199254740991"},
    {9007199254740992.0, "9007199254740992"},
    {9007199254740994.0, "9007199254740994"},
    {2251799813685248.5, "2251799813685248.5"},
    {1125899906842624.25, "1125899906842624.2"},
    {9223372036854775807.0, "9223372036854776000"},
    {18446744073709551616.0, "18446744073709552000"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {-1.7976931348623157e308, "-1.7976931348623157e+308"},
    {1.2e300, "1.2e+300"},
    {1e308, "1e+308"},
    {4.35, "4.35"},
    {1.005, "1.005"},
    {12345.678901, "12345.678901"},
    {0.000123456, "0.000123456"},
    {299792458, "299792458"},
    {6.02214076e23, "6.02214076e+23"},
    {1.602176634e-19, "1.602176634e-19"},
    {2.5e-8, "2.5e-8"},
    {333333333.33333329, "333333333.3333333"},
    {295147905179352830000.0, "295147905179352830000"},
    {std::numeric_limits<double>::infinity(), "Infinity"},
    {-std::numeric_limits<double>::infinity(), "-Infinity"},
    {std::numeric_limits<double>::quiet_NaN(), "NaN"},
};

TEST(NumberText, IsWhatEcmaScriptWrites) {
    for (const NumberCase& example : number_cases) {
        EXPECT_EQ(number_text(example.number), example.text);
    }
}

TEST(NumberText, WritesAllDigitsOfIntegers) {
    EXPECT_EQ(number_text(std::numeric_limits<std::int64_t>::max()), "9223372036854775807");
    EXPECT_EQ(number_text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

RC_GTEST_PROP(NumberText, ReadsBackAsTheSameNumber, (std::uint64_t bits)) {
    const double number = std::bit_cast<double>(bits);
    RC_PRE(std::isfinite(number));
    const std::optional<Value> read = parse_number(number_text(number));
    RC_ASSERT(read.has_value());
    RC_ASSERT((read->as_double() == number));
}

TEST(ParseNumber, KeepsInt64Exact) {
    EXPECT_EQ(parse_number("9223372036854775807"), Value{9223372036854775807});
    EXPECT_EQ(parse_number("-9223372036854775808"),
              Value{std::numeric_limits<std::int64_t>::min()});
    EXPECT_EQ(parse_number("9007199254740993"), Value{9007199254740993});
    EXPECT_EQ(parse_number("0"), Value{0});
    EXPECT_TRUE(parse_number("-0")->is_integer());
}

TEST(ParseNumber, GivesTheNearestDoubleForAllElse) {
    EXPECT_EQ(parse_number("9223372036854775808"), Value{9223372036854775808.0});
    EXPECT_EQ(parse_number("123456789012345678901234567890"), Value{1.2345678901234568e29});
    EXPECT_EQ(parse_number("1.5"), Value{1.5});
    EXPECT_EQ(parse_number("-2.50"), Value{-2.5});
    EXPECT_EQ(parse_number("1e3"), Value{1000});
    EXPECT_EQ(parse_number("1E+3"), Value{1000});
    EXPECT_EQ(parse_number("25e-1"), Value{2.5});
    EXPECT_EQ(parse_number("5.0"), Value{5});
    EXPECT_EQ(parse_number("9007199254740993.0"), Value{9007199254740992.0});
}

TEST(ParseNumber, RoundsWhatIsTooSmallToZero) {
    EXPECT_EQ(parse_number("1e-400"), Value{0});
    EXPECT_EQ(parse_number("0.0001e-400"), Value{0});
    EXPECT_TRUE(std::signbit(parse_number("-1e-400")->as_double()));
    EXPECT_EQ(parse_number("1e-99999999999999999999"), Value{0});
    EXPECT_EQ(parse_number("0e99999999999999999999"), Value{0});
    EXPECT_EQ(parse_number("0." + std::string(400, '0') + "1"), Value{0});
    EXPECT_EQ(parse_number("2e-324"), Value{0});
    EXPECT_EQ(parse_number("3e-324"), Value{5e-324});
}

TEST(ParseNumber, RefusesWhatOverflowsADouble) {
    for (const char* text : {"1e309", "-1e309", "1e99999999999999999999", "1.8e308"}) {
        EXPECT_EQ(parse_number(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_number(std::string(400, '9')), std::nullopt);
}

TEST(ParseNumber, RefusesWhatIsNoJsonNumber) {
    for (const char* text :
         {"",     "-",    "+1",    "01", "-01", "00",  ".5",       "5.",  "1e",    "1e+",
          "1.e3", "0x10", "1_000", " 1", "1 ",  "NaN", "Infinity", "--1", "1.5.2", "1e5.2"}) {
        EXPECT_EQ(parse_number(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace millrace::core
