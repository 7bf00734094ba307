// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <string>

namespace millrace::runtime {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return spdlog::level::debug;
        case LogLevel::info: return spdlog::level::info;
        case LogLevel::warning: return spdlog::level::warn;
        case LogLevel::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

bool needs_quotes(std::string_view value) {
    return value.empty() || value.find_first_of(" =\"\n\t") != std::string_view::npos;
}

/// One line whatever the value holds: it may come from a peer.
void append_value(std::string& line, std::string_view value) {
    if (!needs_quotes(value)) {
        line += value;
        return;
    }
    line += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') line += '\\';
        if (static_cast<unsigned char>(c) < 0x20) {
            line += ' ';
        } else {
            line += c;
        }
    }
    line += '"';
}

class StderrLog final : public Log {
public:
    explicit StderrLog(LogLevel least)
        : logger_{"millrace", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()} {
        logger_.set_level(level_of(least));
        logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
        logger_.flush_on(spdlog::level::warn);
    }

    void write(LogLevel level, std::string_view message,
               std::initializer_list<LogField> fields) override {
        if (!logger_.should_log(level_of(level))) return;
        std::string line{message};
        for (const LogField& field : fields) {
            line.append(" ").append(field.key).append("=");
            append_value(line, field.value);
        }
        logger_.log(level_of(level), "{}", line);
    }

private:
    spdlog::logger logger_;
};

class SilentLog final : public Log {
public:
    void write(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

}  // namespace

std::shared_ptr<Log> make_stderr_log(LogLevel least) {
    return std::make_shared<StderrLog>(least);
}

std::shared_ptr<Log> make_silent_log() {
    return std::make_shared<SilentLog>();
}

}  // namespace millrace::runtime
