// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_expressions.hpp"

#include <gtest/gtest.h>

#include "millrace/core/json.hpp"

namespace millrace::cli {
namespace {

/// What an assertion that has not held says of what it has read.
std::string told(const std::string& source, std::string_view roots) {
    const auto code = compile_assertion(source, nullptr);
    return code ? operands_text(*code, *core::parse_json(roots)) : code.error().message();
}

constexpr const char* roots = R"({"value": {"lines": [{"sku": "A7"}, {"sku": "B8"}], "total": 3},
    "error": null, "execution": {"calls": {"charge": [1, 2]}}})";

TEST(TestExpressions, TellWhatTheirPathsLeadTo) {
    EXPECT_EQ(told("value.total > 5", roots), "value.total is 3");
    EXPECT_EQ(told("value.lines[1].sku === 'value.total'", roots), R"(value.lines[1].sku is "B8")");
    EXPECT_EQ(told("execution.calls.charge.length === 3", roots),
              "execution.calls.charge.length is 2");
    EXPECT_EQ(told("error.code === 'x' || value.total < value.total", roots),
              "error is null; value.total is 3");
    EXPECT_EQ(told("value.lines.some(line => line.sku === 'C9')", roots),
              R"(value.lines is [{"sku":"A7"},{"sku":"B8"}])");
}

TEST(TestExpressions, HaveNamesOfTheirOwn) {
    EXPECT_TRUE(compile_mock_expression("value.body.amount > 5 && index < 2", nullptr));
    EXPECT_FALSE(compile_mock_expression("execution.id", nullptr));
    EXPECT_FALSE(compile_assertion("input", nullptr));
}

}  // namespace
}  // namespace millrace::cli
