// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <ostream>

#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "listing.hpp"
#include "on_call.hpp"
#include "stored/dead_letters_commands.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

// `millrace dead-letters`: work that has failed for good and waits for a decision.

namespace millrace::cli {
namespace {

constexpr std::size_t message_cells_max = 60;

struct ListOptions {
    LetterFilterOptions filter;
    std::string status = "open";
    std::size_t limit = 50;
    std::string cursor;
};

struct ShowOptions {
    std::uint64_t number = 0;
};

core::Value letter_value(const store::DeadLetter& letter, bool with_input) {
    core::ObjectBuilder value;
    value.set("number", static_cast<std::int64_t>(letter.number));
    value.set("status", to_text(letter.status));
    value.set("execution_id", letter.row.id.text());
    value.set("path", letter.row.path);
    value.set("node_id", letter.row.node_id);
    value.set("workflow_id", letter.row.workflow_id);
    value.set("workflow_version", letter.row.workflow_version);
    value.set("error", letter.row.failure.to_value());
    if (with_input) value.set("input", letter.row.input);
    value.set("attempts", letter.row.attempts);
    value.set("at", letter.row.at.text());
    value.set("replayed_as",
              letter.replayed_as ? core::Value{letter.replayed_as->text()} : core::Value{});
    value.set("decided_at", time_or_null(letter.decided_at));
    return std::move(value).build();
}

Tone tone_of(store::DeadLetterStatus status) {
    switch (status) {
        case store::DeadLetterStatus::open: return Tone::bad;
        case store::DeadLetterStatus::replayed: return Tone::good;
        case store::DeadLetterStatus::discarded: break;
    }
    return Tone::dim;
}

std::string letters_table(const Console& console, const std::vector<store::DeadLetter>& letters) {
    Table table{{"NUMBER", "WORKFLOW", "RUN", "STATUS", "FAILED", "ERROR"}};
    for (const store::DeadLetter& letter : letters) {
        const core::Failure& failure = letter.row.failure;
        table.add({{Tone::plain, std::to_string(letter.number)},
                   {Tone::plain, one_line(letter.row.workflow_id) + " v" +
                                     std::to_string(letter.row.workflow_version)},
                   {Tone::plain, letter.row.path.empty() ? "(all)" : one_line(letter.row.path)},
                   {tone_of(letter.status), std::string{to_text(letter.status)}},
                   {Tone::dim, date_text(console.local(letter.row.at))},
                   {Tone::plain,
                    clipped(one_line(failure.code + ": " + failure.message), message_cells_max)}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<Exit> list(const Context& context, const ListOptions& options) {
    store::DeadLetterFilter filter = options.filter.filter();
    if (options.status != "all") {
        filter.status = store::parse_dead_letter_status(options.status);
        if (!filter.status) {
            return core::fail(FileErrc::bad_argument,
                              "there is no status " + one_line(options.status) +
                                  "; there are open, replayed and discarded, or all");
        }
    }
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto page = (*store)->dead_letters().list(filter, options.limit, options.cursor);
    if (!page) return std::unexpected(page.error());
    const Console& console = context.console;
    if (context.global.json) {
        std::vector<core::Value> items;
        for (const store::DeadLetter& letter : page->items)
            items.push_back(letter_value(letter, false));
        print_json(context, list_body(std::move(items), page->next_cursor));
    } else if (page->items.empty()) {
        console.say(Tone::plain, "there are no such dead letters");
    } else {
        console.out << letters_table(console, page->items) << std::flush;
        if (page->next_cursor) console.say(Tone::dim, "more: --cursor " + *page->next_cursor);
    }
    return Exit::done;
}

void print_letter(const Console& console, const store::DeadLetter& letter) {
    const core::Failure& failure = letter.row.failure;
    const auto line = [&](std::string_view name, const std::string& text) {
        console.out << padded(name, 10) << one_line(text) << "\n";
    };
    line("number", std::to_string(letter.number));
    line("status", std::string{to_text(letter.status)});
    line("workflow", letter.row.workflow_id + " v" + std::to_string(letter.row.workflow_version));
    line("execution", letter.row.id.text());
    if (!letter.row.path.empty()) line("run", letter.row.path);
    line("failed",
         date_text(console.local(letter.row.at)) + ", " + counted(letter.row.attempts, "attempt"));
    line("error", failure.code + ": " + failure.message);
    if (!failure.details.is_null()) line("details", value_words(failure.details));
    if (letter.replayed_as) line("replayed", "as execution " + letter.replayed_as->text());
    // It goes with the decision.
    if (letter.status != store::DeadLetterStatus::open) return;
    // The engine leaves large ones out, so that letters stay small; a replay has them all the same.
    if (letter.row.input.is_null()) {
        line("input", "null, or above 64KiB; a replay takes it from the execution's history");
        return;
    }
    console.out << "input\n" << core::to_pretty_json(letter.row.input) << "\n";
}

core::Result<Exit> show(const Context& context, const ShowOptions& options) {
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto letter = (*store)->dead_letters().find(options.number);
    if (!letter) return std::unexpected(letter.error());
    if (context.global.json) {
        print_json(context, letter_value(*letter, true));
        return Exit::done;
    }
    print_letter(context.console, *letter);
    if (letter->status == store::DeadLetterStatus::open) {
        context.console.say(Tone::dim, "to do it again: millrace dead-letters replay " +
                                           std::to_string(letter->number));
    }
    return Exit::done;
}

core::Result<Exit> discard(const Context& context, const LetterChoice& choice) {
    const auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    store::DeadLetters& letters = (*store)->dead_letters();
    const auto numbers = choice.choose(letters);
    if (!numbers) return std::unexpected(numbers.error());
    std::vector<core::Value> items;
    bool has_failed = false;
    for (const std::uint64_t number : *numbers) {
        if (const auto done = letters.discard(number, context.console.now()); !done) {
            context.console.complain(done.error().message());
            has_failed = true;
            continue;
        }
        const auto letter = letters.find(number);
        if (letter) items.push_back(letter_value(*letter, false));
    }
    if (context.global.json) {
        print_json(context, list_body(std::move(items)));
    } else {
        context.console.say(Tone::good, "discarded " + counted(items.size(), "dead letter"));
    }
    return has_failed ? Exit::failed : Exit::done;
}

}  // namespace

void LetterFilterOptions::add_to(CLI::App& command) {
    command.add_option("--workflow", workflow, "Of this workflow only")->type_name("WORKFLOW");
    command.add_option("--node", node, "Of this node only")->type_name("NODE");
    command.add_option("--code", code, "With this error code only")->type_name("CODE");
}

store::DeadLetterFilter LetterFilterOptions::filter() const {
    store::DeadLetterFilter chosen;
    chosen.workflow_id = workflow;
    chosen.node_id = node;
    chosen.code = code;
    return chosen;
}

void LetterChoice::add_to(CLI::App& command) {
    command.add_option("NUMBER", numbers, "The letters")->type_name("");
    filter.add_to(command);
    command.add_flag("--all", all, "All open ones");
}

core::Result<std::vector<std::uint64_t>> LetterChoice::choose(store::DeadLetters& letters) const {
    const int ways = (numbers.empty() ? 0 : 1) + (filter.is_given() ? 1 : 0) + (all ? 1 : 0);
    if (ways != 1) {
        return core::fail(FileErrc::bad_argument,
                          "say which letters: their numbers, or some of --workflow, --node and "
                          "--code, or --all");
    }
    if (!numbers.empty()) return numbers;
    constexpr std::size_t page_size = 500;
    store::DeadLetterFilter open = filter.filter();
    open.status = store::DeadLetterStatus::open;
    std::vector<std::uint64_t> chosen;
    std::string cursor;
    do {
        const auto page = letters.list(open, page_size, cursor);
        if (!page) return std::unexpected(page.error());
        for (const store::DeadLetter& letter : page->items)
            chosen.push_back(letter.number);
        cursor = page->next_cursor.value_or("");
    } while (!cursor.empty());
    std::ranges::reverse(chosen);
    return chosen;
}

void add_dead_letters_list(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("list", "Newest first");
    const auto options = std::make_shared<ListOptions>();
    options->filter.add_to(*command);
    command->add_option("--status", options->status, "open, replayed, discarded or all")
        ->type_name("STATUS");
    command->add_option("--limit", options->limit, "At most so many, up to 200")
        ->check(CLI::Range(1, 200))
        ->type_name("N");
    command->add_option("--cursor", options->cursor, "Go on after an earlier list")
        ->type_name("CURSOR");
    command->footer("Example: millrace dead-letters list --workflow orders");
    on_call(*command, chosen, options, list);
}

void add_dead_letters_show(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("show", "One, with what the run was given");
    const auto options = std::make_shared<ShowOptions>();
    command->add_option("NUMBER", options->number, "The letter")->required();
    command->footer("Example: millrace dead-letters show 7");
    on_call(*command, chosen, options, show);
}

void add_dead_letters_discard(CLI::App& group, Action& chosen) {
    CLI::App* const command = group.add_subcommand("discard", "Decide that it is not done again");
    const auto choice = std::make_shared<LetterChoice>();
    choice->add_to(*command);
    command->footer("Example: millrace dead-letters discard 7 8");
    on_call(*command, chosen, choice, discard);
}

void add_dead_letters(CLI::App& program, Action& chosen) {
    CLI::App* const group = program.add_subcommand("dead-letters", "Work that has failed for good");
    group->require_subcommand(1);
    group->footer("Example: millrace dead-letters list");
    add_dead_letters_list(*group, chosen);
    add_dead_letters_show(*group, chosen);
    add_dead_letters_replay(*group, chosen);
    add_dead_letters_discard(*group, chosen);
}

}  // namespace millrace::cli
