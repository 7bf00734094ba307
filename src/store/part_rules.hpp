// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/store/library.hpp"
#include "millrace/store/result_cache.hpp"

// What the implementations of a store's parts have in common.

namespace millrace::store {

/// What a workflow's entry shows of its head document.
struct DocumentSummary {
    std::string name;
    std::string folder;
    std::vector<std::string> tags;
};
/// Reads them from a document as JSON; what is not there, or is no text, is empty.
DocumentSummary summarize(const std::string& document);

/// ASCII letters in lower case, the others as they are: what texts are searched by.
std::string folded(std::string_view text);
/// Whether `filter` lets `entry` through.
bool matches(const WorkflowFilter& filter, const WorkflowEntry& entry);
bool matches(const CacheFilter& filter, const CachedResult& result);

/// `conflict` unless `wanted` may become the head of what is stored as `entry`; null: nothing is.
core::Result<> check_put(const WorkflowPut& wanted, const WorkflowEntry* entry);
core::Error workflow_not_found(std::string_view workflow_id);
core::Error variable_not_found(const std::string& name);
core::Error workflow_is_active(const WorkflowEntry& entry);

/// A place in a list that is ordered by one or two numbers.
struct PagePlace {
    std::int64_t first = 0;
    std::int64_t second = 0;

    auto operator<=>(const PagePlace&) const = default;
};
/// Checks the arguments of a list; the place that the page's items are after, if any. `prefix`
/// tells the lists' cursors apart, `list` names this one to people.
core::Result<std::optional<PagePlace>> list_start(std::size_t limit, const std::string& cursor,
                                                  std::string_view prefix, std::string_view list);
std::string list_cursor(std::string_view prefix, PagePlace last);

inline constexpr std::string_view workflow_cursor = "w1-";
inline constexpr std::string_view dead_letter_cursor = "d1-";
inline constexpr std::string_view cache_cursor = "c1-";

/// A list of texts as JSON, as rows keep it; what is no text is left out in reading.
std::string texts_json(const std::vector<std::string>& texts);
std::vector<std::string> texts_in(std::string_view json);

/// The bytes that a kept result counts for.
std::uint64_t cached_size(const CachedResult& result);
/// How many may stay where more than `bytes_max` would be kept: less, so that the next results do
/// not have others evicted again.
inline std::uint64_t bytes_after_eviction(std::uint64_t bytes_max) {
    return bytes_max - bytes_max / 10;
}
CachedEntry entry_of(const CachedResult& result);

}  // namespace millrace::store
