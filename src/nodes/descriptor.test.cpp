// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/descriptor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"
#include "millrace/nodes/registry.hpp"

namespace millrace::nodes {
namespace {

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
                      Mistake{"\"Just one.\"", "1", "examples[0].description must be a string"}));

}  // namespace
}  // namespace millrace::nodes
