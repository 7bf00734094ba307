// SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>

#include "documents/document_file.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/store.hpp"
#include "remote/api_client.hpp"
#include "serve/serve.hpp"
#include "upkeep/completion.hpp"

namespace millrace::cli {
namespace {

/// Under which heading the help lists a command; others come last.
struct Heading {
    std::string_view command;
    const char* group;
};
constexpr const char* write = "Write and try";
constexpr const char* stored = "What is stored";
constexpr const char* starts = "What starts and answers runs";
constexpr const char* upkeep = "Look after it";
constexpr std::array headings{Heading{"new", write},         Heading{"validate", write},
                              Heading{"run", write},         Heading{"test", write},
                              Heading{"docs", write},        Heading{"node-types", write},
                              Heading{"apply", stored},      Heading{"workflows", stored},
                              Heading{"executions", stored}, Heading{"dead-letters", stored},
                              Heading{"cache", stored},      Heading{"breakers", stored},
                              Heading{"secrets", stored},    Heading{"credentials", stored},
                              Heading{"variables", stored},  Heading{"events", starts},
                              Heading{"schedules", starts},  Heading{"webhooks", starts},
                              Heading{"waits", starts},      Heading{"serve", upkeep},
                              Heading{"analytics", upkeep},  Heading{"notifications", upkeep},
                              Heading{"db", upkeep},         Heading{"doctor", upkeep},
                              Heading{"config", upkeep},     Heading{"completion", upkeep}};

void add_global_options(CLI::App& program, GlobalOptions& global) {
    program
        .add_option("--data", global.data,
                    "Data folder (else $MILLRACE_DATA, ./millrace-data if it exists, or "
                    "$XDG_DATA_HOME/millrace)")
        ->type_name("DIR");
    program
        .add_option("--store", global.store, "Store instead of the folder: sqlite:PATH, memory:")
        ->type_name("URL");
    program
        .add_option("--server", global.server,
                    "Work on this server (else $MILLRACE_SERVER, or the one that runs on the data "
                    "folder)")
        ->type_name("URL");
    program.add_flag("--json", global.json, "Print JSON for programs");
}

void add_commands(CLI::App& program, Action& chosen) {
    program.description("Millrace runs workflows durably: every step survives a crash.");
    program.name("millrace");
    program.require_subcommand(1);
    program.set_version_flag("--version", "millrace " MILLRACE_VERSION,
                             "Say which version this is");
    program.footer(
        "The data folder is --data DIR, else $MILLRACE_DATA, else ./millrace-data if it exists,\n"
        "else millrace in $XDG_DATA_HOME or ~/.local/share. These options may also follow a\n"
        "command. Exit status: 0 done, 1 failed, 2 wrong use, 130 interrupted, 143 terminated.\n"
        "Example: millrace new hello.workflow.yaml && millrace run hello.workflow.yaml");
    add_run(program, chosen);
    add_validate(program, chosen);
    add_test(program, chosen);
    add_new(program, chosen);
    add_executions(program, chosen);
    add_node_types(program, chosen);
    add_cache(program, chosen);
    add_dead_letters(program, chosen);
    add_secrets(program, chosen);
    add_credentials(program, chosen);
    add_variables(program, chosen);
    add_waits(program, chosen);
    add_events(program, chosen);
    add_schedules(program, chosen);
    add_webhooks(program, chosen);
    add_analytics(program, chosen);
    add_notifications(program, chosen);
    add_db(program, chosen);
    add_version(program, chosen);
    add_apply(program, chosen);
    add_workflows(program, chosen);
    add_docs(program, chosen);
    add_breakers(program, chosen);
    add_config(program, chosen);
    add_doctor(program, chosen);
    add_serve(program, chosen);
    add_completion(program, chosen);
    for (CLI::App* const command : program.get_subcommands({})) {
        const auto heading = std::ranges::find(headings, command->get_name(), &Heading::command);
        command->group(heading == headings.end() ? upkeep : heading->group);
    }
}

/// Prints what may follow the words of a line; the store's own names by its `--data` or `--store`.
Exit print_completion(const Console& console, const CLI::App& program,
                      const std::vector<std::string>& words) {
    GlobalOptions global;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (words[i] == "--data") global.data = words[i + 1];
        if (words[i] == "--store") global.store = words[i + 1];
        if (words[i] == "--server") global.server = words[i + 1];
    }
    const Context context{console, global};
    console.out << completion_lines(complete(program, words, stored_names(context))) << std::flush;
    return Exit::done;
}

/// Options of the program itself may also follow the name of a command.
void let_options_follow(CLI::App& app) {
    for (CLI::App* const command : app.get_subcommands({})) {
        command->fallthrough();
        let_options_follow(*command);
    }
}

std::vector<std::string_view> command_names(const CLI::App& app,
                                            std::vector<std::string>& storage) {
    for (const CLI::App* const command : app.get_subcommands({}))
        storage.push_back(command->get_name());
    return {storage.begin(), storage.end()};
}

/// Finds a command that does not exist, with a better word on it than the library has.
std::string unknown_command(const CLI::App& program, const std::vector<std::string>& arguments) {
    const CLI::App* app = &program;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (word == "--data" || word == "--store" || word == "--server") {
            ++i;
            continue;
        }
        if (word.starts_with('-')) continue;
        if (app->get_subcommands({}).empty()) break;
        std::vector<std::string> storage;
        const std::vector<std::string_view> names = command_names(*app, storage);
        if (std::ranges::find(names, word) != names.end()) {
            app = app->get_subcommand(word);
            continue;
        }
        const std::string parent = app == &program ? "" : app->get_name() + " ";
        const std::string near = core::nearest(word, names);
        return "there is no command `" + parent + one_line(word) + "`" +
               (near.empty() ? "; see millrace " + parent + "--help"
                             : "; did you mean `" + parent + near + "`?");
    }
    return {};
}

Exit say_usage_error(const Console& console, const CLI::App& program, const CLI::Error& error) {
    console.complain(one_line(error.what()));
    std::string command = "millrace";
    for (const CLI::App* app = &program; !app->get_subcommands().empty();) {
        app = app->get_subcommands().front();
        command += " " + app->get_name();
    }
    console.say(Tone::plain, "see: " + command + " --help");
    return Exit::wrong_use;
}

/// An input that does not fit the workflow's schema is not among them: that is a check that failed.
bool is_wrong_use(const core::Error& error) {
    for (const FileErrc code :
         {FileErrc::unreadable, FileErrc::too_large, FileErrc::bad_argument, FileErrc::exists})
        if (error.is(code)) return true;
    for (const engine::StartErrc code :
         {engine::StartErrc::unknown_trigger, engine::StartErrc::no_trigger,
          engine::StartErrc::ambiguous_trigger, engine::StartErrc::bad_variable})
        if (error.is(code)) return true;
    for (const engine::CommandErrc code :
         {engine::CommandErrc::unknown_node, engine::CommandErrc::bad_variable,
          engine::CommandErrc::bad_option})
        if (error.is(code)) return true;
    for (const RemoteErrc code :
         {RemoteErrc::bad_url, RemoteErrc::bad_request, RemoteErrc::not_found})
        if (error.is(code)) return true;
    // The code of the egress rules is the runtime's own.
    if (error.code() == "bad_rule") return true;
    return error.is(runtime::RuntimeErrc::bad_option) || error.is(store::StoreErrc::bad_argument);
}

}  // namespace

Exit failed_with(const Context& context, const core::Error& error) {
    std::string message = error.message();
    if (error.is(engine::StartErrc::bad_input)) message += "; give it with --input '{…}'";
    if (error.is(engine::StartErrc::ambiguous_trigger)) message += "; choose with --trigger NODE";
    if (error.is(engine::StartErrc::bad_variable)) message += "; set it with --var NAME=VALUE";
    context.console.complain(message);
    return is_wrong_use(error) ? Exit::wrong_use : Exit::failed;
}

Exit run_program(const Console& console, const std::vector<std::string>& arguments) {
    GlobalOptions global;
    Action chosen;
    CLI::App program;
    add_global_options(program, global);
    add_commands(program, chosen);
    let_options_follow(program);
    if (arguments.empty()) {
        console.err << program.help() << std::flush;
        return Exit::wrong_use;
    }
    if (arguments.front() == complete_command)
        return print_completion(console, program, {arguments.begin() + 1, arguments.end()});
    if (const std::string unknown = unknown_command(program, arguments); !unknown.empty()) {
        console.complain(unknown);
        return Exit::wrong_use;
    }
    try {
        // The library takes them from the back.
        program.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()});
    } catch (const CLI::CallForHelp& help) {
        program.exit(help, console.out, console.err);
        return Exit::done;
    } catch (const CLI::CallForVersion& version) {
        program.exit(version, console.out, console.err);
        return Exit::done;
    } catch (const CLI::Error& error) {
        return say_usage_error(console, program, error);
    }
    const Exit exit = chosen(Context{console, global});
    if (!console.out.flush()) {
        console.complain("the results could not be written");
        return Exit::failed;
    }
    return exit;
}

}  // namespace millrace::cli
