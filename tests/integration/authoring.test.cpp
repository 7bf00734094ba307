// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "support/command.hpp"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class New : public CommandTest {
protected:
    std::string path(const std::string& name) const { return (folder / name).string(); }
};

TEST_F(New, TemplatesRunAsTheyAre) {
    const Finished list = millrace({"new", "--list"});
    EXPECT_THAT(list.out, AllOf(HasSubstr("hello "), HasSubstr("http "), HasSubstr("loop ")));
    for (const std::string starter : {"hello", "http", "loop", "try"}) {
        const std::string file = path(starter + ".workflow.yaml");
        const Finished written = millrace({"new", file, "--template", starter});
        EXPECT_EQ(written.status, 0);
        EXPECT_THAT(written.err, HasSubstr("try it: millrace run " + file));
        EXPECT_EQ(millrace({"validate", file}).out, file + ": valid\n");
        const Finished ran = millrace({"run", file, "--mock-external"});
        EXPECT_EQ(ran.status, 0) << ran.err;
    }
}

TEST_F(New, TemplatesDoWhatTheySay) {
    millrace({"new", path("try.workflow.yaml"), "--template", "try"});
    const Finished failed =
        millrace({"run", path("try.workflow.yaml"), "--input", R"({"amount": -1})"});
    EXPECT_EQ(at(json(failed.out), "apology"), "not booked: -1 cannot be booked");
    millrace({"new", path("loop.workflow.yaml"), "--template", "loop"});
    const Finished looped = millrace({"run", path("loop.workflow.yaml"), "--input",
                                      R"({"items": [{"sku": "A7", "count": 3}]})"});
    EXPECT_EQ(at(json(looped.out), "summary.lines.0.price"), 15);
}

TEST_F(New, NamesTheWorkflowAsItIsTold) {
    const std::string file = path("x.workflow.yaml");
    ASSERT_EQ(millrace({"new", file, "--id", "price-check", "--name", "Price: check"}).status, 0);
    EXPECT_THAT(read_file(file),
                AllOf(HasSubstr("\nid: price-check\n"), HasSubstr("\nname: \"Price: check\"\n")));
    EXPECT_EQ(millrace({"new", path("y.yaml"), "--id", "Price"}).status, 2);
    EXPECT_EQ(millrace({"new", path("y.yaml"), "--template", "nothing"}).status, 2);
}

TEST_F(New, OverwritesOnlyWhenItIsForced) {
    const std::string file = folder.file("a.workflow.yaml", "mine");
    EXPECT_EQ(millrace({"new", file}).status, 2);
    EXPECT_EQ(read_file(file), "mine");
    EXPECT_EQ(millrace({"new", file, "--force"}).status, 0);
    EXPECT_THAT(read_file(file), HasSubstr("millrace: 1"));
}

TEST_F(New, AsksNobodyWhereNobodyAnswers) {
    ProcessOptions how = options({"new"});
    how.folder = folder.path();
    EXPECT_EQ(run(how).status, 0);
    EXPECT_TRUE(std::filesystem::exists(folder / "my.workflow.yaml"));
}

class Completion : public CommandTest {
protected:
    /// What bash would offer for a line, one word each.
    std::string offered(const std::string& line) const {
        const std::string script = folder.file("c.bash", millrace({"completion", "bash"}).out);
        ProcessOptions shell;
        shell.arguments = {"-c", "source " + script + "; COMP_WORDS=(" + line +
                                     "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _millrace; "
                                     "printf '%s\\n' \"${COMPREPLY[@]}\""};
        shell.folder = folder.path();
        shell.environment = {
            {"PATH", std::filesystem::path{binary()}.parent_path().string() + ":/usr/bin:/bin"}};
        return run_process("/bin/bash", shell).out;
    }
};

TEST_F(Completion, OffersCommandsOptionsAndFilesInBash) {
    folder.file("order.workflow.yaml", "x");
    EXPECT_EQ(offered("millrace executions sh"), "show\n");
    EXPECT_EQ(offered("millrace validate --f"), "--fix\n");
    EXPECT_EQ(offered("millrace run ord"), "order.workflow.yaml\n");
    EXPECT_EQ(offered("millrace node-types show flow.d"), "flow.delay\n");
    EXPECT_EQ(offered("millrace executions list --status = can"), "canceled\n");
}

TEST_F(Completion, HasScriptsThatTheirShellsAccept) {
    for (const std::string shell : {"bash", "zsh", "fish"}) {
        const std::string script = folder.file("c." + shell, millrace({"completion", shell}).out);
        const std::string there = "/usr/bin/" + shell;
        if (!std::filesystem::exists(there)) continue;
        ProcessOptions check;
        check.arguments = {"-n", script};
        const Finished checked = run_process(there, check);
        EXPECT_EQ(checked.status, 0) << checked.err;
    }
}

class Backup : public CommandTest {};

TEST_F(Backup, IsAStoreOfItsOwn) {
    ASSERT_EQ(millrace({"run", example("hello"), "--input", R"({"name": "Ada"})"}).status, 0);
    ASSERT_EQ(millrace({"apply", example("hello"), "--activate"}).status, 0);
    const std::string copy = (folder / "copy.db").string();
    ASSERT_EQ(millrace({"db", "backup", copy}).status, 0);
    std::filesystem::remove_all(data());
    const Finished listed = millrace({"executions", "list", "--store", "sqlite:" + copy});
    EXPECT_THAT(listed.out, HasSubstr("hello v1"));
    std::filesystem::create_directories(data());
    std::filesystem::copy_file(copy, data() + "/millrace.db");
    EXPECT_EQ(executions().size(), 1u);
    EXPECT_THAT(millrace({"workflows", "list"}).out, HasSubstr("hello  v1    v1"));
    EXPECT_EQ(millrace({"run", example("hello"), "--input", R"({"name": "Bo"})"}).status, 0);
}

TEST_F(Backup, VersionAndDoctorTellWhatThisIs) {
    EXPECT_THAT(millrace({"version"}).out, StartsWith("millrace "));
    EXPECT_THAT(millrace({"version", "--libraries"}).out, HasSubstr("\nSQLite 3."));
    const Value version = json(millrace({"version", "--json"}).out);
    EXPECT_TRUE(at(version, "libraries.libcurl").is_string());
    const Finished doctor = millrace({"doctor"});
    EXPECT_EQ(doctor.status, 0) << doctor.out;
    EXPECT_THAT(doctor.err, Not(IsEmpty()));
    EXPECT_THAT(doctor.out, EndsWith("\n"));
}

}  // namespace
}  // namespace millrace::testing
