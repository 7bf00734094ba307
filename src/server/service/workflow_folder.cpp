// SPDX-License-Identifier: Apache-2.0
#include "service/workflow_folder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <set>
#include <system_error>
#include <utility>

#include "millrace/server/server.hpp"

namespace millrace::server {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> endings{".workflow.yaml", ".workflow.yml",
                                                  ".workflow.json"};
constexpr int depth_max = 64;
constexpr int links_max = 40;  // as the system follows

class Walk {
public:
    explicit Walk(const fs::path& root) : root_{root} {}

    /// Why the folder cannot be read; empty: it was.
    std::error_code enter(const fs::path& folder, int depth) {
        std::error_code error;
        const fs::path real = fs::canonical(folder, error);
        if (error) return error;
        if (!seen_.insert(real).second || depth > depth_max) return {};
        content_.folders.push_back(real);
        fs::directory_iterator entry{folder, error};
        for (; !error && entry != fs::directory_iterator{}; entry.increment(error))
            take(*entry, depth);
        return error;
    }

    FolderContent content() && { return std::move(content_); }

private:
    void take(const fs::directory_entry& entry, int depth) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with('.')) return;
        std::error_code gone;  // what vanishes meanwhile is not there
        if (entry.is_directory(gone)) {
            const std::error_code error = enter(entry.path(), depth + 1);
            if (error && error != std::errc::no_such_file_or_directory && content_.unread.empty())
                content_.unread = entry.path().string() + ": " + error.message();
            return;
        }
        if (!is_workflow_file_name(name)) return;
        struct ::stat status {};
        if (::stat(entry.path().c_str(), &status) != 0) {
            if (entry.is_symlink(gone)) take_dangling(entry.path());
            return;
        }
        if (!S_ISREG(status.st_mode)) return;
        FileStamp stamp;
        stamp.modified_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 +
                            std::int64_t{status.st_mtim.tv_nsec};
        stamp.size = static_cast<std::uint64_t>(status.st_size);
        stamp.inode = status.st_ino;
        stamp.device = status.st_dev;
        content_.files.emplace(entry.path().lexically_relative(root_).string(), stamp);
        if (!entry.is_symlink(gone)) return;
        // The file that is meant changes in its own folder.
        const fs::path real = fs::canonical(entry.path(), gone);
        if (!gone) content_.folders.push_back(real.parent_path());
    }

    /// A link whose target may come, or come back.
    void take_dangling(const fs::path& link) {
        content_.files.emplace(link.lexically_relative(root_).string(),
                               FileStamp{.modified_ns = -1});
        std::error_code gone;
        fs::path target = link;
        for (int links = 0; links < links_max && fs::is_symlink(target, gone); ++links)
            target = target.parent_path() / fs::read_symlink(target, gone);
        // It may come with its folder.
        do {
            target = target.parent_path();
        } while (target.has_relative_path() && !fs::is_directory(target, gone));
        const fs::path real = fs::canonical(target, gone);
        if (!gone) content_.folders.push_back(real);
    }

    const fs::path root_;
    std::set<fs::path> seen_;
    FolderContent content_;
};

}  // namespace

bool is_workflow_file_name(std::string_view name) {
    return !name.starts_with('.') && std::ranges::any_of(endings, [&](std::string_view ending) {
        return name.size() > ending.size() && name.ends_with(ending);
    });
}

core::Result<FolderContent> read_workflow_folder(const fs::path& folder) {
    Walk walk{folder};
    if (const std::error_code error = walk.enter(folder, 0)) {
        return core::fail(ServerErrc::bad_workflows, "cannot read the folder of workflows " +
                                                         folder.string() + ": " + error.message());
    }
    return std::move(walk).content();
}

}  // namespace millrace::server
