// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/failure.hpp"

#include <array>
#include <utility>
#include <vector>

#include "object_reader.hpp"

namespace millrace::core {
namespace {

// At the index of the enumerator.
constexpr std::array<std::string_view, 10> class_names{
    "internal",   "timeout",    "connection", "http_4xx", "http_5xx",
    "validation", "expression", "script",     "limit",    "canceled"};

Value to_value_without_cause(const Failure& failure, Value cause) {
    ObjectBuilder object;
    object.set("code", failure.code)
        .set("class", to_text(failure.error_class))
        .set("message", failure.message);
    if (!failure.node_id.empty()) object.set("node_id", failure.node_id);
    if (failure.attempt > 0) object.set("attempt", failure.attempt);
    object.set("recoverable", failure.recoverable);
    if (!failure.details.is_null()) object.set("details", failure.details);
    if (!cause.is_null()) object.set("cause", std::move(cause));
    return std::move(object).build();
}

Result<Failure> read_without_cause(const Value& value) {
    if (!value.is_object()) {
        return fail(FailureErrc::bad_failure,
                    "a failure must be an object, not " + std::string{kind_name(value)});
    }
    constexpr std::int64_t attempts_max = 0xFFFFFFFF;
    constexpr std::int64_t retry_after_max = 0x1FFFFFFFFFFFFF;
    ObjectReader fields{value};
    Failure failure;
    failure.code = fields.text("code", true);
    const std::string class_name = fields.text("class", true);
    failure.message = fields.text("message", true);
    failure.node_id = fields.text("node_id", false);
    failure.attempt =
        static_cast<std::uint32_t>(fields.integer("attempt", attempts_max).value_or(0));
    failure.recoverable = fields.boolean("recoverable");
    failure.retry_after_ms = fields.integer("retry_after_ms", retry_after_max);
    if (const Value* const details = value.find("details")) failure.details = *details;
    const std::optional<ErrorClass> error_class = parse_error_class(class_name);
    failure.error_class = error_class.value_or(ErrorClass::internal);
    if (!error_class) fields.reject("class", "has the unknown value '" + class_name + "'");
    if (!fields.complaint().empty()) return fail(FailureErrc::bad_failure, fields.complaint());
    return failure;
}

bool equal_without_cause(const Failure& a, const Failure& b) {
    return a.code == b.code && a.error_class == b.error_class && a.message == b.message &&
           a.node_id == b.node_id && a.attempt == b.attempt && a.recoverable == b.recoverable &&
           a.details == b.details && a.retry_after_ms == b.retry_after_ms;
}

}  // namespace

std::string_view to_text(ErrorClass error_class) {
    return class_names[static_cast<std::size_t>(error_class)];
}

std::optional<ErrorClass> parse_error_class(std::string_view text) {
    for (std::size_t i = 0; i < class_names.size(); ++i) {
        if (class_names[i] == text) return static_cast<ErrorClass>(i);
    }
    return std::nullopt;
}

std::string_view code_text(FailureErrc) {
    return "bad_failure";
}

Value Failure::to_value() const {
    std::vector<const Failure*> chain;
    for (const Failure* at = this; at != nullptr; at = at->cause.get())
        chain.push_back(at);
    Value value;
    for (; !chain.empty(); chain.pop_back()) {
        value = to_value_without_cause(*chain.back(), std::move(value));
    }
    return value;
}

Result<Failure> Failure::from_value(const Value& value) {
    std::vector<Failure> chain;
    for (const Value* at = &value; at != nullptr && !at->is_null(); at = at->find("cause")) {
        if (chain.size() > failure_causes_max) {
            return fail(
                FailureErrc::bad_failure,
                "a failure has more than " + std::to_string(failure_causes_max) + " nested causes");
        }
        Result<Failure> failure = read_without_cause(*at);
        if (!failure) {
            std::string place;
            for (std::size_t i = 0; i < chain.size(); ++i)
                place += i == 0 ? "cause" : ".cause";
            return place.empty() ? std::unexpected{failure.error()}
                                 : std::unexpected{failure.error().during("in", place)};
        }
        chain.push_back(*std::move(failure));
    }
    if (chain.empty())
        return fail(FailureErrc::bad_failure, "a failure must be an object, not null");
    Failure failure = std::move(chain.back());
    for (chain.pop_back(); !chain.empty(); chain.pop_back()) {
        chain.back().cause = std::make_shared<const Failure>(std::move(failure));
        failure = std::move(chain.back());
    }
    return failure;
}

bool operator==(const Failure& a, const Failure& b) {
    const Failure* x = &a;
    const Failure* y = &b;
    while (x != y && x != nullptr && y != nullptr) {
        if (!equal_without_cause(*x, *y)) return false;
        x = x->cause.get();
        y = y->cause.get();
    }
    return x == y;
}

}  // namespace millrace::core
