// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <iostream>
#include <limits>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "millrace/core/json.hpp"
#include "millrace/store/admin.hpp"
#include "remote/chosen_server.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

core::Value status_value(const store::MigrationStatus& status) {
    std::vector<core::Value> migrations;
    for (const store::MigrationInfo& migration : status.migrations) {
        migrations.push_back(core::Value::object(
            {{"version", migration.version},
             {"name", migration.name},
             {"applied_at",
              migration.applied_at ? core::Value{migration.applied_at->text()} : core::Value{}}}));
    }
    const auto count = [](std::optional<std::uint64_t> number) {
        return number ? core::Value{static_cast<std::int64_t>(*number)} : core::Value{};
    };
    return core::Value::object({{"location", status.location},
                                {"version", status.version},
                                {"newest", status.newest},
                                {"live", count(status.live)},
                                {"parked", count(status.parked)},
                                {"migrations", core::Value::array(std::move(migrations))}});
}

void print_status(const Context& context, const store::MigrationStatus& status) {
    const Console& console = context.console;
    if (context.global.json) {
        console.out << core::to_json(status_value(status)) << "\n";
        return;
    }
    console.out << fmt::format(
        "database {}\nschema   {} of {}{}\n", one_line(status.location), status.version,
        status.newest,
        status.version < status.newest ? "; bring it forward with: millrace db migrate" : "");
    if (status.live)
        console.out << fmt::format("live     {} executions, {} parked\n", *status.live,
                                   status.parked.value_or(0));
    console.out << "\n";
    Table table{{"VERSION", "NAME", "APPLIED"}};
    for (const store::MigrationInfo& migration : status.migrations) {
        table.add({{Tone::plain, std::to_string(migration.version)},
                   {Tone::plain, one_line(migration.name)},
                   {migration.applied_at ? Tone::plain : Tone::warn,
                    migration.applied_at ? date_text(console.local(*migration.applied_at))
                                         : std::string{"not yet"}}});
    }
    console.out << table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<Exit> print_or_fail(const Context& context,
                                 const core::Result<store::MigrationStatus>& status) {
    if (!status) return std::unexpected(status.error());
    print_status(context, *status);
    return Exit::done;
}

struct RollbackOptions {
    std::optional<std::uint32_t> to;
    bool yes = false;
};

/// May data be lost? Asked only where somebody can answer.
bool confirmed(const Console& console, const std::string& question) {
    if (!console.in_is_terminal || !console.err_is_terminal) return false;
    console.err << question + " [y/N] " << std::flush;
    std::string answer;
    std::getline(console.in, answer);
    return answer == "y" || answer == "yes";
}

/// The database is the server's own, and not to be had through its API.
core::Result<> on_this_machine(const Context& context) {
    return only_local(context, "this command",
                      "run it on the machine of the server with --data DIR of that server; status "
                      "and backup work while the server runs");
}

core::Result<Exit> status_of(const Context& context) {
    if (const auto here = on_this_machine(context); !here) return std::unexpected(here.error());
    return print_or_fail(
        context, store::migration_status(chosen_store(context, store::OpenMode::read_only)));
}

core::Result<Exit> migrate_store(const Context& context) {
    if (const auto here = on_this_machine(context); !here) return std::unexpected(here.error());
    return print_or_fail(context, store::migrate(chosen_store(context, store::OpenMode::own)));
}

core::Result<Exit> roll_back(const Context& context, const RollbackOptions& options) {
    if (const auto here = on_this_machine(context); !here) return std::unexpected(here.error());
    const store::OpenOptions place = chosen_store(context, store::OpenMode::own);
    const auto before = store::migration_status(place);
    if (!before) return std::unexpected(before.error());
    if (before->version == 0 && !options.to) {
        context.console.say(Tone::plain, "the database has no schema; nothing to roll back");
        return Exit::done;
    }
    const std::uint32_t to = options.to.value_or(before->version - 1);
    auto status = store::rollback(place, to, options.yes);
    if (!status && !options.yes && status.error().is(store::StoreErrc::bad_argument) &&
        to < before->version) {
        // It says what would be lost; that is the question.
        if (!confirmed(context.console, one_line(status.error().message()) + "\nDo it anyway?"))
            return core::fail(FileErrc::bad_argument,
                              status.error().message() + "; --yes does it anyway");
        status = store::rollback(place, to, true);
    }
    return print_or_fail(context, status);
}

core::Result<Exit> back_up(const Context& context, const std::string& file) {
    if (const auto here = on_this_machine(context); !here) return std::unexpected(here.error());
    const auto report = store::backup(chosen_store(context, store::OpenMode::read_only), file);
    if (!report) return std::unexpected(report.error());
    const Console& console = context.console;
    if (context.global.json) {
        console.out << core::to_json(core::Value::object(
                           {{"file", report->file.string()},
                            {"bytes", static_cast<std::int64_t>(report->bytes)}}))
                    << "\n";
    } else {
        console.out << "wrote " << one_line(report->file.string()) << " ("
                    << size_words(report->bytes) << ", checked)\n";
    }
    return Exit::done;
}

core::Result<Exit> compact_store(const Context& context) {
    if (const auto here = on_this_machine(context); !here) return std::unexpected(here.error());
    const auto report = store::compact(chosen_store(context, store::OpenMode::own));
    if (!report) return std::unexpected(report.error());
    const Console& console = context.console;
    if (context.global.json) {
        console.out << core::to_json(core::Value::object(
                           {{"bytes_before", static_cast<std::int64_t>(report->bytes_before)},
                            {"bytes_after", static_cast<std::int64_t>(report->bytes_after)}}))
                    << "\n";
    } else {
        console.out << "compacted from " << size_words(report->bytes_before) << " to "
                    << size_words(report->bytes_after) << "\n";
    }
    return Exit::done;
}

template <class Do>
void on_call(CLI::App& command, Action& chosen, Do action) {
    command.callback([action, &chosen] {
        chosen = [action](const Context& context) {
            const core::Result<Exit> exit = action(context);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace

void add_db(CLI::App& program, Action& chosen) {
    CLI::App* const group = program.add_subcommand("db", "Look after the database");
    group->require_subcommand(1);
    group->footer("Example: millrace db backup millrace-backup.db");

    CLI::App* const status = group->add_subcommand("status", "Its schema");
    status->footer("Example: millrace db status --data ./millrace-data");
    on_call(*status, chosen, status_of);

    CLI::App* const migrate = group->add_subcommand("migrate", "Bring its schema forward");
    migrate->footer("Back it up first.\nExample: millrace db migrate");
    on_call(*migrate, chosen, migrate_store);

    CLI::App* const rollback = group->add_subcommand("rollback", "Take its schema back");
    const auto wanted = std::make_shared<RollbackOptions>();
    rollback->add_option("--to", wanted->to, "To this version; else one back")->type_name("N");
    rollback->add_flag("--yes", wanted->yes, "Also when stored data would be lost");
    rollback->footer("For going back to an older Millrace.\nExample: millrace db rollback --to 1");
    on_call(*rollback, chosen,
            [wanted](const Context& context) { return roll_back(context, *wanted); });

    CLI::App* const compact = group->add_subcommand("compact", "Give its unused space back");
    compact->footer(
        "A server gives space back by itself; this does all of it at once, and is needed once for\n"
        "large databases of earlier versions.\nExample: millrace db compact");
    on_call(*compact, chosen, compact_store);

    CLI::App* const backup = group->add_subcommand("backup", "Copy it to a new file, also in use");
    const auto file = std::make_shared<std::string>();
    backup->add_option("FILE", *file, "Where to; must not exist")->required();
    backup->footer("Example: millrace db backup millrace-backup.db");
    on_call(*backup, chosen, [file](const Context& context) { return back_up(context, *file); });
}

}  // namespace millrace::cli
