// SPDX-License-Identifier: Apache-2.0
#include "sqlite/library.hpp"

#include <limits>
#include <utility>

#include "part_rules.hpp"
#include "rows.hpp"
#include "sqlite/reading.hpp"
#include "sqlite/trigger_parts.hpp"

namespace millrace::store::sqlite {

namespace {

// The order of a CROSS JOIN is kept: pages are read off an index of workflows.
#define MR_ENTRY_COLUMNS                                                                   \
    "SELECT w.workflow_id, w.name, w.folder, w.tags, w.origin, w.head, v.hash, w.active, " \
    "w.created_ms, w.updated_ms, w.workflow FROM workflows w "                             \
    "CROSS JOIN workflow_versions v ON v.tenant = 0 AND v.workflow = w.workflow "          \
    "AND v.number = w.head WHERE w.tenant = 0 AND w.head IS NOT NULL AND "

constexpr const char* one_entry_sql = MR_ENTRY_COLUMNS "w.workflow_id = ?1";
constexpr const char* entries_sql = MR_ENTRY_COLUMNS
    "(w.updated_ms, w.workflow) < (?1, ?2) ORDER BY w.updated_ms DESC, w.workflow DESC";

#undef MR_ENTRY_COLUMNS

constexpr const char* versions_sql =
    "SELECT v.number, v.hash, v.created_ms, length(CAST(v.document AS BLOB)), "
    "v.number = w.head, v.number IS w.active "
    "FROM workflows w JOIN workflow_versions v USING (workflow) "
    "WHERE w.tenant = 0 AND v.tenant = 0 AND w.workflow_id = ?1 AND v.number < ?2 "
    "ORDER BY v.number DESC LIMIT ?3";
constexpr const char* set_head_sql =
    "UPDATE workflows SET name = ?2, folder = ?3, tags = ?4, origin = ?5, "
    "created_ms = CASE WHEN head IS NULL THEN ?7 ELSE created_ms END, head = ?6, updated_ms = ?7 "
    "WHERE tenant = 0 AND workflow_id = ?1";
constexpr const char* set_active_sql =
    "UPDATE workflows SET active = ?2, updated_ms = ?3 WHERE tenant = 0 AND workflow_id = ?1";

WorkflowEntry entry_in(const Statement& row) {
    WorkflowEntry entry;
    entry.id = row.text(0);
    entry.name = row.text(1);
    entry.folder = row.text(2);
    entry.tags = texts_in(row.text(3));
    entry.origin = static_cast<WorkflowOrigin>(row.integer(4));
    entry.head = static_cast<std::uint32_t>(row.integer(5));
    entry.head_hash = row.text(6);
    if (!row.is_null(7)) entry.active = static_cast<std::uint32_t>(row.integer(7));
    entry.created_at = core::Time{row.integer(8)};
    entry.updated_at = core::Time{row.integer(9)};
    return entry;
}

/// None: it is not in the library.
core::Result<std::optional<WorkflowEntry>> read_entry(Connection& connection,
                                                      const std::string& workflow_id) {
    auto statement = connection.cached(one_entry_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const int code = (*statement)->bind_text(1, workflow_id).step();
    if (code == SQLITE_DONE) return std::nullopt;
    if (code != SQLITE_ROW) return std::unexpected(connection.error("read a workflow"));
    return entry_in(**statement);
}

core::Result<WorkflowEntry> require_entry(Connection& connection, const std::string& workflow_id) {
    auto entry = read_entry(connection, workflow_id);
    if (!entry) return std::unexpected(entry.error());
    if (!*entry) return std::unexpected(workflow_not_found(workflow_id));
    return std::move(**entry);
}

core::Result<WorkflowVersion> insert_version(Connection& connection, const std::string& workflow_id,
                                             const std::string& hash, const std::string& document,
                                             core::Time now) {
    auto saved = find_version_by_hash(connection, workflow_id, hash);
    if (saved || !saved.error().is(StoreErrc::not_found)) return saved;
    auto workflow = connection.cached(
        "INSERT INTO workflows (tenant, workflow_id) VALUES (0, ?1) ON CONFLICT DO NOTHING");
    if (!workflow) return std::unexpected(workflow.error());
    if (!(*workflow)->bind_text(1, workflow_id).run())
        return std::unexpected(connection.error(**workflow, "save a workflow"));
    auto version = connection.cached(
        "INSERT INTO workflow_versions (tenant, workflow, number, hash, document, created_ms) "
        "SELECT 0, workflow, 1 + (SELECT coalesce(max(number), 0) FROM workflow_versions v "
        "WHERE v.tenant = 0 AND v.workflow = w.workflow), ?2, ?3, ?4 "
        "FROM workflows w WHERE tenant = 0 AND workflow_id = ?1");
    if (!version) return std::unexpected(version.error());
    (*version)->bind_text(1, workflow_id).bind_text(2, hash).bind_text(3, document);
    if (!(*version)->bind(4, now.ms).run())
        return std::unexpected(connection.error(**version, "save a workflow version"));
    return find_version_by_hash(connection, workflow_id, hash);
}

core::Result<> set_head(Connection& connection, const WorkflowVersion& version,
                        WorkflowOrigin origin, core::Time now) {
    auto statement = connection.cached(set_head_sql);
    if (!statement) return std::unexpected(statement.error());
    const DocumentSummary summary = summarize(version.document);
    const std::string tags = texts_json(summary.tags);
    (*statement)->bind_text(1, version.workflow_id).bind_text(2, summary.name);
    (*statement)->bind_text(3, summary.folder).bind_text(4, tags);
    (*statement)->bind(5, static_cast<std::int64_t>(origin)).bind(6, version.number);
    if ((*statement)->bind(7, now.ms).run()) return {};
    return std::unexpected(connection.error(**statement, "save a workflow"));
}

core::Result<> write_active(Connection& connection, const std::string& workflow_id,
                            std::optional<std::uint32_t> number, core::Time now) {
    auto statement = connection.cached(set_active_sql);
    if (!statement) return std::unexpected(statement.error());
    (*statement)->bind_text(1, workflow_id).bind(3, now.ms);
    if (number) {
        (*statement)->bind(2, *number);
    } else {
        (*statement)->bind_null(2);
    }
    if (!(*statement)->run())
        return std::unexpected(connection.error(**statement, "activate a workflow"));
    return write_triggers(connection, workflow_id);
}

core::Result<WorkflowSaved> put_workflow(Connection& connection, const WorkflowPut& wanted,
                                         core::Time now) {
    const auto before = read_entry(connection, wanted.workflow_id);
    if (!before) return std::unexpected(before.error());
    const WorkflowEntry* known = *before ? &**before : nullptr;
    if (auto checked = check_put(wanted, known); !checked) return std::unexpected(checked.error());
    const auto version =
        insert_version(connection, wanted.workflow_id, wanted.hash, wanted.document, now);
    if (!version) return std::unexpected(version.error());
    WorkflowSaved saved;
    saved.is_new = known == nullptr;
    saved.has_changed = known == nullptr || known->head != version->number;
    if (saved.has_changed || known->origin != wanted.origin) {
        if (auto set = set_head(connection, *version, wanted.origin, now); !set)
            return std::unexpected(set.error());
    }
    if (wanted.activate && (known == nullptr || known->active != version->number)) {
        if (auto set = write_active(connection, wanted.workflow_id, version->number, now); !set)
            return std::unexpected(set.error());
        saved.has_activated = true;
    }
    auto entry = require_entry(connection, wanted.workflow_id);
    if (!entry) return std::unexpected(entry.error());
    saved.entry = std::move(*entry);
    return saved;
}

core::Result<> remove_workflow(Connection& connection, const std::string& workflow_id) {
    auto statement =
        connection.cached("UPDATE workflows SET head = NULL WHERE tenant = 0 AND workflow_id = ?1");
    if (!statement) return std::unexpected(statement.error());
    if ((*statement)->bind_text(1, workflow_id).run()) return {};
    return std::unexpected(connection.error(**statement, "delete a workflow"));
}

}  // namespace

core::Result<WorkflowVersion> save_version(Connection& connection, const std::string& workflow_id,
                                           const std::string& hash, const std::string& document,
                                           core::Time now) {
    const auto is_settled = [](const std::optional<WorkflowEntry>& entry, std::uint32_t number) {
        return entry && (entry->origin != WorkflowOrigin::run || entry->head == number);
    };
    const auto entry = read_entry(connection, workflow_id);
    if (!entry) return std::unexpected(entry.error());
    auto saved = find_version_by_hash(connection, workflow_id, hash);
    if (!saved && !saved.error().is(StoreErrc::not_found)) return saved;
    if (saved && is_settled(*entry, saved->number)) return saved;
    auto transaction = Transaction::begin(connection, "save a workflow version");
    if (!transaction) return std::unexpected(transaction.error());
    saved = insert_version(connection, workflow_id, hash, document, now);
    if (!saved) return saved;
    if (!is_settled(*entry, saved->number)) {
        if (auto set = set_head(connection, *saved, WorkflowOrigin::run, now); !set)
            return std::unexpected(set.error());
    }
    if (auto done = transaction->commit("save a workflow version"); !done)
        return std::unexpected(done.error());
    return saved;
}

core::Result<WorkflowPage> SqliteLibrary::list(const WorkflowFilter& filter, std::size_t limit,
                                               const std::string& cursor) {
    const auto start = list_start(limit, cursor, workflow_cursor, "workflows");
    if (!start) return std::unexpected(start.error());
    constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
    const PagePlace from = start->value_or(PagePlace{highest, highest});
    return access_.readers().read([&](Connection& connection) -> core::Result<WorkflowPage> {
        auto statement = connection.cached(entries_sql);
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        (*statement)->bind(1, from.first).bind(2, from.second);
        WorkflowPage page;
        PagePlace last;
        int code = SQLITE_ROW;
        while ((code = (*statement)->step()) == SQLITE_ROW) {
            WorkflowEntry entry = entry_in(**statement);
            if (!matches(filter, entry)) continue;
            if (page.items.size() == limit) {
                page.next_cursor = list_cursor(workflow_cursor, last);
                return page;
            }
            last = {(*statement)->integer(9), (*statement)->integer(10)};
            page.items.push_back(std::move(entry));
        }
        if (code != SQLITE_DONE) return std::unexpected(connection.error("list workflows"));
        return page;
    });
}

core::Result<WorkflowEntry> SqliteLibrary::find(const std::string& workflow_id) {
    return access_.readers().read(
        [&](Connection& connection) { return require_entry(connection, workflow_id); });
}

core::Result<std::vector<VersionEntry>> SqliteLibrary::versions(const std::string& workflow_id,
                                                                std::size_t limit,
                                                                std::uint32_t below) {
    using Entries = std::vector<VersionEntry>;
    return access_.readers().read([&](Connection& connection) -> core::Result<Entries> {
        if (const auto entry = require_entry(connection, workflow_id); !entry)
            return std::unexpected(entry.error());
        auto statement = connection.cached(versions_sql);
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        constexpr std::int64_t above_all = std::int64_t{1} << 32;
        (*statement)->bind_text(1, workflow_id).bind(2, below == 0 ? above_all : below);
        (*statement)->bind(3, static_cast<std::int64_t>(limit));
        Entries entries;
        int code = SQLITE_ROW;
        while ((code = (*statement)->step()) == SQLITE_ROW) {
            const Statement& row = **statement;
            entries.push_back({static_cast<std::uint32_t>(row.integer(0)), std::string{row.text(1)},
                               core::Time{row.integer(2)}, static_cast<std::size_t>(row.integer(3)),
                               row.integer(4) != 0, row.integer(5) != 0});
        }
        if (code != SQLITE_DONE) return std::unexpected(connection.error("list versions"));
        return entries;
    });
}

core::Result<WorkflowSaved> SqliteLibrary::put(const WorkflowPut& wanted, core::Time now) {
    core::Result<WorkflowSaved> saved;
    const auto done =
        access_.write("save a workflow", [&](Connection& connection) -> core::Result<> {
            saved = put_workflow(connection, wanted, now);
            if (!saved) return std::unexpected(saved.error());
            return {};
        });
    if (!done) return std::unexpected(done.error());
    return saved;
}

core::Result<std::vector<WorkflowSaved>> SqliteLibrary::apply(std::span<const WorkflowPut> puts,
                                                              std::span<const std::string> gone,
                                                              core::Time now) {
    std::vector<WorkflowSaved> saved;
    const auto work = [&](Connection& connection) -> core::Result<> {
        saved.clear();
        for (const WorkflowPut& wanted : puts) {
            auto put = put_workflow(connection, wanted, now);
            if (!put) return std::unexpected(put.error());
            saved.push_back(std::move(*put));
        }
        for (const std::string& id : gone) {
            if (const auto entry = require_entry(connection, id); !entry)
                return std::unexpected(entry.error());
            if (const auto done = write_active(connection, id, std::nullopt, now); !done)
                return done;
            if (const auto done = remove_workflow(connection, id); !done) return done;
        }
        return {};
    };
    if (const auto done = access_.write("apply workflows", work); !done)
        return std::unexpected(done.error());
    return saved;
}

core::Result<WorkflowEntry> SqliteLibrary::set_active(const std::string& workflow_id,
                                                      std::optional<std::uint32_t> number,
                                                      core::Time now) {
    core::Result<WorkflowEntry> entry;
    const auto set = [&](Connection& connection) -> core::Result<> {
        entry = require_entry(connection, workflow_id);
        if (!entry) return std::unexpected(entry.error());
        if (number) {
            if (const auto version = find_version(connection, workflow_id, *number); !version)
                return std::unexpected(version.error());
        }
        if (entry->active == number) return {};
        entry->active = number;
        entry->updated_at = now;
        return write_active(connection, workflow_id, number, now);
    };
    if (const auto done = access_.write("activate a workflow", set); !done)
        return std::unexpected(done.error());
    return entry;
}

core::Result<> SqliteLibrary::remove(const std::string& workflow_id) {
    return access_.write("delete a workflow", [&](Connection& connection) -> core::Result<> {
        const auto entry = require_entry(connection, workflow_id);
        if (!entry) return std::unexpected(entry.error());
        if (entry->active) return std::unexpected(workflow_is_active(*entry));
        return remove_workflow(connection, workflow_id);
    });
}

}  // namespace millrace::store::sqlite
