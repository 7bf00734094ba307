// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using core::Value;

class DeadLetterRoutesTest : public testing::RouteFixture {
protected:
    DeadLetterRoutesTest() : RouteFixture{{add_execution_routes, add_dead_letter_routes}} {}

    /// Fails as many executions, each of which leaves a letter, numbered from 1.
    void fail(int count) {
        save_chain("orders", "moody");
        for (int i = 0; i < count; ++i)
            ended(start("orders", R"({"input": 7})"));
    }
    std::size_t count(const std::string& query) {
        return body_of(get("/api/v1/dead-letters" + query)).find("items")->size();
    }
};

TEST_F(DeadLetterRoutesTest, ListAndShow) {
    fail(2);
    EXPECT_EQ(count(""), 2U);
    EXPECT_EQ(count("?status=open&workflow_id=orders&node_id=a&code=out_of_stock"), 2U);
    EXPECT_EQ(count("?status=replayed"), 0U);
    EXPECT_EQ(count("?created_before=2001-01-01T00:00:00Z"), 0U);
    const Value letter = body_of(get("/api/v1/dead-letters/1"));
    EXPECT_EQ(*letter.find("path"), Value{"a"});
    EXPECT_EQ(*letter.find("input"), Value{7});
    EXPECT_EQ(problem_of(get("/api/v1/dead-letters/9"), 404), "not_found");
    EXPECT_EQ(problem_of(get("/api/v1/dead-letters/odd"), 404), "not_found");
    EXPECT_EQ(problem_of(get("/api/v1/dead-letters?execution_id=odd"), 400), "bad_request");
}

TEST_F(DeadLetterRoutesTest, AreReplayedOnce) {
    fail(1);
    const Value body = body_of(post("/api/v1/dead-letters/1/replay", R"({"input": true})"), 201);
    const Value again = ended(std::string{body.find("execution_id")->as_string()});
    EXPECT_EQ(*again.find("status"), Value{"completed"});
    EXPECT_EQ(problem_of(post("/api/v1/dead-letters/1/replay"), 409), "conflict");
    EXPECT_EQ(*body_of(get("/api/v1/dead-letters/1")).find("replayed_as"), *again.find("id"));
}

TEST_F(DeadLetterRoutesTest, AreDiscardedOnce) {
    fail(1);
    const Value letter = body_of(post("/api/v1/dead-letters/1/discard"));
    EXPECT_EQ(*letter.find("status"), Value{"discarded"});
    EXPECT_EQ(problem_of(post("/api/v1/dead-letters/1/discard"), 409), "conflict");
    EXPECT_EQ(problem_of(post("/api/v1/dead-letters/9/discard"), 404), "not_found");
}

TEST_F(DeadLetterRoutesTest, AreDecidedInBulk) {
    fail(3);
    const Value replayed =
        body_of(post("/api/v1/dead-letters/replay", R"({"numbers": [1, 9], "input": true})"));
    const auto items = replayed.find("items")->as_array();
    ASSERT_EQ(items.size(), 2U);
    EXPECT_TRUE(items[0].find("error")->is_null());
    EXPECT_EQ(*items[1].find("error")->find("code"), Value{"not_found"});
    const Value discarded =
        body_of(post("/api/v1/dead-letters/discard", R"({"filter": {"workflow_id": "orders"}})"));
    EXPECT_EQ(discarded.find("items")->size(), 2U);
    EXPECT_EQ(count("?status=open"), 0U);
    EXPECT_EQ(problem_of(post("/api/v1/dead-letters/discard", "{}"), 422), "invalid");
}

}  // namespace
}  // namespace millrace::server
