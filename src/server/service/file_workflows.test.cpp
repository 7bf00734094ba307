// SPDX-License-Identifier: Apache-2.0
#include "service/file_workflows.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <mutex>
#include <runtime/testing/harvest.hpp>
#include <runtime/testing/scratch_folder.hpp>

#include "millrace/nodes/standard.hpp"
#include "millrace/server/server.hpp"
#include "millrace/store/library.hpp"
#include "millrace/store/open.hpp"

namespace millrace::server {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class FileWorkflowsTest : public ::testing::Test {
protected:
    FileWorkflowsTest() {
        EXPECT_TRUE(nodes::register_standard(*registry_));
        runtime::RuntimeOptions options;
        options.store = store::open_memory_store();
        options.nodes = registry_;
        runtime_ = *runtime::Runtime::start(std::move(options));
        files_ = std::make_unique<FileWorkflows>(
            *runtime_, *registry_, *log_, [this](const std::string& id) { changed_.add(id); });
    }
    ~FileWorkflowsTest() override {
        files_.reset();
        runtime_->stop();
    }

    static std::string document(const std::string& id, const std::string& text) {
        return "millrace: 1\nid: " + id + "\nnodes:\n  - { id: start, type: trigger.manual }\n" +
               "  - { id: say, type: data.template, data: { text: " + text + " } }\n" +
               "connections: [start -> say]\n";
    }
    void write(const std::string& name, const std::string& text) {
        // As editors do it: the file is never half written.
        folder_.write("new~", text);
        fs::rename(folder_ / "new~", folder_ / name);
    }
    core::Result<> start(bool watch = false) {
        return files_->start({.folder = folder_.path(), .watch = watch, .activate = true});
    }
    std::optional<store::WorkflowEntry> entry(const std::string& id) {
        auto found = runtime_->store().library().find(id);
        return found ? std::optional{*found} : std::nullopt;
    }
    std::uint32_t head(const std::string& id) {
        const auto found = entry(id);
        return found ? found->head : 0;
    }

    runtime::testing::ScratchFolder folder_;
    std::shared_ptr<nodes::Registry> registry_ = std::make_shared<nodes::Registry>();
    std::shared_ptr<runtime::Log> log_ = runtime::make_silent_log();
    std::unique_ptr<runtime::Runtime> runtime_;
    runtime::testing::Harvest<std::string> changed_;
    std::unique_ptr<FileWorkflows> files_;
};

TEST_F(FileWorkflowsTest, ReadsAFolderAndActivatesWhatItFinds) {
    fs::create_directories(folder_ / "sub/.hidden");
    write("a.workflow.yaml", document("a", "one"));
    write("sub/b.workflow.yml", document("b", "one"));
    write("sub/.hidden/c.workflow.yaml", document("c", "one"));
    write(".d.workflow.yaml", document("d", "one"));
    write("notes.yaml", "x");
    ASSERT_TRUE(start());
    EXPECT_EQ(entry("a")->active, 1u);
    EXPECT_EQ(entry("a")->origin, store::WorkflowOrigin::file);
    EXPECT_EQ(files_->find("b")->path, "sub/b.workflow.yml");
    EXPECT_FALSE(entry("c"));
    EXPECT_FALSE(entry("d"));
    EXPECT_EQ(files_->status().files, 2u);
    EXPECT_THAT(changed_.wait_for(2), AllOf(Contains("a"), Contains("b")));
}

TEST_F(FileWorkflowsTest, ABrokenFileKeepsTheLastGoodVersionAndSaysWhy) {
    write("a.workflow.yaml", document("a", "one"));
    ASSERT_TRUE(start());
    write("a.workflow.yaml", document("a", "\"{{ x y }}\""));
    ASSERT_TRUE(start());
    EXPECT_EQ(entry("a")->active, 1u);
    EXPECT_THAT(files_->find("a")->error, StartsWith("a.workflow.yaml:5:"));
    EXPECT_EQ(files_->status().broken.at(0).workflow_id, "a");
    write("a.workflow.yaml", document("a", "two"));
    ASSERT_TRUE(start());
    EXPECT_EQ(entry("a")->active, 2u);
    EXPECT_EQ(files_->find("a")->error, "");
    EXPECT_THAT(files_->status().broken, IsEmpty());
}

TEST_F(FileWorkflowsTest, AnAddressBelongsToOneFile) {
    const auto hook = [](const std::string& id, const std::string& path) {
        return "millrace: 1\nid: " + id +
               "\nnodes:\n  - { id: hook, type: trigger.webhook, data: " + "{ path: " + path +
               " } }\n";
    };
    write("a.workflow.yaml", hook("a", "orders"));
    write("b.workflow.yaml", hook("b", "orders"));
    write("c.workflow.yaml", hook("c", "other"));
    ASSERT_TRUE(start());
    EXPECT_EQ(entry("a")->active, 1u);
    EXPECT_FALSE(entry("b"));
    EXPECT_EQ(entry("c")->active, 1u);
    EXPECT_THAT(files_->find("b")->error, HasSubstr("/webhooks/orders"));
    fs::remove(folder_ / "a.workflow.yaml");
    ASSERT_TRUE(start());
    EXPECT_EQ(entry("b")->active, 1u);
}

TEST_F(FileWorkflowsTest, ARemovedFileRemovesItsWorkflowARenamedOneDoesNot) {
    write("a.workflow.yaml", document("a", "one"));
    write("b.workflow.yaml", document("b", "one"));
    ASSERT_TRUE(start());
    fs::rename(folder_ / "a.workflow.yaml", folder_ / "z.workflow.yaml");
    fs::remove(folder_ / "b.workflow.yaml");
    ASSERT_TRUE(start());
    EXPECT_EQ(entry("a")->active, 1u);
    EXPECT_EQ(files_->find("a")->path, "z.workflow.yaml");
    EXPECT_FALSE(entry("b"));
    write("z.workflow.yaml", document("c", "one"));
    ASSERT_TRUE(start());
    EXPECT_FALSE(entry("a"));
    EXPECT_TRUE(entry("c"));
}

TEST_F(FileWorkflowsTest, OneWorkflowIsInOneFile) {
    write("a.workflow.yaml", document("a", "one"));
    write("b.workflow.yaml", document("a", "two"));
    ASSERT_TRUE(start());
    EXPECT_EQ(head("a"), 1u);
    EXPECT_THAT(files_->status().broken.at(0).error, HasSubstr("is in a.workflow.yaml, too"));
    fs::remove(folder_ / "a.workflow.yaml");
    ASSERT_TRUE(start());
    EXPECT_EQ(head("a"), 2u);
    EXPECT_THAT(files_->status().broken, IsEmpty());
}

TEST_F(FileWorkflowsTest, FilesMaySwapTheirWorkflows) {
    write("a.workflow.yaml", document("x", "one"));
    write("b.workflow.yaml", document("y", "one"));
    ASSERT_TRUE(start());
    fs::rename(folder_ / "a.workflow.yaml", folder_ / "t");
    fs::rename(folder_ / "b.workflow.yaml", folder_ / "a.workflow.yaml");
    fs::rename(folder_ / "t", folder_ / "b.workflow.yaml");
    ASSERT_TRUE(start());
    EXPECT_THAT(files_->status().broken, IsEmpty());
    EXPECT_EQ(files_->find("x")->path, "b.workflow.yaml");
    EXPECT_EQ(files_->find("y")->path, "a.workflow.yaml");
    EXPECT_EQ(entry("x")->active, 1u);
    EXPECT_EQ(entry("y")->active, 1u);
}

TEST_F(FileWorkflowsTest, ABrokenFileInTheWayOfASwapLosesNothing) {
    write("a.workflow.yaml", document("x", "one"));
    write("b.workflow.yaml", document("y", "one"));
    ASSERT_TRUE(start());
    write("a.workflow.yaml", document("y", "two"));
    write("b.workflow.yaml", document("x", "\"{{ x y }}\""));
    ASSERT_TRUE(start());
    EXPECT_EQ(files_->status().broken.size(), 2u);
    EXPECT_EQ(entry("x")->active, 1u);
    EXPECT_EQ(entry("y")->active, 1u);
    write("b.workflow.yaml", document("x", "two"));
    ASSERT_TRUE(start());
    EXPECT_THAT(files_->status().broken, IsEmpty());
    EXPECT_EQ(entry("x")->active, 2u);
    EXPECT_EQ(files_->find("y")->path, "a.workflow.yaml");
}

TEST_F(FileWorkflowsTest, ABrokenFileKeepsItsWorkflowUnderANewName) {
    fs::create_directories(folder_ / "sub");
    write("a.workflow.yaml", document("a", "one"));
    ASSERT_TRUE(start());
    write("a.workflow.yaml", "a: [");
    ASSERT_TRUE(start());
    fs::rename(folder_ / "a.workflow.yaml", folder_ / "sub/b.workflow.yaml");
    ASSERT_TRUE(start());
    EXPECT_EQ(entry("a")->active, 1u);
    EXPECT_EQ(files_->find("a")->path, "sub/b.workflow.yaml");
    EXPECT_THAT(files_->find("a")->error, StartsWith("sub/b.workflow.yaml:1:"));
    fs::remove(folder_ / "sub/b.workflow.yaml");
    ASSERT_TRUE(start());
    EXPECT_FALSE(entry("a"));
}

TEST_F(FileWorkflowsTest, ALinkToWhatIsNotThereIsBrokenUntilThatComes) {
    const runtime::testing::ScratchFolder elsewhere;
    fs::create_symlink(elsewhere / "deep/a.yaml", folder_ / "a.workflow.yaml");
    ASSERT_TRUE(start(true));
    EXPECT_THAT(files_->status().broken.at(0).error, HasSubstr("cannot be read: No such file"));
    fs::create_directories(elsewhere / "deep");
    elsewhere.write("deep/a.yaml", document("a", "one"));
    changed_.wait_for(1);
    EXPECT_EQ(entry("a")->active, 1u);
    files_->stop();
}

TEST_F(FileWorkflowsTest, LeavesAloneWhatWasNotMadeFromAFile) {
    ASSERT_TRUE(start());
    ASSERT_TRUE(runtime_->write([](store::Store& store) -> core::Result<> {
        store::WorkflowPut put;
        put.workflow_id = "own";
        put.hash = std::string(64, '0');
        put.document = "{}";
        const auto done = store.library().apply({&put, 1}, {}, core::Time{1});
        if (!done) return std::unexpected(done.error());
        return {};
    }));
    write("own.workflow.yaml", document("own", "one"));
    ASSERT_TRUE(start());
    EXPECT_EQ(entry("own")->origin, store::WorkflowOrigin::put);
    EXPECT_THAT(files_->status().broken.at(0).error, HasSubstr("was not made from a file"));
    fs::remove(folder_ / "own.workflow.yaml");
    ASSERT_TRUE(start());
    EXPECT_EQ(head("own"), 1u);
}

TEST_F(FileWorkflowsTest, WhatAPersonSwitchedStaysUntilTheFileChanges) {
    write("a.workflow.yaml", document("a", "one"));
    ASSERT_TRUE(start());
    ASSERT_TRUE(runtime_->write([](store::Store& store) -> core::Result<> {
        const auto done = store.library().set_active("a", std::nullopt, core::Time{1});
        if (!done) return std::unexpected(done.error());
        return {};
    }));
    write("a.workflow.yaml", document("a", "one") + "# the same\n");
    ASSERT_TRUE(start());
    EXPECT_EQ(entry("a")->active, std::nullopt);
    write("a.workflow.yaml", document("a", "two"));
    ASSERT_TRUE(start());
    EXPECT_EQ(entry("a")->active, 2u);
}

TEST_F(FileWorkflowsTest, AFolderThatIsAwayKeepsItsWorkflows) {
    write("a.workflow.yaml", document("a", "one"));
    ASSERT_TRUE(start());
    fs::rename(folder_.path(), folder_.path().string() + ".away");
    const auto refused = start();
    fs::rename(folder_.path().string() + ".away", folder_.path());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(ServerErrc::bad_workflows));
    EXPECT_TRUE(entry("a"));
    EXPECT_FALSE(files_->start({.folder = folder_ / "none"}));
}

TEST_F(FileWorkflowsTest, FollowsChangesFoldersAndLinks) {
    const runtime::testing::ScratchFolder elsewhere;
    ASSERT_TRUE(start(true));
    write("a.workflow.yaml", document("a", "one"));
    changed_.wait_for(1);
    EXPECT_EQ(head("a"), 1u);
    fs::create_directories(folder_ / "sub");
    write("sub/b.workflow.yaml", document("b", "one"));
    changed_.wait_for(2);
    EXPECT_EQ(head("b"), 1u);
    fs::create_directory_symlink(elsewhere.path(), folder_ / "linked");
    fs::create_directory_symlink(folder_.path(), elsewhere / "back");
    elsewhere.write("c.workflow.yaml", document("c", "one"));
    changed_.wait_for(3);
    EXPECT_EQ(files_->find("c")->path, "linked/c.workflow.yaml");
    fs::remove_all(folder_ / "sub");
    EXPECT_THAT(changed_.wait_for(4), Contains("b"));
    EXPECT_FALSE(entry("b"));
    files_->stop();
}

}  // namespace
}  // namespace millrace::server
