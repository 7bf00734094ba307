// SPDX-License-Identifier: Apache-2.0
#include "archive/archive_folder.hpp"

#include <gtest/gtest.h>

#include <string>

#include "archive/testing/unpacking.hpp"
#include "http/gzip.hpp"

namespace millrace::server {
namespace {

namespace fs = std::filesystem;

class ArchiveFolderTest : public ::testing::Test {
protected:
    /// As a process that has just started.
    core::Result<> append(std::string_view lines) {
        return ArchiveFolder{root_}.append(day_, lines);
    }
    std::string text() const { return testing::unpacked(file_); }

    const testing::Folder folder_;
    const fs::path root_ = folder_.path() / "archive";
    const core::Time day_{*core::Time::parse("2026-02-03T04:05:06Z")};
    const fs::path file_ = root_ / "2026" / "02" / "executions-2026-02-03.ndjson.gz";
};

TEST_F(ArchiveFolderTest, AppendsMembersThatReadAsOneText) {
    ArchiveFolder archive{root_};
    EXPECT_EQ(archive.file_of(day_), file_);
    ASSERT_TRUE(archive.append(day_, "one\n"));
    ASSERT_TRUE(archive.append(day_, "two\n"));
    ASSERT_TRUE(append("three\n"));
    ASSERT_TRUE(archive.append(day_, "four\n")) << "although another has written in between";
    EXPECT_EQ(text(), "one\ntwo\nthree\nfour\n");
    ASSERT_TRUE(archive.append(core::Time{0}, "old\n"));
    EXPECT_EQ(testing::unpacked(archive.file_of(core::Time{0})), "old\n");
}

TEST_F(ArchiveFolderTest, IsForItsOwnerAlone) {
    ASSERT_TRUE(append("one\n"));
    EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    for (fs::path folder = file_.parent_path(); folder != folder_.path();
         folder = folder.parent_path())
        EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all) << folder;
}

TEST_F(ArchiveFolderTest, CutsOffWhatACrashHasTorn) {
    ASSERT_TRUE(append("one\n"));
    ASSERT_TRUE(append("two\n"));
    const std::string whole = testing::read(file_);
    const std::string member = archive_member("three, which is torn\n");
    for (std::size_t size = 1; size < member.size(); ++size) {
        testing::write(file_, whole + member.substr(0, size));
        ASSERT_TRUE(append("four\n")) << size;
        ASSERT_EQ(text(), "one\ntwo\nfour\n") << size;
    }
    // Where the file has grown and its bytes were not written.
    std::string hollow = member;
    hollow.replace(hollow.size() / 2, std::string::npos, hollow.size() - hollow.size() / 2, '\0');
    testing::write(file_, whole + hollow);
    ASSERT_TRUE(append("four\n"));
    EXPECT_EQ(text(), "one\ntwo\nfour\n");
    testing::write(file_, whole + std::string(5'000, '\0'));
    ASSERT_TRUE(append("four\n"));
    EXPECT_EQ(text(), "one\ntwo\nfour\n");
}

TEST_F(ArchiveFolderTest, GoesOnBehindMembersOfOtherPrograms) {
    ASSERT_TRUE(append("one\n"));
    testing::write(file_, gzip("packed again\n") + testing::read(file_) + gzip("by hand\n"));
    ASSERT_TRUE(append("two\n"));
    EXPECT_EQ(text(), "packed again\none\nby hand\ntwo\n");
}

TEST_F(ArchiveFolderTest, CutsNothingThatNoCrashLeaves) {
    ASSERT_TRUE(append("one\n"));
    const std::string whole = testing::read(file_);
    for (const std::string& odd : {std::string{"what is this text\n"}, gzip("cut").substr(0, 15)}) {
        const std::string bytes = whole + odd + archive_member("two\n");
        testing::write(file_, bytes);
        const auto refused = append("three\n");
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error().is(ArchiveErrc::damaged)) << refused.error().message();
        EXPECT_EQ(testing::read(file_), bytes);
    }
    // The length is wrong, the member is not.
    std::string member = archive_member("one\n");
    member[17] = '\x7f';
    testing::write(file_, member);
    EXPECT_FALSE(append("two\n"));
    EXPECT_EQ(testing::read(file_), member);
}

TEST_F(ArchiveFolderTest, SaysWhyItCannotWrite) {
    testing::write(root_, "in the way");
    const auto refused = append("one\n");
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(ArchiveErrc::io));
    EXPECT_NE(refused.error().message().find(root_.string()), std::string::npos);
}

}  // namespace
}  // namespace millrace::server
