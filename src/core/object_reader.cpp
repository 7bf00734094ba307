// SPDX-License-Identifier: Apache-2.0
#include "object_reader.hpp"

namespace millrace::core {

std::string ObjectReader::text(std::string_view key, bool required) {
    if (required && object_.find(key) == nullptr) reject(key, "is missing");
    const Value* const value = field(key, Value::Kind::string, "a string");
    return value == nullptr ? std::string{} : std::string{value->as_string()};
}

bool ObjectReader::boolean(std::string_view key) {
    const Value* const value = field(key, Value::Kind::boolean, "a boolean");
    return value != nullptr && value->as_bool();
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view key, std::int64_t most) {
    const Value* const value = field(key, Value::Kind::integer, "an integer");
    if (value == nullptr) return std::nullopt;
    const std::int64_t number = value->as_integer();
    if (number >= 0 && number <= most) return number;
    reject(key, "must be from 0 to " + std::to_string(most));
    return std::nullopt;
}

void ObjectReader::reject(std::string_view key, std::string_view what) {
    if (complaint_.empty()) complaint_.append("'").append(key).append("' ").append(what);
}

/// The member when it is there and of that kind.
const Value* ObjectReader::field(std::string_view key, Value::Kind kind,
                                 std::string_view kind_text) {
    const Value* const value = object_.find(key);
    if (value == nullptr || value->kind() == kind) return value;
    std::string what = "must be ";
    reject(key, what.append(kind_text).append(", not ").append(kind_name(*value)));
    return nullptr;
}

}  // namespace millrace::core
