// SPDX-License-Identifier: Apache-2.0
#include "service/health.hpp"

#include <gtest/gtest.h>

namespace millrace::server {
namespace {

core::Value at(const core::Value& value, std::initializer_list<std::string_view> path) {
    const core::Value* found = &value;
    for (const std::string_view key : path)
        found = found == nullptr ? nullptr : found->find(key);
    return found == nullptr ? core::Value{} : *found;
}

TEST(Health, IsAsBadAsItsWorstComponent) {
    Health health{"1.2.3"};
    health.add("store", [] { return ComponentHealth{}; });
    EXPECT_EQ(at(health.report(), {"status"}), core::Value{"ok"});

    Health worse{"1.2.3"};
    worse.add("store", [] { return ComponentHealth{HealthStatus::failing, "gone", {}}; });
    worse.add("files", [] { return ComponentHealth{HealthStatus::degraded, "", {{"broken", 2}}}; });
    const core::Value report = worse.report();
    EXPECT_EQ(at(report, {"status"}), core::Value{"failing"});
    EXPECT_EQ(at(report, {"version"}), core::Value{"1.2.3"});
    EXPECT_EQ(at(report, {"components", "store", "detail"}), core::Value{"gone"});
    EXPECT_EQ(at(report, {"components", "files", "broken"}), core::Value{2});
    EXPECT_TRUE(at(report, {"components", "files", "latency_ms"}).is_number());
}

TEST(Health, AsksNotAgainAtOnce) {
    Health health{"1"};
    int asked = 0;
    health.add("store", [&] { return ++asked, ComponentHealth{}; });
    health.report();
    health.report();
    EXPECT_EQ(asked, 1);
}

TEST(Health, IsReadyBetweenRecoveryAndDraining) {
    Health health{"1"};
    EXPECT_FALSE(health.is_ready());
    health.set_ready();
    EXPECT_TRUE(health.is_ready());
    health.start_draining();
    EXPECT_FALSE(health.is_ready());
    EXPECT_TRUE(health.is_draining());
}

}  // namespace
}  // namespace millrace::server
