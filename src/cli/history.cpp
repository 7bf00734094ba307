// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "document_file.hpp"
#include "executions_commands.hpp"
#include "library.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/format/document.hpp"
#include "millrace/format/schema.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t short_id_min = 4;
constexpr std::size_t searched_max = 1'000;

/// The plan of a stored version, compiled as the engine did.
core::Result<std::shared_ptr<const engine::Plan>> stored_plan(store::Store& store,
                                                              const engine::ExecutionRow& row) {
    const auto version = store.version(row.workflow_id, row.workflow_version);
    if (!version) return std::unexpected(version.error());
    const std::string name = row.workflow_id + " version " + std::to_string(version->number);
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    const format::SourceText source{name, version->document, format::Syntax::json};
    const format::DocumentRead read = format::read_document(source);
    if (!read.document) {
        return core::fail(FileErrc::unreadable, "this version of Millrace cannot read the stored " +
                                                    format::to_text(name, read.problems.front()));
    }
    engine::CompileResult compiled =
        engine::compile(*read.document, {row.workflow_id, version->number, version->hash},
                        **library, format::compile_schema);
    if (!compiled.plan) {
        return core::fail(FileErrc::unreadable,
                          "this version of Millrace cannot run the stored " +
                              format::to_text(name, compiled.problems.front()));
    }
    return std::move(compiled.plan);
}

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
    auto plan = stored_plan(store, *row);
    if (!plan) return std::unexpected(plan.error());
    History history{Follower{*id, *plan, scope}, std::move(*row), *plan, {}};
    if (const auto read = history.follower.catch_up(store, history.events); !read)
        return std::unexpected(read.error());
    return history;
}

}  // namespace millrace::cli
