// SPDX-License-Identifier: Apache-2.0
#include "events/decoders.hpp"

#include <optional>
#include <utility>
#include <variant>

#include "events/told_event.hpp"
#include "millrace/engine/record.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

/// Of a journal that is read ahead; the rest is read again when it is needed.
constexpr std::size_t ahead_bytes_max = 1u << 20;

std::unexpected<core::Error> missing(core::ExecutionId id, std::uint64_t seq) {
    return core::fail(store::StoreErrc::not_found, "the journal of the execution " + id.text() +
                                                       " has no row with the record " +
                                                       std::to_string(seq));
}

}  // namespace

core::Result<std::vector<core::Event>> Decoders::events_of(const RowToDecode& row) {
    if (const auto done = std::exchange(done_, std::nullopt)) views_.erase(*done);
    const core::Result<Decoded*> decoded = decoded_of(row);
    if (!decoded) return std::unexpected(decoded.error());
    auto events = decode(**decoded, row);
    // A view that is not where it should be is no good for what follows, and a last event is
    // followed by nothing.
    if (!events) views_.erase(row.id);
    if (events && !events->empty() && is_last(events->back())) done_ = row.id;
    return events;
}

const engine::ExecutionView* Decoders::view_of(core::ExecutionId id) {
    std::unique_ptr<Decoded>* const known = views_.find(id);
    return known == nullptr ? nullptr : &(*known)->view;
}

core::Result<Decoders::Decoded*> Decoders::decoded_of(const RowToDecode& row) {
    std::unique_ptr<Decoded>* const known = views_.find(row.id);
    if (known != nullptr && (*known)->next_seq <= row.first_seq) return known->get();
    auto begun = begin(row);
    if (!begun) return std::unexpected(std::move(begun.error()));
    return views_.put(row.id, std::move(*begun)).get();
}

core::Result<std::unique_ptr<Decoders::Decoded>> Decoders::begin(const RowToDecode& row) {
    std::string workflow_id;
    std::uint32_t version = 0;
    if (row.first_seq == 1 && row.bytes != nullptr) {
        const auto records = engine::read_row(*row.bytes);
        if (!records) return std::unexpected(records.error());
        const engine::ExecutionCreated* created = nullptr;
        if (!records->empty())
            created = std::get_if<engine::ExecutionCreated>(&records->front().body);
        if (created == nullptr) return missing(row.id, 1);
        workflow_id = created->workflow_id;
        version = created->workflow_version;
    } else {
        const auto stored = journals_.execution(row.id);
        if (!stored) return std::unexpected(stored.error());
        workflow_id = stored->workflow_id;
        version = stored->workflow_version;
    }
    auto plan = journals_.plan(workflow_id, version);
    if (!plan) return std::unexpected(std::move(plan.error()));
    return std::make_unique<Decoded>(
        Decoded{engine::ExecutionView{row.id, std::move(*plan)}, 1, {}});
}

/// The packed row that begins with the record that the view expects.
core::Result<std::string> Decoders::next_row(Decoded& decoded, core::ExecutionId id) {
    if (decoded.ahead.empty()) {
        auto rows = journals_.rows(id, decoded.next_seq - 1);
        if (!rows) return std::unexpected(std::move(rows.error()));
        std::size_t bytes = 0;
        for (std::string& row : *rows) {
            if (bytes > ahead_bytes_max) break;
            bytes += row.size();
            decoded.ahead.push_back(std::move(row));
        }
    }
    if (decoded.ahead.empty()) return missing(id, decoded.next_seq);
    std::string row = std::move(decoded.ahead.front());
    decoded.ahead.pop_front();
    return row;
}

core::Result<std::vector<core::Event>> Decoders::decode(Decoded& decoded, const RowToDecode& row) {
    std::vector<core::Event> events;
    while (decoded.next_seq <= row.first_seq) {
        const bool is_wanted = decoded.next_seq == row.first_seq;
        core::Result<std::string> read;
        const bool is_given = is_wanted && row.bytes != nullptr && decoded.ahead.empty();
        if (!is_given) read = next_row(decoded, row.id);
        if (!read) return std::unexpected(std::move(read.error()));
        const auto records = engine::read_row(is_given ? *row.bytes : *read);
        if (!records) return std::unexpected(records.error());
        if (records->empty() || records->front().seq != decoded.next_seq)
            return missing(row.id, decoded.next_seq);
        for (const engine::Record& record : *records) {
            std::optional<core::Event> event = decoded.view.feed(record);
            if (event && is_wanted) events.push_back(*std::move(event));
        }
        decoded.next_seq = records->back().seq + 1;
    }
    return events;
}

}  // namespace millrace::server
