// SPDX-License-Identifier: Apache-2.0
#include "service/file_sync.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <span>
#include <utility>

#include "millrace/format/canonical.hpp"
#include "millrace/format/document.hpp"
#include "millrace/format/writer.hpp"
#include "millrace/runtime/clock.hpp"
#include "millrace/server/activation.hpp"
#include "millrace/server/document_check.hpp"

namespace millrace::server {
namespace {

namespace fs = std::filesystem;
using runtime::LogLevel;

constexpr std::size_t puts_at_once = 100;  // frames of the engine wait for each transaction
constexpr std::size_t page_size = 500;
constexpr std::size_t named_max = 10;

constexpr std::string_view taken =
    " was not made from a file, and no file takes it over by itself; give the one in this file "
    "another id, or delete the other and save the file again";

/// One byte more than a document may have: checking it says so.
std::expected<std::string, std::string> read_file(const fs::path& path) {
    errno = 0;
    std::ifstream file{path, std::ios::binary};
    if (!file) return std::unexpected(std::string{"cannot be read: "} + std::strerror(errno));
    const std::size_t bytes_max = format::DocumentLimits{}.bytes_max + 1;
    std::string text;
    while (file && text.size() < bytes_max) {
        const std::size_t before = text.size();
        const std::size_t part = std::min<std::size_t>(bytes_max - before, 1u << 16);
        text.resize(before + part);
        file.read(text.data() + before, static_cast<std::streamsize>(part));
        text.resize(before + static_cast<std::size_t>(file.gcount()));
    }
    if (file.bad()) return std::unexpected(std::string{"cannot be read to its end"});
    return text;
}

std::string error_text(const std::string& path, const core::Problems& problems) {
    std::string text = format::to_text(path, problems.front());
    if (problems.size() > 1) text += " (and " + std::to_string(problems.size() - 1) + " more)";
    return text;
}

/// The id that a broken document has, as far as it can be read.
std::string id_in(const format::SourceText& source) {
    const format::TreeRead read = format::read_tree(source);
    const core::Value* const id = read.value ? read.value->find("id") : nullptr;
    return id != nullptr && id->is_string() ? std::string{id->as_string()} : std::string{};
}

core::Time now() {
    static const std::shared_ptr<runtime::Clock> clock = runtime::make_system_clock();
    return clock->wall();
}

}  // namespace

FileSync::FileSync(runtime::Runtime& runtime, const nodes::Registry& registry, runtime::Log& log,
                   std::function<void(const std::string& workflow_id)> changed)
    : runtime_{runtime}, registry_{registry}, log_{log}, changed_{std::move(changed)} {}

void FileSync::use(const FileWorkflowOptions& options) {
    const std::scoped_lock lock{mutex_};
    if (options.folder != options_.folder) {
        files_.clear();
        owners_.clear();
        folder_error_.clear();
        was_read_ = false;
    }
    options_ = options;
}

core::Result<std::vector<fs::path>> FileSync::look() {
    const auto content = read_workflow_folder(options_.folder);
    {
        const std::scoped_lock lock{mutex_};
        const std::string error = !content ? content.error().message() : content->unread;
        if (!error.empty() && error != folder_error_) {
            log_.write(LogLevel::error, "the folder of workflows cannot be read; they stay",
                       {{"error", error}});
        }
        folder_error_ = error;
    }
    if (!content) return std::unexpected(content.error());
    Round round;
    forget_missing(*content, round);
    give_up(*content, round);
    for (const auto& [path, stamp] : content->files)
        read(path, stamp, round);
    // A file that was only given another name is there already.
    std::erase_if(round.gone, [&](const std::string& id) { return owner_of(id) != nullptr; });
    put(round);
    remove({round.gone.begin(), round.gone.end()});
    if (!std::exchange(was_read_, true)) tell_others();
    return content->folders;
}

void FileSync::forget_missing(const FolderContent& content, Round& round) {
    if (!content.unread.empty()) return;
    const std::scoped_lock lock{mutex_};
    std::map<std::string, Known> renamed;
    for (auto file = files_.begin(); file != files_.end();) {
        auto& [path, known] = *file;
        if (content.files.contains(path)) {
            ++file;
            continue;
        }
        if (!known.workflow_id.empty()) {
            owners_.erase(known.workflow_id);
            // A broken file may not tell its id any more.
            const std::string name = new_name(content, known);
            if (name.empty() || renamed.contains(name)) {
                round.gone.insert(known.workflow_id);
            } else {
                owners_[known.workflow_id] = name;
                known.stamp = {};
                renamed.emplace(name, std::move(known));
            }
        }
        file = files_.erase(file);
    }
    files_.merge(renamed);
}

/// Under the lock.
std::string FileSync::new_name(const FolderContent& content, const Known& known) const {
    if (known.stamp == FileStamp{}) return {};
    const auto found = std::ranges::find_if(content.files, [&](const auto& file) {
        return file.second == known.stamp && !files_.contains(file.first);
    });
    return found == content.files.end() ? std::string{} : found->first;
}

void FileSync::give_up(const FolderContent& content, Round& round) {
    for (auto& [path, known] : files_) {
        const auto stamp = content.files.find(path);
        if (known.workflow_id.empty() || stamp == content.files.end()) continue;
        if (known.stamp == stamp->second) continue;
        auto text = read_file(options_.folder / path);
        if (!text) continue;
        const format::SourceText source{path, *std::move(text), format::syntax_of(path)};
        const format::DocumentRead form = format::read_document(source);
        if (!form.document || form.document->id == known.workflow_id) continue;
        // A broken one keeps its last good version.
        if (!check_document(source, registry_).problems.empty()) continue;
        const std::scoped_lock lock{mutex_};
        round.gone.insert(known.workflow_id);
        round.left[path] = known.workflow_id;
        set_owner(path, known, {});
    }
}

void FileSync::take_back(const std::string& path, Known& known, const Round& round) {
    const auto left = round.left.find(path);
    if (left == round.left.end() || owner_of(left->second) != nullptr) return;
    const std::scoped_lock lock{mutex_};
    set_owner(path, known, left->second);
}

const std::string* FileSync::owner_of(const std::string& workflow_id) const {
    const auto found = owners_.find(workflow_id);
    return found == owners_.end() ? nullptr : &found->second;
}

/// Under the lock.
void FileSync::set_owner(const std::string& path, Known& known, const std::string& workflow_id) {
    // By now it may be another file's.
    const std::string* const owner = owner_of(known.workflow_id);
    if (owner != nullptr && *owner == path) owners_.erase(known.workflow_id);
    known.workflow_id = workflow_id;
    if (!workflow_id.empty()) owners_[workflow_id] = path;
}

void FileSync::break_off(const std::string& path, Known& known, std::string error,
                         bool is_passing) {
    // What is found again with each look is told once.
    if (known.error != error) {
        log_.write(LogLevel::error,
                   known.workflow_id.empty()
                       ? "a workflow file is broken"
                       : "a workflow file is broken; its last good version stays",
                   {{"file", path}, {"workflow_id", known.workflow_id}, {"error", error}});
    }
    const std::scoped_lock lock{mutex_};
    known.error = std::move(error);
    if (is_passing) known.stamp = {};
}

core::Result<bool> FileSync::is_settled(const core::Document& document,
                                        const std::string& hash) const {
    const auto entry = runtime_.store().library().find(document.id);
    if (!entry && entry.error().is(store::StoreErrc::not_found)) return false;
    if (!entry) return std::unexpected(entry.error());
    // Whether it is active was decided when the file came, or by a person since then.
    return entry->origin == store::WorkflowOrigin::file && entry->head_hash == hash;
}

bool FileSync::is_of_others(const std::string& workflow_id) const {
    if (workflow_id.empty()) return false;
    const auto entry = runtime_.store().library().find(workflow_id);
    return entry && entry->origin == store::WorkflowOrigin::put;
}

void FileSync::read(const std::string& path, const FileStamp& stamp, Round& round) {
    Known* known = nullptr;
    {
        const std::scoped_lock lock{mutex_};
        known = &files_[path];
        if (known->stamp == stamp) return;
        known->stamp = stamp;
    }
    auto text = read_file(options_.folder / path);
    if (!text) return break_off(path, *known, path + ": " + text.error(), true);
    const format::SourceText source{path, *std::move(text), format::syntax_of(path)};
    const format::DocumentRead form = format::read_document(source);
    const std::string id = form.document ? form.document->id : id_in(source);
    const std::string* const owner = id.empty() ? nullptr : owner_of(id);
    if (owner != nullptr && *owner != path) {
        const std::string why = path + ": the workflow " + id + " is in " + *owner + ", too";
        take_back(path, *known, round);
        return break_off(path, *known, why, true);
    }
    if (owner == nullptr && is_of_others(id)) {
        take_back(path, *known, round);
        return break_off(path, *known, path + ": the workflow " + id + std::string{taken}, true);
    }
    if (known->workflow_id.empty()) {
        const std::scoped_lock lock{mutex_};
        set_owner(path, *known, id);
    }
    if (!form.document) return break_off(path, *known, error_text(path, form.problems), false);
    const std::string hash = format::document_hash(*form.document);
    const auto settled = is_settled(*form.document, hash);
    if (!settled) return break_off(path, *known, path + ": " + settled.error().message(), true);
    if (!*settled) {
        const CheckedDocument checked = check_document(source, registry_);
        if (!checked.problems.empty())
            return break_off(path, *known, error_text(path, checked.problems), false);
        store::WorkflowPut put;
        put.workflow_id = id;
        put.hash = hash;
        put.document = format::write_json(*form.document);
        put.origin = store::WorkflowOrigin::file;
        put.activate = options_.activate;
        round.wanted.push_back({path, std::move(put), *form.document});
    }
    const std::scoped_lock lock{mutex_};
    // The file has become another workflow.
    if (known->workflow_id != id) {
        round.gone.insert(known->workflow_id);
        set_owner(path, *known, id);
    }
    if (*settled) known->error.clear();
}

void FileSync::put(Round& round) {
    const std::span<Wanted> all{round.wanted};
    const std::vector<std::string> gone{round.gone.begin(), round.gone.end()};
    for (std::size_t at = 0; at < all.size(); at += puts_at_once)
        put_some(all.subspan(at, std::min(puts_at_once, all.size() - at)), gone);
}

core::Result<std::vector<std::optional<core::Error>>> FileSync::put_fitting(
    store::Store& store, std::span<Wanted> wanted, std::span<const std::string> gone,
    std::vector<store::WorkflowSaved>& saved) {
    std::vector<const core::Document*> documents;
    for (const Wanted& one : wanted)
        documents.push_back(&one.document);
    std::vector<std::optional<core::Error>> conflicts(wanted.size());
    if (options_.activate) {
        auto found = activation_conflicts(store, documents, gone);
        if (!found) return found;
        conflicts = *std::move(found);
    }
    std::vector<store::WorkflowPut> puts;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (!conflicts[i]) puts.push_back(wanted[i].put);
    if (puts.empty()) return conflicts;
    auto result = store.library().apply(puts, {}, now());
    if (!result) return std::unexpected(result.error());
    saved = *std::move(result);
    return conflicts;
}

void FileSync::put_some(std::span<Wanted> wanted, std::span<const std::string> gone) {
    std::vector<store::WorkflowSaved> all;
    std::vector<std::optional<core::Error>> conflicts;
    const auto done = runtime_.write([&](store::Store& store) -> core::Result<> {
        auto found = put_fitting(store, wanted, gone, all);
        if (!found) return std::unexpected(found.error());
        conflicts = *std::move(found);
        return {};
    });
    auto saved = all.begin();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        Known& known = files_.at(wanted[i].path);
        if (!done || conflicts[i]) {
            const core::Error& error = done ? *conflicts[i] : done.error();
            break_off(wanted[i].path, known, wanted[i].path + ": " + error.message(), true);
            continue;
        }
        {
            const std::scoped_lock lock{mutex_};
            known.error.clear();
        }
        log_.write(LogLevel::info, "a workflow file was read",
                   {{"file", wanted[i].path},
                    {"workflow_id", saved->entry.id},
                    {"version", std::to_string(saved->entry.head)}});
        if (changed_) changed_(saved->entry.id);
        ++saved;
    }
}

void FileSync::remove(const std::vector<std::string>& ids) {
    for (const std::string& id : ids) {
        bool is_gone = false;
        const auto done = runtime_.write([&](store::Store& store) -> core::Result<> {
            const auto entry = store.library().find(id);
            if (!entry && entry.error().is(store::StoreErrc::not_found)) return {};
            if (!entry) return std::unexpected(entry.error());
            // Somebody else has taken it over.
            if (entry->origin != store::WorkflowOrigin::file) return {};
            const auto gone = store.library().apply({}, {&id, 1}, now());
            if (!gone) return std::unexpected(gone.error());
            is_gone = true;
            return {};
        });
        if (done && !is_gone) continue;
        if (done) {
            log_.write(LogLevel::info, "a workflow was removed with its file",
                       {{"workflow_id", id}});
        } else {
            log_.write(LogLevel::error, "a workflow cannot be removed with its file",
                       {{"workflow_id", id}, {"error", done.error().message()}});
        }
        if (changed_) changed_(id);
    }
}

void FileSync::tell_others() {
    store::WorkflowFilter filter;
    filter.origin = store::WorkflowOrigin::file;
    std::string names;
    std::size_t count = 0;
    std::string cursor;
    while (true) {
        const auto page = runtime_.store().library().list(filter, page_size, cursor);
        if (!page) return;
        for (const store::WorkflowEntry& entry : page->items) {
            if (owner_of(entry.id) != nullptr) continue;
            if (++count <= named_max) names += (names.empty() ? "" : ", ") + entry.id;
        }
        if (!page->next_cursor) break;
        cursor = *page->next_cursor;
    }
    if (count == 0) return;
    log_.write(
        LogLevel::warning,
        "workflows that were once applied from files are in no file of the folder; they stay",
        {{"count", std::to_string(count)}, {"workflows", names}});
}

std::optional<FileWorkflows::File> FileSync::find(const std::string& workflow_id) const {
    const std::scoped_lock lock{mutex_};
    const std::string* const path = owner_of(workflow_id);
    if (path == nullptr) return std::nullopt;
    return FileWorkflows::File{*path, files_.at(*path).error};
}

FileWorkflowStatus FileSync::status() const {
    const std::scoped_lock lock{mutex_};
    FileWorkflowStatus status;
    status.folder = options_.folder;
    status.is_watched = options_.watch;
    status.files = files_.size();
    if (!folder_error_.empty()) status.broken.push_back({"", "", folder_error_});
    for (const auto& [path, known] : files_)
        if (!known.error.empty()) status.broken.push_back({path, known.workflow_id, known.error});
    return status;
}

}  // namespace millrace::server
