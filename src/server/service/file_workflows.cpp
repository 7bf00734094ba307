// SPDX-License-Identifier: Apache-2.0
#include "service/file_workflows.hpp"

#include <map>
#include <mutex>
#include <utility>

#include "service/file_sync.hpp"
#include "service/folder_watch.hpp"

namespace millrace::server {
namespace {

constexpr core::Duration quiet{100};

}  // namespace

class FileWorkflows::Impl {
public:
    Impl(runtime::Runtime& runtime, const nodes::Registry& registry, runtime::Log& log,
         std::function<void(const std::string&)> changed)
        : log_{log}, sync_{runtime, registry, log, std::move(changed)} {}

    core::Result<> start(FileWorkflowOptions options) {
        const std::scoped_lock starting{starting_};
        watch_.reset();
        {
            const std::scoped_lock lock{mutex_};
            sync_.use(options);
            options_ = std::move(options);
            if (options_.folder.empty()) return {};
            if (const auto read = sync_.look(); !read) return std::unexpected(read.error());
        }
        if (options_.watch)
            watch_ = std::make_unique<FolderWatch>([this] { return look_again(); }, quiet, log_);
        return {};
    }

    void stop() {
        const std::scoped_lock starting{starting_};
        watch_.reset();
    }

    std::optional<File> find(const std::string& workflow_id) const {
        return sync_.find(workflow_id);
    }

    FileWorkflowStatus status() const { return sync_.status(); }

private:
    std::vector<std::filesystem::path> look_again() {
        const std::scoped_lock lock{mutex_};
        const auto folders = sync_.look();
        // A folder that is away keeps its workflows. It is looked for where it should be.
        return folders ? *folders
                       : std::vector<std::filesystem::path>{options_.folder.parent_path()};
    }

    runtime::Log& log_;
    std::mutex starting_;  // held while watch_ is changed, which waits for look_again
    std::mutex mutex_;     // guards the changes of what follows
    FileWorkflowOptions options_;
    FileSync sync_;
    std::unique_ptr<FolderWatch> watch_;  // last: its thread uses everything above
};

FileWorkflows::FileWorkflows(runtime::Runtime& runtime, const nodes::Registry& registry,
                             runtime::Log& log,
                             std::function<void(const std::string& workflow_id)> changed)
    : impl_{std::make_unique<Impl>(runtime, registry, log, std::move(changed))} {}

FileWorkflows::~FileWorkflows() = default;

core::Result<> FileWorkflows::start(FileWorkflowOptions options) {
    return impl_->start(std::move(options));
}

void FileWorkflows::stop() {
    impl_->stop();
}

std::optional<FileWorkflows::File> FileWorkflows::find(const std::string& workflow_id) const {
    return impl_->find(workflow_id);
}

FileWorkflowStatus FileWorkflows::status() const {
    return impl_->status();
}

}  // namespace millrace::server
