// SPDX-License-Identifier: Apache-2.0
#include "retention_rules.hpp"

#include <algorithm>
#include <string_view>

#include "millrace/store/store.hpp"

namespace millrace::store {

namespace {

constexpr std::string_view prefix = "p1-";
constexpr std::size_t limit_max = 10'000;

core::Error no_cursor() {
    return {StoreErrc::bad_argument,
            "this is no cursor of a clean-up; use the one that the call before has given"};
}

}  // namespace

core::Result<PrunePlace> prune_start(const PruneRequest& request) {
    if (request.limit == 0 || request.limit > limit_max) {
        return core::fail(StoreErrc::bad_argument,
                          "1 to 10,000 executions are removed at once, "
                          "not " +
                              std::to_string(request.limit));
    }
    if (!request.completed_before && !request.keep_newest) {
        return core::fail(StoreErrc::bad_argument,
                          "say which executions may go: by their age, by their number, or both");
    }
    if (request.cursor.empty()) return PrunePlace{};
    if (!request.cursor.starts_with(prefix)) return std::unexpected(no_cursor());
    const std::string_view rest = std::string_view{request.cursor}.substr(prefix.size());
    const std::size_t dot = rest.find('.');
    const auto after = core::ExecutionId::parse(rest.substr(0, dot));
    if (!after) return std::unexpected(no_cursor());
    PrunePlace place{*after, std::nullopt};
    if (dot == std::string_view::npos) return place;
    place.below = core::ExecutionId::parse(rest.substr(dot + 1));
    if (!place.below) return std::unexpected(no_cursor());
    return place;
}

std::string prune_cursor(const PrunePlace& place) {
    std::string cursor = std::string{prefix} + place.after.text();
    if (place.below) cursor += "." + place.below->text();
    return cursor;
}

std::size_t prune_looks_max(const PruneRequest& request) {
    return std::max<std::size_t>(4'096, request.limit * 8);
}

core::Error is_unfinished(core::ExecutionId id) {
    return {StoreErrc::conflict,
            "execution " + id.text() + " has not finished; cancel it before it is deleted"};
}

core::Error is_needed_by_letter(core::ExecutionId id) {
    return {StoreErrc::conflict, "execution " + id.text() +
                                     " has open dead letters; replay or discard them before it is "
                                     "deleted"};
}

core::Error is_needed_by_fork(core::ExecutionId id) {
    return {StoreErrc::conflict, "execution " + id.text() +
                                     " is gone on from by one that has not finished; it can be "
                                     "deleted after that one has"};
}

core::Error is_needed_by_parent(core::ExecutionId id) {
    return {StoreErrc::conflict, "execution " + id.text() +
                                     " was started by one that has not been told yet what became "
                                     "of it; it can be deleted after that one was"};
}

}  // namespace millrace::store
