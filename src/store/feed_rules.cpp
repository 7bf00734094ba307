// SPDX-License-Identifier: Apache-2.0
#include "feed_rules.hpp"

#include "millrace/core/binary.hpp"
#include "millrace/store/store.hpp"

namespace millrace::store {

namespace {

constexpr std::size_t feed_limit_max = 10'000;

}  // namespace

std::string pack_feed(std::span<const engine::JournalRow> rows) {
    std::string bytes;
    bytes.reserve(rows.size() * 20);
    core::BinaryWriter writer{bytes};
    for (const engine::JournalRow& row : rows) {
        writer.uuid(row.id.uuid);
        writer.varint(row.first_seq);
        writer.varint(row.count);
    }
    return bytes;
}

bool unpack_feed(std::uint64_t frame, std::string_view bytes, FeedPosition after, std::size_t limit,
                 std::vector<FeedRow>& rows) {
    core::BinaryReader reader{bytes};
    FeedPosition position{frame, 0};
    while (!reader.at_end() && rows.size() < limit) {
        ++position.row;
        FeedRow row{position, core::ExecutionId{reader.uuid()}, reader.varint(),
                    static_cast<std::uint32_t>(reader.varint())};
        if (!reader.ok()) return false;
        if (position > after) rows.push_back(row);
    }
    return true;
}

core::Result<> check_feed(FeedPosition after, std::size_t limit, std::uint64_t forgotten) {
    if (limit == 0 || limit > feed_limit_max) {
        return core::fail(StoreErrc::bad_argument,
                          "the feed is read by 1 to 10,000 rows, not " + std::to_string(limit));
    }
    if (forgotten == 0 || after >= end_of_frame(forgotten)) return {};
    return core::fail(StoreErrc::not_found,
                      "what happened since then is forgotten; look at the executions anew");
}

}  // namespace millrace::store
