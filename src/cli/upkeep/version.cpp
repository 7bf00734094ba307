// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "millrace/core/json.hpp"
#include "millrace/engine/record.hpp"
#include "on_call.hpp"
#include "upkeep/libraries.hpp"

namespace millrace::cli {
namespace {

struct VersionOptions {
    bool libraries = false;
};

#ifdef NDEBUG
constexpr const char* build = "release";
#else
constexpr const char* build = "debug";
#endif

core::Result<Exit> print_version(const Context& context, const VersionOptions& options) {
    const Console& console = context.console;
    if (context.global.json) {
        core::ObjectBuilder libraries;
        for (const LibraryVersion& library : library_versions())
            libraries.set(library.name, library.version);
        console.out << core::to_json(
                           core::Value::object({{"version", MILLRACE_VERSION},
                                                {"document_format", 1},
                                                {"engine_semantics", engine::engine_semantics},
                                                {"build", build},
                                                {"compiler", __VERSION__},
                                                {"libraries", std::move(libraries).build()}}))
                    << "\n";
        return Exit::done;
    }
    console.out << "millrace " MILLRACE_VERSION "\n";
    if (!options.libraries) return Exit::done;
    console.out << "build " << build << ", compiler " __VERSION__ "\n";
    for (const LibraryVersion& library : library_versions())
        console.out << library.name << " " << library.version << "\n";
    return Exit::done;
}

}  // namespace

void add_version(CLI::App& program, Action& chosen) {
    CLI::App* const command = program.add_subcommand("version", "Say which version this is");
    const auto options = std::make_shared<VersionOptions>();
    command->add_flag("--libraries", options->libraries, "How it was built, and upon what");
    command->footer("Example: millrace version --json");
    on_call(*command, chosen, options, print_version);
}

}  // namespace millrace::cli
