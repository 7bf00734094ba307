// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "testing/shard_fixture.hpp"

// What an effect's result is kept under.
namespace millrace::engine {
namespace {

using core::Duration;

PlanBuilder cached(std::string_view node, std::string_view key, std::string_view data) {
    PlanBuilder plan;
    plan.node("start", "trigger.manual")
        .node(node, "test.effect", data)
        .cache({.ttl = Duration{60'000}, .key = std::string{key}, .tags = {"prices"}});
    return plan.connect("start -> " + std::string{node});
}

std::string key_of(std::string_view node, std::string_view key, std::string_view data,
                   std::string_view input) {
    ShardFixture shard;
    shard.start(cached(node, key, data), json(input));
    return shard.effect(node).cache.value().key;
}

TEST(CacheRequest, SaysWhereTheResultBelongs) {
    ShardFixture shard;
    shard.start(cached("call", "", "{}"), json("1"));
    const CacheRequest request = shard.effect("call").cache.value();
    EXPECT_EQ(request.workflow_id, shard.plan().identity().workflow_id);
    EXPECT_EQ(request.node_id, "call");
    EXPECT_EQ(request.tags, std::vector<std::string>{"prices"});
    EXPECT_EQ(request.ttl, Duration{60'000});
}

TEST(CacheRequest, HasTheSameKeyForEqualContent) {
    EXPECT_EQ(key_of("call", "", "{}", R"({"a": 1, "b": 2})"),
              key_of("other", "", "{}", R"({"b": 2, "a": 1})"));
    EXPECT_NE(key_of("call", "", "{}", R"({"a": 1})"), key_of("call", "", "{}", R"({"a": 2})"));
    EXPECT_NE(key_of("call", "", R"({"function": "f"})", "1"),
              key_of("call", "", R"({"function": "g"})", "1"));
}

TEST(CacheRequest, TellsNodesApartThatKeepResultsForAnotherTime) {
    const auto key_with = [](Duration ttl) {
        PlanBuilder plan;
        plan.node("start", "trigger.manual").node("call", "test.effect").cache({.ttl = ttl});
        ShardFixture shard;
        shard.start(plan.connect("start -> call"), json("1"));
        return shard.effect("call").cache.value().key;
    };
    EXPECT_NE(key_with(Duration{1'000}), key_with(Duration{2'000}));
}

TEST(CacheRequest, HasTheNodesOwnKeyInstead) {
    EXPECT_EQ(key_of("call", "inputs.id", "{}", R"({"id": 1, "at": 5})"),
              key_of("call", "inputs.id", "{}", R"({"id": 1, "at": 6})"));
    EXPECT_NE(key_of("call", "inputs.id", "{}", R"({"id": 1})"),
              key_of("call", "inputs.id", "{}", R"({"id": 2})"));
    EXPECT_NE(key_of("call", "inputs.id", "{}", R"({"id": 1})"),
              key_of("other", "inputs.id", "{}", R"({"id": 1})"))
        << "what a key means is the node's own affair";
}

TEST(CacheRequest, FailsTheNodeWhenItsKeyCannotBeEvaluated) {
    ShardFixture shard;
    shard.start(cached("call", "inputs.a.b", "{}"), json("{}"));
    EXPECT_EQ(shard.view().error().value().code, "undefined_property");
    EXPECT_EQ(shard.view().error().value().node_id, "call");
}

}  // namespace
}  // namespace millrace::engine
