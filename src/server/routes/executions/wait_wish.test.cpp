// SPDX-License-Identifier: Apache-2.0
#include "routes/executions/wait_wish.hpp"

#include <gtest/gtest.h>

namespace millrace::server {
namespace {

constexpr core::Duration wait_max{60'000};

std::int64_t waits_ms(const std::string& query, const std::string& prefer = "") {
    Request request;
    if (!query.empty()) request.query.emplace_back("wait", query);
    if (!prefer.empty()) request.headers.add("Prefer", prefer);
    const auto wish = read_wait_wish(request, wait_max);
    return wish ? wish->at_most.ms : -1;
}

TEST(WaitWish, IsReadFromTheQueryOrTheHeader) {
    EXPECT_EQ(waits_ms(""), 0);
    EXPECT_EQ(waits_ms("1500ms"), 1'500);
    EXPECT_EQ(waits_ms("", "wait=30"), 30'000);
    EXPECT_EQ(waits_ms("", "respond-async, wait=2; strict"), 2'000);
    EXPECT_EQ(waits_ms("5s", "wait=30"), 5'000) << "the query goes first";
}

TEST(WaitWish, IsBounded) {
    EXPECT_EQ(waits_ms("10m"), wait_max.ms);
    EXPECT_EQ(waits_ms("", "wait=99999999999"), wait_max.ms);
}

TEST(WaitWish, IsRefusedOnlyInTheQuery) {
    EXPECT_EQ(waits_ms("soon"), -1);
    EXPECT_EQ(waits_ms("30"), -1) << "a bare number has no unit";
    EXPECT_EQ(waits_ms("", "wait=soon"), 0);
}

}  // namespace
}  // namespace millrace::server
