// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>

#include "conformance/conformance.hpp"
#include "millrace/store/dead_letters.hpp"
#include "millrace/store/result_cache.hpp"
#include "millrace/store/secrets.hpp"
#include "testing/matchers.hpp"

namespace millrace::store::conformance {

using ::testing::ElementsAre;
using testing::execution_id;
using testing::FailsWith;
using ::testing::IsEmpty;

namespace {

class PartConformance : public Conformance {
protected:
    // ---- Dead letters
    engine::DeadLetterRow letter(std::uint64_t n, const std::string& path) {
        engine::DeadLetterRow row;
        row.id = execution_id(n);
        row.path = path;
        row.node_id = path;
        row.workflow_id = testing::workflow;
        row.failure.code = "http_503";
        row.failure.message = "overloaded";
        row.input = core::Value::object({{"n", static_cast<std::int64_t>(n)}});
        row.attempts = 3;
        row.at = core::Time{static_cast<std::int64_t>(n) * 10};
        return row;
    }
    void write(std::vector<engine::DeadLetterRow> rows) {
        engine::Frame frame = next_frame().build();
        frame.dead_letters = std::move(rows);
        const auto done = store_->commit(frame, epoch_);
        ASSERT_TRUE(done) << done.error().message();
    }
    std::vector<std::uint64_t> numbers(const DeadLetterFilter& filter) {
        std::vector<std::uint64_t> all;
        const auto page = store_->dead_letters().list(filter, 100, "");
        for (const DeadLetter& found : page.value().items)
            all.push_back(found.number);
        return all;
    }

    // ---- Cache
    CachedResult result(const std::string& key, std::int64_t expires_ms,
                        std::vector<std::string> tags = {}) {
        return {key,
                "w-" + key,
                "n",
                std::move(tags),
                core::Time{1},
                core::Time{expires_ms},
                std::string(1'000, 'r')};
    }
    void keep(std::vector<CachedResult> results, std::uint64_t bytes_max = 1u << 20,
              std::int64_t now_ms = 0) {
        const auto done = store_->result_cache().put(results, bytes_max, core::Time{now_ms});
        ASSERT_TRUE(done) << done.error().message();
    }
    std::vector<std::string> keys(const CacheFilter& filter = {}) {
        std::vector<std::string> all;
        const auto page = store_->result_cache().list(filter, 100, "");
        for (const CachedEntry& entry : page.value().items)
            all.push_back(entry.key);
        return all;
    }
};

}  // namespace

TEST_P(PartConformance, ADeadLetterComesBackAsItsFrameWroteIt) {
    write({letter(1, "charge")});
    const auto found = store_->dead_letters().find(1);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->row.id, execution_id(1));
    EXPECT_EQ(found->row.path, "charge");
    EXPECT_EQ(found->row.workflow_id, testing::workflow);
    EXPECT_EQ(found->row.failure.message, "overloaded");
    EXPECT_EQ(*found->row.input.find("n"), core::Value{1});
    EXPECT_EQ(found->row.attempts, 3u);
    EXPECT_EQ(found->row.at, core::Time{10});
    EXPECT_EQ(found->status, DeadLetterStatus::open);
    EXPECT_THAT(store_->dead_letters().find(2), FailsWith(StoreErrc::not_found));
}

TEST_P(PartConformance, DeadLettersAreChosenAndPagedFromTheNewest) {
    write({letter(1, "a"), letter(2, "b")});
    write({letter(3, "a")});
    ASSERT_TRUE(store_->dead_letters().discard(2, core::Time{99}));
    EXPECT_THAT(numbers({}), ElementsAre(3, 2, 1));
    EXPECT_THAT(numbers({.status = DeadLetterStatus::open}), ElementsAre(3, 1));
    EXPECT_THAT(numbers({.node_id = "a"}), ElementsAre(3, 1));
    EXPECT_THAT(numbers({.execution = execution_id(2)}), ElementsAre(2));
    EXPECT_THAT(numbers({.code = "http_500"}), IsEmpty());
    EXPECT_THAT(numbers({.created_after = core::Time{20}}), ElementsAre(3, 2));
    EXPECT_THAT(numbers({.created_before = core::Time{20}}), ElementsAre(1));
    const auto first = store_->dead_letters().list({}, 2, "");
    ASSERT_TRUE(first->next_cursor);
    const auto last = store_->dead_letters().list({}, 2, *first->next_cursor);
    ASSERT_EQ(last->items.size(), 1u);
    EXPECT_EQ(last->items[0].number, 1u);
    EXPECT_THAT(store_->dead_letters().list({}, 2, "w1-1.1"), FailsWith(StoreErrc::bad_argument));
}

TEST_P(PartConformance, ADeadLetterIsDecidedOnce) {
    write({letter(1, "a"), letter(2, "a")});
    DeadLetters& letters = store_->dead_letters();
    ASSERT_TRUE(letters.mark_replayed(1, execution_id(9), core::Time{50}));
    EXPECT_EQ(letters.find(1)->replayed_as, execution_id(9));
    EXPECT_EQ(letters.find(1)->decided_at, core::Time{50});
    EXPECT_EQ(letters.find(1)->row.input, core::Value{}) << "nobody needs it any more";
    EXPECT_EQ(letters.find(1)->row.failure.message, "overloaded");
    EXPECT_THAT(letters.discard(1, core::Time{60}), FailsWith(StoreErrc::conflict));
    EXPECT_THAT(letters.mark_replayed(7, execution_id(9), {}), FailsWith(StoreErrc::not_found));
    ASSERT_TRUE(letters.discard(2, core::Time{60}));
    EXPECT_EQ(letters.find(2)->status, DeadLetterStatus::discarded);
}

TEST_P(PartConformance, TheSameRunFailingAgainIsTheSameLetterToBeDecidedAnew) {
    write({letter(1, "a")});
    ASSERT_TRUE(store_->dead_letters().mark_replayed(1, execution_id(9), core::Time{50}));
    engine::DeadLetterRow again = letter(1, "a");
    again.attempts = 7;
    write({again, letter(1, "b")});
    EXPECT_THAT(numbers({}), ElementsAre(2, 1));
    const auto found = store_->dead_letters().find(1);
    EXPECT_EQ(found->status, DeadLetterStatus::open);
    EXPECT_EQ(found->replayed_as, std::nullopt);
    EXPECT_EQ(found->row.attempts, 7u);
    EXPECT_EQ(*found->row.input.find("n"), core::Value{1});
}

TEST_P(PartConformance, ARefusedFrameLeavesNoLetterAndNoSharedState) {
    engine::Frame frame = next_frame().insert(1).build();
    frame.dead_letters.push_back(letter(1, "a"));
    frame.shared.push_back({"breaker", "k", "open"});
    ASSERT_FALSE(store_->commit(frame, Epoch{epoch_.value + 1}));
    EXPECT_THAT(numbers({}), IsEmpty());
    EXPECT_THAT(*store_->shared(), IsEmpty());
}

TEST_P(PartConformance, SharedStateIsTheLastRowOfEachKeyUntilItIsForgotten) {
    const auto commit_shared = [&](std::vector<engine::SharedRow> rows) {
        engine::Frame frame = next_frame().build();
        frame.shared = std::move(rows);
        ASSERT_TRUE(store_->commit(frame, epoch_));
    };
    commit_shared({{"breaker", "b", "1"}, {"breaker", "a", "1"}, {"breaker", "b", "2"}});
    commit_shared({{"other", "a", "3"}, {"breaker", "a", ""}});
    const auto rows = store_->shared();
    ASSERT_TRUE(rows) << rows.error().message();
    ASSERT_EQ(rows->size(), 2u);
    EXPECT_EQ(rows->at(0).key, "b");
    EXPECT_EQ(rows->at(0).bytes, "2");
    EXPECT_EQ(rows->at(1).kind, "other");
    EXPECT_EQ(store_->reopen(epoch_)->frame, 2u) << "such a frame counts";
}

TEST_P(PartConformance, AKeptResultIsFoundByItsKeyAndReplacedByANewerOne) {
    keep({result("a", 100, {"t"})});
    const auto found = store_->result_cache().find("a");
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->workflow_id, "w-a");
    EXPECT_THAT((*found)->tags, ElementsAre("t"));
    EXPECT_EQ((*found)->expires_at, core::Time{100});
    EXPECT_EQ((*found)->bytes, std::string(1'000, 'r'));
    keep({result("b", 100)});
    CachedResult newer = result("a", 200);
    newer.bytes = "new";
    keep({newer});
    EXPECT_EQ((*store_->result_cache().find("a"))->bytes, "new");
    EXPECT_THAT(keys(), ElementsAre("a", "b"));
    EXPECT_EQ(*store_->result_cache().find("c"), std::nullopt);
}

TEST_P(PartConformance, TheCacheStaysWithinItsBytesExpiredResultsGoFirstThenTheOldest) {
    keep({result("a", 900), result("b", 50), result("c", 900)});
    EXPECT_EQ(store_->result_cache().totals()->entries, 3u);
    const std::uint64_t all = store_->result_cache().totals()->bytes;
    keep({result("d", 900)}, all, 60);
    EXPECT_THAT(keys(), ElementsAre("d", "c", "a"));
    keep({result("e", 900)}, all, 60);
    EXPECT_THAT(keys(), ElementsAre("e", "d")) << "a tenth is free afterwards";
    keep({result("g", 900)}, all, 60);
    EXPECT_THAT(keys(), ElementsAre("g", "e", "d"));
    EXPECT_EQ(store_->result_cache().totals()->bytes, all);
    keep({result("f", 900)}, 10, 60);
    EXPECT_THAT(keys(), IsEmpty());
    EXPECT_EQ(store_->result_cache().totals()->bytes, 0u);
}

TEST_P(PartConformance, TheCacheIsClearedByWorkflowNodeOrTag) {
    keep({result("a", 9, {"x"}), result("b", 9, {"x", "y"}), result("c", 9), result("d", 9)});
    ResultCache& cache = store_->result_cache();
    EXPECT_THAT(keys({.tag = "x"}), ElementsAre("b", "a"));
    EXPECT_EQ(cache.clear({.tag = "y"}).value(), 1u);
    EXPECT_EQ(cache.clear({.workflow_id = "w-c"}).value(), 1u);
    EXPECT_EQ(cache.clear({.workflow_id = "w-a", .node_id = "other"}).value(), 0u);
    EXPECT_THAT(keys(), ElementsAre("d", "a"));
    EXPECT_EQ(cache.clear({}).value(), 2u);
    const auto page = cache.list({}, 1, "");
    EXPECT_THAT(page->items, IsEmpty());
}

TEST_P(PartConformance, CachedResultsArePaged) {
    keep({result("a", 9), result("b", 9), result("c", 9)});
    const auto first = store_->result_cache().list({}, 2, "");
    ASSERT_TRUE(first->next_cursor);
    EXPECT_EQ(first->items[0].size, 1'000u);
    const auto last = store_->result_cache().list({}, 2, *first->next_cursor);
    ASSERT_EQ(last->items.size(), 1u);
    EXPECT_EQ(last->items[0].key, "a");
    EXPECT_EQ(last->next_cursor, std::nullopt);
}

TEST_P(PartConformance, SecretsAreKeptByKindAndName) {
    Secrets& secrets = store_->secrets();
    const SealedSecret token{SecretKind::secret,    "token",       "",           "k1",
                             std::string("\0s", 2), core::Time{1}, core::Time{1}};
    const SealedSecret login{SecretKind::credential, "token",      "http.basic", "k1", "c",
                             core::Time{2},          core::Time{2}};
    ASSERT_TRUE(secrets.put(token));
    ASSERT_TRUE(secrets.put(login));
    EXPECT_EQ(secrets.list(std::nullopt)->size(), 2u);
    EXPECT_EQ(secrets.list(SecretKind::credential)->at(0).type, "http.basic");
    EXPECT_EQ(secrets.find(SecretKind::secret, "token")->sealed, token.sealed);
    SealedSecret newer = token;
    newer.sealed = "n";
    newer.created_at = newer.updated_at = core::Time{5};
    ASSERT_TRUE(secrets.put(newer));
    EXPECT_EQ(secrets.find(SecretKind::secret, "token")->sealed, "n");
    EXPECT_EQ(secrets.find(SecretKind::secret, "token")->created_at, core::Time{1});
    EXPECT_EQ(secrets.find(SecretKind::secret, "token")->updated_at, core::Time{5});
    ASSERT_TRUE(secrets.remove(SecretKind::secret, "token"));
    EXPECT_THAT(secrets.find(SecretKind::secret, "token"), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(secrets.remove(SecretKind::secret, "token"), FailsWith(StoreErrc::not_found));
    EXPECT_TRUE(secrets.find(SecretKind::credential, "token"));
}

TEST_P(PartConformance, AllSecretsAreReplacedTogetherOrNone) {
    Secrets& secrets = store_->secrets();
    std::vector<SealedSecret> all;
    for (const char* name : {"a", "b"}) {
        all.push_back({SecretKind::secret, name, "", "k1", "old", core::Time{1}, core::Time{1}});
        ASSERT_TRUE(secrets.put(all.back()));
    }
    for (SealedSecret& secret : all)
        secret.key_id = "k2";
    EXPECT_THAT(secrets.replace_all(std::vector{all[0]}), FailsWith(StoreErrc::conflict));
    std::vector<SealedSecret> others = all;
    others[1].name = "c";
    EXPECT_THAT(secrets.replace_all(others), FailsWith(StoreErrc::conflict));
    EXPECT_EQ(secrets.find(SecretKind::secret, "a")->key_id, "k1");
    ASSERT_TRUE(secrets.replace_all(all));
    EXPECT_EQ(secrets.find(SecretKind::secret, "b")->key_id, "k2");
}

INSTANTIATE_TEST_SUITE_P(Stores, PartConformance, ::testing::ValuesIn(kinds()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace millrace::store::conformance
