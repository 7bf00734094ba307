// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"

namespace millrace::core {

// The numbers are stored; never renumber.
enum class ErrorClass : std::uint8_t {
    internal = 0,
    timeout = 1,
    connection = 2,
    http_4xx = 3,
    http_5xx = 4,
    validation = 5,
    expression = 6,
    script = 7,
    limit = 8,
    canceled = 9,
};

std::string_view to_text(ErrorClass error_class);
std::optional<ErrorClass> parse_error_class(std::string_view text);

enum class FailureErrc { bad_failure };
std::string_view code_text(FailureErrc code);

/// Causes that a stored or read failure may have, one within the other.
inline constexpr std::size_t failure_causes_max = 32;

/// What a node or an execution did wrong, as every surface shows it: API, events, the `error` port.
struct Failure {
    std::string code;  ///< stable snake_case, such as `http_503` or `timeout`
    ErrorClass error_class = ErrorClass::internal;
    std::string message;
    std::string node_id;        ///< empty for a failure of the whole execution
    std::uint32_t attempt = 0;  ///< 0 when no attempt was made
    bool recoverable = false;   ///< a later attempt may succeed
    Value details;              ///< null when there are none
    /// Present when the peer said when to come back (Retry-After), in milliseconds from the answer.
    std::optional<std::int64_t> retry_after_ms;
    std::shared_ptr<const Failure> cause;

    /// `{code, class, message, node_id?, attempt?, recoverable, details?, cause?}`.
    /// `retry_after_ms` is between node and engine and not shown; BinaryWriter keeps it.
    Value to_value() const;
    /// Reads what `to_value` made; also takes `retry_after_ms`. Further members are ignored.
    static Result<Failure> from_value(const Value& value);
    friend bool operator==(const Failure& a, const Failure& b);
};

}  // namespace millrace::core
