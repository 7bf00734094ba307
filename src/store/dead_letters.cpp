// SPDX-License-Identifier: Apache-2.0
#include "millrace/store/dead_letters.hpp"

#include "dead_letter_rules.hpp"
#include "millrace/store/store.hpp"

namespace millrace::store {

std::string_view to_text(DeadLetterStatus status) {
    switch (status) {
        case DeadLetterStatus::open: return "open";
        case DeadLetterStatus::replayed: return "replayed";
        case DeadLetterStatus::discarded: return "discarded";
    }
    return "open";
}

std::optional<DeadLetterStatus> parse_dead_letter_status(std::string_view text) {
    for (const DeadLetterStatus status :
         {DeadLetterStatus::open, DeadLetterStatus::replayed, DeadLetterStatus::discarded})
        if (to_text(status) == text) return status;
    return std::nullopt;
}

bool matches(const DeadLetterFilter& filter, const DeadLetter& letter) {
    return (!filter.status || letter.status == *filter.status) &&
           (!filter.workflow_id || letter.row.workflow_id == *filter.workflow_id) &&
           (!filter.node_id || letter.row.node_id == *filter.node_id) &&
           (!filter.execution || letter.row.id == *filter.execution) &&
           (!filter.code || letter.row.failure.code == *filter.code) &&
           (!filter.created_after || letter.row.at >= *filter.created_after) &&
           (!filter.created_before || letter.row.at < *filter.created_before);
}

core::Error dead_letter_not_found(std::uint64_t number) {
    return {StoreErrc::not_found, "there is no dead letter " + std::to_string(number)};
}

core::Error dead_letter_is_decided(const DeadLetter& letter) {
    std::string message = "dead letter " + std::to_string(letter.number) + " was " +
                          std::string{to_text(letter.status)} + " already";
    if (letter.replayed_as) message += " as execution " + letter.replayed_as->text();
    return {StoreErrc::conflict, message};
}

}  // namespace millrace::store
