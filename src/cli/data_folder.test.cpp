// SPDX-License-Identifier: Apache-2.0
#include "data_folder.hpp"

#include <gtest/gtest.h>

#include "testing/fake_console.hpp"

namespace millrace::cli {
namespace {

class DataFolder : public ::testing::Test {
protected:
    std::string chosen() {
        return place_of(chosen_store(Context{fake_.console, global_}, store::OpenMode::read_only));
    }

    testing::FakeConsole fake_;
    GlobalOptions global_;
};

TEST_F(DataFolder, IsWhatTheOptionSays) {
    fake_.environment = {{"MILLRACE_DATA", "/var/x"}};
    global_.data = "here";
    EXPECT_EQ(chosen(), "here");
    global_.store = "sqlite:/tmp/x.db";
    EXPECT_EQ(chosen(), "sqlite:/tmp/x.db");
}

TEST_F(DataFolder, ElseWhatTheEnvironmentSays) {
    fake_.environment = {{"HOME", "/users/ada"}};
    EXPECT_EQ(chosen(), "/users/ada/.local/share/millrace");
    fake_.environment["XDG_DATA_HOME"] = "relative";
    EXPECT_EQ(chosen(), "/users/ada/.local/share/millrace");
    fake_.environment["XDG_DATA_HOME"] = "/data";
    EXPECT_EQ(chosen(), "/data/millrace");
    fake_.environment["MILLRACE_DATA"] = "/var/x";
    EXPECT_EQ(chosen(), "/var/x");
}

TEST_F(DataFolder, TheUsualOnesAreKnownWhateverIsChosen) {
    fake_.environment = {{"HOME", "/users/ada"}, {"MILLRACE_DATA", "/var/x"}};
    global_.data = "here";
    const std::vector<std::string> wanted{"millrace-data", "/var/x",
                                          "/users/ada/.local/share/millrace"};
    EXPECT_EQ(usual_folders(Context{fake_.console, global_}), wanted);
}

TEST_F(DataFolder, NeverShowsThePasswordOfAUrl) {
    global_.store = "postgres://ada:secret@host/db";
    EXPECT_EQ(chosen(), "postgres:");
}

}  // namespace
}  // namespace millrace::cli
