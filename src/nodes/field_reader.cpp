// SPDX-License-Identifier: Apache-2.0
#include "field_reader.hpp"

#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/engine/node.hpp"

namespace millrace::nodes {

using core::Value;

FieldReader::FieldReader(const Value& object, std::string pointer,
                         std::optional<core::Failure>& failure)
    : object_{object}, pointer_{std::move(pointer)}, failure_{failure} {
    if (!object.is_object() && !object.is_null()) refuse({}, "an object");
}

const Value* FieldReader::find(std::string_view key) const {
    const Value* const found = object_.find(key);
    return found == nullptr || found->is_null() ? nullptr : found;
}

void FieldReader::refuse(std::string_view key, const std::string& wanted) {
    if (failure_) return;
    const std::string pointer = key.empty() ? pointer_ : core::pointer_child(pointer_, key);
    const Value* const value = key.empty() ? &object_ : object_.find(key);
    const std::string got = value == nullptr ? "nothing" : shown(*value);
    failure_ = at_pointer(
        engine::validation_failure("bad_field", pointer + " must be " + wanted + ", not " + got),
        pointer);
}

std::optional<std::string_view> FieldReader::text_at(std::string_view key) {
    const Value* const value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return value->as_string();
    refuse(key, "a string");
    return std::nullopt;
}

bool FieldReader::flag(std::string_view key, bool fallback) {
    const Value* const value = find(key);
    if (value == nullptr) return fallback;
    if (value->is_bool()) return value->as_bool();
    refuse(key, "true or false");
    return fallback;
}

std::int64_t FieldReader::integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                                  std::int64_t max) {
    const Value* const value = find(key);
    if (value == nullptr) return fallback;
    if (value->is_integer() && value->as_integer() >= min && value->as_integer() <= max) {
        return value->as_integer();
    }
    refuse(key, "an integer from " + std::to_string(min) + " to " + std::to_string(max));
    return fallback;
}

double FieldReader::number(std::string_view key, double fallback, double min, double max) {
    const Value* const value = find(key);
    if (value == nullptr) return fallback;
    if (value->is_number() && value->as_double() >= min && value->as_double() <= max) {
        return value->as_double();
    }
    refuse(key, "a number from " + core::number_text(min) + " to " + core::number_text(max));
    return fallback;
}

std::string FieldReader::text(std::string_view key, std::string_view fallback) {
    return std::string{text_at(key).value_or(fallback)};
}

std::string shown(const Value& value) {
    constexpr std::size_t short_max = 40;
    const bool is_small = value.weight() <= 2 * short_max && !value.is_bytes();
    if (!is_small) return std::string{core::kind_name(value)};
    const std::string json = core::to_json(value);
    return json.size() <= short_max ? json : std::string{core::kind_name(value)};
}

core::Failure at_pointer(core::Failure failure, std::string_view pointer) {
    if (failure.details.is_null()) failure.details = Value::object({{"pointer", pointer}});
    return failure;
}

}  // namespace millrace::nodes
