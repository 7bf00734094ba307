// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

namespace millrace::cli {

inline core::Value text_or_null(const std::optional<std::string>& text) {
    return text ? core::Value{*text} : core::Value{};
}

inline core::Value time_or_null(const std::optional<core::Time>& time) {
    return time ? core::Value{time->text()} : core::Value{};
}

/// The body of a list as the API answers it.
inline core::Value list_body(std::vector<core::Value> items,
                             const std::optional<std::string>& next_cursor = {}) {
    return core::Value::object({{"items", core::Value::array(std::move(items))},
                                {"next_cursor", text_or_null(next_cursor)}});
}

inline void print_json(const Context& context, const core::Value& body) {
    context.console.out << core::to_json(body) << "\n";
}

/// A member's time for people, in the reader's zone; empty when there is none.
std::string date_at(const Console& console, const core::Value& body, std::string_view name);

/// A list: the body itself for programs, for people what `table` makes of it. `none` says that it
/// has no items, and `more` is the option that takes its cursor.
void print_list(const Context& context, const core::Value& body, std::string_view none,
                const std::function<std::string(const Console&, const core::Value&)>& table,
                std::string_view more = "--cursor");

}  // namespace millrace::cli
