// SPDX-License-Identifier: Apache-2.0
#include "testing/select.hpp"

#include "millrace/core/json.hpp"
#include "millrace/expr/json_path.hpp"
#include "testing/evaluate.hpp"

namespace millrace::expr {

std::string selected(std::string_view path, std::string_view json_text) {
    const auto compiled = JsonPath::parse(path);
    if (!compiled) return std::string{compiled.error().code()};
    Fuel fuel;
    auto nodes = compiled->select(json(json_text), fuel);
    return nodes ? core::to_json(core::Value::array(*std::move(nodes))) : nodes.error().code;
}

std::string refusal(std::string_view path) {
    const auto compiled = JsonPath::parse(path);
    return compiled ? "" : compiled.error().message();
}

}  // namespace millrace::expr
