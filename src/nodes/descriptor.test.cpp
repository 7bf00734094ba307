// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/descriptor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"
#include "millrace/nodes/registry.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view echo = R"({
  "type": "test.echo", "version": 2, "semantic_version": "2.1.0", "name": "Echo",
  "description": "Passes its input on.", "icon": "repeat", "category": "actions", "role": "pure",
  "inputs": [{ "name": "in", "description": "Anything.", "required": false, "many": true,
               "schema": {} }],
  "outputs": [{ "name": "out", "description": "The same." }],
  "data_schema": { "type": "object", "properties": { "when": {} } },
  "default_data": { "when": "true" },
  "fields": { "when": "expression" },
  "examples": [{ "name": "One", "description": "Just one.", "data": {}, "input": 1,
                 "expected": { "out": 1 } }]
})";

TEST(Descriptor, IsRead) {
    const auto type = read_descriptor("node.json", echo);
    ASSERT_TRUE(type) << type.error().message();
    EXPECT_EQ(type->type, "test.echo");
    EXPECT_EQ(type->version, 2);
    EXPECT_EQ(type->category, core::NodeCategory::actions);
    EXPECT_EQ(type->role, core::NodeRole::pure);
    ASSERT_EQ(type->inputs.size(), 1);
    EXPECT_TRUE(type->inputs[0].many);
    EXPECT_FALSE(type->inputs[0].required);
    ASSERT_EQ(type->fields.size(), 1);
    EXPECT_EQ(type->fields[0].mode, core::FieldMode::expression);
    EXPECT_EQ(type->examples[0].input, 1);
    EXPECT_THAT(mistakes_of(*type), IsEmpty());
}

TEST(Descriptor, IsWrittenAsItIsRead) {
    const auto type = read_descriptor("node.json", echo);
    ASSERT_TRUE(type) << type.error().message();
    const core::Value written = to_value(*type);
    const auto again = read_descriptor("node.json", core::to_json(written));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(to_value(*again), written);
    EXPECT_EQ(*written.find("role"), "pure");
    EXPECT_EQ(*written.find("enabled"), true);
}

core::NodeType valid_type() {
    return read_descriptor("node.json", echo).value();
}

TEST(Descriptor, SaysWhatOnlySomeRolesHave) {
    core::NodeType loop = valid_type();
    loop.role = core::NodeRole::container;
    loop.container = core::ContainerKind::loop;
    loop.inputs.push_back({.name = "result", .required = false, .inner = true});
    loop.outputs = {{.name = "item", .inner = true}, {.name = "done"}};
    loop.fields = {{"when", core::FieldMode::deferred}};
    EXPECT_THAT(mistakes_of(loop), IsEmpty());
    core::NodeType effect = valid_type();
    effect.role = core::NodeRole::effect;
    effect.mock_output = core::Value::object({{"status", 200}});
    EXPECT_THAT(mistakes_of(effect), IsEmpty());
    for (const core::NodeType& type : {loop, effect}) {
        const core::Value written = to_value(type);
        const auto again = read_descriptor("node.json", core::to_json(written));
        ASSERT_TRUE(again) << again.error().message();
        EXPECT_EQ(to_value(*again), written);
        EXPECT_EQ(again->container, type.container);
        EXPECT_EQ(again->mock_output, type.mock_output);
        EXPECT_EQ(again->inputs.back().inner, type.inputs.back().inner);
    }
}

TEST(Descriptor, RefusesWhatItsRoleCannotHave) {
    core::NodeType type = valid_type();
    type.outputs[0].inner = true;
    type.choice = core::ChoiceKind::default_or_others;
    type.mock_output = 1;
    EXPECT_THAT(mistakes_of(type),
                ElementsAre("only a decision has a choice", "only a container has inner ports",
                            "only an effect can have a mock_output"));
    type = valid_type();
    type.role = core::NodeRole::container;
    EXPECT_THAT(mistakes_of(type),
                ElementsAre("the role container goes with a container of loop or attempt",
                            "a container needs an inner output"));
    type.container = core::ContainerKind::attempt;
    type.outputs[0].inner = true;
    EXPECT_THAT(mistakes_of(type), ElementsAre("a container needs an output that is not inner"));
}

TEST(Descriptor, NeedsADefaultWhereOutputsComeFromTheData) {
    core::NodeType type = valid_type();
    type.role = core::NodeRole::decision;
    EXPECT_THAT(mistakes_of(type), ElementsAre("a decision needs at least two outputs"));
    type.choice = core::ChoiceKind::default_or_others;
    EXPECT_THAT(mistakes_of(type),
                ElementsAre("the choice default_or_others needs an output \"default\""));
    type.outputs[0].name = "default";
    EXPECT_THAT(mistakes_of(type), IsEmpty());
}

TEST(Descriptor, FindsFieldsWithinTheElementsOfArrays) {
    core::NodeType type = valid_type();
    type.data_schema = *core::parse_json(
        R"({"properties": {"cases": {"items": {"properties": {"when": {}}}}, "list": {}}})");
    type.fields = {{"cases[].when", core::FieldMode::deferred}};
    EXPECT_THAT(mistakes_of(type), IsEmpty());
    type.fields = {{"cases[].then", core::FieldMode::deferred},
                   {"list[].when", core::FieldMode::deferred},
                   {"cases[].when", core::FieldMode::literal}};
    EXPECT_THAT(mistakes_of(type), ElementsAre("fields.cases[].then is no property of data_schema",
                                               "fields.list[].when is no property of data_schema",
                                               "fields.cases[].when can only be deferred"));
}

TEST(Descriptor, KeepsLocalNamesOfFieldsAndCredentials) {
    std::string text{echo};
    const std::string_view plain = R"("when": "expression" })";
    text.replace(text.find(plain), plain.size(),
                 R"("when": { "mode": "deferred", "locals": ["item", "index", "acc"] } },
                    "credentials": ["http.basic", "smtp"])");
    const auto type = read_descriptor("node.json", text);
    ASSERT_TRUE(type) << type.error().message();
    EXPECT_EQ(type->fields[0].mode, core::FieldMode::deferred);
    EXPECT_THAT(type->fields[0].locals, ElementsAre("item", "index", "acc"));
    EXPECT_THAT(type->credentials, ElementsAre("http.basic", "smtp"));
    const core::Value written = to_value(*type);
    const auto again = read_descriptor("node.json", core::to_json(written));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(to_value(*again), written);
    EXPECT_THAT(mistakes_of(*type), ElementsAre("only an effect takes credentials"));
}

TEST(Descriptor, GivesLocalNamesOnlyToDeferredFields) {
    core::NodeType type = valid_type();
    type.fields = {{"when", core::FieldMode::expression, {"item"}}};
    EXPECT_THAT(mistakes_of(type),
                ElementsAre("fields.when has locals, which only a deferred field can have"));
    type.fields = {{"when", core::FieldMode::deferred, {"item", "row", "item"}}};
    EXPECT_THAT(mistakes_of(type),
                ElementsAre("fields.when has a local \"row\"; there are item, index and acc",
                            "fields.when has the local item twice"));
    type = valid_type();
    type.role = core::NodeRole::effect;
    type.credentials = {"http.basic", "Basic"};
    EXPECT_THAT(mistakes_of(type), ElementsAre("the credential type \"Basic\" must be lower-case "
                                               "words, such as http.basic"));
}

struct Mistake {
    const char* from;
    const char* to;
    const char* message;
};
class Mistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreNamedWithTheirPlace) {
    std::string text{echo};
    text.replace(text.find(GetParam().from), std::string_view{GetParam().from}.size(),
                 GetParam().to);
    const auto type = read_descriptor("echo/node.json", text);
    ASSERT_FALSE(type);
    EXPECT_TRUE(type.error().is(RegistryErrc::bad_descriptor));
    EXPECT_THAT(type.error().message(), HasSubstr(GetParam().message));
    EXPECT_THAT(type.error().message(), HasSubstr("echo/node.json: "));
}

INSTANTIATE_TEST_SUITE_P(
    Descriptor, Mistakes,
    ::testing::Values(Mistake{"\"type\"", "type", "2:3: expected"},
                      Mistake{"\"version\": 2", "\"version\": \"2\"", "version must be a number"},
                      Mistake{"\"icon\": \"repeat\", ", "", "icon must be a string"},
                      Mistake{"actions", "others", "category must be one of triggers"},
                      Mistake{"\"pure\"", "\"impure\"", "role must be one of trigger pure"},
                      Mistake{"\"many\": true", "\"many\": 1", "inputs[0].many must be true"},
                      Mistake{"\"many\"", "\"meny\"",
                              "inputs[0].meny is no key of a descriptor; "
                              "did you mean many"},
                      Mistake{"\"expression\"", "\"literally\"", "fields.when must be one of"},
                      Mistake{"\"expression\"", "{\"locals\": []}",
                              "fields.when.mode must be a string"},
                      Mistake{"\"expression\"", "{\"mode\": \"deferred\", \"locals\": [1]}",
                              "fields.when.locals must be an array of strings"},
                      Mistake{"\"Just one.\"", "1", "examples[0].description must be a string"}));

}  // namespace
}  // namespace millrace::nodes
