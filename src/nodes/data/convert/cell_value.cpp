// SPDX-License-Identifier: Apache-2.0
#include "data/convert/cell_value.hpp"

#include <optional>

#include "millrace/core/number_text.hpp"

namespace millrace::nodes {

using core::Value;

Value cell_value(std::string_view text) {
    if (text.empty()) return {};
    if (text == "true" || text == "false") return text == "true";
    const bool may_be_number = (text.front() >= '0' && text.front() <= '9') || text.front() == '-';
    if (!may_be_number || text.find_first_not_of("0123456789.-") != std::string_view::npos) {
        return text;
    }
    const bool is_whole = text.find('.') == std::string_view::npos;
    const std::optional<Value> number = core::parse_number(text);
    if (!number || (is_whole && !number->is_integer())) return text;
    return *number;
}

}  // namespace millrace::nodes
