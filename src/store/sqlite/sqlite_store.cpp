// SPDX-License-Identifier: Apache-2.0
#include "sqlite/sqlite_store.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "rows.hpp"
#include "sqlite/live_reading.hpp"

namespace millrace::store::sqlite {

namespace {

// Counting reads whole tables; only people ask for it, and rarely.
constexpr core::Duration status_time_limit{60'000};
// What one read transaction takes on. The rest waits for the next: no reader holds the log for
// long.
constexpr std::size_t read_at_once_max = 4'096;

WriterOptions writer_options(const SqliteOptions& options) {
    return {
        options.path,          options.migrate,        options.busy_timeout, options.log_pages_max,
        options.live_interval, options.feed_bytes_max, options.vfs};
}

ReadOptions read_options(const SqliteOptions& options) {
    return {.path = options.path,
            .foreign = options.mode == OpenMode::read_only,
            .busy_timeout = options.busy_timeout,
            .time_limit = options.read_time_limit,
            .vfs = options.vfs};
}

core::Result<> in_transaction(Connection& connection, std::string_view action,
                              const PartAccess::Work& work) {
    auto transaction = Transaction::begin(connection, action);
    if (!transaction) return std::unexpected(transaction.error());
    if (auto done = work(connection); !done) return done;
    return transaction->commit(action);
}

}  // namespace

SqliteStore::SqliteStore(SqliteOptions options, std::optional<FolderLock> lock)
    : options_{std::move(options)}, lock_{std::move(lock)}, readers_{read_options(options_)} {}

core::Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const SqliteOptions& options) {
    std::optional<FolderLock> lock;
    if (options.mode == OpenMode::own && !options.lock.empty()) {
        auto acquired = FolderLock::acquire(options.lock);
        if (!acquired) return std::unexpected(acquired.error());
        lock.emplace(std::move(*acquired));
    }
    std::unique_ptr<SqliteStore> store{new SqliteStore{options, std::move(lock)}};
    if (options.mode == OpenMode::own) {
        if (auto opened = store->open_writer(); !opened) return std::unexpected(opened.error());
        return store;
    }
    // Finds out now, not at the first question, whether there is something to read.
    const auto readable =
        store->readers_.read([](Connection&) -> core::Result<bool> { return true; });
    if (!readable) return std::unexpected(readable.error());
    return store;
}

core::Result<Writer*> SqliteStore::writer() {
    if (writer_) return &*writer_;
    if (options_.mode == OpenMode::read_only) {
        return core::fail(StoreErrc::read_only,
                          options_.path.string() + " was opened for reading only");
    }
    return core::fail(StoreErrc::io, options_.path.string() +
                                         " must be reopened: the outcome of a commit is unknown");
}

core::Result<> SqliteStore::open_writer() {
    auto opened = Writer::open(writer_options(options_));
    if (!opened) return std::unexpected(opened.error());
    if (in_doubt_) {
        if (auto settled = opened->settle_log(); !settled) return settled;
        in_doubt_ = false;
    }
    writer_.emplace(std::move(*opened));
    return {};
}

template <class T>
core::Result<T> SqliteStore::settled(core::Result<T> result) {
    // Without a writer nobody can repeat a COMMIT on its connection.
    if (!result && (result.error().is(StoreErrc::outcome_unknown) || !writer_->is_usable())) {
        writer_.reset();
        in_doubt_ = true;
    }
    return result;
}

core::Result<Ownership> SqliteStore::take_ownership() {
    // After an unknown outcome of this very call the caller has no epoch to reopen with.
    if (!writer_ && options_.mode == OpenMode::own) {
        readers_.close();
        if (auto opened = open_writer(); !opened) return std::unexpected(opened.error());
    }
    auto to = writer();
    if (!to) return std::unexpected(to.error());
    return settled((*to)->take_ownership());
}

core::Result<> SqliteStore::commit(const engine::Frame& frame, Epoch epoch) {
    auto to = writer();
    if (!to) return std::unexpected(to.error());
    return settled((*to)->commit(frame, epoch));
}

core::Result<> SqliteStore::checkpoint() {
    auto to = writer();
    if (!to) return std::unexpected(to.error());
    return (*to)->checkpoint();
}

core::Result<Ownership> SqliteStore::reopen(Epoch epoch) {
    if (options_.mode == OpenMode::read_only) return std::unexpected(writer().error());
    readers_.close();
    writer_.reset();
    if (auto opened = open_writer(); !opened) return std::unexpected(opened.error());
    auto owned = writer_->position(epoch);
    if (!owned) writer_.reset();
    return owned;
}

core::Result<WorkflowVersion> SqliteStore::save_version(const std::string& workflow_id,
                                                        const std::string& hash,
                                                        const std::string& document,
                                                        core::Time now) {
    auto to = writer();
    if (!to) return std::unexpected(to.error());
    return settled(sqlite::save_version((*to)->connection(), workflow_id, hash, document, now));
}

core::Result<> SqliteStore::write(std::string_view action, const Work& work) {
    auto to = writer();
    if (!to) return std::unexpected(to.error());
    return bounded(settled(in_transaction((*to)->connection(), action, work)));
}

core::Result<> SqliteStore::write_soon(std::string_view action, const Work& work) {
    auto to = writer();
    if (!to) return std::unexpected(to.error());
    Connection& connection = (*to)->connection();
    if (auto set = connection.execute("PRAGMA synchronous = NORMAL"); !set) return set;
    auto done = in_transaction(connection, action, work);
    // A frame must never be committed without waiting for the disk.
    if (const auto set = connection.execute("PRAGMA synchronous = FULL"); !set) {
        done = core::fail(StoreErrc::outcome_unknown,
                          set.error().message() + "; the database must be opened again");
    }
    return bounded(settled(std::move(done)));
}

/// Where no frames come, nobody else keeps the log small.
core::Result<> SqliteStore::bounded(core::Result<> written) {
    // What was written is kept whatever becomes of the copy, which is tried again the next time.
    if (written) static_cast<void>(checkpoint());
    return written;
}

core::Result<> SqliteStore::copy_log() {
    auto to = writer();
    if (!to) return std::unexpected(to.error());
    return (*to)->copy_log();
}

template <class Row, class Query>
core::Result<std::vector<Row>> SqliteStore::read_parts(std::size_t limit, Query query) {
    std::vector<Row> all;
    while (all.size() < limit) {
        const std::size_t wanted = std::min(limit - all.size(), read_at_once_max);
        auto read = readers_.read([&](Connection& connection) {
            return query(connection, wanted, all.empty() ? nullptr : &all.back());
        });
        if (!read) return read;
        std::ranges::move(*read, std::back_inserter(all));
        if (read->size() < wanted) break;
    }
    return all;
}

core::Result<WorkflowVersion> SqliteStore::version(const std::string& workflow_id,
                                                   std::uint32_t number) {
    return readers_.read(
        [&](Connection& connection) { return find_version(connection, workflow_id, number); });
}

core::Result<engine::ExecutionRow> SqliteStore::execution(core::ExecutionId id) {
    return readers_.read([&](Connection& connection) { return find_execution(connection, id); });
}

core::Result<ExecutionPage> SqliteStore::executions(const ExecutionFilter& filter,
                                                    std::size_t limit, const std::string& cursor) {
    const auto below = page_start(limit, cursor);
    if (!below) return std::unexpected(below.error());
    return readers_.read([&](Connection& connection) {
        return is_about_live(filter) && !filter.parent
                   ? list_live(connection, filter, limit, *below)
                   : list_executions(connection, filter, limit, *below);
    });
}

core::Result<ExecutionPage> SqliteStore::failures(core::Time since,
                                                  const std::optional<std::string>& workflow_id,
                                                  std::size_t limit, const std::string& cursor) {
    const auto start = failures_start(limit, cursor);
    if (!start) return std::unexpected(start.error());
    return readers_.read([&](Connection& connection) {
        return list_failures(connection, since, workflow_id, limit, *start);
    });
}

core::Result<StoredHistory> SqliteStore::history(core::ExecutionId id) {
    return readers_.read([&](Connection& connection) { return read_history(connection, id); });
}

core::Result<std::vector<core::Result<StoredHistory>>> SqliteStore::histories(
    std::span<const core::ExecutionId> ids) {
    std::vector<core::Result<StoredHistory>> all;
    all.reserve(ids.size());
    while (!ids.empty()) {
        const auto part = ids.first(std::min(ids.size(), read_at_once_max));
        auto read =
            readers_.read([&](Connection& connection) { return read_histories(connection, part); });
        if (!read) return read;
        std::ranges::move(*read, std::back_inserter(all));
        ids = ids.subspan(part.size());
    }
    return all;
}

core::Result<std::vector<std::string>> SqliteStore::journal(core::ExecutionId id,
                                                            std::uint64_t after_seq) {
    return readers_.read(
        [&](Connection& connection) { return read_journal(connection, id, after_seq); });
}

core::Result<std::vector<engine::ExecutionRow>> SqliteStore::unparked(std::size_t limit,
                                                                      core::ExecutionId after) {
    return read_parts<engine::ExecutionRow>(
        limit, [&](Connection& connection, std::size_t part, const engine::ExecutionRow* last) {
            return list_unparked(connection, part, last == nullptr ? after : last->id);
        });
}

core::Result<std::vector<ParkedExecution>> SqliteStore::due_parked(core::Time before,
                                                                   std::size_t limit,
                                                                   WakePosition after) {
    return read_parts<ParkedExecution>(
        limit, [&](Connection& connection, std::size_t part, const ParkedExecution* last) {
            return list_due(connection, before, part,
                            last == nullptr ? after : WakePosition{*last->wake_at, last->id});
        });
}

core::Result<std::optional<core::Time>> SqliteStore::next_wake(core::Time from) {
    return readers_.read([&](Connection& connection) { return find_wake(connection, from); });
}

core::Result<std::vector<ParkedExecution>> SqliteStore::limited_parked(std::size_t limit,
                                                                       core::ExecutionId after) {
    return read_parts<ParkedExecution>(
        limit, [&](Connection& connection, std::size_t part, const ParkedExecution* last) {
            return list_limited(connection, part, last == nullptr ? after : last->id);
        });
}

core::Result<std::vector<engine::SharedRow>> SqliteStore::shared() {
    return readers_.read([](Connection& connection) { return read_shared(connection); });
}

core::Result<StoreStatus> SqliteStore::status() {
    return readers_.read(status_time_limit,
                         [](Connection& connection) { return read_status(connection); });
}

core::Result<StoreExtent> SqliteStore::extent() {
    return readers_.read([](Connection& connection) { return read_extent(connection); });
}

}  // namespace millrace::store::sqlite
