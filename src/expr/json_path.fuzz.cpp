// SPDX-License-Identifier: Apache-2.0
// Parses the input as a JSONPath query and as a pattern, and runs both on fixed data.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/utf8.hpp"
#include "millrace/expr/json_path.hpp"
#include "pattern.hpp"

namespace {

using namespace millrace;

constexpr std::uint64_t fuel_max = 20'000;

const core::Value& data() {
    static const core::Value value = *core::parse_json(
        R"({"a": [1, "x😀", null, [2.5, {"b": {"k": "kilo"}}]], "b": {"length": 3, "k": true},
            "s": "text", "big": 9007199254740993, "n": -0.5, "e": {}, "f": [], "p": "a.*"})");
    return value;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view source{reinterpret_cast<const char*>(bytes), size};
    if (const auto path = expr::JsonPath::parse(source)) {
        expr::Fuel fuel{fuel_max};
        expr::Fuel again{fuel_max};
        const auto nodes = path->select(data(), fuel);
        const auto same = path->select(data(), again);
        MR_CHECK(nodes.has_value() == same.has_value());
        MR_CHECK(fuel.left == again.left);
        expr::Fuel rest{fuel_max};
        const auto found = path->exists(data(), rest);
        if (nodes) MR_CHECK(found.has_value() && *found == !nodes->empty());
    }
    if (!core::is_valid_utf8(source)) return 0;
    if (const auto pattern = expr::Pattern::compile(source)) {
        expr::Fuel fuel{fuel_max};
        const auto whole = pattern->matches("a-😀\nb1", fuel);
        const auto part = pattern->occurs_in("a-😀\nb1", fuel);
        if (whole == expr::Pattern::Outcome::yes) MR_CHECK(part != expr::Pattern::Outcome::no);
    }
    return 0;
}
