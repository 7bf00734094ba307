// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "archive/archive_folder.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/runtime/log.hpp"
#include "service/health.hpp"

namespace millrace::server {

/// An execution as its archive has it: one line of JSON.
struct ArchiveLine {
    core::Time completed_at;
    std::string text;  ///< with its line break
};
/// The body of `GET /executions/{id}` with `events`, the items of its list of events; or with
/// `events_left_out` when those are very many.
core::Result<ArchiveLine> archive_line(Services& services, core::ExecutionId id);

/// Keeps executions before they are removed. `health` is called from any thread, the others by one
/// at a time.
class ExecutionArchive {
public:
    using Read = std::function<core::Result<ArchiveLine>(core::ExecutionId)>;

    ExecutionArchive(Read read, runtime::Log& log) : read_{std::move(read)}, log_{log} {}

    /// Where to; empty: nowhere.
    void use_folder(const std::filesystem::path& folder);
    bool is_used() const { return folder_.has_value(); }

    void begin_round();
    /// Those of `ids` that are kept durably now. One that cannot be read is left out; when a file
    /// cannot be written, the rest of the round is.
    std::vector<core::ExecutionId> keep(std::span<const core::ExecutionId> ids);
    /// Nothing is kept any more in this round.
    bool has_failed() const { return has_failed_; }
    /// Without a failure in the round, all is well again.
    void end_round();

    /// Degraded from a failure to the first round without one.
    ComponentHealth health() const;

private:
    struct Pending {
        std::string lines;
        std::vector<core::ExecutionId> ids;
    };
    void flush(std::map<std::int64_t, Pending>& days, std::vector<core::ExecutionId>& kept);
    void tell(const core::Error& error, std::string reason);

    const Read read_;
    runtime::Log& log_;
    std::optional<ArchiveFolder> folder_;
    bool has_failed_ = false;
    bool is_told_ = false;  ///< of this round

    mutable std::mutex mutex_;  // guards what follows
    bool is_shown_ = false;     ///< there is a folder
    std::string reason_;        ///< empty: all is well
};

}  // namespace millrace::server
