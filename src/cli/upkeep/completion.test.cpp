// SPDX-License-Identifier: Apache-2.0
#include "upkeep/completion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/program_test.hpp"

namespace millrace::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Completing : public testing::ProgramTest {
protected:
    /// The words that complete the last one, and `:files`.
    std::vector<std::string> complete(std::vector<std::string> words) {
        words.insert(words.begin(), std::string{complete_command});
        EXPECT_EQ(run(words), Exit::done);
        EXPECT_EQ(err(), "");
        std::vector<std::string> found;
        for (const std::string& line : lines())
            found.push_back(line.substr(0, line.find('\t')));
        return found;
    }
};

TEST_F(Completing, NamesCommandsButNotTheHiddenOne) {
    EXPECT_THAT(complete({"va"}), ElementsAre("validate", "variables"));
    EXPECT_THAT(complete({"executions", "re"}), ElementsAre("replay", "resume", "retry"));
    EXPECT_THAT(complete({""}), Contains("doctor"));
    EXPECT_THAT(complete({"_"}), IsEmpty());
    EXPECT_THAT(complete({}), Contains("run"));
}

TEST_F(Completing, NamesOptionsOfACommandAndOfTheProgram) {
    EXPECT_THAT(complete({"validate", "--"}), Contains("--fix"));
    EXPECT_THAT(complete({"validate", "--"}), Contains("--data"));
    EXPECT_THAT(complete({"run", "--no-t"}), ElementsAre("--no-timeline"));
}

TEST_F(Completing, KnowsWhatOptionsAndArgumentsTake) {
    EXPECT_THAT(complete({"run", ""}), ElementsAre(":files"));
    EXPECT_THAT(complete({"--data", ""}), ElementsAre(":files"));
    EXPECT_THAT(complete({"--data=x"}), ElementsAre(":files"));
    EXPECT_THAT(complete({"executions", "list", "--status", "p"}),
                ElementsAre("paused", "pending"));
    EXPECT_THAT(complete({"executions", "list", "--status=can"}), ElementsAre("--status=canceled"));
    // As a shell gives it that breaks words at `=`.
    EXPECT_THAT(complete({"executions", "list", "--status", "=", "can"}), ElementsAre("canceled"));
    EXPECT_THAT(complete({"executions", "list", "--status", "="}), Contains("failed"));
    EXPECT_THAT(complete({"node-types", "show", "trigger.m"}), ElementsAre("trigger.manual"));
    EXPECT_THAT(complete({"completion", ""}), ElementsAre("bash", "fish", "zsh"));
    EXPECT_THAT(complete({"new", "--template", "h"}), ElementsAre("hello", "http"));
}

TEST_F(Completing, FindsWorkflowsAndExecutionsOfTheData) {
    EXPECT_THAT(complete({"workflows", "show", ""}), IsEmpty());
    ASSERT_EQ(run({"new", file("first.workflow.yaml"), "--template", "loop"}), Exit::done);
    ASSERT_EQ(run({"run", file("first.workflow.yaml")}), Exit::done);
    EXPECT_THAT(complete({"workflows", "show", ""}), ElementsAre("first"));
    EXPECT_THAT(complete({"executions", "list", "--workflow", "f"}), ElementsAre("first"));
    const std::vector<std::string> ids = complete({"executions", "show", ""});
    ASSERT_EQ(ids.size(), 1u);
    EXPECT_EQ(ids[0].size(), 36u);
    EXPECT_THAT(complete({"--data", file("elsewhere"), "workflows", "show", ""}), IsEmpty());
}

TEST_F(Completing, HasAScriptForEachShell) {
    for (const std::string shell : {"bash", "zsh", "fish"}) {
        ASSERT_EQ(run({"completion", shell}), Exit::done);
        EXPECT_THAT(out(), HasSubstr("__complete"));
        EXPECT_THAT(out(), HasSubstr(":files"));
        EXPECT_THAT(out(), Not(HasSubstr("\r")));
    }
    EXPECT_EQ(run({"completion", "tcsh"}), Exit::wrong_use);
    EXPECT_THAT(err(), HasSubstr("bash, zsh and fish"));
}

}  // namespace
}  // namespace millrace::cli
