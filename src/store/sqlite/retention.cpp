// SPDX-License-Identifier: Apache-2.0
#include "sqlite/retention.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "millrace/store/store.hpp"
#include "retention_rules.hpp"
#include "rows.hpp"
#include "sqlite/start_keys.hpp"

namespace millrace::store::sqlite {

namespace {

// A transaction ends early once it has removed so many rows of journals: frames wait for it.
constexpr std::int64_t rows_removed_max = 20'000;

// Executions are in order of creation, also within a workflow.
constexpr const char* look_sql =
    "SELECT execution, status, created_ms, completed_ms, workflow FROM executions "
    "WHERE tenant = 0 AND execution > ?1 ORDER BY execution LIMIT ?2";
constexpr const char* look_in_workflow_sql =
    "SELECT execution, status, created_ms, completed_ms, workflow FROM executions WHERE tenant = 0 "
    "AND workflow = (SELECT workflow FROM workflows WHERE tenant = 0 AND workflow_id = ?3) "
    "AND execution > ?1 ORDER BY execution LIMIT ?2";
constexpr const char* newest_sql =
    "SELECT execution, workflow FROM executions WHERE tenant = 0 AND completed_ms IS NOT NULL "
    "ORDER BY execution DESC";
constexpr const char* newest_in_workflow_sql =
    "SELECT execution, workflow FROM executions WHERE tenant = 0 "
    "AND workflow = (SELECT workflow FROM workflows WHERE tenant = 0 AND workflow_id = ?1) "
    "AND completed_ms IS NOT NULL ORDER BY execution DESC";

/// The numbers of workflows that a request leaves out.
core::Result<std::set<std::int64_t>> left_out(Connection& connection, const PruneRequest& request) {
    std::set<std::int64_t> numbers;
    for (const std::string& id : request.except) {
        auto statement = connection.cached(
            "SELECT workflow FROM workflows WHERE tenant = 0 AND workflow_id = ?1");
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        const int code = (*statement)->bind_text(1, id).step();
        if (code == SQLITE_ROW) numbers.insert((*statement)->integer(0));
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            return std::unexpected(connection.error("find what may be removed"));
    }
    return numbers;
}

/// Where the newest begin that stay; none: there are no others.
core::Result<std::optional<core::ExecutionId>> newest_from(Connection& connection,
                                                           const PruneRequest& request,
                                                           const std::set<std::int64_t>& except) {
    auto statement = connection.cached(request.workflow_id ? newest_in_workflow_sql : newest_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    if (request.workflow_id) (*statement)->bind_text(1, *request.workflow_id);
    std::uint64_t seen = 0;
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW) {
        if (!except.empty() && except.contains((*statement)->integer(1))) continue;
        if (++seen == *request.keep_newest) return core::ExecutionId{(*statement)->uuid(0)};
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("find what may be removed"));
    return std::nullopt;
}

core::Result<Prunable> look(Connection& connection, const PruneRequest& request, PrunePlace place) {
    Prunable found;
    const auto except = left_out(connection, request);
    if (!except) return std::unexpected(except.error());
    if (request.keep_newest.value_or(0) > 0 && !place.below) {
        auto below = newest_from(connection, request, *except);
        if (!below) return std::unexpected(below.error());
        if (!*below) return found;
        place.below = *below;
    }
    auto statement = connection.cached(request.workflow_id ? look_in_workflow_sql : look_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const std::size_t looks_max = prune_looks_max(request);
    const core::ExecutionId from = place.after;
    (*statement)->bind_uuid(1, from.uuid).bind(2, static_cast<std::int64_t>(looks_max));
    if (request.workflow_id) (*statement)->bind_text(3, *request.workflow_id);
    std::size_t young_in_a_row = 0;
    int code = SQLITE_ROW;
    while (found.ids.size() < request.limit && (code = (*statement)->step()) == SQLITE_ROW) {
        const core::ExecutionId id{(*statement)->uuid(0)};
        if (place.below && id >= *place.below) return found;
        place.after = id;
        ++found.looked_at;
        const core::Time created{(*statement)->integer(2)};
        const bool is_young = request.completed_before && created >= *request.completed_before;
        young_in_a_row = is_young ? young_in_a_row + 1 : 0;
        if (young_in_a_row > young_in_a_row_max) return found;
        const auto status = static_cast<core::ExecutionStatus>((*statement)->integer(1));
        const core::Time completed{(*statement)->integer(3)};
        if (is_terminal(status) &&
            (!request.completed_before || completed < *request.completed_before) &&
            (except->empty() || !except->contains((*statement)->integer(4))))
            found.ids.push_back(id);
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        return std::unexpected(connection.error("find what may be removed"));
    if (code == SQLITE_ROW || found.looked_at == looks_max) found.next_cursor = prune_cursor(place);
    return found;
}

core::Result<bool> exists(Connection& connection, const char* sql, core::ExecutionId id) {
    auto statement = connection.cached(sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const int code = (*statement)->bind_uuid(1, id.uuid).step();
    if (code != SQLITE_ROW) return std::unexpected(connection.error("read an execution"));
    return (*statement)->integer(0) != 0;
}

core::Result<bool> has_open_letter(Connection& connection, core::ExecutionId id) {
    return exists(connection,
                  "SELECT EXISTS (SELECT 1 FROM dead_letters WHERE tenant = 0 "
                  "AND execution = ?1 AND status = 0)",
                  id);
}

core::Result<bool> has_unfinished_fork(Connection& connection, core::ExecutionId id) {
    // 4 is the first status of those that have ended. Left alone, SQLite reads all executions
    // instead of the few forks.
    return exists(connection,
                  "SELECT EXISTS (SELECT 1 FROM executions INDEXED BY executions_forks "
                  "WHERE tenant = 0 AND forked_from = ?1 AND status < 4)",
                  id);
}

core::Result<bool> has_waiting_parent(Connection& connection, core::ExecutionId id) {
    return exists(connection,
                  "SELECT EXISTS (SELECT 1 FROM executions e CROSS JOIN waits q ON q.tenant = 0 "
                  "AND q.execution = e.parent AND q.state = 0 AND q.what = 4 AND q.child = ?1 "
                  "WHERE e.tenant = 0 AND e.execution = ?1 AND e.parent IS NOT NULL)",
                  id);
}

core::Result<> drop(Connection& connection, const char* sql, core::ExecutionId id) {
    auto statement = connection.cached(sql);
    if (!statement) return std::unexpected(statement.error());
    if ((*statement)->bind_uuid(1, id.uuid).run()) return {};
    return std::unexpected(connection.error(**statement, "remove execution " + id.text()));
}

core::Result<> erase_waits(Connection& connection, core::ExecutionId id) {
    const auto waits = exists(
        connection, "SELECT EXISTS (SELECT 1 FROM waits WHERE tenant = 0 AND execution = ?1)", id);
    if (!waits) return std::unexpected(waits.error());
    if (!*waits) return {};
    if (auto done = drop(connection,
                         "UPDATE tenants SET waits_from = max(waits_from, "
                         "(SELECT max(wait) FROM waits)) WHERE tenant = 0 AND ?1 IS NOT NULL",
                         id);
        !done)
        return done;
    return drop(connection, "DELETE FROM waits WHERE tenant = 0 AND execution = ?1", id);
}

struct Erased {
    bool is_removed = false;  // there was one, and it had finished
    std::int64_t rows = 0;    // of its journal
};
core::Result<Erased> erase(Connection& connection, core::ExecutionId id) {
    if (auto done = drop(connection,
                         "DELETE FROM executions WHERE tenant = 0 AND execution = ?1 "
                         "AND status >= 4",
                         id);
        !done)
        return std::unexpected(done.error());
    if (connection.changes() == 0) return Erased{};
    if (auto noted = note_removed(connection, id); !noted) return std::unexpected(noted.error());
    const auto letters = exists(
        connection,
        "SELECT EXISTS (SELECT 1 FROM dead_letters WHERE tenant = 0 AND execution = ?1)", id);
    if (!letters) return std::unexpected(letters.error());
    if (*letters) {
        for (const char* sql :
             {"UPDATE tenants SET letters_from = max(letters_from, "
              "(SELECT max(number) FROM dead_letters)) WHERE tenant = 0 AND ?1 IS NOT NULL",
              "DELETE FROM dead_letters WHERE tenant = 0 AND execution = ?1"})
            if (auto done = drop(connection, sql, id); !done) return std::unexpected(done.error());
    }
    if (auto done = erase_waits(connection, id); !done) return std::unexpected(done.error());
    if (auto done = drop(connection, "DELETE FROM journal WHERE tenant = 0 AND execution = ?1", id);
        !done)
        return std::unexpected(done.error());
    return Erased{true, connection.changes()};
}

core::Result<bool> is_needed(Connection& connection, core::ExecutionId id) {
    const auto letter = has_open_letter(connection, id);
    if (!letter || *letter) return letter;
    const auto fork = has_unfinished_fork(connection, id);
    if (!fork || *fork) return fork;
    return has_waiting_parent(connection, id);
}

core::Result<> erase_those_not_needed(Connection& connection,
                                      std::span<const core::ExecutionId> ids, Pruned& pruned) {
    std::int64_t rows = 0;
    for (const core::ExecutionId id : ids) {
        const auto needed = is_needed(connection, id);
        if (!needed) return std::unexpected(needed.error());
        ++pruned.done;
        if (*needed) continue;
        const auto erased = erase(connection, id);
        if (!erased) return std::unexpected(erased.error());
        if (erased->is_removed) ++pruned.executions;
        rows += erased->rows;
        if (rows >= rows_removed_max) break;
    }
    return {};
}

core::Result<std::int64_t> page_count(Connection& connection, const char* which) {
    auto statement = connection.cached(which);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    if ((*statement)->step() != SQLITE_ROW) return std::unexpected(connection.error("count pages"));
    return (*statement)->integer(0);
}

constexpr const char* free_pages_sql = "PRAGMA freelist_count";
constexpr const char* page_bytes_sql = "PRAGMA page_size";

}  // namespace

core::Result<Prunable> SqliteRetention::prunable(const PruneRequest& request) {
    const auto start = prune_start(request);
    if (!start) return std::unexpected(start.error());
    return access_.readers().read(
        [&](Connection& connection) { return look(connection, request, *start); });
}

core::Result<std::vector<core::ExecutionId>> SqliteRetention::removable(
    std::span<const core::ExecutionId> ids) {
    using Ids = std::vector<core::ExecutionId>;
    return access_.readers().read([&](Connection& connection) -> core::Result<Ids> {
        Ids found;
        for (const core::ExecutionId id : ids) {
            const auto finished = exists(connection,
                                         "SELECT EXISTS (SELECT 1 FROM executions WHERE tenant = 0 "
                                         "AND execution = ?1 AND status >= 4)",
                                         id);
            if (!finished) return std::unexpected(finished.error());
            if (!*finished) continue;
            const auto needed = is_needed(connection, id);
            if (!needed) return std::unexpected(needed.error());
            if (!*needed) found.push_back(id);
        }
        return found;
    });
}

core::Result<Pruned> SqliteRetention::prune(std::span<const core::ExecutionId> ids) {
    Pruned pruned;
    if (ids.empty()) return pruned;
    const auto done = access_.write_soon("remove finished executions", [&](Connection& connection) {
        return erase_those_not_needed(connection, ids, pruned);
    });
    if (!done) return std::unexpected(done.error());
    return pruned;
}

core::Result<> SqliteRetention::remove(core::ExecutionId id) {
    return access_.write("remove an execution", [&](Connection& connection) -> core::Result<> {
        auto statement =
            connection.cached("SELECT status FROM executions WHERE tenant = 0 AND execution = ?1");
        if (!statement) return std::unexpected(statement.error());
        const int code = (*statement)->bind_uuid(1, id.uuid).step();
        const auto status = static_cast<core::ExecutionStatus>((*statement)->integer(0));
        (*statement)->reset();
        if (code == SQLITE_DONE) return std::unexpected(execution_not_found(id));
        if (code != SQLITE_ROW) return std::unexpected(connection.error("read an execution"));
        if (!is_terminal(status)) return std::unexpected(is_unfinished(id));
        const auto letter = has_open_letter(connection, id);
        if (!letter) return std::unexpected(letter.error());
        if (*letter) return std::unexpected(is_needed_by_letter(id));
        const auto fork = has_unfinished_fork(connection, id);
        if (!fork) return std::unexpected(fork.error());
        if (*fork) return std::unexpected(is_needed_by_fork(id));
        const auto parent = has_waiting_parent(connection, id);
        if (!parent) return std::unexpected(parent.error());
        if (*parent) return std::unexpected(is_needed_by_parent(id));
        if (auto erased = erase(connection, id); !erased) return std::unexpected(erased.error());
        return {};
    });
}

core::Result<std::uint64_t> SqliteRetention::free_bytes() {
    return access_.readers().read([](Connection& connection) -> core::Result<std::uint64_t> {
        const auto pages = page_count(connection, free_pages_sql);
        if (!pages) return std::unexpected(pages.error());
        const auto bytes = page_count(connection, page_bytes_sql);
        if (!bytes) return std::unexpected(bytes.error());
        return static_cast<std::uint64_t>(*pages * *bytes);
    });
}

core::Result<std::uint64_t> SqliteRetention::give_back(std::uint64_t bytes) {
    std::int64_t given = 0;
    const auto done =
        access_.write_soon("give space back", [&](Connection& connection) -> core::Result<> {
            const auto page = page_count(connection, page_bytes_sql);
            if (!page) return std::unexpected(page.error());
            const auto before = page_count(connection, free_pages_sql);
            if (!before) return std::unexpected(before.error());
            const std::int64_t wanted = std::min(*before, static_cast<std::int64_t>(bytes) / *page);
            if (wanted == 0) return {};
            const std::string sql = "PRAGMA incremental_vacuum(" + std::to_string(wanted) + ")";
            if (auto run = connection.execute(sql.c_str()); !run) return run;
            const auto after = page_count(connection, free_pages_sql);
            if (!after) return std::unexpected(after.error());
            given = (*before - *after) * *page;
            return {};
        });
    if (!done) return std::unexpected(done.error());
    // The file gets its size when the log is copied into it.
    if (given > 0) {
        if (auto copied = access_.copy_log(); !copied) return std::unexpected(copied.error());
    }
    return static_cast<std::uint64_t>(given);
}

core::Result<bool> enable_give_back(Connection& connection, std::uint64_t bytes_max) {
    const auto mode = connection.integer("PRAGMA auto_vacuum");
    if (!mode) return std::unexpected(mode.error());
    if (*mode == auto_vacuum_incremental) return true;
    const auto pages = connection.integer("PRAGMA page_count");
    if (!pages) return std::unexpected(pages.error());
    const auto page = connection.integer(page_bytes_sql);
    if (!page) return std::unexpected(page.error());
    if (static_cast<std::uint64_t>(*pages * *page) > bytes_max) return false;
    if (auto set = connection.execute("PRAGMA auto_vacuum = INCREMENTAL"); !set)
        return std::unexpected(set.error());
    // Of a database with content only this changes it; all or nothing, like a transaction.
    if (*pages > 0) {
        if (auto done = connection.execute("VACUUM"); !done) return std::unexpected(done.error());
    }
    return true;
}

}  // namespace millrace::store::sqlite
