// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/standard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "millrace/core/json.hpp"
#include "millrace/format/document.hpp"
#include "millrace/nodes/descriptor.hpp"
#include "millrace/nodes/registry.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

const Registry& standard() {
    return testing::standard_types();
}

/// Types with several input ports have examples with `{PORT: value}`.
testing::TypeRun run_of(const core::NodeType& type, const core::NodeExample& example) {
    testing::TypeRun run{type.type, example.data};
    const bool has_several = run.type().inputs.size() > 1 && example.input.is_object() &&
                             example.input.find(run.type().inputs.front().name) != nullptr;
    if (!has_several) return run.with_input(example.input);
    std::vector<core::Value> inputs;
    for (const core::PortDescriptor& port : run.type().inputs) {
        const core::Value* const value = example.input.find(port.name);
        inputs.push_back(value == nullptr ? core::Value{} : *value);
    }
    return run.with_inputs(std::move(inputs));
}

TEST(StandardTypes, AreAllThere) {
    EXPECT_THAT(
        standard().names(),
        IsSupersetOf(
            {"crypto.encode",  "crypto.hash",   "crypto.hmac",   "data.aggregate", "data.convert",
             "data.dedupe",    "data.filter",   "data.group",    "data.join",      "data.lookup",
             "data.map",       "data.reduce",   "data.set",      "data.sort",      "data.split",
             "data.template",  "data.validate", "debug.log",     "flow.delay",     "flow.fail",
             "flow.if",        "flow.loop",     "flow.merge",    "flow.switch",    "flow.try",
             "http.request",   "json.merge",    "json.parse",    "json.patch",     "json.query",
             "json.stringify", "text.regex",    "trigger.manual"}));
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
            const testing::TypeRun run = run_of(definition->type, example);
            EXPECT_EQ(run.ports(), example.expected);
            for (const core::SchemaViolation& violation :
                 definition->type.data_check->violations(example.data)) {
                // What a template gives is judged when it is there.
                EXPECT_THAT(core::to_json(example.data), HasSubstr("{{")) << violation.message;
            }
            ++shown;
        }
    }
    EXPECT_GE(shown, 60);
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
