// SPDX-License-Identifier: Apache-2.0
#include "run/permissions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/document_file.hpp"

namespace millrace::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;

TEST(Permissions, ARunMayUseTheFolderOfItsWorkflow) {
    EXPECT_EQ(folder_of("a/b.workflow.yaml"), "a");
    EXPECT_EQ(folder_of("b.workflow.yaml"), ".");
    EXPECT_EQ(folder_of("-"), ".");
    const auto files = PermissionOptions{}.files("/tmp");
    ASSERT_TRUE(files);
    ASSERT_EQ(files->folders.size(), 1u);
    EXPECT_EQ(files->folders[0].path, "/tmp");
    EXPECT_FALSE(files->folders[0].read_only);
    EXPECT_THAT(PermissionOptions{}.files()->folders, IsEmpty());
}

TEST(Permissions, WhatIsNamedStandsInsteadOfIt) {
    const auto files = PermissionOptions{{"/tmp", "/:ro"}, {}}.files("/usr");
    ASSERT_TRUE(files);
    ASSERT_EQ(files->folders.size(), 2u);
    EXPECT_EQ(files->folders[0].path, "/tmp");
    EXPECT_EQ(files->folders[1].path, "/");
    EXPECT_TRUE(files->folders[1].read_only);
}

TEST(Permissions, AFolderMustBeThere) {
    for (const std::string folder : {"/nowhere/at/all", "", ":ro", "/etc/passwd"}) {
        EXPECT_TRUE((PermissionOptions{{folder}, {}}.files().error().is(FileErrc::bad_argument)))
            << folder;
    }
}

TEST(Permissions, TheStoreStaysClosed) {
    EXPECT_THAT(closed_places({.folder = "data", .url = {}}), ElementsAre("data"));
    EXPECT_THAT(closed_places({.folder = {}, .url = "memory:"}), IsEmpty());
    const auto places = closed_places({.folder = {}, .url = "sqlite:x.db"});
    EXPECT_THAT(places, Contains("x.db"));
    EXPECT_THAT(places, Contains("x.db-wal"));
    EXPECT_THAT(places, Contains(EndsWith(".next")));
}

}  // namespace
}  // namespace millrace::cli
