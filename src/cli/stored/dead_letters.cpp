// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <limits>
#include <ostream>

#include "body.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "listing.hpp"
#include "millrace/server/values.hpp"
#include "on_call.hpp"
#include "remote/chosen_server.hpp"
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

Tone tone_of(std::string_view status) {
    if (status == to_text(store::DeadLetterStatus::open)) return Tone::bad;
    return status == to_text(store::DeadLetterStatus::replayed) ? Tone::good : Tone::dim;
}

/// `code: message` of a letter's error.
std::string error_words(const core::Value& letter) {
    const core::Value* const error = member_at(letter, "error");
    return error == nullptr ? "" : text_at(*error, "code") + ": " + text_at(*error, "message");
}

std::string workflow_words(const core::Value& letter) {
    return text_at(letter, "workflow_id") + " v" +
           std::to_string(number_at(letter, "workflow_version").value_or(0));
}

std::string table_of(const Console& console, const core::Value& body) {
    Table table{{"NUMBER", "WORKFLOW", "RUN", "STATUS", "FAILED", "ERROR"}};
    for (const core::Value& letter : items_of(body)) {
        const std::string status = text_at(letter, "status");
        const std::string path = text_at(letter, "path");
        table.add({{Tone::plain, std::to_string(number_at(letter, "number").value_or(0))},
                   {Tone::plain, one_line(workflow_words(letter))},
                   {Tone::plain, path.empty() ? "(all)" : one_line(path)},
                   {tone_of(status), one_line(status)},
                   {Tone::dim, date_at(console, letter, "at")},
                   {Tone::plain, clipped(one_line(error_words(letter)), message_cells_max)}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<core::Value> list_of(const Context& context, const ListOptions& options) {
    store::DeadLetterFilter filter = options.filter.filter();
    if (options.status != "all") {
        filter.status = store::parse_dead_letter_status(options.status);
        if (!filter.status) {
            return core::fail(FileErrc::bad_argument,
                              "there is no status " + one_line(options.status) +
                                  "; there are open, replayed and discarded, or all");
        }
    }
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) {
        Query query = options.filter.query();
        query.emplace_back("status", options.status == "all" ? "" : options.status);
        query.emplace_back("limit", std::to_string(options.limit));
        query.emplace_back("cursor", options.cursor);
        return (*server)->get_list(api_path({"dead-letters"}), given(std::move(query)));
    }
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto page = (*store)->dead_letters().list(filter, options.limit, options.cursor);
    if (!page) return std::unexpected(page.error());
    std::vector<core::Value> items;
    for (const store::DeadLetter& letter : page->items)
        items.push_back(server::dead_letter_value(letter, false));
    return list_body(std::move(items), page->next_cursor);
}

core::Result<Exit> list(const Context& context, const ListOptions& options) {
    const auto body = list_of(context, options);
    if (!body) return std::unexpected(body.error());
    print_list(context, *body, "there are no such dead letters", table_of);
    return Exit::done;
}

void print_letter(const Console& console, const core::Value& letter) {
    const auto line = [&](std::string_view name, const std::string& text) {
        console.out << padded(name, 10) << one_line(text) << "\n";
    };
    const std::string status = text_at(letter, "status");
    const auto attempts = static_cast<std::size_t>(number_at(letter, "attempts").value_or(0));
    line("number", std::to_string(number_at(letter, "number").value_or(0)));
    line("status", status);
    line("workflow", workflow_words(letter));
    line("execution", text_at(letter, "execution_id"));
    if (const std::string path = text_at(letter, "path"); !path.empty()) line("run", path);
    line("failed", date_at(console, letter, "at") + ", " + counted(attempts, "attempt"));
    line("error", error_words(letter));
    const core::Value* const error = member_at(letter, "error");
    const core::Value* const details = error == nullptr ? nullptr : member_at(*error, "details");
    if (details != nullptr) line("details", value_words(*details));
    if (const std::string again = text_at(letter, "replayed_as"); !again.empty())
        line("replayed", "as execution " + again);
    // It goes with the decision.
    if (status != to_text(store::DeadLetterStatus::open)) return;
    // The engine leaves large ones out, so that letters stay small; a replay has them all the same.
    const core::Value* const input = member_at(letter, "input");
    if (input == nullptr) {
        line("input", "null, or above 64KiB; a replay takes it from the execution's history");
        return;
    }
    console.out << "input\n" << core::to_pretty_json(*input) << "\n";
}

core::Result<core::Value> letter_of(const Context& context, std::uint64_t number) {
    const auto server = server_for(context, Access::reads);
    if (!server) return std::unexpected(server.error());
    if (*server) return (*server)->get(api_path({"dead-letters", std::to_string(number)}));
    const auto store = open_chosen(context, store::OpenMode::read_only);
    if (!store) return std::unexpected(store.error());
    const auto letter = (*store)->dead_letters().find(number);
    if (!letter) return std::unexpected(letter.error());
    return server::dead_letter_value(*letter, true);
}

core::Result<Exit> show(const Context& context, const ShowOptions& options) {
    const auto letter = letter_of(context, options.number);
    if (!letter) return std::unexpected(as_of_store(letter.error()));
    if (context.global.json) {
        print_json(context, *letter);
        return Exit::done;
    }
    print_letter(context.console, *letter);
    if (text_at(*letter, "status") == to_text(store::DeadLetterStatus::open)) {
        context.console.say(Tone::dim, "to do it again: millrace dead-letters replay " +
                                           std::to_string(options.number));
    }
    return Exit::done;
}

/// Gives up one letter; its new state.
using Discard = std::function<core::Result<core::Value>(std::uint64_t number)>;

Exit discard_all(const Context& context, const std::vector<std::uint64_t>& numbers,
                 const Discard& discard_one) {
    std::vector<core::Value> items;
    for (const std::uint64_t number : numbers) {
        auto letter = discard_one(number);
        if (letter) {
            items.push_back(std::move(*letter));
        } else {
            context.console.complain(letter.error().message());
        }
    }
    const bool has_failed = items.size() < numbers.size();
    if (context.global.json) {
        print_json(context, list_body(std::move(items)));
    } else {
        context.console.say(Tone::good, "discarded " + counted(items.size(), "dead letter"));
    }
    return has_failed ? Exit::failed : Exit::done;
}

core::Result<Exit> discard(const Context& context, const LetterChoice& choice) {
    const auto server = server_for(context, Access::changes);
    if (!server) return std::unexpected(server.error());
    if (*server) {
        const auto numbers = choice.choose(**server);
        if (!numbers) return std::unexpected(numbers.error());
        return discard_all(context, *numbers, [&](std::uint64_t number) {
            return (*server)->post(api_path({"dead-letters", std::to_string(number), "discard"}));
        });
    }
    const auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    store::DeadLetters& letters = (*store)->dead_letters();
    const auto numbers = choice.choose(letters);
    if (!numbers) return std::unexpected(numbers.error());
    return discard_all(context, *numbers, [&](std::uint64_t number) -> core::Result<core::Value> {
        if (const auto done = letters.discard(number, context.console.now()); !done)
            return std::unexpected(done.error());
        const auto letter = letters.find(number);
        if (!letter) return std::unexpected(letter.error());
        return server::dead_letter_value(*letter, false);
    });
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

Query LetterFilterOptions::query() const {
    return {{"workflow_id", workflow.value_or("")},
            {"node_id", node.value_or("")},
            {"code", code.value_or("")}};
}

void LetterChoice::add_to(CLI::App& command) {
    command.add_option("NUMBER", numbers, "The letters")->type_name("");
    filter.add_to(command);
    command.add_flag("--all", all, "All open ones");
}

core::Result<> LetterChoice::check() const {
    const int ways = (numbers.empty() ? 0 : 1) + (filter.is_given() ? 1 : 0) + (all ? 1 : 0);
    if (ways == 1) return {};
    return core::fail(FileErrc::bad_argument,
                      "say which letters: their numbers, or some of --workflow, --node and --code, "
                      "or --all");
}

core::Result<std::vector<std::uint64_t>> LetterChoice::choose(store::DeadLetters& letters) const {
    if (const auto checked = check(); !checked) return std::unexpected(checked.error());
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

core::Result<std::vector<std::uint64_t>> LetterChoice::choose(const ApiClient& client) const {
    if (const auto checked = check(); !checked) return std::unexpected(checked.error());
    if (!numbers.empty()) return numbers;
    std::vector<std::uint64_t> chosen;
    std::string cursor;
    do {
        Query query = filter.query();
        query.insert(query.end(), {{"status", "open"}, {"limit", "200"}, {"cursor", cursor}});
        const auto page = client.get_list(api_path({"dead-letters"}), given(std::move(query)));
        if (!page) return std::unexpected(page.error());
        for (const core::Value& letter : items_of(*page))
            chosen.push_back(static_cast<std::uint64_t>(number_at(letter, "number").value_or(0)));
        cursor = text_at(*page, "next_cursor");
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
