// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "routes/executions/execution_search.hpp"
#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using core::Value;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ExecutionListsTest : public testing::RouteFixture {
protected:
    ExecutionListsTest() : RouteFixture{{add_execution_routes}} {}

    /// The ids of a list's items.
    std::vector<std::string> ids(const std::string& target, std::string_view key = "id") {
        const Value body = body_of(get(target));
        std::vector<std::string> found;
        const Value* const items = body.find("items");
        for (const Value& item : items->as_array())
            found.emplace_back(item.find(key)->as_string());
        next = body.find("next_cursor")->is_null()
                   ? ""
                   : std::string{body.find("next_cursor")->as_string()};
        return found;
    }

    std::string next;
};

TEST_F(ExecutionListsTest, GiveAllPagesNewestFirst) {
    save_chain("orders");
    const std::string first = start("orders");
    const std::string second = start("orders");
    const std::string third = start("orders");
    EXPECT_THAT(ids("/api/v1/executions?limit=2"), ElementsAre(third, second));
    EXPECT_THAT(ids("/api/v1/executions?limit=2&cursor=" + next), ElementsAre(first));
    EXPECT_EQ(next, "");
}

TEST_F(ExecutionListsTest, ChooseByStatusWorkflowAndTime) {
    save_chain("orders");
    save_chain("broken", "moody");
    const std::string good = start("orders");
    const std::string bad = start("broken");
    ended(good);
    ended(bad);
    EXPECT_THAT(ids("/api/v1/executions?status=failed"), ElementsAre(bad));
    EXPECT_THAT(ids("/api/v1/executions?workflow_id=orders"), ElementsAre(good));
    EXPECT_THAT(ids("/api/v1/workflows/orders/executions"), ElementsAre(good));
    EXPECT_THAT(ids("/api/v1/executions?created_before=2001-01-01T00:00:00Z"), IsEmpty());
    EXPECT_THAT(ids("/api/v1/executions?created_after=2001-01-01T00:00:00Z"), SizeIs(2));
}

TEST_F(ExecutionListsTest, FindTextInIdsLabelsInputsAndErrors) {
    save_chain("orders");
    save_chain("broken", "moody");
    const std::string ada = start("orders", R"({"labels": {"customer": "Ada"}})");
    const std::string seven = start("orders", R"({"input": {"order_id": 7001}})");
    const std::string bad = start("broken");
    for (const std::string& id : {ada, seven, bad})
        ended(id);
    EXPECT_THAT(ids("/api/v1/executions?text=ADA"), ElementsAre(ada));
    EXPECT_THAT(ids("/api/v1/executions?text=7001"), ElementsAre(seven));
    EXPECT_THAT(ids("/api/v1/executions?text=nothing%20is%20left"), ElementsAre(bad));
    EXPECT_THAT(ids("/api/v1/executions?text=" + ada.substr(20)), ElementsAre(ada));
    EXPECT_THAT(ids("/api/v1/executions?text=nowhere"), IsEmpty());
}

TEST_F(ExecutionListsTest, FindWhatTakesLongOrIsStuck) {
    save_chain("orders", "gated");
    save(R"({"millrace": 1, "id": "slow", "nodes": [
        {"id": "start", "type": "trigger.manual"},
        {"id": "wait", "type": "flow.delay", "data": {"for": "10h"}}],
        "connections": ["start -> wait"]})");
    const std::string stuck = start("orders");
    entered.wait_for(1);
    const std::string waits = start("slow");
    const std::string later = start("slow", R"({"start_at": "2999-01-01T00:00:00Z"})");
    EXPECT_THAT(ids("/api/v1/executions?running_longer_than=1h"), IsEmpty());
    EXPECT_THAT(ids("/api/v1/executions?stuck_for=1h"), IsEmpty());
    ahead = core::Duration{2 * 3'600'000};
    EXPECT_THAT(ids("/api/v1/executions?running_longer_than=1h"), ElementsAre(later, waits, stuck));
    EXPECT_THAT(ids("/api/v1/executions?stuck_for=1h"), ElementsAre(stuck));
    body_of(post("/api/v1/executions/" + stuck + "/pause"));
    EXPECT_THAT(ids("/api/v1/executions?stuck_for=1h"), IsEmpty()) << "somebody paused it";
}

TEST_F(ExecutionListsTest, FindWhatAnExecutionHasStarted) {
    save_chain("orders");
    save(R"({"millrace": 1, "id": "shop", "nodes": [
        {"id": "start", "type": "trigger.manual"},
        {"id": "order", "type": "flow.subworkflow", "data": {"workflow": "orders"}}],
        "connections": ["start -> order"]})");
    const std::string parent = start("shop");
    const Value body = ended(parent);
    EXPECT_EQ(*body.find("status"), Value{"completed"});
    const std::vector<std::string> children = ids("/api/v1/executions?parent_id=" + parent);
    ASSERT_THAT(children, SizeIs(1));
    EXPECT_THAT(ids("/api/v1/executions/" + parent + "/children"), ElementsAre(children[0]));
    EXPECT_EQ(*body_of(get("/api/v1/executions/" + children[0])).find("parent_id"), Value{parent});
    const Value* const attempts = body.find("nodes")->find("order")->find("attempts");
    EXPECT_EQ(*attempts->as_array()[0].find("child_execution_id"), Value{children[0]});
    EXPECT_THAT(ids("/api/v1/executions/" + children[0] + "/children"), IsEmpty());
    EXPECT_EQ(problem_of(get("/api/v1/executions?parent_id=odd"), 400), "bad_request");
    EXPECT_EQ(problem_of(get("/api/v1/executions/" + std::string(36, 'a') + "/children"), 404),
              "not_found");
}

TEST_F(ExecutionListsTest, TellAnUnknownWorkflowFromOneThatNeverRan) {
    save_chain("orders");
    EXPECT_THAT(ids("/api/v1/workflows/orders/executions"), IsEmpty());
    EXPECT_EQ(problem_of(get("/api/v1/workflows/nobody/executions"), 404), "not_found");
}

TEST_F(ExecutionListsTest, RefuseWhatIsNoChoice) {
    EXPECT_EQ(problem_of(get("/api/v1/executions?status=odd"), 400), "bad_request");
    EXPECT_EQ(problem_of(get("/api/v1/executions?created_after=yesterday"), 400), "bad_request");
    EXPECT_EQ(problem_of(get("/api/v1/executions?stuck_for=30"), 400), "bad_request");
    EXPECT_EQ(problem_of(get("/api/v1/executions?limit=0"), 400), "bad_request");
    EXPECT_EQ(problem_of(get("/api/v1/executions?cursor=odd"), 400), "bad_request");
}

TEST_F(ExecutionListsTest, ListTheRunsOfOneNode) {
    save_chain("orders", "moody");
    const std::string first = start("orders", R"({"input": true})");
    const std::string second = start("orders");
    ended(first);
    ended(second);
    const std::string path = "/api/v1/workflows/orders/nodes/b/executions";
    EXPECT_THAT(ids(path, "execution_id"), ElementsAre(second, first));
    EXPECT_THAT(ids(path, "status"), ElementsAre("canceled", "completed"));
    EXPECT_THAT(ids(path + "?limit=1", "execution_id"), ElementsAre(second));
    EXPECT_THAT(ids(path + "?limit=1&cursor=" + next, "execution_id"), ElementsAre(first));
    EXPECT_EQ(next, "");
    EXPECT_EQ(problem_of(get("/api/v1/workflows/orders/nodes/nobody/executions"), 404),
              "not_found");
    EXPECT_EQ(problem_of(get("/api/v1/workflows/nobody/nodes/b/executions"), 404), "not_found");
    EXPECT_EQ(problem_of(get(path + "?cursor=odd"), 400), "bad_request");
}

TEST(ContainsText, IgnoresTheCaseOfAsciiLetters) {
    EXPECT_TRUE(contains_text("Order 7", "ORDER"));
    EXPECT_TRUE(contains_text("Order 7", ""));
    EXPECT_FALSE(contains_text("Order 7", "order 8"));
    EXPECT_FALSE(contains_text("", "a"));
}

}  // namespace
}  // namespace millrace::server
