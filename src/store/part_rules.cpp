// SPDX-License-Identifier: Apache-2.0
#include "part_rules.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/format/json.hpp"
#include "rows.hpp"

namespace millrace::store {

namespace {

// Keys, names and the row around them.
constexpr std::size_t cached_row_bytes = 64;

std::string text_at(const core::Value& document, std::string_view key) {
    const core::Value* found = document.find(key);
    if (found == nullptr || !found->is_string()) return {};
    return std::string{found->as_string()};
}

bool is_within(std::string_view folder, std::string_view parent) {
    return folder.starts_with(parent) &&
           (folder.size() == parent.size() || folder[parent.size()] == '/');
}

const char* parse_number(const char* from, const char* end, std::int64_t& number) {
    const auto [rest, failed] = std::from_chars(from, end, number);
    return failed == std::errc{} ? rest : nullptr;
}

std::optional<PagePlace> parse_place(std::string_view text) {
    PagePlace place;
    const char* end = text.data() + text.size();
    const char* rest = parse_number(text.data(), end, place.first);
    if (rest == nullptr || rest == end || *rest != '.') return std::nullopt;
    if (parse_number(rest + 1, end, place.second) != end) return std::nullopt;
    return place;
}

}  // namespace

DocumentSummary summarize(const std::string& document) {
    const auto read = format::read_json(document, {.bytes_max = document.size()});
    if (!read) return {};
    DocumentSummary summary{text_at(*read, "name"), text_at(*read, "folder"), {}};
    const core::Value* tags = read->find("tags");
    if (tags == nullptr || !tags->is_array()) return summary;
    for (const core::Value& tag : tags->as_array())
        if (tag.is_string()) summary.tags.emplace_back(tag.as_string());
    return summary;
}

std::string folded(std::string_view text) {
    std::string lower{text};
    std::ranges::transform(lower, lower.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return lower;
}

bool matches(const WorkflowFilter& filter, const WorkflowEntry& entry) {
    const std::string text = folded(filter.text);
    return (folded(entry.id).contains(text) || folded(entry.name).contains(text)) &&
           (filter.tag.empty() || std::ranges::find(entry.tags, filter.tag) != entry.tags.end()) &&
           (filter.folder.empty() || is_within(entry.folder, filter.folder)) &&
           (!filter.origin || entry.origin == *filter.origin) &&
           (!filter.active_only || entry.active.has_value());
}

bool matches(const CacheFilter& filter, const CachedResult& result) {
    return (!filter.workflow_id || result.workflow_id == *filter.workflow_id) &&
           (!filter.node_id || result.node_id == *filter.node_id) &&
           (!filter.tag || std::ranges::find(result.tags, *filter.tag) != result.tags.end());
}

core::Result<> check_put(const WorkflowPut& wanted, const WorkflowEntry* entry) {
    const std::uint32_t head = entry == nullptr ? 0 : entry->head;
    if (wanted.expected_head && *wanted.expected_head != head) {
        return core::fail(
            StoreErrc::conflict,
            "workflow " + wanted.workflow_id + " was changed meanwhile: its head is " +
                (head == 0 ? "gone" : "version " + std::to_string(head)) + ", not " +
                (*wanted.expected_head == 0 ? "missing"
                                            : "version " + std::to_string(*wanted.expected_head)));
    }
    if (entry != nullptr && entry->origin == WorkflowOrigin::file &&
        wanted.origin == WorkflowOrigin::put) {
        return core::fail(StoreErrc::conflict, "workflow " + wanted.workflow_id +
                                                   " is managed by a file; change that file and "
                                                   "apply it");
    }
    return {};
}

core::Error workflow_not_found(std::string_view workflow_id) {
    return {StoreErrc::not_found, "there is no workflow " + std::string{workflow_id}};
}

core::Error variable_not_found(const std::string& name) {
    return {StoreErrc::not_found, "there is no variable " + name};
}

core::Error workflow_is_active(const WorkflowEntry& entry) {
    return {StoreErrc::conflict, "workflow " + entry.id + " is active (version " +
                                     std::to_string(entry.active.value_or(0)) +
                                     "); deactivate it first"};
}

core::Result<std::optional<PagePlace>> list_start(std::size_t limit, const std::string& cursor,
                                                  std::string_view prefix, std::string_view list) {
    if (limit == 0 || limit > page_limit_max) {
        return core::fail(StoreErrc::bad_argument, "a page has 1 to " +
                                                       std::to_string(page_limit_max) +
                                                       " items, not " + std::to_string(limit));
    }
    if (cursor.empty()) return std::nullopt;
    if (cursor.starts_with(prefix)) {
        if (const auto place = parse_place(std::string_view{cursor}.substr(prefix.size())))
            return place;
    }
    return core::fail(StoreErrc::bad_argument,
                      "this is no cursor of a list of " + std::string{list} +
                          "; use the next_cursor of the page before, or none to begin anew");
}

std::string list_cursor(std::string_view prefix, PagePlace last) {
    return std::string{prefix} + std::to_string(last.first) + "." + std::to_string(last.second);
}

std::string texts_json(const std::vector<std::string>& texts) {
    std::vector<core::Value> values{texts.begin(), texts.end()};
    return core::to_json(core::Value::array(std::move(values)));
}

std::vector<std::string> texts_in(std::string_view json) {
    std::vector<std::string> texts;
    const auto read = core::parse_json(json);
    if (!read || !read->is_array()) return texts;
    for (const core::Value& text : read->as_array())
        if (text.is_string()) texts.emplace_back(text.as_string());
    return texts;
}

std::uint64_t cached_size(const CachedResult& result) {
    std::uint64_t size = cached_row_bytes + result.key.size() + result.workflow_id.size() +
                         result.node_id.size() + result.bytes.size();
    for (const std::string& tag : result.tags)
        size += tag.size();
    return size;
}

CachedEntry entry_of(const CachedResult& result) {
    return {result.key,       result.workflow_id, result.node_id,     result.tags,
            result.stored_at, result.expires_at,  result.bytes.size()};
}

}  // namespace millrace::store
