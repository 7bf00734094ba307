// SPDX-License-Identifier: Apache-2.0
#include "sqlite/result_cache.hpp"

#include <limits>
#include <utility>

#include "millrace/core/json.hpp"
#include "part_rules.hpp"

namespace millrace::store::sqlite {

namespace {

constexpr const char* totals_sql =
    "SELECT count(*), coalesce(sum(size), 0) FROM result_cache WHERE tenant = 0";
// The parameters of a filter are NULL where it does not choose.
#define MR_CHOSEN                                          \
    "tenant = 0 AND (?1 IS NULL OR workflow_id = ?1) AND " \
    "(?2 IS NULL OR node_id = ?2) AND "                    \
    "(?3 IS NULL OR EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?3))"
constexpr const char* clear_sql = "DELETE FROM result_cache WHERE " MR_CHOSEN;
constexpr const char* list_sql =
    "SELECT key, workflow_id, node_id, tags, stored_ms, expires_ms, length(bytes), entry "
    "FROM result_cache WHERE " MR_CHOSEN " AND entry < ?4 ORDER BY entry DESC LIMIT ?5";
#undef MR_CHOSEN

void bind_filter(Statement& statement, const CacheFilter& filter) {
    const std::optional<std::string>* texts[] = {&filter.workflow_id, &filter.node_id, &filter.tag};
    for (int i = 0; i < 3; ++i) {
        if (*texts[i]) {
            statement.bind_text(i + 1, **texts[i]);
        } else {
            statement.bind_null(i + 1);
        }
    }
}

std::vector<std::string> tags_in(std::string_view text) {
    std::vector<std::string> tags;
    const auto read = core::parse_json(text);
    if (!read || !read->is_array()) return tags;
    for (const core::Value& tag : read->as_array())
        if (tag.is_string()) tags.emplace_back(tag.as_string());
    return tags;
}

/// The size of the one that goes, or 0.
core::Result<std::uint64_t> erase_key(Connection& connection, const std::string& key) {
    auto statement =
        connection.cached("DELETE FROM result_cache WHERE tenant = 0 AND key = ?1 RETURNING size");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind_text(1, key);
    std::uint64_t size = 0;
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW)
        size += static_cast<std::uint64_t>((*statement)->integer(0));
    if (code != SQLITE_DONE) return std::unexpected(connection.error("replace a cached result"));
    return size;
}

core::Result<> insert(Connection& connection, const CachedResult& result) {
    auto statement = connection.cached(
        "INSERT INTO result_cache (tenant, key, workflow_id, node_id, tags, stored_ms, expires_ms, "
        "size, bytes) VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    if (!statement) return std::unexpected(statement.error());
    std::vector<core::Value> values{result.tags.begin(), result.tags.end()};
    const std::string tags = core::to_json(core::Value::array(std::move(values)));
    (*statement)->bind_text(1, result.key).bind_text(2, result.workflow_id);
    (*statement)->bind_text(3, result.node_id).bind_text(4, tags);
    (*statement)->bind(5, result.stored_at.ms).bind(6, result.expires_at.ms);
    (*statement)->bind(7, static_cast<std::int64_t>(cached_size(result)));
    if ((*statement)->bind_blob(8, result.bytes).run()) return {};
    return std::unexpected(connection.error(**statement, "keep a result"));
}

core::Result<CacheTotals> read_totals(Connection& connection) {
    auto statement = connection.cached(totals_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    if ((*statement)->step() != SQLITE_ROW)
        return std::unexpected(connection.error("count cached results"));
    return CacheTotals{static_cast<std::uint64_t>((*statement)->integer(0)),
                       static_cast<std::uint64_t>((*statement)->integer(1))};
}

struct Leaving {
    std::int64_t last = 0;  // of those that must go, in the order they were stored
    std::uint64_t bytes = 0;
};

/// Those that must go so that `excess` bytes go.
core::Result<Leaving> leaving(Connection& connection, std::uint64_t excess) {
    auto statement = connection.cached("SELECT entry, size FROM result_cache ORDER BY entry");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    Leaving found;
    int code = SQLITE_ROW;
    while (found.bytes < excess && (code = (*statement)->step()) == SQLITE_ROW) {
        found.last = (*statement)->integer(0);
        found.bytes += static_cast<std::uint64_t>((*statement)->integer(1));
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return std::unexpected(connection.error("evict cached results"));
    return found;
}

core::Result<> erase_where(Connection& connection, const char* sql, std::int64_t limit) {
    auto statement = connection.cached(sql);
    if (!statement) return std::unexpected(statement.error());
    if ((*statement)->bind(1, limit).run()) return {};
    return std::unexpected(connection.error(**statement, "evict cached results"));
}

}  // namespace

core::Result<std::optional<CachedResult>> SqliteResultCache::find(const std::string& key) {
    using Found = std::optional<CachedResult>;
    return access_.readers().read([&](Connection& connection) -> core::Result<Found> {
        auto statement = connection.cached(
            "SELECT workflow_id, node_id, tags, stored_ms, expires_ms, bytes FROM result_cache "
            "WHERE tenant = 0 AND key = ?1");
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        const int code = (*statement)->bind_text(1, key).step();
        if (code == SQLITE_DONE) return std::nullopt;
        if (code != SQLITE_ROW) return std::unexpected(connection.error("find a cached result"));
        const Statement& row = **statement;
        return CachedResult{key,
                            std::string{row.text(0)},
                            std::string{row.text(1)},
                            tags_in(row.text(2)),
                            core::Time{row.integer(3)},
                            core::Time{row.integer(4)},
                            std::string{row.blob(5)}};
    });
}

core::Result<> SqliteResultCache::put(std::span<const CachedResult> results,
                                      std::uint64_t bytes_max, core::Time now) {
    const auto done = access_.write_soon("keep results", [&](Connection& connection) {
        return write(connection, results, bytes_max, now);
    });
    if (!done) bytes_.reset();
    return done;
}

core::Result<> SqliteResultCache::write(Connection& connection,
                                        std::span<const CachedResult> results,
                                        std::uint64_t bytes_max, core::Time now) {
    if (!bytes_) {
        const auto totals = read_totals(connection);
        if (!totals) return std::unexpected(totals.error());
        bytes_ = totals->bytes;
    }
    for (const CachedResult& result : results) {
        const auto replaced = erase_key(connection, result.key);
        if (!replaced) return std::unexpected(replaced.error());
        if (auto done = insert(connection, result); !done) return done;
        bytes_ = *bytes_ - *replaced + cached_size(result);
    }
    return *bytes_ > bytes_max ? evict(connection, bytes_max, now) : core::Result<>{};
}

core::Result<> SqliteResultCache::evict(Connection& connection, std::uint64_t bytes_max,
                                        core::Time now) {
    if (auto done = erase_where(
            connection, "DELETE FROM result_cache WHERE tenant = 0 AND expires_ms <= ?1", now.ms);
        !done)
        return done;
    const auto totals = read_totals(connection);
    if (!totals) return std::unexpected(totals.error());
    bytes_ = totals->bytes;
    if (totals->bytes <= bytes_max) return {};
    const auto gone = leaving(connection, totals->bytes - bytes_after_eviction(bytes_max));
    if (!gone) return std::unexpected(gone.error());
    if (auto done =
            erase_where(connection, "DELETE FROM result_cache WHERE entry <= ?1", gone->last);
        !done)
        return done;
    bytes_ = totals->bytes - gone->bytes;
    return {};
}

core::Result<std::uint64_t> SqliteResultCache::clear(const CacheFilter& filter) {
    std::uint64_t cleared = 0;
    const auto done =
        access_.write("clear the cache", [&](Connection& connection) -> core::Result<> {
            bytes_.reset();
            auto statement = connection.cached(clear_sql);
            if (!statement) return std::unexpected(statement.error());
            bind_filter(**statement, filter);
            if (!(*statement)->run())
                return std::unexpected(connection.error(**statement, "clear the cache"));
            cleared = static_cast<std::uint64_t>(connection.changes());
            return {};
        });
    if (!done) return std::unexpected(done.error());
    return cleared;
}

core::Result<CachePage> SqliteResultCache::list(const CacheFilter& filter, std::size_t limit,
                                                const std::string& cursor) {
    const auto start = list_start(limit, cursor, cache_cursor, "cached results");
    if (!start) return std::unexpected(start.error());
    const std::int64_t below = *start ? (*start)->first : std::numeric_limits<std::int64_t>::max();
    return access_.readers().read([&](Connection& connection) -> core::Result<CachePage> {
        auto statement = connection.cached(list_sql);
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        bind_filter(**statement, filter);
        // One more tells whether there is a next page.
        (*statement)->bind(4, below).bind(5, static_cast<std::int64_t>(limit) + 1);
        CachePage page;
        std::int64_t last = 0;
        int code = SQLITE_ROW;
        while ((code = (*statement)->step()) == SQLITE_ROW) {
            const Statement& row = **statement;
            if (page.items.size() == limit) {
                page.next_cursor = list_cursor(cache_cursor, {last, 0});
                return page;
            }
            page.items.push_back({std::string{row.text(0)}, std::string{row.text(1)},
                                  std::string{row.text(2)}, tags_in(row.text(3)),
                                  core::Time{row.integer(4)}, core::Time{row.integer(5)},
                                  static_cast<std::size_t>(row.integer(6))});
            last = row.integer(7);
        }
        if (code != SQLITE_DONE) return std::unexpected(connection.error("list cached results"));
        return page;
    });
}

core::Result<CacheTotals> SqliteResultCache::totals() {
    return access_.readers().read([](Connection& connection) { return read_totals(connection); });
}

}  // namespace millrace::store::sqlite
