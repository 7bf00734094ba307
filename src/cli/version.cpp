// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <ostream>

#include "commands.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/record.hpp"

namespace millrace::cli {
namespace {

Exit print_version(const Context& context) {
    if (context.global.json) {
        context.console.out << core::to_json(core::Value::object(
                                   {{"version", MILLRACE_VERSION},
                                    {"document_format", 1},
                                    {"engine_semantics", engine::engine_semantics},
                                    {"compiler", __VERSION__}}))
                            << "\n";
    } else {
        context.console.out << "millrace " MILLRACE_VERSION "\n";
    }
    return Exit::done;
}

}  // namespace

void add_version(CLI::App& program, Action& chosen) {
    CLI::App* const command = program.add_subcommand("version", "Say which version this is");
    command->footer("Example: millrace version --json");
    command->callback([&chosen] { chosen = print_version; });
}

}  // namespace millrace::cli
