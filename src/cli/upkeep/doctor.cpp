// SPDX-License-Identifier: Apache-2.0
#include "upkeep/doctor.hpp"

#include <algorithm>
#include <ostream>

#include "millrace/core/json.hpp"
#include "on_call.hpp"
#include "remote/chosen_server.hpp"
#include "terminal/wording.hpp"
#include "upkeep/libraries.hpp"

namespace millrace::cli {
namespace {

using State = Finding::State;

struct NoOptions {};

std::string_view word_of(State state) {
    switch (state) {
        case State::good: return "ok";
        case State::warn: return "warning";
        case State::bad: return "problem";
    }
    return "problem";
}

Span symbol_of(State state, bool unicode) {
    switch (state) {
        case State::good: return {Tone::good, unicode ? "✓" : "+"};
        case State::warn: return {Tone::warn, "!"};
        case State::bad: return {Tone::bad, unicode ? "✗" : "x"};
    }
    return {};
}

void print_json(const Console& console, const std::vector<Finding>& findings, bool is_well) {
    std::vector<core::Value> checks;
    for (const Finding& finding : findings) {
        core::ObjectBuilder check;
        check.set("name", finding.name)
            .set("status", word_of(finding.state))
            .set("message", finding.message);
        if (!finding.remedy.empty()) check.set("remedy", finding.remedy);
        checks.push_back(std::move(check).build());
    }
    core::ObjectBuilder libraries;
    for (const LibraryVersion& library : library_versions())
        libraries.set(library.name, library.version);
    console.out << core::to_json(core::Value::object({{"ok", is_well},
                                                      {"version", MILLRACE_VERSION},
                                                      {"checks", core::Value::array(checks)},
                                                      {"libraries", std::move(libraries).build()}}))
                << "\n";
}

void print(const Console& console, const std::vector<Finding>& findings) {
    constexpr std::size_t name_width = 14;
    constexpr std::size_t readable = 100;
    const std::size_t width = console.out_is_terminal ? console.size().columns : readable;
    const auto put = [&](const Line& line, std::size_t indent) {
        for (const Line& part : wrapped(line, width, indent))
            console.out << rendered(part, console.paints_out()) << "\n";
    };
    for (const Finding& finding : findings) {
        put({symbol_of(finding.state, console.unicode),
             {Tone::strong, " " + padded(finding.name, name_width)},
             {Tone::plain, finding.message}},
            name_width + 2);
        if (!finding.remedy.empty())
            put({{Tone::plain, std::string(name_width + 2, ' ')},
                 {Tone::good, "help:"},
                 {Tone::plain, " " + finding.remedy}},
                name_width + 2);
    }
    std::string libraries;
    for (const LibraryVersion& library : library_versions())
        libraries += (libraries.empty() ? "" : ", ") + library.name + " " + library.version;
    put({{Tone::dim, "  " + padded("libraries", name_width)}, {Tone::dim, libraries}},
        name_width + 2);
}

core::Result<Exit> doctor(const Context& context, const NoOptions&) {
    const auto named = named_server(context);
    const std::vector<Finding> findings = named ? examine_named(context, *named) : examine(context);
    const auto count = [&](State state) {
        return static_cast<std::size_t>(std::ranges::count(findings, state, &Finding::state));
    };
    const std::size_t problems = count(State::bad);
    const Console& console = context.console;
    if (context.global.json) {
        print_json(console, findings, problems == 0);
    } else {
        print(console, findings);
        console.out << std::flush;
        const std::size_t warnings = count(State::warn);
        console.say(problems > 0 ? Tone::bad : Tone::good,
                    problems + warnings == 0
                        ? std::string{"all is well"}
                        : counted(problems, "problem") + ", " + counted(warnings, "warning"));
    }
    return problems == 0 ? Exit::done : Exit::failed;
}

}  // namespace

void add_doctor(CLI::App& program, Action& chosen) {
    CLI::App* const command =
        program.add_subcommand("doctor", "Look for what keeps workflows from running");
    command->footer(
        "Changes nothing and calls nothing outside. Exit status 1 if there is a problem.\n"
        "Example: millrace doctor --data ./millrace-data");
    on_call(*command, chosen, std::make_shared<NoOptions>(), doctor);
}

}  // namespace millrace::cli
