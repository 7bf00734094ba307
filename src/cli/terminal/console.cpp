// SPDX-License-Identifier: Apache-2.0
#include "terminal/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <iostream>

namespace millrace::cli {
namespace {

std::optional<std::string> environment_variable(const char* name) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string{value};
}

std::vector<std::string> environment_names() {
    std::vector<std::string> names;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        names.emplace_back(text.substr(0, text.find('=')));
    }
    return names;
}

TerminalSize terminal_size() {
    winsize size{};
    TerminalSize found;
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        found.columns = size.ws_col;
        if (size.ws_row > 0) found.rows = size.ws_row;
    }
    return found;
}

core::Time system_time() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
}

core::Time in_local_zone(core::Time time) {
    const std::time_t seconds = static_cast<std::time_t>(time.ms / 1'000);
    std::tm local{};
    if (::localtime_r(&seconds, &local) == nullptr) return time;
    return time + core::Duration{local.tm_gmtoff * 1'000};
}

bool speaks_utf8() {
    for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        if (const auto value = environment_variable(name)) {
            std::string lower = *value;
            std::ranges::transform(lower, lower.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            });
            return lower.find("utf-8") != std::string::npos ||
                   lower.find("utf8") != std::string::npos;
        }
    }
    return false;
}

}  // namespace

Console Console::with_err(std::ostream& other) const {
    return {.in = in,
            .out = out,
            .err = other,
            .in_is_terminal = in_is_terminal,
            .out_is_terminal = out_is_terminal,
            .err_is_terminal = false,
            .color = color,
            .unicode = unicode,
            .environment = environment,
            .environment_names = environment_names,
            .size = size,
            .now = now,
            .local = local};
}

void Console::say(const Line& line) const {
    std::string text;
    // A terminal would break lines within words.
    const std::size_t width = err_is_terminal ? size().columns : std::string::npos;
    for (const Line& part : wrapped(line, width))
        text += rendered(part, paints_err()) + "\n";
    err << text << std::flush;
}

void Console::complain(std::string_view message) const {
    say({{Tone::bad, "error: "}, {Tone::plain, std::string{message}}});
}

void Console::warn(std::string_view message) const {
    say({{Tone::warn, "warning: "}, {Tone::plain, std::string{message}}});
}

Console process_console() {
    const bool is_dumb = environment_variable("TERM").value_or("dumb") == "dumb";
    Console console{.in = std::cin, .out = std::cout, .err = std::cerr};
    console.in_is_terminal = ::isatty(STDIN_FILENO) == 1;
    // A dumb terminal can neither paint nor move its cursor, so it is treated like a file.
    console.out_is_terminal = !is_dumb && ::isatty(STDOUT_FILENO) == 1;
    console.err_is_terminal = !is_dumb && ::isatty(STDERR_FILENO) == 1;
    console.color = !environment_variable("NO_COLOR");
    console.unicode = speaks_utf8();
    console.environment = environment_variable;
    console.environment_names = environment_names;
    console.size = terminal_size;
    console.now = system_time;
    console.local = in_local_zone;
    return console;
}

}  // namespace millrace::cli
