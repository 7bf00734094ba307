// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <limits>
#include <ostream>
#include <vector>

#include "commands.hpp"
#include "data_folder.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/breaker_view.hpp"
#include "millrace/store/store.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

using engine::BreakerState;
using engine::BreakerView;

core::Value value_of(const BreakerView& breaker) {
    const bool is_closed = breaker.state == BreakerState::closed;
    return core::Value::object({{"key", breaker.key},
                                {"state", engine::to_text(breaker.state)},
                                {"until", is_closed ? core::Value{} : breaker.until.text()},
                                {"failures", static_cast<std::int64_t>(breaker.failures)},
                                {"probes", static_cast<std::int64_t>(breaker.probes)}});
}

Tone tone_of(BreakerState state) {
    switch (state) {
        case BreakerState::closed: return Tone::good;
        case BreakerState::open: return Tone::bad;
        case BreakerState::half_open: return Tone::warn;
    }
    return Tone::plain;
}

std::string table_of(const Console& console, const std::vector<BreakerView>& breakers) {
    Table table{{"BREAKER", "STATE", "FAILURES", "UNTIL"}};
    for (const BreakerView& breaker : breakers) {
        const bool is_closed = breaker.state == BreakerState::closed;
        table.add({{Tone::plain, one_line(breaker.key)},
                   {tone_of(breaker.state), std::string{engine::to_text(breaker.state)}},
                   {Tone::plain, is_closed ? std::to_string(breaker.failures) : ""},
                   {Tone::dim, is_closed ? "" : date_text(console.local(breaker.until))}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<Exit> list(const Context& context) {
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto rows = (*store)->shared();
    if (!rows) return std::unexpected(rows.error());
    std::vector<BreakerView> breakers;
    for (const engine::SharedRow& row : *rows)
        if (auto breaker = engine::read_breaker(row)) breakers.push_back(*std::move(breaker));
    const Console& console = context.console;
    if (context.global.json) {
        std::vector<core::Value> items;
        for (const BreakerView& breaker : breakers)
            items.push_back(value_of(breaker));
        console.out << core::to_json(
                           core::Value::object({{"items", core::Value::array(std::move(items))},
                                                {"next_cursor", core::Value{}}}))
                    << "\n";
    } else if (breakers.empty()) {
        console.say(Tone::plain, "no circuit breaker has seen a failure of late");
    } else {
        console.out << table_of(console, breakers) << std::flush;
    }
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
