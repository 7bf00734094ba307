// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/ids.hpp"
#include "millrace/store/feed.hpp"

namespace millrace::server {

/// Where somebody who follows events stands. Of one execution: behind its event number `major`. Of
/// many: behind the journal row `row` of frame `major`, and behind the first `event` events of the
/// row that follows. The last event of a row is told with the place behind that row, so that a
/// place never needs a row that was told in full. The default one is before everything.
struct Place {
    std::uint64_t major = 0;
    std::uint32_t row = 0;
    std::uint32_t event = 0;

    auto operator<=>(const Place&) const = default;

    static Place behind(store::FeedPosition position) { return {position.frame, position.row, 0}; }
    store::FeedPosition position() const { return {major, row}; }
};

/// As callers see the place of one who follows many executions: `<frame>.<row>.<event>`.
std::string feed_cursor(const Place& place);
std::optional<Place> parse_feed_cursor(std::string_view text);

/// `<execution id>:<seq>`, as in `core::Event::cursor`.
std::string execution_cursor(core::ExecutionId id, const Place& place);

}  // namespace millrace::server
