// SPDX-License-Identifier: Apache-2.0
#include "memory/server_parts.hpp"

#include <algorithm>
#include <functional>
#include <limits>

#include "feed_rules.hpp"
#include "millrace/store/store.hpp"
#include "node_rules.hpp"
#include "part_rules.hpp"

namespace millrace::store::memory {

// ---- Feed -----------------------------------------------------------------------------------

void MemoryFeed::write(const engine::Frame& frame) {
    if (frame.journal.empty() || bytes_max_ == 0) return;
    const std::scoped_lock lock{mutex_};
    std::string bytes = pack_feed(frame.journal);
    bytes_ += bytes.size() + feed_frame_bytes;
    if (!frames_.empty() && frames_.back().frame == frame.number) {
        frames_.back().bytes += bytes;
    } else {
        frames_.push_back({frame.number, std::move(bytes)});
    }
    while (bytes_ > bytes_max_ && frames_.size() > 1) {
        forgotten_ = frames_.front().frame;
        bytes_ -= frames_.front().bytes.size() + feed_frame_bytes;
        frames_.pop_front();
    }
}

core::Result<std::vector<FeedRow>> MemoryFeed::rows(FeedPosition after, std::size_t limit) {
    const std::scoped_lock lock{mutex_};
    if (auto checked = check_feed(after, limit, forgotten_); !checked)
        return std::unexpected(checked.error());
    std::vector<FeedRow> rows;
    auto at = std::ranges::lower_bound(frames_, after.frame, {}, &Rows::frame);
    for (; at != frames_.end() && rows.size() < limit; ++at)
        unpack_feed(at->frame, at->bytes, after, limit, rows);
    return rows;
}

core::Result<FeedPosition> MemoryFeed::end() {
    const std::scoped_lock lock{mutex_};
    if (frames_.empty()) return FeedPosition{};
    std::vector<FeedRow> rows;
    constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
    unpack_feed(frames_.back().frame, frames_.back().bytes, {}, all, rows);
    return rows.back().position;
}

// ---- Idempotency ----------------------------------------------------------------------------

core::Result<std::optional<KeptAnswer>> MemoryIdempotency::begin(const KeptAnswer& request) {
    const std::scoped_lock lock{mutex_};
    const auto [at, is_new] = answers_.try_emplace({request.scope, request.key}, request);
    if (is_new) return std::nullopt;
    return at->second;
}

core::Result<> MemoryIdempotency::finish(const KeptAnswer& answer) {
    const std::scoped_lock lock{mutex_};
    const auto [at, is_new] = answers_.try_emplace({answer.scope, answer.key}, answer);
    if (is_new) return {};
    at->second.status = answer.status;
    at->second.headers = answer.headers;
    at->second.body = answer.body;
    return {};
}

core::Result<> MemoryIdempotency::forget(const std::string& scope, const std::string& key) {
    const std::scoped_lock lock{mutex_};
    answers_.erase({scope, key});
    return {};
}

core::Result<std::optional<KeptAnswer>> MemoryIdempotency::find(const std::string& scope,
                                                                const std::string& key) {
    const std::scoped_lock lock{mutex_};
    const auto found = answers_.find({scope, key});
    if (found == answers_.end()) return std::nullopt;
    return found->second;
}

core::Result<std::uint64_t> MemoryIdempotency::forget_before(core::Time before, std::size_t limit) {
    const std::scoped_lock lock{mutex_};
    std::multimap<core::Time, Name> old;
    for (const auto& [name, answer] : answers_)
        if (answer.created_at < before) old.emplace(answer.created_at, name);
    std::uint64_t forgotten = 0;
    for (auto at = old.begin(); at != old.end() && forgotten < limit; ++at, ++forgotten)
        answers_.erase(at->second);
    return forgotten;
}

// ---- Variables ------------------------------------------------------------------------------

core::Result<std::vector<Variable>> MemoryVariables::list() {
    const std::scoped_lock lock{mutex_};
    std::vector<Variable> all;
    for (const auto& [name, variable] : variables_)
        all.push_back(variable);
    return all;
}

core::Result<Variable> MemoryVariables::find(const std::string& name) {
    const std::scoped_lock lock{mutex_};
    const auto found = variables_.find(name);
    if (found == variables_.end()) return std::unexpected(variable_not_found(name));
    return found->second;
}

core::Result<> MemoryVariables::put(const Variable& variable) {
    const std::scoped_lock lock{mutex_};
    variables_[variable.name] = variable;
    return {};
}

core::Result<> MemoryVariables::remove(const std::string& name) {
    const std::scoped_lock lock{mutex_};
    if (variables_.erase(name) == 0) return std::unexpected(variable_not_found(name));
    return {};
}

// ---- Node library ---------------------------------------------------------------------------

core::Result<LibraryNodePage> MemoryNodeLibrary::list(const LibraryNodeFilter& filter,
                                                      std::size_t limit,
                                                      const std::string& cursor) {
    const auto start = list_start(limit, cursor, node_cursor, "library nodes");
    if (!start) return std::unexpected(start.error());
    const std::scoped_lock lock{mutex_};
    std::map<PagePlace, const LibraryNode*, std::greater<>> ordered;
    for (const auto& [id, stored] : nodes_) {
        if (!matches(filter, stored.node)) continue;
        const PagePlace place{stored.node.updated_at.ms, stored.place};
        if (!*start || place < **start) ordered.emplace(place, &stored.node);
    }
    LibraryNodePage page;
    PagePlace last;
    for (const auto& [place, node] : ordered) {
        if (page.items.size() == limit) {
            page.next_cursor = list_cursor(node_cursor, last);
            break;
        }
        page.items.push_back(*node);
        last = place;
    }
    return page;
}

core::Result<LibraryNode> MemoryNodeLibrary::find(const std::string& id) {
    const std::scoped_lock lock{mutex_};
    const auto found = nodes_.find(id);
    if (found == nodes_.end()) return std::unexpected(node_not_found(id));
    return found->second.node;
}

core::Result<std::vector<LibraryNode>> MemoryNodeLibrary::put(std::span<const LibraryNodePut> nodes,
                                                              core::Time now) {
    const std::scoped_lock lock{mutex_};
    Nodes changed;
    std::int64_t last_place = last_place_;
    std::vector<LibraryNode> saved;
    for (const LibraryNodePut& put : nodes) {
        auto at = changed.find(put.node.id);
        if (at == changed.end()) {
            if (const auto known = nodes_.find(put.node.id); known != nodes_.end())
                at = changed.emplace(known->first, known->second).first;
        }
        auto node = next_node(put, at == changed.end() ? nullptr : &at->second.node, now);
        if (!node) return std::unexpected(node.error());
        if (at == changed.end())
            at = changed.emplace(put.node.id, Stored{++last_place, {}, {}}).first;
        Stored& stored = at->second;
        stored.node = *node;
        if (stored.versions.empty() || stored.versions.back().version != node->version) {
            stored.versions.push_back(version_of(put, *node));
        } else {
            stored.versions.back().revision = node->revision;
        }
        saved.push_back(std::move(*node));
    }
    for (auto& [id, stored] : changed)
        nodes_[id] = std::move(stored);
    last_place_ = last_place;
    return saved;
}

core::Result<> MemoryNodeLibrary::remove(const std::string& id) {
    const std::scoped_lock lock{mutex_};
    if (nodes_.erase(id) == 0) return std::unexpected(node_not_found(id));
    return {};
}

core::Result<std::vector<LibraryNodeVersion>> MemoryNodeLibrary::versions(const std::string& id) {
    const std::scoped_lock lock{mutex_};
    const auto found = nodes_.find(id);
    if (found == nodes_.end()) return std::unexpected(node_not_found(id));
    std::vector<LibraryNodeVersion> versions = found->second.versions;
    std::ranges::reverse(versions);
    return versions;
}

}  // namespace millrace::store::memory
