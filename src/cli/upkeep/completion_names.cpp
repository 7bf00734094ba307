// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "data_folder.hpp"
#include "documents/starter.hpp"
#include "library.hpp"
#include "millrace/core/status.hpp"
#include "millrace/store/library.hpp"
#include "terminal/wording.hpp"
#include "upkeep/completion.hpp"

namespace millrace::cli {
namespace {

// A reader of a list of candidates looks at no more.
constexpr std::size_t names_max = 100;

std::vector<Candidate> words(std::initializer_list<std::string_view> all) {
    std::vector<Candidate> candidates;
    for (const std::string_view word : all)
        candidates.push_back({std::string{word}, {}});
    return candidates;
}

std::vector<Candidate> node_types() {
    std::vector<Candidate> candidates;
    const auto library = standard_library();
    if (!library) return candidates;
    for (const auto& definition : (*library)->list())
        candidates.push_back({definition->type.type, definition->type.name});
    return candidates;
}

std::vector<Candidate> templates() {
    std::vector<Candidate> candidates;
    for (const StarterTemplate& starter : starter_templates())
        candidates.push_back({std::string{starter.name}, std::string{starter.title}});
    return candidates;
}

std::vector<Candidate> executions(store::Store& store, const Console& console) {
    std::vector<Candidate> candidates;
    const auto page = store.executions({}, names_max, {});
    if (!page) return candidates;
    for (const engine::ExecutionRow& row : page->items) {
        candidates.push_back({row.id.text(), row.workflow_id + " " +
                                                 std::string{core::to_text(row.status)} + " " +
                                                 date_text(console.local(row.created_at))});
    }
    return candidates;
}

std::vector<Candidate> workflows(store::Store& store) {
    std::vector<Candidate> candidates;
    const auto page = store.library().list({}, names_max, {});
    if (!page) return candidates;
    for (const store::WorkflowEntry& entry : page->items)
        candidates.push_back({entry.id, entry.name});
    return candidates;
}

}  // namespace

NameSource stored_names(const Context& context) {
    return [&context](std::string_view command, std::string_view kind) -> std::vector<Candidate> {
        if (kind == "SHELL") return words({"bash", "zsh", "fish"});
        if (kind == "TYPE" && !command.starts_with("credentials")) return node_types();
        if (kind == "TEMPLATE") return templates();
        if (kind == "CATEGORY")
            return words({"triggers", "transforms", "actions", "conditions", "integrations"});
        if (kind == "STATUS")
            return words(
                {"pending", "running", "waiting", "paused", "completed", "failed", "canceled"});
        if (kind == "WHAT") return words({"signal", "webhook", "approval", "event", "child"});
        const bool is_execution =
            kind == "EXECUTION" || (kind == "ID" && command.starts_with("executions"));
        const bool is_workflow =
            kind == "WORKFLOW" || (kind == "ID" && command.starts_with("workflows"));
        if (!is_execution && !is_workflow) return {};
        // Whoever completes a word neither waits for the data nor hears of its errors.
        const auto store = store::open_store(chosen_store(context, store::OpenMode::read_only));
        if (!store) return {};
        return is_execution ? executions(**store, context.console) : workflows(**store);
    };
}

}  // namespace millrace::cli
