// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "millrace/core/json.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/utf8.hpp"

namespace millrace::runtime {
namespace {

constexpr std::array<LogLevel, 4> levels{LogLevel::debug, LogLevel::info, LogLevel::warning,
                                         LogLevel::error};

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return spdlog::level::debug;
        case LogLevel::info: return spdlog::level::info;
        case LogLevel::warning: return spdlog::level::warn;
        case LogLevel::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool needs_quotes(std::string_view value) {
    if (value.empty() || value.find_first_of(" =\"") != std::string_view::npos) return true;
    return std::ranges::any_of(value, is_control);
}

/// No control character reaches a terminal, and each message stays one line: what it holds may come
/// from a peer.
void append_plain(std::string& line, std::string_view text) {
    for (const char c : text)
        line += is_control(c) ? ' ' : c;
}

void append_value(std::string& line, std::string_view value) {
    if (!needs_quotes(value)) {
        line += value;
        return;
    }
    line += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') line += '\\';
        line += is_control(c) ? ' ' : c;
    }
    line += '"';
}

std::string text_line(std::string_view message, std::span<const LogField> fields) {
    std::string line;
    append_plain(line, message);
    for (const LogField& field : fields) {
        line.append(" ").append(field.key).append("=");
        append_value(line, field.value);
    }
    return core::is_valid_utf8(line) ? line : core::replace_invalid_utf8(line);
}

std::string now_text() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return core::Time{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()}.text();
}

/// Writes through spdlog, which adds time and level where the line does not have them.
class StderrLog final : public LevelLog {
public:
    StderrLog(LogFormat format, LogLevel least)
        : format_{format}, logger_{"millrace", sink_for(format)} {
        set_level(least);
        switch (format) {
            case LogFormat::json: logger_.set_pattern("%v"); break;
            case LogFormat::terminal: logger_.set_pattern("%H:%M:%S %^%l%$ %v"); break;
            case LogFormat::text:
                logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
                break;
        }
        logger_.flush_on(spdlog::level::debug);
    }

    void set_level(LogLevel least) override { logger_.set_level(level_of(least)); }
    bool takes(LogLevel level) const override { return logger_.should_log(level_of(level)); }
    void put(LogLevel level, std::string_view message, std::span<const LogField> fields) override {
        if (!takes(level)) return;
        const std::string line = format_ == LogFormat::json
                                     ? json_log_line(now_text(), level, message, fields)
                                     : text_line(message, fields);
        logger_.log(level_of(level), spdlog::string_view_t{line.data(), line.size()});
    }

private:
    static spdlog::sink_ptr sink_for(LogFormat format) {
        if (format == LogFormat::terminal)
            return std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
        return std::make_shared<spdlog::sinks::stderr_sink_mt>();
    }

    const LogFormat format_;
    spdlog::logger logger_;
};

class SilentLog final : public Log {
public:
    bool takes(LogLevel) const override { return false; }
    void put(LogLevel, std::string_view, std::span<const LogField>) override {}
};

}  // namespace

std::string_view to_text(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return "debug";
        case LogLevel::info: return "info";
        case LogLevel::warning: return "warning";
        case LogLevel::error: return "error";
    }
    return "error";
}

std::optional<LogLevel> log_level_of(std::string_view text) {
    for (const LogLevel level : levels)
        if (to_text(level) == text) return level;
    return std::nullopt;
}

bool Log::takes(LogLevel) const {
    return true;
}

std::string json_log_line(std::string_view time, LogLevel level, std::string_view message,
                          std::span<const LogField> fields) {
    std::string line = "{\"time\":\"";
    line.append(time).append("\",\"level\":\"").append(to_text(level)).append("\",\"message\":");
    core::append_json_string(line, message);
    for (const LogField& field : fields) {
        line += ',';
        core::append_json_string(line, field.key);
        line += ':';
        if (field.is_number) {
            line += field.value;
        } else {
            core::append_json_string(line, field.value);
        }
    }
    line += '}';
    return line;
}

std::shared_ptr<LevelLog> make_log(LogFormat format, LogLevel least) {
    return std::make_shared<StderrLog>(format, least);
}

std::shared_ptr<Log> make_silent_log() {
    return std::make_shared<SilentLog>();
}

}  // namespace millrace::runtime
