// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace millrace::runtime {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// A fact that belongs to a message; keys are stable names such as `execution_id`.
struct LogField {
    std::string_view key;
    std::string value;
};

/// Where the runtime says what operators should know. Called from any thread.
class Log {
public:
    virtual ~Log() = default;
    virtual void write(LogLevel level, std::string_view message,
                       std::initializer_list<LogField> fields = {}) = 0;
};

/// Lines on stderr, `level message key=value…`, with time and colour on a terminal; less important
/// messages than `least` are left out.
std::shared_ptr<Log> make_stderr_log(LogLevel least = LogLevel::info);
/// Says nothing.
std::shared_ptr<Log> make_silent_log();

}  // namespace millrace::runtime
