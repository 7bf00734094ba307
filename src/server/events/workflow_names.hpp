// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "events/journals.hpp"
#include "events/recent_map.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"

namespace millrace::server {

/// Which workflow an execution is of, for those that moved last. Thread-safe.
class WorkflowNames {
public:
    using Name = std::shared_ptr<const std::string>;

    explicit WorkflowNames(std::size_t executions_max) : names_{executions_max} {}

    Name note(core::ExecutionId id, const std::string& workflow_id);
    /// Null when it is not known here.
    Name find(core::ExecutionId id);
    /// Reads the store when it is not known here.
    core::Result<Name> of(core::ExecutionId id, Journals& journals);

private:
    std::mutex mutex_;
    RecentMap<core::ExecutionId, Name> names_;
    std::map<std::string, std::weak_ptr<const std::string>> known_;  ///< each name is held once
};

}  // namespace millrace::server
