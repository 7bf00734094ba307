// SPDX-License-Identifier: Apache-2.0
#include "id_source.hpp"

#include <gtest/gtest.h>

#include <set>

namespace millrace::runtime {
namespace {

TEST(IdSource, GivesDifferentIdsThatSortByTime) {
    IdSource ids;
    std::set<core::ExecutionId> seen;
    for (int i = 0; i < 1'000; ++i)
        seen.insert(ids.execution_id(core::Time{1'000}));
    EXPECT_EQ(seen.size(), 1'000u);
    EXPECT_LT(*seen.rbegin(), ids.execution_id(core::Time{1'001}));
}

TEST(IdSource, SpreadsExecutionsOverThePartitions) {
    IdSource ids;
    std::set<core::PartitionId> partitions;
    for (int i = 0; i < 10'000; ++i)
        partitions.insert(core::partition_of(ids.execution_id(core::Time{1'000})));
    // That any of the 256 is missing has a chance of 3e-15.
    EXPECT_EQ(partitions.size(), 256u);
}

}  // namespace
}  // namespace millrace::runtime
