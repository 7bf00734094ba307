// SPDX-License-Identifier: Apache-2.0
#include "rows.hpp"

#include <algorithm>
#include <charconv>

namespace millrace::store {

namespace {

// Leads every cursor, so that another kind of cursor can follow without being misread.
constexpr std::string_view cursor_prefix = "x1-";

}  // namespace

PartitionSet touched_partitions(const engine::Frame& frame) {
    PartitionSet touched;
    const auto touch = [&touched](const auto& rows) {
        for (const auto& row : rows)
            touched.set(core::partition_of(row.id));
    };
    touch(frame.journal);
    touch(frame.inserted);
    touch(frame.finished);
    touch(frame.snapshots);
    touch(frame.parked);
    touch(frame.dead_letters);
    touch(frame.postponed);
    touch(frame.waits);
    for (const core::ExecutionId id : frame.unparked)
        touched.set(core::partition_of(id));
    // What is shared belongs to no execution; it nearly always comes with rows of one.
    if (touched.none() && !frame.shared.empty()) touched.set(0);
    return touched;
}

bool StatusRange::contains(core::ExecutionStatus status) const {
    const auto number = static_cast<std::uint8_t>(status);
    return first <= number && number <= last;
}

StatusRange status_range(const ExecutionFilter& filter) {
    using core::ExecutionStatus;
    const auto number = [](ExecutionStatus status) { return static_cast<std::uint8_t>(status); };
    StatusRange range{number(ExecutionStatus::pending), number(ExecutionStatus::canceled)};
    if (filter.status) range = {number(*filter.status), number(*filter.status)};
    if (filter.live_only) range.last = std::min(range.last, number(ExecutionStatus::paused));
    return range;
}

bool matches(const ExecutionFilter& filter, const engine::ExecutionRow& row) {
    return status_range(filter).contains(row.status) &&
           (!filter.workflow_id || row.workflow_id == *filter.workflow_id) &&
           (!filter.parent || row.parent == *filter.parent) &&
           (!filter.created_after || row.created_at >= *filter.created_after) &&
           (!filter.created_before || row.created_at < *filter.created_before);
}

core::ExecutionStatus inserted_status(const engine::ExecutionRow& row) {
    return is_terminal(row.status) ? row.status : core::ExecutionStatus::running;
}

core::Result<> check_parked_status(const engine::ParkedRow& row) {
    using core::ExecutionStatus;
    if (!is_terminal(row.status) && row.status != ExecutionStatus::running) return {};
    return core::fail(StoreErrc::bad_argument, "execution " + row.id.text() +
                                                   " cannot be parked while it is " +
                                                   std::string{core::to_text(row.status)});
}

namespace {

core::Result<> check_page(std::size_t limit) {
    if (limit > 0 && limit <= page_limit_max) return {};
    return core::fail(StoreErrc::bad_argument, "a page has 1 to " + std::to_string(page_limit_max) +
                                                   " items, not " + std::to_string(limit));
}

std::unexpected<core::Error> no_cursor() {
    return core::fail(StoreErrc::bad_argument,
                      "this is no cursor of a list of executions; use the next_cursor of the page "
                      "before, or none to begin anew");
}

constexpr std::string_view failures_prefix = "f1-";

}  // namespace

core::Result<std::optional<core::ExecutionId>> page_start(std::size_t limit,
                                                          const std::string& cursor) {
    if (auto checked = check_page(limit); !checked) return std::unexpected(checked.error());
    if (cursor.empty()) return std::nullopt;
    if (cursor.starts_with(cursor_prefix)) {
        const auto id = core::ExecutionId::parse(cursor.substr(cursor_prefix.size()));
        if (id) return id;
    }
    return no_cursor();
}

std::string page_cursor(core::ExecutionId last) {
    return std::string{cursor_prefix} + last.text();
}

core::Result<std::optional<FailurePlace>> failures_start(std::size_t limit,
                                                         const std::string& cursor) {
    if (auto checked = check_page(limit); !checked) return std::unexpected(checked.error());
    if (cursor.empty()) return std::nullopt;
    if (!cursor.starts_with(failures_prefix)) return no_cursor();
    const std::string_view rest = std::string_view{cursor}.substr(failures_prefix.size());
    const std::size_t dot = rest.find('.');
    if (dot == std::string_view::npos) return no_cursor();
    FailurePlace place;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + dot, place.at.ms);
    const auto id = core::ExecutionId::parse(rest.substr(dot + 1));
    if (error != std::errc{} || end != rest.data() + dot || !id) return no_cursor();
    place.id = *id;
    return place;
}

std::string failures_cursor(const FailurePlace& last) {
    return std::string{failures_prefix} + std::to_string(last.at.ms) + "." + last.id.text();
}

core::Result<> JournalChain::accept(std::uint64_t first_seq, std::uint32_t count) {
    if (first_seq > seq_ + 1) {
        return core::fail(StoreErrc::corrupt, "the journal of execution " + id_.text() +
                                                  " has no record " + std::to_string(seq_ + 1) +
                                                  "; restore a backup");
    }
    seq_ = std::max(seq_, first_seq + count - 1);
    return {};
}

core::Error execution_not_found(core::ExecutionId id) {
    return {StoreErrc::not_found, "there is no execution " + id.text()};
}

core::Error version_not_found(std::string_view workflow_id, std::uint32_t number) {
    return {StoreErrc::not_found, "version " + std::to_string(number) + " of workflow " +
                                      std::string{workflow_id} + " is not saved"};
}

core::Error epoch_is_stale(Epoch epoch, Epoch current) {
    return {StoreErrc::stale_epoch, "another owner has taken over (epoch " +
                                        std::to_string(current.value) + ", this one's is " +
                                        std::to_string(epoch.value) + "); this one must stop"};
}

core::Error frame_is_old(std::uint64_t frame, std::uint64_t position) {
    return {StoreErrc::bad_argument, "frame " + std::to_string(frame) + " comes after frame " +
                                         std::to_string(position) + ", which is committed"};
}

core::Error row_exists(std::string_view what, core::ExecutionId id) {
    return {StoreErrc::bad_argument,
            std::string{what} + " of execution " + id.text() + " exists already"};
}

core::Error not_live(core::ExecutionId id, std::string_view intent) {
    return {StoreErrc::bad_argument,
            "execution " + id.text() + " is not live, so it cannot be " + std::string{intent}};
}

core::Error hash_differs(const engine::ExecutionRow& row, std::string_view saved) {
    return {StoreErrc::bad_argument,
            "version " + std::to_string(row.workflow_version) + " of workflow " + row.workflow_id +
                " was saved with hash " + std::string{saved} + ", not " + row.workflow_hash};
}

}  // namespace millrace::store
