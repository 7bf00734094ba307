// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "documents/document_file.hpp"
#include "executions/executions_commands.hpp"
#include "library.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t short_id_min = 4;
constexpr std::size_t searched_max = 1'000;

}  // namespace

core::Result<core::ExecutionId> find_execution(store::Store& store, const std::string& text) {
    if (const auto id = core::ExecutionId::parse(text)) return *id;
    std::optional<core::ExecutionId> found;
    if (text.size() >= short_id_min) {
        const auto page = store.executions({}, searched_max, {});
        if (!page) return std::unexpected(page.error());
        for (const engine::ExecutionRow& row : page->items) {
            const std::string id = row.id.text();
            if (!id.starts_with(text) && !id.ends_with(text)) continue;
            if (found) {
                return core::fail(FileErrc::bad_argument, "more than one execution has the id " +
                                                              one_line(text) + "; give more of it");
            }
            found = row.id;
        }
    }
    if (found) return *found;
    return core::fail(FileErrc::bad_argument,
                      "there is no execution " + one_line(text) + "; see millrace executions list");
}

core::Result<History> read_history(store::Store& store, const std::string& text,
                                   const std::string& scope) {
    const auto id = find_execution(store, text);
    if (!id) return std::unexpected(id.error());
    auto row = store.execution(*id);
    if (!row) {
        if (!row.error().is(store::StoreErrc::not_found)) return std::unexpected(row.error());
        return core::fail(FileErrc::bad_argument, "there is no execution " + one_line(text) +
                                                      "; see millrace executions list");
    }
    auto stored = stored_workflow(store, row->workflow_id, row->workflow_version);
    if (!stored) return std::unexpected(stored.error());
    History history{Follower{*id, stored->plan, scope}, std::move(*row), stored->plan, {}};
    if (const auto read = history.follower.catch_up(store, history.events); !read)
        return std::unexpected(read.error());
    return history;
}

}  // namespace millrace::cli
