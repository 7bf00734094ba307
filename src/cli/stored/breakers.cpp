// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "body.hpp"
#include "commands.hpp"
#include "data_folder.hpp"
#include "listing.hpp"
#include "millrace/engine/breaker_view.hpp"
#include "millrace/server/values.hpp"
#include "remote/chosen_server.hpp"
#include "terminal/table.hpp"

namespace millrace::cli {
namespace {

using engine::BreakerState;

core::Result<core::Value> body_of(const Context& context) {
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) return (*server)->get_list(api_path({"breakers"}));
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto rows = (*store)->shared();
    if (!rows) return std::unexpected(rows.error());
    std::vector<core::Value> items;
    for (const engine::SharedRow& row : *rows)
        if (const auto breaker = engine::read_breaker(row))
            items.push_back(server::breaker_value(*breaker));
    return list_body(std::move(items));
}

Tone tone_of(std::string_view state) {
    if (state == engine::to_text(BreakerState::closed)) return Tone::good;
    return state == engine::to_text(BreakerState::open) ? Tone::bad : Tone::warn;
}

std::string table_of(const Console& console, const core::Value& body) {
    Table table{{"BREAKER", "STATE", "FAILURES", "UNTIL"}};
    for (const core::Value& breaker : items_of(body)) {
        const std::string state = text_at(breaker, "state");
        const bool is_closed = state == engine::to_text(BreakerState::closed);
        const std::string failures = std::to_string(number_at(breaker, "failures").value_or(0));
        table.add({{Tone::plain, one_line(text_at(breaker, "key"))},
                   {tone_of(state), one_line(state)},
                   {Tone::plain, is_closed ? failures : ""},
                   {Tone::dim, date_at(console, breaker, "until")}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<Exit> list(const Context& context) {
    const auto body = body_of(context);
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "no circuit breaker has seen a failure of late", table_of);
    return Exit::done;
}

}  // namespace

void add_breakers(CLI::App& program, Action& chosen) {
    CLI::App* const group = program.add_subcommand("breakers", "Circuit breakers of dependencies");
    group->require_subcommand(1);
    CLI::App* const command = group->add_subcommand("list", "Those that have seen failures");
    command->footer("Example: millrace breakers list");
    command->callback([&chosen] {
        chosen = [](const Context& context) {
            const core::Result<Exit> exit = list(context);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
