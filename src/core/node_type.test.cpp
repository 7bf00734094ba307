// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/node_type.hpp"

#include <gtest/gtest.h>

namespace millrace::core {
namespace {

TEST(NodeType, FindsItsPorts) {
    NodeType type;
    type.inputs = {{.name = "in"}, {.name = "result"}};
    type.outputs = {{.name = "out"}};
    ASSERT_NE(type.input("result"), nullptr);
    EXPECT_EQ(type.input("result")->name, "result");
    EXPECT_EQ(type.input("out"), nullptr);
    EXPECT_EQ(type.output("out"), &type.outputs[0]);
    EXPECT_EQ(type.output("error"), nullptr);
}

TEST(NodeType, NamesItsKinds) {
    EXPECT_EQ(to_text(NodeCategory::triggers), "triggers");
    EXPECT_EQ(to_text(NodeCategory::transforms), "transforms");
    EXPECT_EQ(to_text(NodeCategory::actions), "actions");
    EXPECT_EQ(to_text(NodeCategory::conditions), "conditions");
    EXPECT_EQ(to_text(NodeCategory::integrations), "integrations");
    EXPECT_EQ(to_text(NodeRole::trigger), "trigger");
    EXPECT_EQ(to_text(NodeRole::pure), "pure");
    EXPECT_EQ(to_text(NodeRole::decision), "decision");
    EXPECT_EQ(to_text(NodeRole::effect), "effect");
    EXPECT_EQ(to_text(NodeRole::delay), "delay");
    EXPECT_EQ(to_text(NodeRole::container), "container");
    EXPECT_EQ(to_text(ContainerKind::none), "none");
    EXPECT_EQ(to_text(ContainerKind::loop), "loop");
    EXPECT_EQ(to_text(ContainerKind::attempt), "attempt");
    EXPECT_EQ(to_text(ChoiceKind::one_output), "one_output");
    EXPECT_EQ(to_text(ChoiceKind::default_or_others), "default_or_others");
    EXPECT_EQ(to_text(FieldMode::expression), "expression");
    EXPECT_EQ(to_text(FieldMode::literal), "literal");
    EXPECT_EQ(to_text(FieldMode::deferred), "deferred");
    EXPECT_EQ(to_text(PortKind::value), "value");
    EXPECT_EQ(to_text(PortKind::stream), "stream");
}

}  // namespace
}  // namespace millrace::core
