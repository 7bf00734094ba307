// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <variant>

#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "executions/execution_text.hpp"
#include "executions/executions_commands.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/replay.hpp"
#include "millrace/format/digest.hpp"
#include "remote/chosen_server.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

struct ReplayOptions {
    std::string id;
    std::optional<std::uint64_t> until;
};

/// With what the records were written: equal only promises equality.
std::uint32_t semantics_of(const std::string& first_row) {
    const auto records = engine::read_row(first_row);
    if (!records || records->empty()) return engine::engine_semantics;
    const auto* created = std::get_if<engine::ExecutionCreated>(&records->front().body);
    return created == nullptr ? engine::engine_semantics : created->semantics;
}

void say_proof(const Context& context, const engine::Replay& replay) {
    const Console& console = context.console;
    const std::uint64_t records = replay.inputs + replay.derived;
    if (!replay.difference) {
        console.out << fmt::format("{} records, {} derived, all equal\n", records, replay.derived);
        return;
    }
    console.out << fmt::format("record {} differs: recorded {}, replayed {}\n",
                               replay.difference->seq, replay.difference->recorded,
                               replay.difference->replayed);
}

core::Value proof_value(const engine::Replay& replay) {
    core::Value difference;
    if (replay.difference) {
        difference =
            core::Value::object({{"seq", static_cast<std::int64_t>(replay.difference->seq)},
                                 {"recorded", replay.difference->recorded},
                                 {"replayed", replay.difference->replayed}});
    }
    return core::Value::object(
        {{"records", static_cast<std::int64_t>(replay.inputs + replay.derived)},
         {"inputs", static_cast<std::int64_t>(replay.inputs)},
         {"derived", static_cast<std::int64_t>(replay.derived)},
         {"equal", !replay.difference.has_value()},
         {"difference", std::move(difference)}});
}

/// The state after the record `until`, folded from what the replay has written.
core::Result<Exit> show_state(const Context& context, History history, const engine::Replay& replay,
                              std::uint64_t until) {
    history.follower = Follower{history.row.id, history.plan};
    std::vector<core::Event> events;
    const auto shown = history.follower.take_until(replay.rows, until, events);
    if (!shown) return std::unexpected(shown.error());
    if (*shown < until) {
        return core::fail(
            FileErrc::bad_argument,
            fmt::format("the execution has no record {}; its last is {}", until, *shown));
    }
    const Console& console = context.console;
    if (context.global.json) {
        console.out << core::to_json(history.follower.view().to_value()) << "\n";
        return Exit::done;
    }
    const std::size_t width =
        console.out_is_terminal ? console.size().columns : std::numeric_limits<std::size_t>::max();
    console.out << execution_text(console, facts_of(history.follower.view()), width) << std::flush;
    return Exit::done;
}

core::Result<Exit> replay_execution(const Context& context, const ReplayOptions& options) {
    if (const auto here = only_local(context, "a replay",
                                     "run it where the data is, with --data DIR of the server");
        !here)
        return std::unexpected(here.error());
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    auto history = read_history(**store, options.id);
    if (!history) return std::unexpected(history.error());
    const auto rows = (*store)->journal(history->row.id, 0);
    if (!rows) return std::unexpected(rows.error());
    if (!rows->empty() && semantics_of(rows->front()) != engine::engine_semantics) {
        context.console.warn(fmt::format(
            "this run was recorded by engine semantics {}, this is {}; it may decide otherwise",
            semantics_of(rows->front()), engine::engine_semantics));
    }
    const engine::ShardOptions as_runtime{
        {}, [](std::string_view key) { return format::blake2b_256_hex(key); }};
    const auto replay = engine::replay(history->row.id, history->plan, *rows, as_runtime);
    if (!replay) return std::unexpected(replay.error());
    const bool is_equal = !replay->difference.has_value();
    if (options.until && is_equal)
        return show_state(context, std::move(*history), *replay, *options.until);
    if (context.global.json) {
        context.console.out << core::to_json(proof_value(*replay)) << "\n";
    } else {
        say_proof(context, *replay);
    }
    return is_equal ? Exit::done : Exit::failed;
}

}  // namespace

void add_executions_replay(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("replay", "Decide a run anew and compare it with its history");
    const auto options = std::make_shared<ReplayOptions>();
    command->add_option("ID", options->id, "The execution; a beginning or an end of its id will do")
        ->required();
    command->add_option("--until", options->until, "Show the state after this record instead")
        ->type_name("SEQ");
    command->footer(
        "Nothing is called and nothing is written. Exit status 1 at the first difference.\n"
        "Example: millrace executions replay 5f1c");
    command->callback([options, &chosen] {
        chosen = [options](const Context& context) {
            const core::Result<Exit> exit = replay_execution(context, *options);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
