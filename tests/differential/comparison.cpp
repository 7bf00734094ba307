// SPDX-License-Identifier: Apache-2.0
#include "comparison.hpp"

#include <algorithm>
#include <array>

#include "expr/testing/evaluate.hpp"
#include "millrace/expr/expression.hpp"
#include "millrace/format/expression_host.hpp"

namespace millrace::differential {
namespace {

// As much as the engine allows for.
constexpr std::uint64_t fuel = 1'000'000;

constexpr auto limits =
    std::to_array<std::string_view>({"bigint_overflow", "depth", "fuel_exhausted", "not_native"});

}  // namespace

Native evaluated(std::string_view source, const core::Value& roots) {
    Native native;
    const auto expression =
        expr::Expression::compile(source, expr::RootSet::all(), &format::expression_host());
    if (!expression) {
        native.result = "!" + std::string{expression.error().code()};
        native.message = expression.error().message();
        return native;
    }
    native.compiles = true;
    expr::Fuel account{fuel};
    const auto result =
        expr::evaluate(*expression, expr::resolve(expression->references(), roots), account);
    if (result) {
        native.result = expr::shown(*result);
        return native;
    }
    native.result = "!" + result.error().code;
    native.message = result.error().message;
    native.is_out_of_reach = std::ranges::find(limits, result.error().code) != limits.end();
    return native;
}

bool agree(const Native& native, std::string_view node) {
    if (native.is_out_of_reach) return true;
    if (!native.compiles) return node.starts_with("!syntax");
    if (native.result.starts_with('!')) return node.starts_with('!');
    return native.result == node;
}

}  // namespace millrace::differential
