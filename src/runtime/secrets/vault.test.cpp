// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/vault.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "millrace/store/open.hpp"
#include "testing/scratch_folder.hpp"

namespace millrace::runtime {
namespace {

using store::SecretKind;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class VaultTest : public ::testing::Test {
protected:
    std::unique_ptr<Vault> open() {
        auto opened = Vault::open(key_file, secrets);
        if (!opened) ADD_FAILURE() << opened.error().message();
        return opened ? std::move(*opened) : nullptr;
    }
    void put(Vault& vault, const std::string& name, std::string_view value) {
        const auto done = vault.put(SecretKind::secret, name, "", value, core::Time{5});
        ASSERT_TRUE(done) << done.error().message();
    }
    std::string value_of(const Vault& vault, const std::string& name) {
        const auto value = vault.open_secret(*secrets.find(SecretKind::secret, name));
        return value ? *value : std::string{value.error().code()};
    }
    core::Error refused() {
        const auto opened = Vault::open(key_file, secrets);
        EXPECT_FALSE(opened);
        return opened ? core::Error{VaultErrc::io, "opened"} : opened.error();
    }

    testing::ScratchFolder folder;
    fs::path key_file = folder / "key";
    std::unique_ptr<store::Store> store = store::open_memory_store();
    store::Secrets& secrets = store->secrets();
};

}  // namespace

TEST_F(VaultTest, TheFirstSecretMakesAKeyThatOnlyItsOwnerMayRead) {
    const auto vault = open();
    EXPECT_FALSE(fs::exists(key_file)) << "nothing is secret yet";
    put(*vault, "token", "s3cret-value");
    EXPECT_EQ(fs::status(key_file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(value_of(*open(), "token"), "s3cret-value");
}

TEST_F(VaultTest, WhatIsStoredDoesNotHoldTheValueAndIsNeverTheSameTwice) {
    const auto vault = open();
    put(*vault, "a", "s3cret-value");
    put(*vault, "b", "s3cret-value");
    const std::string a = secrets.find(SecretKind::secret, "a")->sealed;
    EXPECT_THAT(a, Not(HasSubstr("s3cret")));
    EXPECT_NE(a, secrets.find(SecretKind::secret, "b")->sealed);
}

TEST_F(VaultTest, AValueCannotTakeThePlaceOfAnother) {
    const auto vault = open();
    put(*vault, "small", "1");
    put(*vault, "large", "2");
    store::SealedSecret moved = *secrets.find(SecretKind::secret, "small");
    moved.name = "large";
    EXPECT_EQ(vault->open_secret(moved).error().code(), "damaged");
    moved.name = "small";
    moved.sealed.back() = static_cast<char>(moved.sealed.back() ^ 1);
    EXPECT_EQ(vault->open_secret(moved).error().code(), "damaged");
    moved.sealed = "short";
    EXPECT_EQ(vault->open_secret(moved).error().code(), "damaged");
}

TEST_F(VaultTest, AMissingKeyIsNoticedAtTheStart) {
    put(*open(), "token", "v");
    fs::remove(key_file);
    const core::Error error = refused();
    EXPECT_EQ(error.code(), "no_key");
    EXPECT_THAT(error.message(), HasSubstr("restore it from a backup"));
}

TEST_F(VaultTest, AKeyOfOtherDataIsNoticedAtTheStart) {
    put(*open(), "token", "v");
    fs::remove(key_file);
    const auto other = store::open_memory_store();
    ASSERT_TRUE((*Vault::open(key_file, other->secrets()))
                    ->put(SecretKind::secret, "x", "", "y", core::Time{}));
    EXPECT_EQ(refused().code(), "wrong_key");
}

TEST_F(VaultTest, AKeyFileThatOthersMayReadIsRefused) {
    put(*open(), "token", "v");
    fs::permissions(key_file, fs::perms::group_read, fs::perm_options::add);
    const core::Error error = refused();
    EXPECT_EQ(error.code(), "bad_key");
    EXPECT_THAT(error.message(), HasSubstr("chmod 600"));
}

TEST_F(VaultTest, ADamagedKeyFileIsNamed) {
    put(*open(), "token", "v");
    std::string text = folder.read("key");
    for (const std::string& damaged :
         {text.substr(0, text.size() - 3), std::string{}, "x" + text, text.replace(30, 1, "!")}) {
        folder.write("key", damaged);
        EXPECT_EQ(refused().code(), "bad_key") << damaged.size();
    }
}

TEST_F(VaultTest, ANewKeyEncryptsAllAndReplacesTheOld) {
    const auto vault = open();
    put(*vault, "a", "1");
    put(*vault, "b", "2");
    const std::string old_key = folder.read("key");
    const auto rotation = vault->rotate();
    ASSERT_TRUE(rotation) << rotation.error().message();
    EXPECT_EQ(rotation->secrets, 2u);
    EXPECT_EQ(secrets.find(SecretKind::secret, "a")->key_id, rotation->key_id);
    EXPECT_NE(folder.read("key"), old_key);
    EXPECT_FALSE(fs::exists(folder / "key.next"));
    EXPECT_EQ(value_of(*vault, "a"), "1");
    EXPECT_EQ(value_of(*open(), "b"), "2");
}

TEST_F(VaultTest, ARotationThatWasCutOffAfterItsCommitIsFinished) {
    put(*open(), "a", "1");
    const std::string old_key = folder.read("key");
    ASSERT_TRUE(open()->rotate());
    fs::rename(key_file, folder / "key.next");
    folder.write("key", old_key);
    fs::permissions(key_file, fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(value_of(*open(), "a"), "1");
    EXPECT_FALSE(fs::exists(folder / "key.next"));
}

TEST_F(VaultTest, ARotationThatWasCutOffBeforeItsCommitNeverHappened) {
    put(*open(), "a", "1");
    folder.write("key.next", "millrace-key-1 half of");
    fs::permissions(folder / "key.next", fs::perms::owner_read | fs::perms::owner_write);
    const auto vault = open();
    EXPECT_EQ(value_of(*vault, "a"), "1");
    ASSERT_TRUE(vault->rotate());
    EXPECT_EQ(value_of(*open(), "a"), "1");
}

TEST_F(VaultTest, WithoutAFileTheKeyEndsWithTheVault) {
    key_file.clear();
    const auto vault = open();
    put(*vault, "a", "1");
    EXPECT_EQ(value_of(*vault, "a"), "1");
    EXPECT_EQ(refused().code(), "wrong_key");
}

TEST_F(VaultTest, AKeyUnderItsFormerNameIsTakenOver) {
    put(*open(), "token", "value");
    fs::rename(key_file, folder / "secret.key");
    EXPECT_EQ(value_of(*open(), "token"), "value");
    EXPECT_FALSE(fs::exists(folder / "secret.key"));
    EXPECT_TRUE(fs::exists(key_file));
    fs::rename(key_file, folder / "work.db.secret.key");
    const auto beside = Vault::open(folder / "work.db.key", secrets);
    ASSERT_TRUE(beside) << beside.error().message();
    EXPECT_EQ(value_of(**beside, "token"), "value");
}

TEST_F(VaultTest, AFormerKeyDoesNotReplaceAKey) {
    put(*open(), "token", "value");
    fs::copy_file(key_file, folder / "secret.key");
    ASSERT_TRUE(open()->rotate());
    EXPECT_EQ(value_of(*open(), "token"), "value");
    EXPECT_TRUE(fs::exists(folder / "secret.key"));
}

}  // namespace millrace::runtime
