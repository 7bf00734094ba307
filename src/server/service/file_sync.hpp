// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/core/result.hpp"
#include "millrace/nodes/registry.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/server/options.hpp"
#include "millrace/store/library.hpp"
#include "service/file_workflows.hpp"
#include "service/workflow_folder.hpp"

namespace millrace::server {

/// Brings the store to what a folder of workflow files says, each time it looks. `find` and
/// `status` may be called from any thread, the rest by one at a time.
class FileSync {
public:
    FileSync(runtime::Runtime& runtime, const nodes::Registry& registry, runtime::Log& log,
             std::function<void(const std::string& workflow_id)> changed);

    /// With another folder than before what is known of files is forgotten; their workflows stay.
    void use(const FileWorkflowOptions& options);

    /// Reads what has changed since it looked last. The folders in which something may change.
    core::Result<std::vector<std::filesystem::path>> look();

    std::optional<FileWorkflows::File> find(const std::string& workflow_id) const;
    FileWorkflowStatus status() const;

private:
    struct Known {
        FileStamp stamp;
        std::string workflow_id;  ///< empty: none was ever read from it
        std::string error;        ///< empty: the workflow's head is what the file says
    };
    struct Wanted {
        std::string path;
        store::WorkflowPut put;
        core::Document document;
    };

    /// What one look has found to do.
    struct Round {
        std::vector<Wanted> wanted;
        std::set<std::string> gone;               ///< workflows that were in a file
        std::map<std::string, std::string> left;  ///< by path: the workflow that it was before
    };

    void forget_missing(const FolderContent& content, Round& round);
    /// Under which the file lies now that nothing lies under its old name; empty: it is gone.
    std::string new_name(const FolderContent& content, const Known& known) const;
    /// Files that have become other workflows give up those that they were, before any of them
    /// takes one: they may have swapped what they say.
    void give_up(const FolderContent& content, Round& round);
    /// What the file says now cannot be had, so that its last good version stays.
    void take_back(const std::string& path, Known& known, const Round& round);
    void read(const std::string& path, const FileStamp& stamp, Round& round);
    /// `is_passing`: the file is read again with the next look, though it has not changed.
    void break_off(const std::string& path, Known& known, std::string error, bool is_passing);
    /// Whether the store has it already as the file says.
    core::Result<bool> is_settled(const core::Document& document, const std::string& hash) const;
    /// Whether somebody has saved the workflow who has no file of it.
    bool is_of_others(const std::string& workflow_id) const;
    void put(Round& round);
    /// `gone`: workflows that are removed right after this.
    void put_some(std::span<Wanted> wanted, std::span<const std::string> gone);
    /// Puts those that can be active beside the others; why the rest cannot.
    core::Result<std::vector<std::optional<core::Error>>> put_fitting(
        store::Store& store, std::span<Wanted> wanted, std::span<const std::string> gone,
        std::vector<store::WorkflowSaved>& saved);
    void remove(const std::vector<std::string>& ids);
    void tell_others();
    const std::string* owner_of(const std::string& workflow_id) const;
    void set_owner(const std::string& path, Known& known, const std::string& workflow_id);

    runtime::Runtime& runtime_;
    const nodes::Registry& registry_;
    runtime::Log& log_;
    std::function<void(const std::string&)> changed_;
    FileWorkflowOptions options_;
    bool was_read_ = false;
    mutable std::mutex mutex_;                   // guards what follows against find and status
    std::map<std::string, Known> files_;         // by their path below the folder
    std::map<std::string, std::string> owners_;  // the path of each workflow's file
    std::string folder_error_;
};

}  // namespace millrace::server
