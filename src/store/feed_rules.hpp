// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/store/feed.hpp"

// What the implementations of Feed have in common.

namespace millrace::store {

/// What a frame takes in a feed beside its rows.
inline constexpr std::uint64_t feed_frame_bytes = 16;

/// The rows of one frame. Those of two packed one behind the other are as of one frame.
std::string pack_feed(std::span<const engine::JournalRow> rows);
/// Adds the rows behind `after` to `rows` until it has `limit` of them; whether the bytes were
/// readable.
bool unpack_feed(std::uint64_t frame, std::string_view bytes, FeedPosition after, std::size_t limit,
                 std::vector<FeedRow>& rows);

/// Behind all rows of `frame`.
inline FeedPosition end_of_frame(std::uint64_t frame) {
    return {frame, std::numeric_limits<std::uint32_t>::max()};
}
/// `bad_argument` for the limit, `not_found` when rows behind `after` were forgotten: those of
/// frames up to `forgotten`, 0: none.
core::Result<> check_feed(FeedPosition after, std::size_t limit, std::uint64_t forgotten);

}  // namespace millrace::store
