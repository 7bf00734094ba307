// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/program_test.hpp"

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Workflows : public testing::ProgramTest {
protected:
    static std::string document(const std::string& id, const std::string& text) {
        return "millrace: 1\nid: " + id + "\nnodes:\n  - { id: start, type: trigger.manual }\n" +
               "  - { id: say, type: data.template, data: { text: " + text + " } }\n" +
               "connections: [start -> say]\n";
    }
    /// `{"id": result}` of the last command's list.
    std::string results() const {
        std::string text;
        const core::Value body = json();
        for (const core::Value& item : body.find("items")->as_array())
            text += std::string{item.find("id")->as_string()} + " " +
                    std::string{item.find("result")->as_string()} + "\n";
        return text;
    }
};

TEST_F(Workflows, ApplyIsDoneOnceHoweverOftenItIsCalled) {
    const std::string path = file("a.workflow.yaml", document("a", "one"));
    ASSERT_EQ(run({"apply", path, "--json"}), Exit::done);
    EXPECT_EQ(results(), "a created\n");
    ASSERT_EQ(run({"apply", path, "--json"}), Exit::done);
    EXPECT_EQ(results(), "a unchanged\n");
    ASSERT_EQ(run({"apply", path, "--activate", "--json"}), Exit::done);
    EXPECT_EQ(results(), "a activated\n");
    ASSERT_EQ(run({"apply", path, "--activate", "--json"}), Exit::done);
    EXPECT_EQ(results(), "a unchanged\n");
    ASSERT_EQ(run({"workflows", "versions", "a", "--json"}), Exit::done);
    EXPECT_EQ(json().find("items")->size(), 1u);
}

TEST_F(Workflows, ApplyTellsWhatChangesAndLeavesTheActiveVersion) {
    const std::string path = file("a.workflow.yaml", document("a", "one"));
    ASSERT_EQ(run({"apply", path, "--activate"}), Exit::done);
    file("a.workflow.yaml", document("a", "two"));
    ASSERT_EQ(run({"apply", path}), Exit::done);
    EXPECT_EQ(out(),
              "a: changed, version 2, version 1 is active\n"
              "  ~ node say: data.text \"one\" → \"two\"\n");
    EXPECT_THAT(err(), HasSubstr("1 changed\n"));
    ASSERT_EQ(run({"workflows", "diff", "a"}), Exit::done);
    EXPECT_EQ(out(), "~ node say: data.text \"one\" → \"two\"\n");
    ASSERT_EQ(run({"workflows", "activate", "a"}), Exit::done);
    EXPECT_EQ(out(), "a: version 2 is active\n");
}

TEST_F(Workflows, CanLeaveTheDocumentsToBeEditedElsewhere) {
    const std::string path = file("a.workflow.yaml", document("a", "one"));
    ASSERT_EQ(run({"apply", path, "--editable"}), Exit::done);
    ASSERT_EQ(run({"workflows", "list", "--json"}), Exit::done);
    EXPECT_EQ(*json().find("items")->as_array()[0].find("origin"), core::Value{"put"});
}

TEST_F(Workflows, ADryRunWritesNothing) {
    const std::string path = file("a.workflow.yaml", document("a", "one"));
    ASSERT_EQ(run({"apply", path, "--dry-run"}), Exit::done);
    EXPECT_EQ(out(), "a: created\n");
    EXPECT_THAT(err(), HasSubstr("nothing was written"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "data"));
    ASSERT_EQ(run({"apply", path}), Exit::done);
    file("a.workflow.yaml", document("a", "two"));
    ASSERT_EQ(run({"apply", path, "--dry-run", "--json"}), Exit::done);
    EXPECT_EQ(results(), "a changed\n");
    ASSERT_EQ(run({"workflows", "show", "a", "--json"}), Exit::done);
    EXPECT_EQ(*json().find("head_version"), core::Value{1});
}

TEST_F(Workflows, AnInvalidFileKeepsAllFromBeingApplied) {
    file("x/a.workflow.yaml");
    std::filesystem::create_directories(folder_ / "x");
    file("x/a.workflow.yaml", document("a", "one"));
    file("x/b.workflow.yaml", "millrace: 1\nid: b\nnodes: []\n");
    EXPECT_EQ(run({"apply", file("x")}), Exit::failed);
    EXPECT_THAT(err(), HasSubstr("nothing was applied"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "data"));
    file("x/b.workflow.yaml", document("a", "two"));
    EXPECT_EQ(run({"apply", file("x")}), Exit::wrong_use);
    EXPECT_THAT(err(), HasSubstr("both have the id a"));
}

TEST_F(Workflows, PruneRemovesOnlyWhatWasApplied) {
    const std::string a = file("a.workflow.yaml", document("a", "one"));
    const std::string b = file("b.workflow.yaml", document("b", "one"));
    const std::string c = file("c.workflow.yaml", document("c", "one"));
    ASSERT_EQ(run({"run", c}), Exit::done);
    ASSERT_EQ(run({"apply", a, b, "--activate"}), Exit::done);
    ASSERT_EQ(run({"apply", a, "--prune", "--json"}), Exit::done);
    EXPECT_EQ(results(), "a unchanged\nb removed\n");
    ASSERT_EQ(run({"workflows", "list"}), Exit::done);
    EXPECT_THAT(out(), AllOf(HasSubstr("\na "), HasSubstr("c "), Not(HasSubstr("\nb "))));
    ASSERT_EQ(run({"apply", c, "--json"}), Exit::done);
    EXPECT_EQ(results(), "c adopted\n");
}

TEST_F(Workflows, ApplyLeavesWhatCarriesANotificationOutToItsRule) {
    const std::string tagged = "tags: [notification]\n";
    const std::string path = file("rule.workflow.yaml", document("notify-ops", "one") + tagged);
    ASSERT_EQ(run({"apply", path, "--editable"}), Exit::done);
    file("rule.workflow.yaml", document("notify-ops", "two") + tagged);
    EXPECT_EQ(run({"apply", path}), Exit::failed);
    EXPECT_THAT(err(), HasSubstr("notify-ops carries the notification ops out; change that"));
}

TEST_F(Workflows, ExportsWhatCanBeAppliedAgain) {
    ASSERT_EQ(run({"apply", file("a.workflow.yaml", document("a", "one"))}), Exit::done);
    const std::string copy = file("copy.workflow.yaml");
    ASSERT_EQ(run({"workflows", "export", "a", "--out", copy}), Exit::done);
    ASSERT_EQ(run({"apply", copy, "--json"}), Exit::done);
    EXPECT_EQ(results(), "a unchanged\n");
    EXPECT_EQ(run({"workflows", "export", "a", "--out", copy}), Exit::wrong_use);
    ASSERT_EQ(run({"workflows", "export", "a", "--format", "json"}), Exit::done);
    EXPECT_EQ(*json().find("id"), core::Value{"a"});
    EXPECT_EQ(run({"workflows", "export", "a", "--format", "xml"}), Exit::wrong_use);
}

TEST_F(Workflows, ShowTellsWhatDependsOnWhat) {
    ASSERT_EQ(run({"apply", file("a.workflow.yaml", document("a", "one"))}), Exit::done);
    ASSERT_EQ(run({"workflows", "show", "a"}), Exit::done);
    EXPECT_THAT(out(), AllOf(StartsWith("workflow     a\n"), HasSubstr("start  trigger.manual  -"),
                             EndsWith("say    data.template   start  -\n")));
    ASSERT_EQ(run({"workflows", "show", "a", "--json"}), Exit::done);
    const core::Value body = json();
    const core::Value* const start = body.find("dependencies")->find("start");
    EXPECT_EQ(core::to_json(*start),
              R"({"needs":[],"needs_all":[],"feeds":["say"],"feeds_all":["say"]})");
}

TEST_F(Workflows, AnActiveOneCannotBeDeleted) {
    ASSERT_EQ(run({"apply", file("a.workflow.yaml", document("a", "one")), "--activate"}),
              Exit::done);
    EXPECT_EQ(run({"workflows", "delete", "a"}), Exit::failed);
    ASSERT_EQ(run({"workflows", "deactivate", "a"}), Exit::done);
    EXPECT_EQ(out(), "a: is not active\n");
    ASSERT_EQ(run({"workflows", "delete", "a"}), Exit::done);
    EXPECT_EQ(run({"workflows", "show", "a"}), Exit::wrong_use);
    EXPECT_EQ(run({"workflows", "activate", "a"}), Exit::wrong_use);
}

TEST_F(Workflows, NamesTheNearestOne) {
    ASSERT_EQ(run({"apply", file("a.workflow.yaml", document("orders", "one"))}), Exit::done);
    EXPECT_EQ(run({"workflows", "show", "ordrs"}), Exit::wrong_use);
    EXPECT_THAT(err(), EndsWith("there is no workflow ordrs; did you mean orders?\n"));
}

}  // namespace
}  // namespace millrace::cli
