// SPDX-License-Identifier: Apache-2.0
#include "documents/starter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/document_file.hpp"
#include "documents/problem_text.hpp"
#include "library.hpp"

namespace millrace::cli {
namespace {

using ::testing::IsEmpty;

TEST(Starter, NamesTheWorkflowAfterTheFile) {
    EXPECT_EQ(workflow_id_from("a/Order Intake.workflow.yaml"), "order-intake");
    EXPECT_EQ(workflow_id_from("--.yaml"), "my-workflow");
    EXPECT_EQ(workflow_id_from("my.workflow.yaml"), "my-workflow");
    EXPECT_EQ(workflow_id_from(std::string(80, 'a')), std::string(63, 'a'));
}

TEST(Starter, TemplatesAreValidDocumentsInBothForms) {
    const auto library = standard_library();
    ASSERT_TRUE(library);
    for (const StarterTemplate& starter : starter_templates()) {
        for (const std::string name : {"a.workflow.yaml", "a.workflow.json"}) {
            const format::SourceText source{name, starter_document(starter, name, "a", "A: \"b\""),
                                            format::syntax_of(name)};
            const CheckedDocument checked = check_document(source, **library);
            EXPECT_EQ(problem_text(source, checked, {}), "") << starter.name;
            ASSERT_TRUE(checked.document);
            EXPECT_EQ(checked.document->id, "a");
            EXPECT_EQ(checked.document->name, "A: \"b\"");
        }
    }
}

TEST(Starter, KnowsWorkflowIds) {
    EXPECT_TRUE(is_workflow_id("order-intake"));
    for (const char* const text : {"", "-a", "A", "a_b", "a b"})
        EXPECT_FALSE(is_workflow_id(text)) << text;
    EXPECT_FALSE(is_workflow_id(std::string(64, 'a')));
}

}  // namespace
}  // namespace millrace::cli
