// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/store/store.hpp"
#include "sqlite/connection.hpp"

namespace millrace::store::sqlite {

struct ReadOptions {
    std::filesystem::path path;
    /// Reads a database that this process does not own: it may be in a folder that cannot be
    /// written, and an owner may come or go at any time.
    bool foreign = false;
    /// Also reads a database whose schema is older than this program's.
    bool any_schema = false;
    core::Duration busy_timeout{5'000};
    /// A reader that holds the log longer is ended, because the log grows meanwhile.
    core::Duration time_limit{5'000};
    std::string vfs;
};

/// Connections for reading, at most `connections_max` at a time; further readers wait. Any thread.
class ReadPool {
public:
    static constexpr std::size_t connections_max = 4;

    explicit ReadPool(ReadOptions options) : options_{std::move(options)} {}

    /// Runs `query(Connection&)` in one read transaction, so that it sees one committed state. It
    /// may run twice: when an owner appeared meanwhile and the first result cannot be trusted.
    template <class Query>
    auto read(core::Duration time_limit, Query query)
        -> decltype(query(std::declval<Connection&>())) {
        for (bool last_try = false;; last_try = true) {
            auto lease = acquire(time_limit);
            if (!lease) return std::unexpected(lease.error());
            auto result = in_transaction(lease->connection(), query);
            const bool trusted = still_valid(*lease);
            // A failed connection is not kept: the reason may lie in it. To open one costs more
            // than most queries, so what is only not there must not do that.
            if (!trusted || (!result && !is_answer(result.error()))) lease->discard();
            if (trusted || last_try) return result;
        }
    }
    template <class Query>
    auto read(Query query) {
        return read(options_.time_limit, std::move(query));
    }

    /// Waits for the running readers and closes all connections; the next reader opens again.
    void close();

    const std::filesystem::path& path() const { return options_.path; }

private:
    /// What would differ if an owner had written the file.
    struct Stamp {
        bool has_log_index = false;
        std::filesystem::file_time_type modified;
        std::uintmax_t size = 0;

        bool operator==(const Stamp&) const = default;
    };
    struct Reader {
        Connection connection;
        Access access = Access::shared;
        Stamp stamp;
        std::int64_t deadline_ns = 0;  // of the steady clock
    };
    class Lease {
    public:
        Lease(ReadPool& pool, std::unique_ptr<Reader> reader)
            : pool_{&pool}, reader_{std::move(reader)} {}
        Lease(Lease&& other) noexcept
            : pool_{std::exchange(other.pool_, nullptr)}, reader_{std::move(other.reader_)} {}
        Lease& operator=(Lease&&) = delete;
        ~Lease() {
            if (pool_ != nullptr) pool_->release(std::move(reader_));
        }
        Connection& connection() { return reader_->connection; }
        const Reader& reader() const { return *reader_; }
        void start(std::int64_t deadline_ns);
        void replace(std::unique_ptr<Reader> reader) { reader_ = std::move(reader); }
        void discard() { reader_.reset(); }
        bool is_discarded() const { return reader_ == nullptr; }

    private:
        ReadPool* pool_;
        std::unique_ptr<Reader> reader_;
    };

    template <class Query>
    static auto in_transaction(Connection& connection, Query& query)
        -> decltype(query(connection)) {
        if (auto begun = connection.execute("BEGIN"); !begun) return std::unexpected(begun.error());
        auto result = query(connection);
        const auto ended = connection.execute("COMMIT");
        if (!ended) return std::unexpected(ended.error());
        return result;
    }
    /// What a sound connection says, too.
    static bool is_answer(const core::Error& error) {
        return error.is(StoreErrc::not_found) || error.is(StoreErrc::bad_argument);
    }

    core::Result<Lease> acquire(core::Duration time_limit);
    core::Result<std::unique_ptr<Reader>> open_reader() const;
    void release(std::unique_ptr<Reader> reader);
    bool still_valid(const Lease& lease) const;
    Stamp stamp() const;
    Access choose_access(const Stamp& stamp) const;
    static int past_deadline(void* reader);

    ReadOptions options_;
    std::mutex mutex_;
    std::condition_variable released_;
    std::size_t in_use_ = 0;
    bool closing_ = false;
    std::vector<std::unique_ptr<Reader>> idle_;
};

}  // namespace millrace::store::sqlite
