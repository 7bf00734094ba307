// SPDX-License-Identifier: Apache-2.0
#include "serve/server_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "testing/program_test.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ServerFiles : public testing::ProgramTest {
protected:
    static unsigned mode_of(const fs::path& path) {
        struct ::stat found {};
        ::stat(path.c_str(), &found);
        return found.st_mode & 0777u;
    }
};

TEST_F(ServerFiles, MakeATokenOnceForItsOwner) {
    const fs::path path = folder_ / "token";
    const auto token = read_or_make_token(path);
    ASSERT_TRUE(token);
    EXPECT_EQ(token->size(), 43u);
    EXPECT_EQ(mode_of(path), 0600u);
    EXPECT_EQ(read_or_make_token(path).value(), *token);
    EXPECT_NE(read_or_make_token(folder_ / "other").value(), *token);
}

TEST_F(ServerFiles, RefuseATokenThatOthersMayReadOrThatIsNone) {
    const fs::path path = folder_ / "token";
    ASSERT_TRUE(read_or_make_token(path));
    fs::permissions(path, fs::perms::group_read, fs::perm_options::add);
    EXPECT_THAT(read_or_make_token(path).error().message(), HasSubstr("chmod 600"));
    file("short", "secret\n");
    fs::permissions(folder_ / "short", fs::perms::owner_read);
    EXPECT_THAT(read_or_make_token(folder_ / "short").error().message(), HasSubstr("no token"));
    EXPECT_FALSE(read_or_make_token(folder_));
}

TEST_F(ServerFiles, TellWhereTheServerIsForAsLongAsItLives) {
    const fs::path path = folder_ / "server.json";
    file("server.json", "stale");
    {
        const auto written = ServerFile::write(path, "http://127.0.0.1:1", core::Time{0});
        ASSERT_TRUE(written);
        const auto said = core::parse_json(content(path.string()));
        ASSERT_TRUE(said);
        EXPECT_EQ(*said->find("url"), core::Value{"http://127.0.0.1:1"});
        EXPECT_EQ(*said->find("pid"), core::Value{static_cast<std::int64_t>(::getpid())});
        EXPECT_EQ(*said->find("started_at"), core::Value{"1970-01-01T00:00:00.000Z"});
        EXPECT_EQ(mode_of(path), 0600u);
    }
    EXPECT_FALSE(fs::exists(path));
    EXPECT_TRUE(ServerFile::write({}, "http://127.0.0.1:1", core::Time{0}));
}

TEST(ServerPlace, IsBesideTheDatabase) {
    EXPECT_EQ(server_place({.folder = "d"}, "token"), "d/token");
    EXPECT_EQ(server_place({.url = "sqlite:d/millrace.db"}, "token"), "d/token");
    EXPECT_EQ(server_place({.url = "sqlite:d/x.db"}, "token"), "d/x.db.token");
    EXPECT_EQ(server_place({.url = "memory:"}, "token"), "");
}

}  // namespace
}  // namespace millrace::cli
