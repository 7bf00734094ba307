// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/nodes/registry.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/server/options.hpp"

namespace millrace::server {

/// What of a folder of workflow files is in the store, and what is not.
struct FileWorkflowStatus {
    std::filesystem::path folder;  ///< empty: there is none
    bool is_watched = false;
    std::size_t files = 0;
    struct Broken {
        std::string path;         ///< of the file, below the folder
        std::string workflow_id;  ///< whose last good version stays; empty: none is known
        std::string error;        ///< `file:line:column: code: message`
    };
    std::vector<Broken> broken;
};

/// Keeps workflows equal to files: `*.workflow.{yaml,yml,json}` in a folder and below it. A broken
/// file keeps its last good version; a removed one takes its workflow out. Thread-safe.
class FileWorkflows {
public:
    /// `changed` is told of each workflow whose head, active version or presence has changed; it
    /// may be empty. All outlive this.
    FileWorkflows(runtime::Runtime& runtime, const nodes::Registry& registry, runtime::Log& log,
                  std::function<void(const std::string& workflow_id)> changed);
    ~FileWorkflows();
    FileWorkflows(const FileWorkflows&) = delete;
    FileWorkflows& operator=(const FileWorkflows&) = delete;

    /// Reads the folder, and follows it from then on when that is wished. Called again, it does
    /// so with the new options, or reads the same folder anew. `bad_workflows` when the folder
    /// cannot be read; that some files are broken is no error. Without a folder nothing is done.
    core::Result<> start(FileWorkflowOptions options);
    /// Follows no more; what was read stays.
    void stop();

    struct File {
        std::string path;   ///< of the file, below the folder
        std::string error;  ///< empty: the head is what the file says
    };
    /// The file that manages a workflow; none when no file of the folder does.
    std::optional<File> find(const std::string& workflow_id) const;
    FileWorkflowStatus status() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::server
