// SPDX-License-Identifier: Apache-2.0
#include "millrace/store/store.hpp"

namespace millrace::store {

std::string_view code_text(StoreErrc code) {
    switch (code) {
        case StoreErrc::io: return "io";
        case StoreErrc::full: return "full";
        case StoreErrc::read_only: return "read_only";
        case StoreErrc::locked: return "locked";
        case StoreErrc::corrupt: return "corrupt";
        case StoreErrc::newer_schema: return "newer_schema";
        case StoreErrc::older_schema: return "older_schema";
        case StoreErrc::stale_epoch: return "stale_epoch";
        case StoreErrc::timed_out: return "timed_out";
        case StoreErrc::outcome_unknown: return "outcome_unknown";
        case StoreErrc::not_found: return "not_found";
        case StoreErrc::conflict: return "conflict";
        case StoreErrc::bad_argument: return "bad_argument";
    }
    return "unknown";
}

}  // namespace millrace::store
