// SPDX-License-Identifier: Apache-2.0
// Compiles the input as an expression and as a template, and evaluates both on fixed data.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "millrace/expr/expression.hpp"
#include "millrace/expr/host.hpp"
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

/// Zones of all names, with a clock that is changed each 20 days; a digest that is none.
class FuzzHost final : public expr::Host {
public:
    std::span<const std::string_view> digest_names() const override { return {}; }
    std::optional<std::string> digest(std::string_view algorithm,
                                      std::string_view bytes) const override {
        return std::string(32, static_cast<char>(algorithm.size() + bytes.size()));
    }
    bool has_zone(std::string_view) const override { return true; }
    std::string nearest_zone(std::string_view) const override { return {}; }
    std::int64_t offset_at(std::string_view zone, std::int64_t instant) const override {
        const auto hours = static_cast<std::int64_t>(zone.size() % 12);
        return (instant / 1'728'000'000 % 2 == 0 ? hours : -hours) * 3'600'000;
    }
};
const FuzzHost host;

std::vector<expr::Operand> operands(std::size_t count) {
    return std::vector<expr::Operand>(count, expr::Operand{data(), false});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view source{reinterpret_cast<const char*>(bytes), size};
    if (const auto compiled = expr::Expression::compile(source, expr::RootSet::all(), &host)) {
        const auto values = operands(compiled->references().size());
        expr::Fuel fuel{fuel_max};
        expr::Fuel again{fuel_max};
        const auto first = evaluate(*compiled, values, fuel);
        const auto second = evaluate(*compiled, values, again);
        MR_CHECK(first.has_value() == second.has_value());
        MR_CHECK(fuel.left == again.left);
    }
    if (const auto compiled = expr::Template::compile(source, expr::RootSet::all(), {}, &host)) {
        expr::Fuel fuel{fuel_max};
        const auto values = operands(compiled->references().size());
        const auto result = compiled->evaluate(values, fuel);
        MR_CHECK(result.has_value() || !result.error().code.empty());
    }
    return 0;
}
