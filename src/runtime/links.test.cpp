// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/links.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "millrace/runtime/vault.hpp"
#include "testing/scratch_folder.hpp"

namespace millrace::runtime {
namespace {

using testing::ScratchFolder;

const core::ExecutionId some_execution{
    core::Uuid::v7(core::Time{1'700'000'000'000}, 0x1122334455667788, 0x99aabbccddeeff00)};
const engine::RunKey some_run{3, core::NodeIndex{7}, 2};

std::unique_ptr<Links> links(std::filesystem::path key_file = {}, std::string url = {}) {
    auto made = Links::open({std::move(url), std::move(key_file)});
    EXPECT_TRUE(made.has_value());
    return *std::move(made);
}

TEST(Links, ReadWhatTheyAreFor) {
    const auto made = links();
    const std::string token = made->token(some_execution, some_run).value();
    EXPECT_EQ(token.size(), 64u);
    EXPECT_THAT(token, ::testing::MatchesRegex("[A-Za-z0-9_-]+"));
    EXPECT_EQ(made->read(token), (LinkTarget{some_execution, some_run}));
}

TEST(Links, TellRunsApart) {
    const auto made = links();
    std::set<std::string> tokens;
    for (const engine::RunKey run :
         {some_run, engine::RunKey{4, some_run.node, 2}, engine::RunKey{3, core::NodeIndex{8}, 2},
          engine::RunKey{3, some_run.node, 3}})
        tokens.insert(made->token(some_execution, run).value());
    EXPECT_EQ(tokens.size(), 4u);
}

TEST(Links, TakeNoneThatWasMadeUp) {
    const auto made = links();
    const std::string token = made->token(some_execution, some_run).value();
    for (std::size_t at = 0; at < token.size(); ++at) {
        std::string changed = token;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(made->read(changed)) << at;
    }
    EXPECT_FALSE(made->read(""));
    EXPECT_FALSE(made->read(token + "A"));
    EXPECT_FALSE(made->read(std::string(64, '*')));
    EXPECT_FALSE(links()->read(token)) << "it was made with another key";
}

TEST(Links, AreTheSameAfterARestart) {
    const ScratchFolder folder;
    const std::string before = links(folder / "link-key")->token(some_execution, some_run).value();
    const auto after = links(folder / "link-key");
    EXPECT_EQ(after->read(before), (LinkTarget{some_execution, some_run}));
    EXPECT_EQ(after->token(some_execution, some_run).value(), before);
}

TEST(Links, KeepTheirKeyToTheOwner) {
    const ScratchFolder folder;
    const auto made = links(folder / "link-key");
    EXPECT_FALSE(std::filesystem::exists(folder / "link-key")) << "none is needed yet";
    ASSERT_TRUE(made->token(some_execution, some_run).has_value());
    struct stat facts {};
    ASSERT_EQ(::stat((folder / "link-key").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u);
    EXPECT_FALSE(std::filesystem::exists(folder / "link-key.new"));
}

TEST(Links, RefuseAKeyThatIsDamagedOrOpenToOthers) {
    const ScratchFolder folder;
    folder.write("link-key", "millrace-link-key-1 short\n");
    ::chmod((folder / "link-key").c_str(), 0600);
    EXPECT_TRUE(Links::open({"", folder / "link-key"}).error().is(VaultErrc::bad_key));
    ::chmod((folder / "link-key").c_str(), 0644);
    EXPECT_THAT(Links::open({"", folder / "link-key"}).error().message(),
                ::testing::HasSubstr("chmod 600"));
}

TEST(Links, LeadToThePublicUrl) {
    const auto made = links({}, "https://example.com/flows/");
    EXPECT_EQ(made->url("TOKEN").value(), "https://example.com/flows/wait/TOKEN");
    EXPECT_EQ(made->link(some_execution, some_run).value(),
              "https://example.com/flows/wait/" + made->token(some_execution, some_run).value());
}

TEST(Links, NeedAnAddress) {
    const auto made = links();
    EXPECT_TRUE(made->url("TOKEN").error().is(LinkErrc::no_address));
    made->use_address("http://127.0.0.1:8420");
    EXPECT_EQ(made->url("TOKEN").value(), "http://127.0.0.1:8420/wait/TOKEN");
}

TEST(Links, SayThatTheKeyCannotBeStored) {
    const ScratchFolder folder;
    const auto made = links(folder / "missing" / "link-key");
    EXPECT_FALSE(made->token(some_execution, some_run).has_value());
}

TEST(Links, HashTokens) {
    const auto made = links();
    const std::string token = made->token(some_execution, some_run).value();
    EXPECT_EQ(made->token_hash(some_execution, some_run).value(), Links::hash(token));
    EXPECT_EQ(Links::hash(token).size(), 64u);
}

}  // namespace
}  // namespace millrace::runtime
