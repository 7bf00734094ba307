// SPDX-License-Identifier: Apache-2.0
#include "sqlite/feed.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "feed_rules.hpp"
#include "millrace/store/store.hpp"

namespace millrace::store::sqlite {

namespace {

constexpr std::uint64_t stride_bytes_max = 64u << 10;

std::int64_t signed_of(std::uint64_t number) {
    return static_cast<std::int64_t>(number);
}

core::Error cannot_read(Connection& connection, std::uint64_t frame) {
    return {StoreErrc::corrupt, connection.path().string() + ": the feed of frame " +
                                    std::to_string(frame) + " cannot be read; restore a backup"};
}

core::Result<std::uint64_t> forgotten_up_to(Connection& connection) {
    auto statement = connection.cached("SELECT feed_from FROM tenants WHERE tenant = 0");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    if ((*statement)->step() != SQLITE_ROW)
        return std::unexpected(connection.error("read the feed"));
    return static_cast<std::uint64_t>((*statement)->integer(0));
}

core::Result<std::vector<FeedRow>> read_rows(Connection& connection, FeedPosition after,
                                             std::size_t limit) {
    const auto forgotten = forgotten_up_to(connection);
    if (!forgotten) return std::unexpected(forgotten.error());
    if (auto checked = check_feed(after, limit, *forgotten); !checked)
        return std::unexpected(checked.error());
    auto statement =
        connection.cached("SELECT frame, bytes FROM feed WHERE frame >= ?1 ORDER BY frame");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind(1, signed_of(after.frame));
    std::vector<FeedRow> rows;
    int code = SQLITE_ROW;
    while (rows.size() < limit && (code = (*statement)->step()) == SQLITE_ROW) {
        const auto frame = static_cast<std::uint64_t>((*statement)->integer(0));
        if (!unpack_feed(frame, (*statement)->blob(1), after, limit, rows))
            return std::unexpected(cannot_read(connection, frame));
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        return std::unexpected(connection.error("read the feed"));
    return rows;
}

core::Result<FeedPosition> read_end(Connection& connection) {
    auto statement = connection.cached("SELECT frame, bytes FROM feed ORDER BY frame DESC LIMIT 1");
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const int code = (*statement)->step();
    if (code == SQLITE_DONE) {
        const auto forgotten = forgotten_up_to(connection);
        if (!forgotten) return std::unexpected(forgotten.error());
        return *forgotten == 0 ? FeedPosition{} : end_of_frame(*forgotten);
    }
    if (code != SQLITE_ROW) return std::unexpected(connection.error("read the feed"));
    const auto frame = static_cast<std::uint64_t>((*statement)->integer(0));
    std::vector<FeedRow> rows;
    constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
    if (!unpack_feed(frame, (*statement)->blob(1), {}, all, rows) || rows.empty())
        return std::unexpected(cannot_read(connection, frame));
    return rows.back().position;
}

}  // namespace

core::Result<> FeedWriter::open(Connection& connection) {
    connection_ = &connection;
    auto insert = connection.prepare("INSERT INTO feed (frame, total, bytes) VALUES (?1, ?2, ?3)");
    if (!insert) return std::unexpected(insert.error());
    insert_ = std::move(*insert);
    const auto total = connection.integer("SELECT total FROM feed ORDER BY frame DESC LIMIT 1");
    if (!total) return std::unexpected(total.error());
    const auto oldest = connection.integer("SELECT total FROM feed ORDER BY frame LIMIT 1");
    if (!oldest) return std::unexpected(oldest.error());
    total_ = static_cast<std::uint64_t>(*total);
    oldest_ = static_cast<std::uint64_t>(*oldest);
    return {};
}

core::Result<> FeedWriter::write(const engine::Frame& frame) {
    if (frame.journal.empty() || bytes_max_ == 0) return {};
    const std::string bytes = pack_feed(frame.journal);
    total_ += bytes.size() + feed_frame_bytes;
    insert_.bind(1, signed_of(frame.number)).bind(2, signed_of(total_)).bind_blob(3, bytes);
    if (!insert_.run()) {
        if (insert_.code() != SQLITE_CONSTRAINT_PRIMARYKEY)
            return std::unexpected(connection_->error(insert_, "write the feed"));
        // Another partition's frame had this number: the rows follow its own.
        if (auto done = append(frame.number, bytes); !done) return done;
    }
    return forget();
}

core::Result<> FeedWriter::append(std::uint64_t frame, std::string_view bytes) {
    auto read = connection_->cached("SELECT bytes FROM feed WHERE frame = ?1");
    if (!read) return std::unexpected(read.error());
    std::string all;
    {
        const ResetAtExit reset{**read};
        if ((*read)->bind(1, signed_of(frame)).step() != SQLITE_ROW)
            return std::unexpected(connection_->error("read the feed"));
        all = (*read)->blob(0);
    }
    all += bytes;
    auto write = connection_->cached("UPDATE feed SET bytes = ?2 WHERE frame = ?1");
    if (!write) return std::unexpected(write.error());
    if ((*write)->bind(1, signed_of(frame)).bind_blob(2, all).run()) return {};
    return std::unexpected(connection_->error(**write, "write the feed"));
}

core::Result<> FeedWriter::forget() {
    const std::uint64_t stride = std::min(stride_bytes_max, bytes_max_ / 8);
    if (total_ - oldest_ <= bytes_max_ + stride) return {};
    auto first = connection_->cached("SELECT frame FROM feed WHERE total > ?1 ORDER BY frame");
    if (!first) return std::unexpected(first.error());
    std::int64_t kept = 0;
    {
        const ResetAtExit reset{**first};
        if ((*first)->bind(1, signed_of(total_ - bytes_max_)).step() != SQLITE_ROW)
            return std::unexpected(connection_->error("read the feed"));
        kept = (*first)->integer(0);
    }
    auto mark = connection_->cached("UPDATE tenants SET feed_from = ?1 WHERE tenant = 0");
    if (!mark) return std::unexpected(mark.error());
    if (!(*mark)->bind(1, kept - 1).run())
        return std::unexpected(connection_->error(**mark, "shorten the feed"));
    auto drop = connection_->cached("DELETE FROM feed WHERE frame < ?1");
    if (!drop) return std::unexpected(drop.error());
    if (!(*drop)->bind(1, kept).run())
        return std::unexpected(connection_->error(**drop, "shorten the feed"));
    oldest_ = total_ - bytes_max_;
    return {};
}

core::Result<std::vector<FeedRow>> SqliteFeed::rows(FeedPosition after, std::size_t limit) {
    return access_.readers().read(
        [&](Connection& connection) { return read_rows(connection, after, limit); });
}

core::Result<FeedPosition> SqliteFeed::end() {
    return access_.readers().read([](Connection& connection) { return read_end(connection); });
}

}  // namespace millrace::store::sqlite
