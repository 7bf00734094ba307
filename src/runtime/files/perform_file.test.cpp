// SPDX-License-Identifier: Apache-2.0
#include "files/perform_file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "files/file_list.hpp"
#include "testing/fixed_surroundings.hpp"

namespace millrace::runtime {
namespace {

using Action = engine::FileCall::Action;
using Form = engine::FileCall::Form;
using core::Value;
using ::testing::ElementsAre;
using testing::FixedSurroundings;

class PerformFile : public ::testing::Test {
protected:
    std::expected<Value, core::Failure> perform(const engine::FileCall& call) {
        return perform_file(call, world.surroundings, world.facts());
    }
    std::string code_of(const engine::FileCall& call) {
        const auto result = perform(call);
        return result ? "" : result.error().code;
    }
    static engine::FileCall write(std::string path, Value contents) {
        engine::FileCall call;
        call.action = Action::write;
        call.path = std::move(path);
        call.form = Form::automatic;
        call.contents = std::move(contents);
        return call;
    }
    static engine::FileCall read(std::string path) {
        engine::FileCall call;
        call.path = std::move(path);
        return call;
    }
    /// Names in the allowed folder.
    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator{world.folder.path()})
            found.push_back(entry.path().filename().string());
        std::ranges::sort(found);
        return found;
    }

    FixedSurroundings world;
};

TEST_F(PerformFile, ReadsBackWhatItWrote) {
    const auto written = perform(write("a.txt", "hello"));
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(*written->find("size"), Value{5});
    EXPECT_EQ(*written->find("created"), Value{true});
    EXPECT_EQ(*written->find("path"), Value{(world.folder / "a.txt").string()});
    EXPECT_EQ(*perform(read("a.txt"))->find("contents"), Value{"hello"});
    EXPECT_EQ(*perform(write("a.txt", "again"))->find("created"), Value{false});
    EXPECT_THAT(names(), ElementsAre("a.txt"));
}

TEST_F(PerformFile, KeepsTheModeOfAFileThatItReplaces) {
    world.folder.write("a.sh", "old");
    chmod((world.folder / "a.sh").c_str(), 0750);
    ASSERT_TRUE(perform(write("a.sh", "new")));
    struct stat found {};
    stat((world.folder / "a.sh").c_str(), &found);
    EXPECT_EQ(found.st_mode & 0777, 0750u);
    chmod((world.folder / "a.sh").c_str(), 04755);
    ASSERT_TRUE(perform(write("a.sh", "newer")));
    stat((world.folder / "a.sh").c_str(), &found);
    EXPECT_EQ(found.st_mode & 07777, 0755u) << "but not whose rights it runs with";
}

TEST_F(PerformFile, CreatesAFileOnceHoweverOftenItIsTried) {
    engine::FileCall call = write("a.txt", "mine");
    call.overwrite = false;
    EXPECT_EQ(code_of(call), "");
    EXPECT_EQ(code_of(call), "") << "an attempt that is repeated finds its own file";
    call.contents = "other";
    EXPECT_EQ(code_of(call), "file_exists");
    EXPECT_EQ(world.folder.read("a.txt"), "mine");
    EXPECT_THAT(names(), ElementsAre("a.txt"));
}

TEST_F(PerformFile, Appends) {
    engine::FileCall call = write("log.txt", Value::array({"one"}));
    call.action = Action::append;
    call.form = Form::lines;
    EXPECT_EQ(*perform(call)->find("created"), Value{true});
    EXPECT_EQ(*perform(call)->find("size"), Value{8});
    EXPECT_EQ(world.folder.read("log.txt"), "one\none\n");
}

/// How many descriptors of this process are of the file.
std::ptrdiff_t opened(const std::filesystem::path& file) {
    std::error_code gone;  // a descriptor may be closed while it is looked at
    std::ptrdiff_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd", gone})
        if (std::filesystem::read_symlink(entry.path(), gone) == file) ++count;
    return count;
}

TEST_F(PerformFile, AppendsOneAfterTheOther) {
    world.folder.write("log.txt", "");
    const Fd other{open((world.folder / "log.txt").c_str(), O_WRONLY | O_CLOEXEC)};
    ASSERT_EQ(flock(other.get(), LOCK_EX), 0);
    engine::FileCall call = write("log.txt", "x");
    call.action = Action::append;
    std::thread appending{[&] { EXPECT_EQ(code_of(call), ""); }};
    while (opened(std::filesystem::canonical(world.folder / "log.txt")) < 2)
        std::this_thread::yield();
    EXPECT_EQ(world.folder.read("log.txt"), "") << "it waits for who writes";
    // Who writes may also put another file in its place.
    std::filesystem::remove(world.folder / "log.txt");
    world.folder.write("log.txt", "new ");
    flock(other.get(), LOCK_UN);
    appending.join();
    EXPECT_EQ(world.folder.read("log.txt"), "new x");
}

TEST_F(PerformFile, GivesUpWaitingToAppendWhenItIsAskedTo) {
    world.folder.write("log.txt", "");
    const Fd other{open((world.folder / "log.txt").c_str(), O_WRONLY | O_CLOEXEC)};
    ASSERT_EQ(flock(other.get(), LOCK_EX), 0);
    engine::FileCall call = write("log.txt", "x");
    call.action = Action::append;
    world.stop.request_stop();
    EXPECT_NE(code_of(call), "");
    EXPECT_EQ(world.folder.read("log.txt"), "");
}

TEST_F(PerformFile, ListsNoClosedFolder) {
    std::filesystem::create_directories(world.folder / "closed");
    const std::string closed = (world.folder / "closed").string();
    // The root's own path ends with the sign that stands between names.
    world.surroundings.folders = std::make_shared<const AllowedFolders>(
        AllowedFolders::make({{{"/"}}, {closed, "/usr"}}).value());
    engine::FileCall call = read(world.folder.path().string());
    call.action = Action::list;
    EXPECT_EQ(perform(call)->find("files")->size(), 0u);
    call.path = "/";
    const auto listed = perform(call);
    ASSERT_TRUE(listed) << listed.error().message;
    for (const Value& file : listed->find("files")->as_array())
        EXPECT_NE(*file.find("name"), Value{"usr"});
}

TEST_F(PerformFile, LeavesTheOldContentsWhenTheDiskIsFull) {
    world.folder.write("a.txt", "old");
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{1'000, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    const auto failed = perform(write("a.txt", std::string(10'000, 'x')));
    setrlimit(RLIMIT_FSIZE, &before);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, "disk_full");
    EXPECT_TRUE(failed.error().recoverable);
    EXPECT_EQ(world.folder.read("a.txt"), "old");
    EXPECT_THAT(names(), ElementsAre("a.txt"));
}

TEST_F(PerformFile, RefusesWhatIsNoFile) {
    std::filesystem::create_directory(world.folder / "folder");
    mkfifo((world.folder / "pipe").c_str(), 0600);
    EXPECT_EQ(code_of(read("folder")), "not_a_file");
    EXPECT_EQ(code_of(read("pipe")), "not_a_file");
    EXPECT_EQ(code_of(write("folder", "x")), "not_a_file");
    EXPECT_EQ(code_of(read("missing")), "file_not_found");
}

TEST_F(PerformFile, ReadsNoMoreThanItMay) {
    world.folder.write("a.txt", "12345");
    engine::FileCall call = read("a.txt");
    call.max_size = {5};
    EXPECT_EQ(code_of(call), "");
    call.max_size = {4};
    EXPECT_EQ(code_of(call), "file_too_large");
}

TEST_F(PerformFile, DeletesOnce) {
    world.folder.write("a.txt", "x");
    engine::FileCall call = read("a.txt");
    call.action = Action::remove;
    EXPECT_EQ(*perform(call)->find("deleted"), Value{true});
    EXPECT_EQ(*perform(call)->find("deleted"), Value{false});
    call.path = "nowhere/a.txt";
    EXPECT_EQ(*perform(call)->find("deleted"), Value{false});
}

TEST_F(PerformFile, DeletesALinkAndNotWhatItLeadsTo) {
    world.folder.write("a.txt", "x");
    std::filesystem::create_symlink("a.txt", world.folder / "link");
    engine::FileCall call = read("link");
    call.action = Action::remove;
    EXPECT_EQ(*perform(call)->find("deleted"), Value{true});
    EXPECT_THAT(names(), ElementsAre("a.txt"));
}

TEST_F(PerformFile, ListsByName) {
    std::filesystem::create_directories(world.folder / "inner");
    world.folder.write("b.csv", "1");
    world.folder.write("a.csv", "12");
    world.folder.write("inner/c.csv", "");
    engine::FileCall call = read(".");
    call.action = Action::list;
    call.pattern = "*.csv";
    call.recursive = true;
    const auto listed = perform(call);
    ASSERT_TRUE(listed) << listed.error().message;
    std::vector<std::string> paths;
    for (const Value& file : listed->find("files")->as_array())
        paths.emplace_back(file.find("path")->as_string());
    EXPECT_THAT(paths, ElementsAre("a.csv", "b.csv", "inner/c.csv"));
    call.max_entries = 2;
    EXPECT_EQ(code_of(call), "too_many_files");
}

TEST_F(PerformFile, EndsWhenItIsAskedTo) {
    world.stop.request_stop();
    EXPECT_FALSE(perform(write("a.txt", "hello")));
    EXPECT_THAT(names(), ElementsAre());
}

TEST(FileList, PatternsHaveTwoSigns) {
    EXPECT_TRUE(fits("a.csv", "*.csv"));
    EXPECT_TRUE(fits("aXbXc", "a*X?"));
    EXPECT_TRUE(fits("", "*"));
    EXPECT_FALSE(fits("a.csv.bak", "*.csv"));
    EXPECT_FALSE(fits("a", "??"));
}

}  // namespace
}  // namespace millrace::runtime
