// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/time.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {

/// What a terminal can hold now; it may be resized at any time.
struct TerminalSize {
    std::size_t columns = 80;
    std::size_t rows = 24;
};

/// The world of a command: its streams, what they lead to, and what the surroundings say. Results
/// go to `out`, everything else to `err`.
struct Console {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool in_is_terminal = false;
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    bool color = true;     ///< wanted, where there is a terminal
    bool unicode = false;  ///< the locale's encoding is UTF-8
    std::function<std::optional<std::string>(const char*)> environment;
    std::function<std::vector<std::string>()> environment_names;  ///< empty: not known
    std::function<TerminalSize()> size;                           ///< of the terminal at `err`
    std::function<core::Time()> now;
    std::function<core::Time(core::Time)> local;  ///< moves a time to the reader's zone

    bool paints_out() const { return color && out_is_terminal; }
    bool paints_err() const { return color && err_is_terminal; }
    /// The same world, but for what goes to `err`, which is no terminal then.
    Console with_err(std::ostream& other) const;
    /// A line to `err`.
    void say(const Line& line) const;
    void say(Tone tone, std::string_view text) const { say(Line{{tone, std::string{text}}}); }
    /// `error: ` and the message.
    void complain(std::string_view message) const;
    void warn(std::string_view message) const;
};

/// That of this process.
Console process_console();

}  // namespace millrace::cli
