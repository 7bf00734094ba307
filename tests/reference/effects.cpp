// SPDX-License-Identifier: Apache-2.0
#include "effects.hpp"

#include <algorithm>
#include <vector>

#include "millrace/core/hash.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/random.hpp"

namespace millrace::reference {
namespace {

using core::Value;

core::Failure failure_of(std::uint64_t bits) {
    using core::ErrorClass;
    // Default retries cover the first four; `boom` is named by some policies.
    constexpr ErrorClass classes[] = {ErrorClass::timeout,  ErrorClass::connection,
                                      ErrorClass::http_5xx, ErrorClass::connection,
                                      ErrorClass::http_4xx, ErrorClass::validation};
    core::Failure failure;
    failure.error_class = classes[bits % 6];
    failure.code = bits / 6 % 4 == 0 ? "boom" : std::string{core::to_text(failure.error_class)};
    failure.message = "the world said no (" + std::to_string(bits % 97) + ")";
    failure.recoverable = bits % 6 < 4;
    return failure;
}

}  // namespace

Value comparable(const Value& value) {
    if (value.is_array()) {
        std::vector<Value> elements;
        for (const Value& element : value.as_array())
            elements.push_back(comparable(element));
        return Value::array(std::move(elements));
    }
    if (!value.is_object()) return value;
    std::vector<core::Member> members;
    for (const core::Member& member : value.as_object())
        if (member.key != "details") members.push_back({member.key, comparable(member.value)});
    std::ranges::sort(members, {}, &core::Member::key);
    return Value::object(std::move(members));
}

std::int64_t digest_of(const Value& value) {
    constexpr std::uint64_t exact_in_a_double = (std::uint64_t{1} << 53) - 1;
    return static_cast<std::int64_t>(core::fnv1a64(core::to_json(comparable(value))) &
                                     exact_in_a_double);
}

std::uint64_t Effects::bits(const std::string& path, std::uint32_t attempt,
                            std::uint64_t of) const {
    return core::counter_random(seed_, core::fnv1a64(path), attempt, of);
}

bool Effects::is_silent(const std::string& path, std::uint32_t attempt) const {
    return bits(path, attempt, 1) % 100 < failing_percent_;
}

std::variant<Value, core::Failure> Effects::answer(const std::string& path, std::uint32_t attempt,
                                                   const Value& sent) const {
    const std::uint64_t drawn = bits(path, attempt, 0);
    if (drawn % 100 < failing_percent_) return failure_of(drawn / 100);
    return Value::object(
        {{"n", static_cast<std::int64_t>(drawn / 100 % 10)}, {"got", digest_of(sent)}});
}

}  // namespace millrace::reference
