// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <thread>

#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using core::Value;

class CacheRoutesTest : public testing::RouteFixture {
protected:
    CacheRoutesTest() : RouteFixture{{add_execution_routes, add_cache_routes}} {}

    void run(const std::string& node_parts) {
        save(R"({"millrace": 1, "id": "prices", "nodes": [
            {"id": "start", "type": "trigger.manual"},
            {"id": "ask", "type": "test.effect", )" +
             node_parts + R"(}], "connections": ["start -> ask"]})");
        ended(start("prices", R"({"input": 7})"));
    }
    std::size_t kept(const std::string& query = "") {
        return body_of(get("/api/v1/cache" + query)).find("items")->size();
    }
};

TEST_F(CacheRoutesTest, ListAndForgetKeptResults) {
    run(R"("data": {"function": "echo"}, "cache": {"ttl": "1h"})");
    // What is kept is written behind the execution's back.
    while (kept() == 0)
        std::this_thread::yield();
    EXPECT_EQ(kept("?workflow_id=prices&node_id=ask"), 1U);
    EXPECT_EQ(kept("?node_id=other"), 0U);
    EXPECT_EQ(problem_of(del("/api/v1/cache"), 400), "bad_request");
    EXPECT_EQ(problem_of(del("/api/v1/cache?all=true&node_id=ask"), 400), "bad_request");
    EXPECT_EQ(*body_of(del("/api/v1/cache?node_id=ask")).find("cleared"), Value{1});
    EXPECT_EQ(*body_of(del("/api/v1/cache?all=true")).find("cleared"), Value{0});
}

TEST_F(CacheRoutesTest, ListBreakersThatHaveSeenFailures) {
    EXPECT_EQ(body_of(get("/api/v1/breakers")).find("items")->size(), 0U);
    run(R"("data": {"function": "moody"},
           "circuit_breaker": {"failures": 5, "window": "30s", "reset": "10s"})");
    const Value body = body_of(get("/api/v1/breakers"));
    ASSERT_EQ(body.find("items")->size(), 1U);
    EXPECT_EQ(*body.find("items")->as_array()[0].find("key"), Value{"node/prices/ask"});
}

}  // namespace
}  // namespace millrace::server
