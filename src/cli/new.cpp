// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "commands.hpp"
#include "document_file.hpp"
#include "starter.hpp"

namespace millrace::cli {
namespace {

core::Result<Exit> write_starter(const Context& context, const std::string& file) {
    const std::string text = starter_document(file);
    // "x": creates the file or fails, so that nothing is overwritten whoever else writes.
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out{std::fopen(file.c_str(), "wx"),
                                                              std::fclose};
    if (!out) {
        if (errno == EEXIST) {
            return core::fail(FileErrc::exists,
                              one_line(file) + " exists already; name another file");
        }
        return core::fail(FileErrc::unreadable,
                          "cannot write " + one_line(file) + ": " + std::strerror(errno));
    }
    if (std::fwrite(text.data(), 1, text.size(), out.get()) != text.size() ||
        std::fflush(out.get()) != 0) {
        return core::fail(FileErrc::unreadable,
                          "cannot write " + one_line(file) + ": " + std::strerror(errno));
    }
    const Console& console = context.console;
    console.say({{Tone::good, "wrote "}, {Tone::plain, one_line(file)}});
    console.say(Tone::plain, "try it: millrace run " + one_line(file));
    return Exit::done;
}

}  // namespace

void add_new(CLI::App& program, Action& chosen) {
    CLI::App* const command = program.add_subcommand("new", "Write a workflow file to start from");
    const auto file = std::make_shared<std::string>("my.workflow.yaml");
    command->add_option("FILE", *file, "Where to; default my.workflow.yaml");
    command->footer("Never overwrites a file.\nExample: millrace new order.workflow.yaml");
    command->callback([file, &chosen] {
        chosen = [file](const Context& context) {
            const core::Result<Exit> exit = write_starter(context, *file);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
