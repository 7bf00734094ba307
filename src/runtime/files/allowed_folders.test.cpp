// SPDX-License-Identifier: Apache-2.0
#include "files/allowed_folders.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "testing/scratch_folder.hpp"

namespace millrace::runtime {
namespace {

using Need = AllowedFolders::Need;
using ::testing::HasSubstr;
using testing::ScratchFolder;

class AllowedFoldersTest : public ::testing::Test {
protected:
    AllowedFoldersTest() {
        std::filesystem::create_directories(scratch / "data/inner");
        std::filesystem::create_directories(scratch / "fixed");
        scratch.write("data/a.txt", "a");
        scratch.write("fixed/b.txt", "b");
        scratch.write("secret.txt", "secret");
        folders = AllowedFolders::make(
                      {{{(scratch / "data").string()}, {(scratch / "fixed").string(), true}}})
                      .value();
    }
    std::string code_of(std::string_view path, Need need = Need::read) const {
        const auto place = folders.find(path, need);
        if (!place) return place.error().code;
        const auto opened =
            open_at(*place, need == Need::read ? O_RDONLY : O_WRONLY | O_CREAT, "open");
        return opened ? "" : opened.error().code;
    }

    ScratchFolder scratch;
    AllowedFolders folders;
};

TEST_F(AllowedFoldersTest, FindsWhatLiesBelowThem) {
    EXPECT_EQ(code_of("a.txt"), "");
    EXPECT_EQ(code_of("./inner/../a.txt"), "");
    EXPECT_EQ(code_of((scratch / "data/a.txt").string()), "");
    EXPECT_EQ(code_of((scratch / "fixed/b.txt").string()), "");
    EXPECT_EQ(code_of("new.txt", Need::write), "");
    EXPECT_EQ(code_of("missing.txt"), "file_not_found");
    EXPECT_EQ(code_of("nowhere/missing.txt"), "file_not_found");
    EXPECT_EQ(code_of("a.txt/b"), "not_a_folder");
}

TEST_F(AllowedFoldersTest, RefuseWhatLiesElsewhere) {
    for (const std::string& path :
         {std::string{"../secret.txt"}, std::string{"inner/../../secret.txt"},
          (scratch / "secret.txt").string(), (scratch / "data/../secret.txt").string(),
          (scratch / "database").string(), std::string{"/etc/passwd"}, std::string{"/"},
          std::string{".."}}) {
        EXPECT_EQ(code_of(path), "not_allowed") << path;
    }
    EXPECT_EQ(code_of(""), "bad_path");
    EXPECT_EQ(code_of(std::string_view{"a\0b", 3}), "bad_path");
    EXPECT_THAT(folders.find("/etc/passwd", Need::read).error().message,
                HasSubstr("--allow-files"));
}

TEST_F(AllowedFoldersTest, DoNotFollowSymbolicLinks) {
    std::filesystem::create_symlink(scratch / "secret.txt", scratch / "data/link.txt");
    std::filesystem::create_directory_symlink(scratch.path(), scratch / "data/up");
    std::filesystem::create_directory_symlink("inner", scratch / "data/within");
    EXPECT_EQ(code_of("link.txt"), "not_allowed");
    EXPECT_EQ(code_of("link.txt", Need::write), "not_allowed");
    EXPECT_EQ(code_of("up/secret.txt"), "not_allowed");
    EXPECT_EQ(code_of("within/x.txt", Need::write), "not_allowed");
}

TEST_F(AllowedFoldersTest, CannotBeLeftByALinkThatComesLater) {
    const auto place = folders.find("inner/x.txt", Need::write);
    ASSERT_TRUE(place);
    std::filesystem::remove(scratch / "data/inner");
    std::filesystem::create_directory_symlink(scratch.path(), scratch / "data/inner");
    EXPECT_FALSE(open_at(*place, O_WRONLY | O_CREAT, "write"));
    EXPECT_FALSE(std::filesystem::exists(scratch / "x.txt"));
}

TEST_F(AllowedFoldersTest, MayBeForReadingOnly) {
    EXPECT_EQ(code_of((scratch / "fixed/b.txt").string(), Need::write), "not_allowed");
    EXPECT_FALSE(std::filesystem::exists(scratch / "fixed/new.txt"));
}

TEST_F(AllowedFoldersTest, MayBeNamedThroughALink) {
    std::filesystem::create_directory_symlink(scratch / "data", scratch / "alias");
    const auto named = AllowedFolders::make({{{(scratch / "alias").string()}}}).value();
    EXPECT_TRUE(named.find((scratch / "alias/a.txt").string(), Need::read));
    EXPECT_TRUE(named.find((scratch / "data/a.txt").string(), Need::read));
}

TEST_F(AllowedFoldersTest, TheMostSpecificOneCounts) {
    const auto nested = AllowedFolders::make({{{(scratch / "data").string()},
                                               {(scratch / "data/inner").string(), true}}})
                            .value();
    EXPECT_TRUE(nested.find((scratch / "data/x").string(), Need::write));
    EXPECT_FALSE(nested.find((scratch / "data/inner/x").string(), Need::write));
    EXPECT_FALSE(nested.find("inner/x", Need::write));
}

TEST_F(AllowedFoldersTest, AllowNothingWhenThereAreNone) {
    EXPECT_EQ(AllowedFolders{}.find("a.txt", Need::read).error().code, "not_allowed");
}

TEST_F(AllowedFoldersTest, MayHoldOneThatStaysClosed) {
    const auto partly =
        AllowedFolders::make({{{(scratch / "data").string()}}, {(scratch / "data/inner").string()}})
            .value();
    scratch.write("data/inner/key", "secret");
    scratch.write("data/inner-not", "x");
    EXPECT_EQ(partly.find("inner/key", Need::read).error().code, "not_allowed");
    EXPECT_EQ(partly.find("inner", Need::read).error().code, "not_allowed");
    EXPECT_TRUE(partly.find("inner-not", Need::read));
    EXPECT_EQ(partly.find("inner/../inner/key", Need::read).error().code, "not_allowed");
}

TEST_F(AllowedFoldersTest, TellWhereAPathLeads) {
    const std::string data = (scratch / "data").string();
    EXPECT_EQ(folders.resolve("inner/../a.txt", Need::write), data + "/a.txt");
    EXPECT_EQ(folders.resolve(data + "/a.txt", Need::read), data + "/a.txt");
    EXPECT_EQ(folders.resolve("../secret.txt", Need::read).error().code, "not_allowed");
    EXPECT_EQ(folders.resolve((scratch / "fixed/b.txt").string(), Need::write).error().code,
              "not_allowed");
    const auto partly =
        AllowedFolders::make({{{(scratch / "data").string()}}, {(scratch / "data/inner").string()}})
            .value();
    EXPECT_EQ(partly.resolve("inner/key", Need::read).error().code, "not_allowed");
}

TEST_F(AllowedFoldersTest, MustExist) {
    EXPECT_TRUE(AllowedFolders::make({{{(scratch / "nowhere").string()}}})
                    .error()
                    .is(RuntimeErrc::bad_option));
}

TEST_F(AllowedFoldersTest, FoldersOnTheWayAreMadeWhereAskedFor) {
    EXPECT_TRUE(folders.find("x/y/z.txt", Need::write, true));
    EXPECT_TRUE(std::filesystem::is_directory(scratch / "data/x/y"));
}

}  // namespace
}  // namespace millrace::runtime
