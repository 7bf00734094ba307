// SPDX-License-Identifier: Apache-2.0
#include "triggers/trigger_table.hpp"

#include <gmock/gmock.h>

#include "millrace/store/library.hpp"
#include "service/workflow_catalog.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TriggerTableTest : public testing::RouteFixture {
protected:
    TriggerTableTest() : RouteFixture{{}} {
        services().triggers.subscribe(
            "trigger.webhook", [this](const std::string& workflow) { told.push_back(workflow); });
    }

    /// Puts a workflow with a webhook of this path, and makes it the active one.
    void activate(const std::string& id, const std::string& path) {
        store::WorkflowPut put;
        put.workflow_id = id;
        put.hash = id + path;
        put.document = R"({"millrace": 1, "id": ")" + id +
                       R"(", "nodes": [{"id": "start", "type": "trigger.manual"},
                       {"id": "hook", "type": "trigger.webhook", "data": {"path": ")" +
                       path + R"("}}], "connections": []})";
        put.activate = true;
        const auto saved = runtime().write([&](store::Store& store) -> core::Result<> {
            const auto done = store.library().put(put, core::Time{1});
            if (!done) return std::unexpected(done.error());
            return {};
        });
        ASSERT_TRUE(saved) << saved.error().message();
        services().catalog.forget(id);
    }

    void deactivate(const std::string& id) {
        const auto done = runtime().write([&](store::Store& store) -> core::Result<> {
            const auto entry = store.library().set_active(id, std::nullopt, core::Time{2});
            if (!entry) return std::unexpected(entry.error());
            return {};
        });
        ASSERT_TRUE(done) << done.error().message();
        services().catalog.forget(id);
    }

    std::vector<std::string> told;
};

TEST_F(TriggerTableTest, FollowsTheActiveVersions) {
    activate("orders", "orders");
    const TriggerPtr hook = services().triggers.find("orders", "hook");
    ASSERT_NE(hook, nullptr);
    EXPECT_EQ(*hook->data.find("path"), core::Value{"orders"});
    EXPECT_THAT(*services().triggers.of_type("trigger.webhook"), ElementsAre(hook));
    EXPECT_THAT(*services().triggers.of_type("trigger.manual"), SizeIs(1));
    deactivate("orders");
    EXPECT_EQ(services().triggers.find("orders", "hook"), nullptr);
    EXPECT_THAT(*services().triggers.of_type("trigger.webhook"), IsEmpty());
    EXPECT_THAT(told, ElementsAre("orders", "orders"));
}

TEST_F(TriggerTableTest, TellsOnlyOfWhatHasChanged) {
    activate("orders", "orders");
    const TriggerTable::Snapshot before = services().triggers.of_type("trigger.webhook");
    services().catalog.forget("orders");
    EXPECT_EQ(services().triggers.of_type("trigger.webhook"), before);
    activate("other", "other");
    EXPECT_EQ(services().triggers.of_type("trigger.webhook")->front(), before->front());
    EXPECT_THAT(told, ElementsAre("orders", "other"));
}

TEST_F(TriggerTableTest, ReadsAllAtTheStart) {
    activate("orders", "orders");
    activate("other", "other");
    TriggerTable table{runtime(), services().log};
    std::size_t times = 0;
    table.subscribe("trigger.webhook", [&](const std::string&) { ++times; });
    ASSERT_TRUE(table.load());
    ASSERT_TRUE(table.load());
    EXPECT_THAT(*table.of_type("trigger.webhook"), SizeIs(2));
    EXPECT_EQ(times, 1U);
}

}  // namespace
}  // namespace millrace::server
