// SPDX-License-Identifier: Apache-2.0
// Compiles the input as an expression and as a template, and evaluates both on fixed data.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "millrace/expr/expression.hpp"
#include "millrace/expr/template.hpp"

namespace {

using namespace millrace;

constexpr std::uint64_t fuel_max = 20'000;

const core::Value& data() {
    static const core::Value value = *core::parse_json(
        R"({"a": [1, "x😀", null, [2.5]], "b": {"length": 3, "k": true}, "s": "text",
                              "big": 9007199254740993, "n": -0.5, "e": {}, "f": []})");
    return value;
}

std::vector<expr::Operand> operands(std::size_t count) {
    return std::vector<expr::Operand>(count, expr::Operand{data(), false});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view source{reinterpret_cast<const char*>(bytes), size};
    if (const auto compiled = expr::Expression::compile(source, expr::RootSet::all())) {
        const auto values = operands(compiled->references().size());
        expr::Fuel fuel{fuel_max};
        expr::Fuel again{fuel_max};
        const auto first = evaluate(*compiled, values, fuel);
        const auto second = evaluate(*compiled, values, again);
        MR_CHECK(first.has_value() == second.has_value());
        MR_CHECK(fuel.left == again.left);
    }
    if (const auto compiled = expr::Template::compile(source, expr::RootSet::all())) {
        expr::Fuel fuel{fuel_max};
        const auto values = operands(compiled->references().size());
        const auto result = compiled->evaluate(values, fuel);
        MR_CHECK(result.has_value() || !result.error().code.empty());
    }
    return 0;
}
