// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "millrace/engine/frame.hpp"
#include "millrace/store/feed.hpp"
#include "sqlite/part_access.hpp"

namespace millrace::store::sqlite {

/// The writing side of the feed, within the transactions of frames. The bytes are counted in
/// memory; a frame that was not kept stays counted, so that old rows go a little earlier.
class FeedWriter {
public:
    explicit FeedWriter(std::uint64_t bytes_max) : bytes_max_{bytes_max} {}

    /// Prepares the statements and reads how much there is.
    core::Result<> open(Connection& connection);
    core::Result<> write(const engine::Frame& frame);

private:
    core::Result<> append(std::uint64_t frame, std::string_view bytes);
    /// Forgets the oldest rows once there are some pages too many of them: each time costs the
    /// writing of pages that the frame itself would not have touched.
    core::Result<> forget();

    std::uint64_t bytes_max_;
    Connection* connection_ = nullptr;
    Statement insert_;
    std::uint64_t total_ = 0;   // bytes of all rows that ever were
    std::uint64_t oldest_ = 0;  // the same, where the rows begin that are still there
};

class SqliteFeed final : public Feed {
public:
    /// `access` outlives it.
    explicit SqliteFeed(PartAccess& access) : access_{access} {}

    core::Result<std::vector<FeedRow>> rows(FeedPosition after, std::size_t limit) override;
    core::Result<FeedPosition> end() override;

private:
    PartAccess& access_;
};

}  // namespace millrace::store::sqlite
