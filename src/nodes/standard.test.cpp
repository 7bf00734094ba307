// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/standard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "millrace/expr/template.hpp"
#include "millrace/format/document.hpp"
#include "millrace/nodes/descriptor.hpp"
#include "millrace/nodes/registry.hpp"
#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::json;
using ::testing::Not;

const Registry& standard() {
    static const Registry* const registry = [] {
        auto* made = new Registry;
        const core::Result<> registered = register_standard(*made);
        EXPECT_TRUE(registered) << registered.error().message();
        return made;
    }();
    return *registry;
}

/// An example's data with `input` in scope and nothing else, as the engine would evaluate it.
core::Value evaluated(const core::NodeType& type, const core::NodeExample& example) {
    const auto compiled =
        expr::Template::compile(example.data, expr::RootSet{expr::Root::input}, type.fields);
    if (!compiled) return compiled.error().front().message;
    const std::vector<expr::Operand> operands(compiled->references().size(), {example.input});
    expr::Fuel fuel;
    const auto value = compiled->evaluate(operands, fuel);
    return value ? *value : core::Value{value.error().message};
}

engine::NodeOutcome run(const engine::NodeDefinition& definition,
                        const core::NodeExample& example) {
    const core::Value data = evaluated(definition.type, example);
    const testing::NodeRun run{data, example.input, {"a", "b", "c"}};
    if (definition.type.type == "flow.switch") {
        return run.start_with_deferred(definition.behaviour, "cases", "when");
    }
    return run.start(definition.behaviour);
}

/// `{PORT: value}` of what the example's run emits.
core::Value emitted(const engine::NodeDefinition& general, const core::NodeExample& example) {
    const auto special = general.behaviour->specialise(general, example.data);
    const engine::NodeDefinition& definition = special ? *special : general;
    const engine::NodeOutcome outcome = run(definition, example);
    const auto* emit = std::get_if<engine::Emit>(&outcome);
    if (emit == nullptr) return "the example emits nothing";
    core::ObjectBuilder ports;
    for (const engine::PortValue& port : emit->ports) {
        ports.set(definition.type.outputs.at(port.port.value).name, port.value);
    }
    return std::move(ports).build();
}

TEST(StandardTypes, AreAllThere) {
    EXPECT_THAT(standard().names(),
                ElementsAre("data.set", "data.template", "debug.log", "flow.delay", "flow.fail",
                            "flow.if", "flow.loop", "flow.merge", "flow.switch", "flow.try",
                            "http.request", "json.parse", "json.stringify", "trigger.manual"));
}

TEST(StandardTypes, AreRegisteredOnce) {
    Registry registry;
    ASSERT_TRUE(register_standard(registry));
    EXPECT_TRUE(register_standard(registry).error().is(RegistryErrc::already_registered));
}

TEST(StandardTypes, AreDocumented) {
    for (const auto& definition : standard().list()) {
        const core::NodeType& type = definition->type;
        SCOPED_TRACE(type.type);
        EXPECT_FALSE(type.icon.empty());
        EXPECT_FALSE(type.examples.empty());
        for (const core::PortDescriptor& port : type.inputs)
            EXPECT_FALSE(port.description.empty());
        for (const core::PortDescriptor& port : type.outputs) {
            EXPECT_FALSE(port.description.empty());
        }
        for (const core::Member& field : type.data_schema.find("properties")->as_object()) {
            EXPECT_NE(field.value.find("description"), nullptr) << field.key;
        }
        for (const core::NodeExample& example : type.examples) {
            EXPECT_FALSE(example.name.empty());
            EXPECT_FALSE(example.description.empty());
        }
    }
}

TEST(StandardTypes, SurviveTheWayThroughTheirDescriptor) {
    for (const auto& definition : standard().list()) {
        const core::Value value = to_value(definition->type);
        const auto again = read_descriptor(definition->type.type, core::to_json(value));
        ASSERT_TRUE(again) << again.error().message();
        EXPECT_EQ(to_value(*again), value);
    }
}

TEST(StandardTypes, ExamplesHaveSoundData) {
    for (const auto& definition : standard().list()) {
        for (const core::NodeExample& example : definition->type.examples) {
            SCOPED_TRACE(definition->type.type + ": " + example.name);
            core::Problems problems;
            definition->behaviour->check(example.data, "/data", problems);
            EXPECT_THAT(problems, IsEmpty());
        }
    }
}

TEST(StandardTypes, ExamplesGiveWhatTheyPromise) {
    std::size_t shown = 0;
    for (const auto& definition : standard().list()) {
        for (const core::NodeExample& example : definition->type.examples) {
            if (example.expected.is_null()) continue;
            SCOPED_TRACE(definition->type.type + ": " + example.name);
            EXPECT_EQ(emitted(*definition, example), example.expected);
            EXPECT_THAT(
                definition->type.data_check->violations(evaluated(definition->type, example)),
                IsEmpty());
            ++shown;
        }
    }
    EXPECT_GE(shown, 15);
}

TEST(StandardTypes, HaveAWorkflowThatShowsThem) {
    const std::vector<ExampleWorkflow> workflows = example_workflows();
    for (const std::string& name : standard().names()) {
        const bool is_shown = std::ranges::any_of(workflows, [&name](const ExampleWorkflow& w) {
            return w.text.find("type: " + name) != std::string_view::npos;
        });
        EXPECT_TRUE(is_shown) << name;
    }
}

TEST(StandardTypes, ExampleWorkflowsAreDocuments) {
    for (const ExampleWorkflow& workflow : example_workflows()) {
        const auto read = format::read_document(format::SourceText{
            std::string{workflow.path}, std::string{workflow.text}, format::Syntax::yaml});
        for (const core::Problem& problem : read.problems) {
            ADD_FAILURE() << format::to_text(workflow.path, problem);
        }
        EXPECT_THAT(workflow.text, Not(IsEmpty()));
    }
}

}  // namespace
}  // namespace millrace::nodes
