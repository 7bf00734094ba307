// SPDX-License-Identifier: Apache-2.0
#include "millrace/store/open.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "millrace/store/testing/temp_folder.hpp"
#include "testing/child.hpp"
#include "testing/frames.hpp"
#include "testing/matchers.hpp"

namespace millrace::store {

using testing::FailsWith;
using ::testing::HasSubstr;

namespace {

/// A folder with one execution in it, closed.
void fill(const std::filesystem::path& folder) {
    auto store = open_store({.folder = folder});
    ASSERT_TRUE(store) << store.error().message();
    const Epoch epoch = (*store)->take_ownership()->epoch;
    ASSERT_TRUE((*store)->save_version(testing::workflow, testing::workflow_hash, "{}", {}));
    ASSERT_TRUE((*store)->commit(
        testing::FrameBuilder{1, 1}.insert(1).journal(1, 1, 1, "a").build(), epoch));
}

unsigned mode_of(const std::filesystem::path& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777u : 0u;
}

std::size_t files_in(const std::filesystem::path& folder) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{folder})
        ++count;
    return count;
}

/// Root may write anywhere, so what a folder's mode forbids is tried by another user.
std::string as_ordinary_user(const std::function<std::string()>& work) {
    const testing::Child child{[&] {
        constexpr uid_t nobody = 65'534;
        if (::geteuid() == 0 && ::setuid(nobody) != 0) return std::string{"cannot change the user"};
        return work();
    }};
    return child.said();
}

}  // namespace

TEST(Open, CreatesAPrivateFolderAndDatabase) {
    const testing::TempFolder folder;
    const auto data = folder / "deep" / "data";
    const auto store = open_store({.folder = data});
    ASSERT_TRUE(store) << store.error().message();
    EXPECT_EQ(mode_of(data), 0700u);
    EXPECT_EQ(mode_of(data / "millrace.db"), 0600u);
    EXPECT_EQ(mode_of(data / "millrace.db-wal"), 0600u);
}

TEST(Open, ASecondOwnerIsToldTheProcessThatOwnsTheData) {
    const testing::TempFolder folder;
    const auto first = open_store({.folder = folder.path()});
    ASSERT_TRUE(first);
    const auto second = open_store({.folder = folder.path()});
    ASSERT_THAT(second, FailsWith(StoreErrc::locked));
    EXPECT_THAT(second.error().message(),
                HasSubstr("process " + std::to_string(::getpid()) + " owns the data"));
}

TEST(Open, EverySpellingOfADatabaseHasTheSameOwner) {
    const testing::TempFolder folder;
    namespace fs = std::filesystem;
    fs::create_directory_symlink(folder / "data", folder / "link");
    fs::create_symlink("data/millrace.db", folder / "x.db");
    const OpenOptions spellings[] = {
        {.folder = folder / "data"},
        {.folder = folder / "link"},
        {.folder = folder / "none" / ".." / "data"},
        {.url = "sqlite:" + (folder / "data" / "millrace.db").string()},
        {.url = "sqlite:" + fs::relative(folder / "link" / "millrace.db").string()},
        {.url = "sqlite:" + (folder / "x.db").string()},
    };
    ASSERT_TRUE(open_store({.folder = folder / "data"}));
    for (const OpenOptions& first : spellings) {
        const auto owner = open_store(first);
        ASSERT_TRUE(owner) << owner.error().message();
        for (const OpenOptions& second : spellings)
            EXPECT_THAT(open_store(second), FailsWith(StoreErrc::locked));
    }
}

TEST(Open, ALinkToADatabaseThatIsYetToBeMadeHasTheLockOfItsTarget) {
    const testing::TempFolder folder;
    std::filesystem::create_symlink("b.db", folder / "a.db");
    const auto owner = open_store({.url = "sqlite:" + (folder / "a.db").string()});
    ASSERT_TRUE(owner) << owner.error().message();
    EXPECT_THAT(open_store({.url = "sqlite:" + (folder / "b.db").string()}),
                FailsWith(StoreErrc::locked));
    EXPECT_TRUE(
        open_store({.url = "sqlite:" + (folder / "a.db").string(), .mode = OpenMode::read_only}));
}

TEST(Open, TheLockEndsWithItsOwner) {
    const testing::TempFolder folder;
    ASSERT_TRUE(open_store({.folder = folder.path()}));
    EXPECT_TRUE(open_store({.folder = folder.path()}));
}

TEST(Open, AKilledOwnerLeavesWhatItCommittedAndNoLock) {
    const testing::TempFolder folder;
    testing::Child owner{[&] {
        auto store = open_store({.folder = folder.path()});
        const Epoch epoch = (*store)->take_ownership()->epoch;
        if (!(*store)->save_version(testing::workflow, testing::workflow_hash, "{}", {}))
            return std::string{"not saved"};
        auto frame = testing::FrameBuilder{1, 1}.insert(1).journal(1, 1, 1, "kept").build();
        const bool committed = (*store)->commit(frame, epoch).has_value();
        // The process ends with the store open.
        static_cast<void>(store->release());
        return std::string{committed ? "committed" : "failed"};
    }};
    ASSERT_EQ(owner.said(), "committed");
    const auto locked = open_store({.folder = folder.path()});
    ASSERT_THAT(locked, FailsWith(StoreErrc::locked));
    EXPECT_THAT(locked.error().message(), HasSubstr(std::to_string(owner.process())));
    owner.kill();
    const auto store = open_store({.folder = folder.path()});
    ASSERT_TRUE(store) << store.error().message();
    EXPECT_EQ((*store)->journal(testing::execution_id(1), 0).value().at(0), "kept");
}

TEST(Open, ReadsWhileAnOwnerWrites) {
    const testing::TempFolder folder;
    auto owner = open_store({.folder = folder.path()});
    const Epoch epoch = (*owner)->take_ownership()->epoch;
    ASSERT_TRUE((*owner)->save_version(testing::workflow, testing::workflow_hash, "{}", {}));
    const auto reader = open_store({.folder = folder.path(), .mode = OpenMode::read_only});
    ASSERT_TRUE(reader) << reader.error().message();
    EXPECT_THAT((*reader)->execution(testing::execution_id(1)), FailsWith(StoreErrc::not_found));
    ASSERT_TRUE((*owner)->commit(testing::FrameBuilder{1, 1}.insert(1).build(), epoch));
    EXPECT_TRUE((*reader)->execution(testing::execution_id(1)));
}

TEST(Open, AReaderThatWasThereFirstSeesWhatAnOwnerWritesLater) {
    const testing::TempFolder folder;
    fill(folder.path());
    const auto reader = open_store({.folder = folder.path(), .mode = OpenMode::read_only});
    ASSERT_TRUE(reader) << reader.error().message();
    auto owner = open_store({.folder = folder.path()});
    const Epoch epoch = (*owner)->take_ownership()->epoch;
    ASSERT_TRUE((*owner)->commit(testing::FrameBuilder{2, 2}.insert(2).build(), epoch));
    EXPECT_TRUE((*reader)->execution(testing::execution_id(2)));
    owner->reset();
    EXPECT_TRUE((*reader)->execution(testing::execution_id(2)));
}

TEST(Open, ReadingCreatesNothing) {
    const testing::TempFolder folder;
    const auto data = folder / "data";
    EXPECT_THAT(open_store({.folder = data, .mode = OpenMode::read_only}),
                FailsWith(StoreErrc::not_found));
    EXPECT_FALSE(std::filesystem::exists(data));
    fill(data);
    const std::size_t before = files_in(data);
    const auto reader = open_store({.folder = data, .mode = OpenMode::read_only});
    ASSERT_TRUE(reader) << reader.error().message();
    EXPECT_TRUE((*reader)->execution(testing::execution_id(1)));
    EXPECT_EQ(files_in(data), before);
}

TEST(Open, ReadingRefusesToWrite) {
    const testing::TempFolder folder;
    fill(folder.path());
    const auto reader = open_store({.folder = folder.path(), .mode = OpenMode::read_only});
    EXPECT_THAT((*reader)->take_ownership(), FailsWith(StoreErrc::read_only));
    EXPECT_THAT((*reader)->commit(testing::FrameBuilder{2, 2}.insert(2).build(), Epoch{1}),
                FailsWith(StoreErrc::read_only));
    EXPECT_THAT((*reader)->reopen(Epoch{1}), FailsWith(StoreErrc::read_only));
}

TEST(Open, AReadOnlyFolderCanBeReadAndSaysWhyItCannotBeOwned) {
    const testing::TempFolder folder;
    const auto data = folder / "data";
    fill(data);
    namespace fs = std::filesystem;
    fs::permissions(folder.path(), static_cast<fs::perms>(0755));
    fs::permissions(data / "millrace.db", static_cast<fs::perms>(0444));
    fs::permissions(data / "lock", static_cast<fs::perms>(0444));
    fs::permissions(data, static_cast<fs::perms>(0555));
    EXPECT_EQ(as_ordinary_user([&] {
                  const auto store = open_store({.folder = data, .mode = OpenMode::read_only});
                  if (!store) return store.error().message();
                  const auto row = (*store)->execution(testing::execution_id(1));
                  return row ? std::string{"read"} : row.error().message();
              }),
              "read");
    const std::string refused = as_ordinary_user([&] {
        const auto store = open_store({.folder = data});
        return store ? std::string{"owned"}
                     : std::string{store.error().code()} + " " + store.error().message();
    });
    EXPECT_THAT(refused, HasSubstr("read_only " + data.string()));
    EXPECT_THAT(refused, HasSubstr("choose another folder with --data"));
}

TEST(Open, ACopyOfAFolderWithALogButNoIndexCanBeRead) {
    const testing::TempFolder folder;
    const auto data = folder / "data";
    auto owner = open_store({.folder = data});
    const Epoch epoch = (*owner)->take_ownership()->epoch;
    ASSERT_TRUE((*owner)->save_version(testing::workflow, testing::workflow_hash, "{}", {}));
    ASSERT_TRUE((*owner)->commit(testing::FrameBuilder{1, 1}.insert(1).build(), epoch));
    const auto copy = folder / "copy";
    std::filesystem::create_directory(copy);
    for (const char* name : {"millrace.db", "millrace.db-wal"})
        std::filesystem::copy_file(data / name, copy / name);
    const auto reader = open_store({.folder = copy, .mode = OpenMode::read_only});
    ASSERT_TRUE(reader) << reader.error().message();
    EXPECT_TRUE((*reader)->execution(testing::execution_id(1)));
    reader->get();
    EXPECT_EQ(files_in(copy), 2u);
}

TEST(Open, UrlsNameSqliteFilesAndMemory) {
    const testing::TempFolder folder;
    EXPECT_TRUE(open_store({.url = "sqlite:" + (folder / "a b%#?.db").string()}));
    EXPECT_TRUE(std::filesystem::exists(folder / "a b%#?.db"));
    EXPECT_TRUE(open_store({.url = "sqlite://" + (folder / "b.db").string()}));
    EXPECT_TRUE(std::filesystem::exists(folder / "b.db"));
    EXPECT_TRUE(open_store({.url = "memory:"}));
}

TEST(Open, OtherUrlsSayWhatThereIs) {
    const auto postgres = open_store({.url = "postgres://user:secret@host/db"});
    ASSERT_THAT(postgres, FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(postgres.error().message(), HasSubstr("not supported yet by this version"));
    EXPECT_THAT(postgres.error().message(), Not(HasSubstr("secret")));
    EXPECT_THAT(open_store({.url = "mysql:x"}), FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(open_store({.url = "sqlite:"}), FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(open_store({}), FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(open_store({.url = "memory:", .mode = OpenMode::read_only}),
                FailsWith(StoreErrc::bad_argument));
}

TEST(Open, AFileInPlaceOfTheFolderIsNamed) {
    const testing::TempFolder folder;
    std::ofstream{folder / "file"} << "text";
    const auto store = open_store({.folder = folder / "file"});
    ASSERT_FALSE(store);
    EXPECT_THAT(store.error().message(), HasSubstr((folder / "file").string()));
}

}  // namespace millrace::store
