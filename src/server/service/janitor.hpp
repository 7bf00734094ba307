// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "archive/execution_archive.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/server/options.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {

struct Services;

/// What a Janitor works with: functions, so that tests need neither threads nor a runtime.
struct JanitorParts {
    store::Store& store;  ///< for reading
    /// Lets a task make writing calls.
    std::function<core::Result<>(const std::function<core::Result<>(store::Store&)>&)> write;
    runtime::Log& log;
    /// What the archive keeps of an execution.
    ExecutionArchive::Read line;
    /// Does a task on a work thread.
    std::function<void(std::function<void()>)> work;
    /// Does a task after a while.
    std::function<void(core::Duration, std::function<void()>)> later;
    std::function<core::Time()> now;
};
JanitorParts janitor_parts(Services& services);

/// Removes what retention does not keep, a piece at a time with pauses in which executions go on,
/// and gives the disk back. Space that is free when a clean-up begins was not needed since the last
/// one, so that goes back; what the clean-up frees is used first. With an archive nothing is
/// removed that it does not keep. Thread-safe.
class Janitor {
public:
    explicit Janitor(JanitorParts parts);
    ~Janitor();
    Janitor(const Janitor&) = delete;
    Janitor& operator=(const Janitor&) = delete;

    /// The first clean-up begins after one interval. Called again, it begins anew with other
    /// options.
    void start(const RetentionOptions& options);
    /// Waits for the piece under way; nothing is done after it.
    void stop();
    /// Whether what is removed was archived.
    ComponentHealth archive_health() const;

private:
    class Rounds;
    std::shared_ptr<Rounds> rounds_;  // tasks that come too late keep it, and do nothing
};

}  // namespace millrace::server
