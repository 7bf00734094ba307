// SPDX-License-Identifier: Apache-2.0
#include "sqlite/rollups.hpp"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <limits>

#include "millrace/store/store.hpp"

namespace millrace::store::sqlite {

namespace {

constexpr const char* rows_sql =
    "SELECT start_ms, bytes FROM rollups WHERE series = (SELECT series FROM rollup_series "
    "WHERE tenant = 0 AND workflow_id = ?1 AND node_id = ?2) "
    "AND span = ?3 AND start_ms >= ?4 AND start_ms < ?5 ORDER BY start_ms";
constexpr const char* nodes_sql =
    "SELECT s.workflow_id, s.node_id, r.bytes FROM rollup_series s "
    "CROSS JOIN rollups r ON r.series = s.series WHERE s.tenant = 0 AND s.workflow_id = ?1 "
    "AND s.node_id > '' AND r.span = ?2 AND r.start_ms >= ?3 AND r.start_ms < ?4";
constexpr const char* workflows_sql =
    "SELECT s.workflow_id, s.node_id, r.bytes FROM rollup_series s "
    "CROSS JOIN rollups r ON r.series = s.series WHERE s.tenant = 0 AND s.workflow_id > ?1 "
    "AND s.node_id = '' AND r.span = ?2 AND r.start_ms >= ?3 AND r.start_ms < ?4";

constexpr const char* forget_sql =
    "DELETE FROM rollups WHERE (series, span, start_ms) IN (SELECT series, span, start_ms "
    "FROM rollups INDEXED BY rollups_by_age WHERE span = ?1 AND start_ms < ?2 LIMIT ?3)";

core::Error cannot_read(Connection& connection) {
    return {StoreErrc::corrupt,
            connection.path().string() + ": a rollup cannot be read; restore a backup"};
}

/// Calls `take(row)` for each.
template <class Take>
core::Result<> each_row(Connection& connection, Statement& statement, Take take) {
    int code = SQLITE_ROW;
    while ((code = statement.step()) == SQLITE_ROW) {
        if (auto taken = take(statement); !taken) return taken;
    }
    if (code != SQLITE_DONE) return std::unexpected(connection.error("read rollups"));
    return {};
}

template <class Take>
core::Result<> each_of_subject(Connection& connection, const RollupSubject& subject,
                               const RollupPart& part, Take take) {
    auto statement = connection.cached(rows_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind_text(1, subject.workflow_id).bind_text(2, subject.node_id);
    (*statement)->bind(3, static_cast<std::int64_t>(part.span));
    (*statement)->bind(4, part.from.ms).bind(5, part.before.ms);
    return each_row(connection, **statement, [&](const Statement& row) -> core::Result<> {
        auto rollup = unpack_rollup(row.blob(1));
        if (!rollup) return std::unexpected(cannot_read(connection));
        take(core::Time{row.integer(0)}, std::move(*rollup));
        return {};
    });
}

core::Result<> note_progress(Connection& connection, const RollupProgress& progress) {
    auto statement = connection.cached(
        "INSERT OR REPLACE INTO rollup_progress (tenant, frame, feed_row, at_ms) "
        "VALUES (0, ?1, ?2, ?3)");
    if (!statement) return std::unexpected(statement.error());
    (*statement)->bind(1, static_cast<std::int64_t>(progress.position.frame));
    (*statement)->bind(2, progress.position.row).bind(3, progress.at.ms);
    if ((*statement)->run()) return {};
    return std::unexpected(connection.error(**statement, "note what was counted"));
}

core::Result<> note_gap(Connection& connection, const RollupGap& gap) {
    auto statement =
        connection.cached("INSERT INTO rollup_gaps (tenant, from_ms, to_ms) VALUES (0, ?1, ?2)");
    if (!statement) return std::unexpected(statement.error());
    if (gap.from) {
        (*statement)->bind(1, gap.from->ms);
    } else {
        (*statement)->bind_null(1);
    }
    if ((*statement)->bind(2, gap.to.ms).run()) return {};
    return std::unexpected(connection.error(**statement, "note what was not counted"));
}

core::Result<> run_with(Connection& connection, const char* sql,
                        std::initializer_list<std::int64_t> values) {
    auto statement = connection.cached(sql);
    if (!statement) return std::unexpected(statement.error());
    int index = 0;
    for (const std::int64_t value : values)
        (*statement)->bind(++index, value);
    if ((*statement)->run()) return {};
    return std::unexpected(connection.error(**statement, "forget rollups"));
}

}  // namespace

core::Result<std::optional<RollupProgress>> SqliteRollups::progress() {
    using Found = std::optional<RollupProgress>;
    return access_.readers().read([](Connection& connection) -> core::Result<Found> {
        auto statement = connection.cached(
            "SELECT frame, feed_row, at_ms FROM rollup_progress WHERE tenant = 0");
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        const int code = (*statement)->step();
        if (code == SQLITE_DONE) return std::nullopt;
        if (code != SQLITE_ROW) return std::unexpected(connection.error("read what was counted"));
        return RollupProgress{{static_cast<std::uint64_t>((*statement)->integer(0)),
                               static_cast<std::uint32_t>((*statement)->integer(1))},
                              core::Time{(*statement)->integer(2)}};
    });
}

core::Result<std::int64_t> SqliteRollups::series_of(Connection& connection,
                                                    const RollupSubject& subject) {
    if (const auto known = series_.find(subject); known != series_.end()) return known->second;
    // The update that changes nothing makes the row that is there already be returned.
    auto statement = connection.cached(
        "INSERT INTO rollup_series (tenant, workflow_id, node_id) VALUES (0, ?1, ?2) "
        "ON CONFLICT DO UPDATE SET tenant = 0 RETURNING series");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind_text(1, subject.workflow_id).bind_text(2, subject.node_id);
    if ((*statement)->step() != SQLITE_ROW)
        return std::unexpected(connection.error("add to rollups"));
    const std::int64_t series = (*statement)->integer(0);
    series_.emplace(subject, series);
    return series;
}

core::Result<> SqliteRollups::add_one(Connection& connection, const RollupAdd& one) {
    const auto series = series_of(connection, one.subject);
    if (!series) return std::unexpected(series.error());
    auto read = connection.cached(
        "SELECT bytes FROM rollups WHERE series = ?1 AND span = ?2 AND start_ms = ?3");
    if (!read) return std::unexpected(read.error());
    std::string bytes;
    {
        const ResetAtExit reset{**read};
        (*read)->bind(1, *series).bind(2, static_cast<std::int64_t>(one.span));
        const int code = (*read)->bind(3, one.start.ms).step();
        if (code == SQLITE_ROW) {
            auto rollup = unpack_rollup((*read)->blob(0));
            if (!rollup) return std::unexpected(cannot_read(connection));
            rollup->merge(one.rollup);
            bytes = pack_rollup(*rollup);
        } else if (code == SQLITE_DONE) {
            bytes = pack_rollup(one.rollup);
        } else {
            return std::unexpected(connection.error("add to rollups"));
        }
    }
    auto write = connection.cached(
        "INSERT OR REPLACE INTO rollups (series, span, start_ms, bytes) VALUES (?1, ?2, ?3, ?4)");
    if (!write) return std::unexpected(write.error());
    (*write)->bind(1, *series).bind(2, static_cast<std::int64_t>(one.span));
    if ((*write)->bind(3, one.start.ms).bind_blob(4, bytes).run()) return {};
    return std::unexpected(connection.error(**write, "add to rollups"));
}

core::Result<> SqliteRollups::add(std::span<const RollupAdd> adds, const RollupProgress& progress,
                                  const std::optional<RollupGap>& gap) {
    auto done = access_.write_soon("add to rollups", [&](Connection& connection) -> core::Result<> {
        for (const RollupAdd& one : adds)
            if (auto added = add_one(connection, one); !added) return added;
        if (gap) {
            if (auto noted = note_gap(connection, *gap); !noted) return noted;
        }
        return note_progress(connection, progress);
    });
    if (!done) series_.clear();
    return done;
}

core::Result<std::vector<RollupRow>> SqliteRollups::rows(const RollupSubject& subject,
                                                         const RollupPart& part) {
    return access_.readers().read(
        [&](Connection& connection) -> core::Result<std::vector<RollupRow>> {
            std::vector<RollupRow> rows;
            const auto read =
                each_of_subject(connection, subject, part, [&](core::Time start, Rollup rollup) {
                    rows.push_back({start, std::move(rollup)});
                });
            if (!read) return std::unexpected(read.error());
            return rows;
        });
}

core::Result<Rollup> SqliteRollups::total(const RollupSubject& subject,
                                          std::span<const RollupPart> parts) {
    return access_.readers().read([&](Connection& connection) -> core::Result<Rollup> {
        Rollup total;
        for (const RollupPart& part : parts) {
            const auto read =
                each_of_subject(connection, subject, part,
                                [&](core::Time, const Rollup& rollup) { total.merge(rollup); });
            if (!read) return std::unexpected(read.error());
        }
        return total;
    });
}

core::Result<std::vector<std::pair<RollupSubject, Rollup>>> SqliteRollups::totals(
    const std::string& workflow_id, std::span<const RollupPart> parts) {
    using All = std::vector<std::pair<RollupSubject, Rollup>>;
    return access_.readers().read([&](Connection& connection) -> core::Result<All> {
        std::map<RollupSubject, Rollup> totals;
        for (const RollupPart& part : parts) {
            auto statement = connection.cached(workflow_id.empty() ? workflows_sql : nodes_sql);
            if (!statement) return std::unexpected(statement.error());
            const ResetAtExit reset{**statement};
            (*statement)->bind_text(1, workflow_id).bind(2, static_cast<std::int64_t>(part.span));
            (*statement)->bind(3, part.from.ms).bind(4, part.before.ms);
            const auto take = [&](const Statement& row) -> core::Result<> {
                const auto rollup = unpack_rollup(row.blob(2));
                if (!rollup) return std::unexpected(cannot_read(connection));
                totals[{std::string{row.text(0)}, std::string{row.text(1)}}].merge(*rollup);
                return {};
            };
            if (auto read = each_row(connection, **statement, take); !read)
                return std::unexpected(read.error());
        }
        return All{std::make_move_iterator(totals.begin()), std::make_move_iterator(totals.end())};
    });
}

core::Result<std::vector<RollupGap>> SqliteRollups::gaps(core::Time from, core::Time before) {
    using Gaps = std::vector<RollupGap>;
    return access_.readers().read([&](Connection& connection) -> core::Result<Gaps> {
        auto statement = connection.cached(
            "SELECT from_ms, to_ms FROM rollup_gaps WHERE tenant = 0 AND to_ms > ?1 "
            "AND (from_ms IS NULL OR from_ms < ?2) ORDER BY gap");
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        (*statement)->bind(1, from.ms).bind(2, before.ms);
        Gaps gaps;
        const auto read =
            each_row(connection, **statement, [&](const Statement& row) -> core::Result<> {
                RollupGap gap;
                if (!row.is_null(0)) gap.from = core::Time{row.integer(0)};
                gap.to = core::Time{row.integer(1)};
                gaps.push_back(gap);
                return {};
            });
        if (!read) return std::unexpected(read.error());
        return gaps;
    });
}

core::Result<std::uint64_t> SqliteRollups::forget(RollupSpan span, core::Time before,
                                                  std::size_t limit) {
    const auto most = static_cast<std::int64_t>(
        std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max()));
    std::uint64_t forgotten = 0;
    const auto work = [&](Connection& connection) -> core::Result<> {
        if (auto gone = run_with(connection, forget_sql,
                                 {static_cast<std::int64_t>(span), before.ms, most});
            !gone)
            return gone;
        forgotten = static_cast<std::uint64_t>(connection.changes());
        if (span != RollupSpan::day) return {};
        if (auto gone =
                run_with(connection, "DELETE FROM rollup_gaps WHERE to_ms <= ?1", {before.ms});
            !gone)
            return gone;
        if (forgotten == 0) return {};
        // Of workflows and nodes that are long gone nothing is to be left.
        series_.clear();
        return connection.execute(
            "DELETE FROM rollup_series WHERE NOT EXISTS "
            "(SELECT 1 FROM rollups r WHERE r.series = rollup_series.series)");
    };
    if (auto done = access_.write_soon("forget rollups", work); !done) {
        series_.clear();
        return std::unexpected(done.error());
    }
    return forgotten;
}

}  // namespace millrace::store::sqlite
