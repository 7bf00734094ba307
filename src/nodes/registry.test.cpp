// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;

core::NodeType sound_type(std::string name = "test.echo", std::uint32_t version = 1) {
    core::NodeType type;
    type.type = std::move(name);
    type.version = version;
    type.name = "Echo";
    type.description = "Passes its input on.";
    type.inputs.push_back({.name = "in"});
    type.outputs.push_back({.name = "out"});
    type.data_schema = json(
        R"({"type":"object","properties":{"level":{"type":"integer"}},
            "additionalProperties":false})");
    type.default_data = json("{}");
    return type;
}

TEST(Registry, FindsWhatWasAdded) {
    Registry registry;
    ASSERT_TRUE(registry.add(sound_type("b.two"), trigger_manual()));
    ASSERT_TRUE(registry.add(sound_type("a.one", 2), trigger_manual()));
    ASSERT_TRUE(registry.add(sound_type("a.one", 1), trigger_manual()));
    EXPECT_THAT(registry.names(), ElementsAre("a.one", "b.two"));
    EXPECT_EQ(registry.find("a.one", 2)->type.version, 2);
    EXPECT_EQ(registry.latest("a.one")->type.version, 2);
    EXPECT_EQ(registry.find("a.one", 3), nullptr);
    EXPECT_EQ(registry.latest("a.three"), nullptr);
    EXPECT_TRUE(registry.has("b.two", 1));
}

TEST(Registry, ListsByCategory) {
    Registry registry;
    core::NodeType condition = sound_type("b.two");
    condition.category = core::NodeCategory::conditions;
    ASSERT_TRUE(registry.add(condition, trigger_manual()));
    ASSERT_TRUE(registry.add(sound_type("a.one"), trigger_manual()));
    EXPECT_EQ(registry.list().size(), 2);
    const auto listed = registry.list(core::NodeCategory::conditions);
    ASSERT_EQ(listed.size(), 1);
    EXPECT_EQ(listed[0]->type.type, "b.two");
    EXPECT_THAT(registry.list(core::NodeCategory::triggers), IsEmpty());
    EXPECT_THAT(registry.categories(),
                ElementsAre(core::NodeCategory::transforms, core::NodeCategory::conditions));
}

TEST(Registry, AddsAVersionOnce) {
    Registry registry;
    ASSERT_TRUE(registry.add(sound_type(), trigger_manual()));
    const auto again = registry.add(sound_type(), trigger_manual());
    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().is(RegistryErrc::already_registered));
}

TEST(Registry, UpdatesOnlyWhatIsKnownAndLeavesWhatWasHandedOut) {
    Registry registry;
    core::NodeType other = sound_type();
    other.name = "Other";
    EXPECT_TRUE(registry.update(other, trigger_manual()).error().is(RegistryErrc::not_registered));
    EXPECT_FALSE(registry.has("test.echo", 1));
    ASSERT_TRUE(registry.add(sound_type(), trigger_manual()));
    const Registry::Definition before = registry.find("test.echo", 1);
    ASSERT_TRUE(registry.update(other, trigger_manual()));
    EXPECT_EQ(registry.find("test.echo", 1)->type.name, "Other");
    EXPECT_EQ(before->type.name, "Echo");
}

TEST(Registry, ForgetsWhatIsRemoved) {
    Registry registry;
    ASSERT_TRUE(registry.add(sound_type(), trigger_manual()));
    EXPECT_FALSE(registry.remove("test.echo", 2));
    EXPECT_TRUE(registry.remove("test.echo", 1));
    EXPECT_FALSE(registry.remove("test.echo", 1));
    EXPECT_THAT(registry.names(), IsEmpty());
}

TEST(Registry, HidesDisabledTypesFromPlansOnly) {
    Registry registry;
    ASSERT_TRUE(registry.add(sound_type(), trigger_manual()));
    ASSERT_TRUE(registry.set_enabled("test.echo", 1, false));
    EXPECT_EQ(registry.find("test.echo", 1), nullptr);
    EXPECT_FALSE(registry.get("test.echo", 1)->type.enabled);
    ASSERT_TRUE(registry.set_enabled("test.echo", 1, true));
    EXPECT_NE(registry.find("test.echo", 1), nullptr);
    EXPECT_TRUE(
        registry.set_enabled("none.such", 1, true).error().is(RegistryErrc::not_registered));
}

TEST(Registry, CompilesTheSchemaOfTheData) {
    Registry registry;
    ASSERT_TRUE(registry.add(sound_type(), trigger_manual()));
    const auto& check = *registry.find("test.echo", 1)->type.data_check;
    EXPECT_THAT(check.violations(json(R"({"level":1})")), IsEmpty());
    EXPECT_EQ(check.violations(json(R"({"level":"x"})")).size(), 1);
}

TEST(Registry, NamesUnknownKeysWithTheNearestKnownOne) {
    Registry registry;
    ASSERT_TRUE(registry.add(sound_type(), trigger_manual()));
    core::Problems problems;
    const auto definition = registry.find("test.echo", 1);
    definition->behaviour->check(json(R"({"levle":1})"), "/nodes/0/data", problems);
    ASSERT_EQ(problems.size(), 1);
    EXPECT_EQ(problems[0].code, core::ProblemCode::unknown_key);
    EXPECT_EQ(problems[0].path, "/nodes/0/data/levle");
    EXPECT_EQ(problems[0].suggestion, "level");
    // The schema leaves them to that.
    EXPECT_THAT(definition->type.data_check->violations(json(R"({"levle":1})")), IsEmpty());
}

TEST(Registry, StopsAfterAThousandUnknownKeys) {
    Registry registry;
    ASSERT_TRUE(registry.add(sound_type(), trigger_manual()));
    std::vector<core::Member> members;
    for (int i = 0; i < 50'000; ++i)
        members.push_back({"unknown_" + std::to_string(i), i});
    core::Problems problems;
    registry.find("test.echo", 1)
        ->behaviour->check(core::Value::object(std::move(members)), "/data", problems);
    EXPECT_EQ(problems.size(), 1000u);
}

TEST(Registry, NamesEveryMistakeOfADescriptor) {
    core::NodeType type = sound_type("Echo", 0);
    type.semantic_version = "1";
    type.outputs.push_back({.name = "error"});
    type.data_schema = json(R"({"type":"nonsense"})");
    Registry registry;
    const auto added = registry.add(type, nullptr);
    ASSERT_FALSE(added);
    EXPECT_TRUE(added.error().is(RegistryErrc::bad_descriptor));
    for (const char* part :
         {"node type \"Echo@0\"", "lower-case words", "counts from 1", "semantic_version",
          "\"error\" is there by itself", "data_schema:", "no behaviour"}) {
        EXPECT_THAT(added.error().message(), HasSubstr(part));
    }
    EXPECT_THAT(registry.names(), IsEmpty());
}

TEST(Registry, MayBeUsedFromManyThreads) {
    Registry registry;
    ASSERT_TRUE(registry.add(sound_type(), trigger_manual()));
    std::thread writer{[&registry] {
        for (int i = 0; i < 200; ++i) {
            EXPECT_TRUE(registry.set_enabled("test.echo", 1, i % 2 == 0));
            EXPECT_TRUE(registry.add(sound_type("test.other"), trigger_manual()));
            EXPECT_TRUE(registry.remove("test.other", 1));
        }
    }};
    for (int i = 0; i < 200; ++i) {
        EXPECT_NE(registry.get("test.echo", 1), nullptr);
        EXPECT_GE(registry.list().size(), 1);
    }
    writer.join();
}

}  // namespace
}  // namespace millrace::nodes
