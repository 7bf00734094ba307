// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/expression_class.hpp"

#include <gmock/gmock.h>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

core::NodeSpec node_with(core::Value data) {
    core::NodeSpec node;
    node.id = "n";
    node.type = "test.set";
    node.data = std::move(data);
    return node;
}

std::vector<ExpressionClass> classes_of(core::Document document) {
    return expression_classes(document, *test_library());
}

TEST(ExpressionClasses, NameEachTextWithItsPlace) {
    core::Document document;
    document.nodes = {node_with(core::Value::object(
        {{"plain", "no template"}, {"text", "{{ inputs.a }} and {{ inputs.b }}"}}))};
    document.outputs = core::Value::object({{"all", "{{ nodes.n.out }}"}});
    const auto classes = classes_of(document);
    ASSERT_EQ(classes.size(), 2u);
    EXPECT_EQ(classes[0], (ExpressionClass{"/nodes/0/data/text",
                                           "{{ inputs.a }} and {{ inputs.b }}", true, ""}));
    EXPECT_EQ(classes[1].path, "/outputs/all");
}

TEST(ExpressionClasses, TellWhatNeedsTheSandbox) {
    core::Document document;
    core::ConnectionSpec connection;
    connection.filter = "value.match(/a/)";
    connection.transform = "value.map(x => x + 1)";
    document.connections = {connection};
    const auto classes = classes_of(document);
    ASSERT_EQ(classes.size(), 2u);
    EXPECT_FALSE(classes[0].native);
    EXPECT_THAT(classes[0].reason, HasSubstr("column"));
    EXPECT_TRUE(classes[1].native);
    EXPECT_EQ(classes[1].path, "/connections/0/transform");
}

TEST(ExpressionClasses, LeaveOtherMistakesToTheCompiler) {
    core::Document document;
    document.outputs = core::Value::object({{"all", "{{ 1 + }}"}});
    const auto classes = classes_of(document);
    ASSERT_EQ(classes.size(), 1u);
    EXPECT_TRUE(classes[0].native);
    EXPECT_THAT(classes[0].reason, IsEmpty());
}

}  // namespace
}  // namespace millrace::engine
