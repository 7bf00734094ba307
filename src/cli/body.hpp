// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

// Members of a body of the API, by name: what tables and texts are printed from, whether the body
// came from the store of this machine or from a server. What is not there, or of another kind, is
// empty.

namespace millrace::cli {

inline const core::Value* member_at(const core::Value& body, std::string_view name) {
    const core::Value* const found = body.find(name);
    return found == nullptr || found->is_null() ? nullptr : found;
}

inline std::string text_at(const core::Value& body, std::string_view name) {
    const core::Value* const found = member_at(body, name);
    return found != nullptr && found->is_string() ? std::string{found->as_string()} : std::string{};
}

inline std::optional<std::int64_t> number_at(const core::Value& body, std::string_view name) {
    const core::Value* const found = member_at(body, name);
    if (found == nullptr || !found->is_integer()) return std::nullopt;
    return found->as_integer();
}

inline bool flag_at(const core::Value& body, std::string_view name) {
    const core::Value* const found = member_at(body, name);
    return found != nullptr && found->is_bool() && found->as_bool();
}

inline std::optional<core::Time> time_at(const core::Value& body, std::string_view name) {
    return core::Time::parse(text_at(body, name));
}

/// Lives as long as `body`.
inline std::span<const core::Value> array_at(const core::Value& body, std::string_view name) {
    const core::Value* const found = member_at(body, name);
    return found != nullptr && found->is_array() ? found->as_array()
                                                 : std::span<const core::Value>{};
}
std::span<const core::Value> array_at(core::Value&& body, std::string_view name) = delete;

/// The items of a list.
inline std::span<const core::Value> items_of(const core::Value& body) {
    return array_at(body, "items");
}
std::span<const core::Value> items_of(core::Value&& body) = delete;

}  // namespace millrace::cli
