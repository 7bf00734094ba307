// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <type_traits>

#include "commands.hpp"

namespace millrace::cli {

/// When the command line names `command`: does `action` with the options, and tells an error.
template <class Options>
void on_call(CLI::App& command, Action& chosen, std::shared_ptr<Options> options,
             core::Result<Exit> (*action)(const Context&, const std::type_identity_t<Options>&)) {
    command.callback([options, action, &chosen] {
        chosen = [options, action](const Context& context) {
            const core::Result<Exit> exit = action(context, *options);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
