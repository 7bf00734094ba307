// SPDX-License-Identifier: Apache-2.0
#include "cache/result_front.hpp"

#include <algorithm>
#include <utility>

#include "millrace/core/binary.hpp"

namespace millrace::runtime {
namespace {

constexpr std::uint8_t outputs_version = 1;
// The list's and the table's own.
constexpr std::size_t entry_bytes = 256;

bool matches(const store::CacheFilter& filter, const ResultFront::Entry& entry) {
    return (!filter.workflow_id || entry.workflow_id == *filter.workflow_id) &&
           (!filter.node_id || entry.node_id == *filter.node_id) &&
           (!filter.tag || std::ranges::find(entry.tags, *filter.tag) != entry.tags.end());
}

}  // namespace

std::string pack_outputs(const Outputs& outputs) {
    std::string bytes;
    core::BinaryWriter writer{bytes};
    writer.u8(outputs_version);
    writer.varint(outputs.size());
    for (const engine::PortValue& output : outputs) {
        writer.varint(output.port.value);
        writer.value(output.value);
    }
    return bytes;
}

std::optional<Outputs> unpack_outputs(std::string_view bytes) {
    core::BinaryReader reader{bytes};
    if (reader.u8() != outputs_version) return std::nullopt;
    Outputs outputs(reader.count(2));
    for (engine::PortValue& output : outputs) {
        output.port.value = static_cast<decltype(output.port.value)>(reader.varint());
        output.value = reader.value();
    }
    if (!reader.at_end()) return std::nullopt;
    return outputs;
}

std::size_t weight_of(const Outputs& outputs) {
    std::size_t weight = 0;
    for (const engine::PortValue& output : outputs)
        weight += sizeof(output) + output.value.weight();
    return weight;
}

std::shared_ptr<const Outputs> ResultFront::find(const std::string& key, core::Time now,
                                                 core::Duration ttl) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    const Entries::iterator at = found->second;
    if (at->expires_at <= now) {
        erase(at);
        return nullptr;
    }
    if (at->stored_at + ttl <= now) return nullptr;
    entries_.splice(entries_.begin(), entries_, at);
    return at->outputs;
}

void ResultFront::put(Entry entry) {
    if (const auto old = by_key_.find(entry.key); old != by_key_.end()) erase(old->second);
    entry.bytes = entry_bytes + entry.key.size() + weight_of(*entry.outputs);
    if (entry.bytes > bytes_max_) return;
    bytes_ += entry.bytes;
    entries_.push_front(std::move(entry));
    by_key_.emplace(entries_.front().key, entries_.begin());
    while (bytes_ > bytes_max_)
        erase(std::prev(entries_.end()));
}

void ResultFront::clear(const store::CacheFilter& filter) {
    for (auto at = entries_.begin(); at != entries_.end();) {
        const auto next = std::next(at);
        if (matches(filter, *at)) erase(at);
        at = next;
    }
}

void ResultFront::erase(Entries::iterator at) {
    bytes_ -= at->bytes;
    by_key_.erase(at->key);
    entries_.erase(at);
}

}  // namespace millrace::runtime
