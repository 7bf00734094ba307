// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millrace::runtime {

/// How much a message matters to whoever runs the program.
enum class LogLevel : std::uint8_t {
    debug,    ///< each step, to find a cause: calls, attempts, executions that ended well
    info,     ///< what is done and what becomes of it: start, stop, changes, failed attempts
    warning,  ///< something is wrong and the program copes with it; look at it some time
    error,    ///< something that was promised cannot be done; look at it now
};
std::string_view to_text(LogLevel level);
std::optional<LogLevel> log_level_of(std::string_view text);

/// A fact that belongs to a message; keys are stable names: `execution_id`, `workflow_id`,
/// `node_id`, `trace_id`, `request_id`, ….
struct LogField {
    std::string_view key;
    std::string value;
    bool is_number = false;  ///< `value` is a JSON number
};

/// Where the program says what operators should know. Called from any thread.
class Log {
public:
    virtual ~Log() = default;
    /// Whether messages of this level go anywhere: making one may cost more than leaving it out.
    virtual bool takes(LogLevel level) const;
    void write(LogLevel level, std::string_view message,
               std::initializer_list<LogField> fields = {}) {
        put(level, message, {fields.begin(), fields.size()});
    }
    /// `write`, for fields that are found at run time.
    virtual void put(LogLevel level, std::string_view message,
                     std::span<const LogField> fields) = 0;
};

/// A log whose least level may change while it is used.
class LevelLog : public Log {
public:
    virtual void set_level(LogLevel least) = 0;
};

enum class LogFormat : std::uint8_t {
    text,      ///< `2026-01-31T12:00:01.123Z level message key=value…`
    terminal,  ///< `12:00:01 level message key=value…` in the reader's zone, with colour
    json,      ///< an object per line: `{"time": …, "level": …, "message": …, KEY: …}`
};

/// Lines on stderr; less important messages than `least` are left out.
std::shared_ptr<LevelLog> make_log(LogFormat format, LogLevel least);
/// Says nothing.
std::shared_ptr<Log> make_silent_log();

/// The line of a message without its end, in the format json.
std::string json_log_line(std::string_view time, LogLevel level, std::string_view message,
                          std::span<const LogField> fields);

}  // namespace millrace::runtime
