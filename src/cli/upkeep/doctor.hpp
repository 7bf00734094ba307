// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "commands.hpp"
#include "configuration/read_configuration.hpp"
#include "remote/chosen_server.hpp"

namespace millrace::cli {

/// One thing that was looked at.
struct Finding {
    enum class State : std::uint8_t { good, warn, bad };
    State state = State::good;
    std::string name;
    std::string message;
    std::string remedy;  ///< empty when nothing is to be done
};

/// Looks at all that commands need: the data and who may read it, the store, the disk, the clock,
/// time zones, the key file, certificates; and at what a server needs. Changes nothing, and calls
/// nothing outside this machine.
std::vector<Finding> examine(const Context& context);

/// A server that was named: whether it can be reached and used, its version, and what it says of
/// its own health.
std::vector<Finding> examine_named(const Context& context, const NamedServer& named);

/// The part about a server: its configuration, whether one runs on the data and answers, or could
/// listen, and who may read its token.
std::vector<Finding> examine_server(const Context& context, const ConfigurationRead& read);

}  // namespace millrace::cli
