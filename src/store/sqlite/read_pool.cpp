// SPDX-License-Identifier: Apache-2.0
#include "sqlite/read_pool.hpp"

#include <chrono>
#include <system_error>

#include "millrace/store/store.hpp"
#include "sqlite/migrations.hpp"

namespace millrace::store::sqlite {

namespace {

// Virtual machine steps between two looks at the clock: some microseconds.
constexpr int steps_per_check = 2'000;

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::filesystem::path beside(const std::filesystem::path& path, const char* suffix) {
    return path.string() + suffix;
}

}  // namespace

ReadPool::Stamp ReadPool::stamp() const {
    std::error_code ignored;
    return {std::filesystem::exists(beside(options_.path, "-shm"), ignored),
            std::filesystem::last_write_time(options_.path, ignored),
            std::filesystem::file_size(options_.path, ignored)};
}

Access ReadPool::choose_access(const Stamp& stamp) const {
    // An owner, or one that was killed, has an index beside the log. Without the index a normal
    // reader would create one, and a log too.
    if (!options_.foreign || stamp.has_log_index) return Access::shared;
    std::error_code missing;
    const auto log_bytes = std::filesystem::file_size(beside(options_.path, "-wal"), missing);
    return missing || log_bytes == 0 ? Access::frozen : Access::exclusive;
}

bool ReadPool::still_valid(const Lease& lease) const {
    if (lease.is_discarded()) return true;
    const Reader& reader = lease.reader();
    return reader.access == Access::shared || reader.stamp == stamp();
}

int ReadPool::past_deadline(void* reader) {
    return now_ns() > static_cast<const Reader*>(reader)->deadline_ns ? 1 : 0;
}

core::Result<std::unique_ptr<ReadPool::Reader>> ReadPool::open_reader() const {
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(options_.path, missing);
    if (missing) {
        return core::fail(StoreErrc::not_found, "there is no database " + options_.path.string() +
                                                    ": " + missing.message());
    }
    if (bytes == 0) {
        return core::fail(
            StoreErrc::corrupt,
            options_.path.string() +
                " is empty; if it was in use before, restore a backup, else remove it");
    }
    auto reader = std::make_unique<Reader>();
    reader->stamp = stamp();
    reader->access = choose_access(reader->stamp);
    auto opened =
        Connection::open(options_.path, reader->access, options_.busy_timeout, options_.vfs);
    if (!opened) return std::unexpected(opened.error());
    reader->connection = std::move(*opened);
    if (auto version = schema_version(reader->connection); !version)
        return std::unexpected(version.error());
    if (!options_.any_schema) {
        if (auto checked = require_newest(reader->connection); !checked)
            return std::unexpected(checked.error());
    }
    return reader;
}

core::Result<ReadPool::Lease> ReadPool::acquire(core::Duration time_limit) {
    std::unique_ptr<Reader> reader;
    {
        std::unique_lock lock{mutex_};
        released_.wait(lock, [this] { return !closing_ && in_use_ < connections_max; });
        ++in_use_;
        if (!idle_.empty()) {
            reader = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    // From here on the lease gives the place back, also after an error.
    Lease lease{*this, std::move(reader)};
    if (lease.is_discarded() || !still_valid(lease)) {
        auto opened = open_reader();
        if (!opened) return std::unexpected(opened.error());
        lease.replace(std::move(*opened));
    }
    lease.start(now_ns() + time_limit.ms * 1'000'000);
    return lease;
}

void ReadPool::Lease::start(std::int64_t deadline_ns) {
    reader_->deadline_ns = deadline_ns;
    sqlite3_progress_handler(reader_->connection.raw(), steps_per_check, &past_deadline,
                             reader_.get());
}

void ReadPool::release(std::unique_ptr<Reader> reader) {
    {
        const std::unique_lock lock{mutex_};
        --in_use_;
        if (reader != nullptr) idle_.push_back(std::move(reader));
    }
    released_.notify_all();
}

void ReadPool::close() {
    std::vector<std::unique_ptr<Reader>> closed;
    {
        std::unique_lock lock{mutex_};
        closing_ = true;
        released_.wait(lock, [this] { return in_use_ == 0; });
        closed.swap(idle_);
        closing_ = false;
    }
    released_.notify_all();
}

}  // namespace millrace::store::sqlite
