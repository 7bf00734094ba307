// SPDX-License-Identifier: Apache-2.0
#include "archive/execution_archive.hpp"

#include <algorithm>
#include <utility>

#include "events/event_hub.hpp"
#include "millrace/store/store.hpp"
#include "service/services.hpp"

namespace millrace::server {
namespace {

constexpr std::int64_t ms_per_day = 86'400'000;
/// Before compression; a member has no more than this and one line.
constexpr std::size_t bytes_at_once = 1u << 20;
constexpr std::size_t events_at_once = 500;
constexpr std::size_t event_bytes_max = 16u << 20;

/// `"events":[…]`, or what says that they are too many.
core::Result<std::string> events_member(EventHub& hub, core::ExecutionId id) {
    std::string text = R"("events":[)";
    Place after;
    for (bool is_first = true;;) {
        const auto page = hub.list_execution(id, after, {}, events_at_once);
        if (!page) return std::unexpected(page.error());
        for (const EventPage::Item& item : page->items) {
            if (!std::exchange(is_first, false)) text += ",";
            text += item.event->text(item.cursor);
            if (text.size() > event_bytes_max) return std::string{R"("events_left_out":true)"};
        }
        if (page->next_cursor.empty()) return text += "]";
        const auto next = core::EventCursor::parse(page->next_cursor);
        if (!next || next->seq <= after.major) return text += "]";
        after = Place{next->seq, 0, 0};
    }
}

}  // namespace

core::Result<ArchiveLine> archive_line(Services& services, core::ExecutionId id) {
    const auto view = services.runtime.view(id);
    if (!view) return std::unexpected(view.error());
    auto events = events_member(services.events, id);
    if (!events) return std::unexpected(events.error());
    ArchiveLine line{view->completed_at().value_or(view->created_at()), {}};
    view->append_json(line.text);
    line.text.back() = ',';  // the object goes on
    line.text.append(*events).append("}\n");
    return line;
}

void ExecutionArchive::use_folder(const std::filesystem::path& folder) {
    if (folder.empty()) {
        folder_.reset();
    } else if (!folder_ || folder_->root() != folder) {
        folder_.emplace(folder);
    }
    const std::scoped_lock lock{mutex_};
    is_shown_ = folder_.has_value();
    if (!is_shown_) reason_.clear();
}

void ExecutionArchive::begin_round() {
    has_failed_ = false;
    is_told_ = false;
}

std::vector<core::ExecutionId> ExecutionArchive::keep(std::span<const core::ExecutionId> ids) {
    std::vector<core::ExecutionId> kept;
    std::map<std::int64_t, Pending> days;
    std::size_t bytes = 0;
    for (const core::ExecutionId id : ids) {
        if (has_failed_) return kept;
        auto line = read_(id);
        if (!line) {
            // Somebody has removed it in between.
            if (line.error().is(store::StoreErrc::not_found)) continue;
            tell(line.error(), "execution " + id.text() +
                                   " cannot be archived and stays: " + line.error().message());
            continue;
        }
        Pending& day = days[line->completed_at.ms / ms_per_day];
        day.lines += line->text;
        day.ids.push_back(id);
        bytes += line->text.size();
        if (bytes < bytes_at_once) continue;
        flush(days, kept);
        bytes = 0;
    }
    flush(days, kept);
    return kept;
}

void ExecutionArchive::flush(std::map<std::int64_t, Pending>& days,
                             std::vector<core::ExecutionId>& kept) {
    for (const auto& [day, pending] : days) {
        if (has_failed_) break;
        const auto written = folder_->append(core::Time{day * ms_per_day}, pending.lines);
        if (!written) {
            has_failed_ = true;
            tell(written.error(), written.error().message() + "; finished executions stay");
            break;
        }
        kept.insert(kept.end(), pending.ids.begin(), pending.ids.end());
    }
    days.clear();
}

void ExecutionArchive::tell(const core::Error& error, std::string reason) {
    // The first one of a round stands for the others, unless nothing goes on.
    if (std::exchange(is_told_, true) && !has_failed_) return;
    {
        const std::scoped_lock lock{mutex_};
        if (reason_ == reason) return;
        reason_ = reason;
    }
    log_.write(runtime::LogLevel::warning,
               "executions cannot be archived and are not removed; this is tried again",
               {{"code", std::string{error.code()}}, {"error", std::move(reason)}});
}

void ExecutionArchive::end_round() {
    if (is_told_) return;
    {
        const std::scoped_lock lock{mutex_};
        if (reason_.empty()) return;
        reason_.clear();
    }
    log_.write(runtime::LogLevel::info, "executions are archived again");
}

ComponentHealth ExecutionArchive::health() const {
    const std::scoped_lock lock{mutex_};
    ComponentHealth health;
    health.facts = {{"used", is_shown_}};
    if (reason_.empty()) return health;
    health.status = HealthStatus::degraded;
    health.detail = reason_;
    return health;
}

}  // namespace millrace::server
