// SPDX-License-Identifier: Apache-2.0
#include "routes/executions/execution_search.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "millrace/core/json.hpp"
#include "routes/executions/execution_history.hpp"

namespace millrace::server {
namespace {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

class Search {
public:
    Search(runtime::Runtime& runtime, const ExecutionSearch& search)
        : runtime_{runtime}, search_{search} {}

    core::Result<store::ExecutionPage> page(std::size_t limit, std::string cursor) {
        store::ExecutionPage found;
        while (found.items.size() < limit && looked_at_ < searched_executions_max &&
               bytes_ < searched_bytes_max) {
            // No more than are wanted, so that the page's cursor is behind all that was looked at.
            const std::size_t wanted =
                std::min(limit - found.items.size(), searched_executions_max - looked_at_);
            auto rows = runtime_.store().executions(search_.filter, wanted, cursor);
            if (!rows) return rows;
            for (engine::ExecutionRow& row : rows->items)
                if (matches(row)) found.items.push_back(std::move(row));
            looked_at_ += rows->items.size();
            found.next_cursor = std::move(rows->next_cursor);
            if (!found.next_cursor) break;
            cursor = *found.next_cursor;
        }
        return found;
    }

private:
    bool matches(const engine::ExecutionRow& row) {
        if (search_.stuck_for && row.status == core::ExecutionStatus::paused) return false;
        const bool is_named = contains_text(row.id.text(), search_.text) ||
                              contains_text(row.workflow_id, search_.text);
        if (is_named && !search_.stuck_for) return true;
        const auto history = read_history(runtime_, row);
        // One that cannot be read hides nothing of the others.
        if (!history) return is_named;
        bytes_ += history->bytes;
        return (is_named || tells(history->view)) && is_stuck(*history);
    }

    bool tells(const engine::ExecutionView& view) const {
        const auto holds = [&](const core::Value& value) {
            return !value.is_null() && contains_text(core::to_json(value), search_.text);
        };
        return holds(view.labels()) || (view.error() && holds(view.error()->to_value())) ||
               holds(view.inputs()) || holds(view.outputs());
    }

    bool is_stuck(const ExecutionHistory& history) const {
        if (!search_.stuck_for) return true;
        const core::ExecutionStatus status = history.view.status();
        if (is_terminal(status) || status == core::ExecutionStatus::paused) return false;
        const core::Time since = search_.now - *search_.stuck_for;
        return history.last_progress <= since && history.last_due.value_or(since) <= since;
    }

    runtime::Runtime& runtime_;
    const ExecutionSearch& search_;
    std::size_t looked_at_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace

bool contains_text(std::string_view text, std::string_view part) {
    return !std::ranges::search(text, part, {}, lower, lower).empty() || part.empty();
}

core::Result<store::ExecutionPage> find_executions(runtime::Runtime& runtime,
                                                   const ExecutionSearch& search, std::size_t limit,
                                                   const std::string& cursor) {
    if (search.text.empty() && !search.stuck_for)
        return runtime.store().executions(search.filter, limit, cursor);
    return Search{runtime, search}.page(limit, cursor);
}

}  // namespace millrace::server
