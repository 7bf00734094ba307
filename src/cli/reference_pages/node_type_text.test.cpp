// SPDX-License-Identifier: Apache-2.0
#include "reference_pages/node_type_text.hpp"

#include <gtest/gtest.h>

#include "documents/document_file.hpp"
#include "documents/problem_text.hpp"
#include "library.hpp"
#include "millrace/core/json.hpp"

namespace millrace::cli {
namespace {

core::NodeType small_type() {
    core::NodeType type;
    type.type = "demo.small";
    type.name = "Small";
    type.description = "Does little. But well.";
    type.inputs.push_back({.name = "in", .description = "Anything."});
    type.outputs.push_back({.name = "out", .description = "The same."});
    type.data_schema = *core::parse_json(
        R"({"properties": {"mode": {"enum": ["a", "b"], "default": "a", "description": "How."},
            "text": {"type": "string"}}, "required": ["text"]})");
    type.examples.push_back({.name = "One", .data = core::Value::object({{"text", "x"}})});
    return type;
}

TEST(NodeTypeText, ShowsPortsFieldsAndANodeToCopy) {
    EXPECT_EQ(node_type_text(small_type(), 60, false),
              "demo.small@1  Small  transforms, pure\n"
              "Does little. But well.\n"
              "\n"
              "inputs\n"
              "  in  Anything.\n"
              "\n"
              "outputs\n"
              "  out    The same.\n"
              "  error  `{error, input}` when the node has failed and this\n"
              "         is connected.\n"
              "\n"
              "data\n"
              "  mode  a | b, default \"a\"\n"
              "        How.\n"
              "  text  string, required\n"
              "\n"
              "example\n"
              "  - id: my_small\n"
              "    type: demo.small\n"
              "    data:\n"
              "      text: x\n");
}

TEST(NodeTypeText, ListsTheFirstSentenceOfEach) {
    const core::NodeType type = small_type();
    EXPECT_EQ(node_type_table({&type}, 80, false),
              "TYPE        CATEGORY    DESCRIPTION\n"
              "demo.small  transforms  Does little.\n");
}

TEST(NodeTypeText, SnippetsOfAllTypesAreNodesThatCompile) {
    const auto library = standard_library();
    ASSERT_TRUE(library);
    for (const nodes::Registry::Definition& definition : (*library)->list()) {
        const core::NodeType& type = definition->type;
        std::string text = "millrace: 1\nid: a\nvariables: { base: \"http://127.0.0.1:9\" }\n";
        text += "nodes:\n";
        const bool is_trigger = type.role == core::NodeRole::trigger;
        if (!is_trigger) text += "- { id: start, type: trigger.manual }\n";
        text += node_snippet(type);
        const std::string id = "my_" + type.type.substr(type.type.find('.') + 1);
        if (!is_trigger) {
            text += "connections:\n";
            for (const core::PortDescriptor& port : type.inputs)
                if (!port.inner) text += "- start -> " + id + "." + port.name + "\n";
        }
        const format::SourceText source{type.type, text, format::Syntax::yaml};
        CheckedDocument checked = check_document(source, **library);
        checked.warnings.clear();
        EXPECT_EQ(problem_text(source, checked, {}), "") << text;
    }
}

}  // namespace
}  // namespace millrace::cli
