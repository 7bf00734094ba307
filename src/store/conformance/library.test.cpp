// SPDX-License-Identifier: Apache-2.0
#include "millrace/store/library.hpp"

#include <gmock/gmock.h>

#include "conformance/conformance.hpp"
#include "testing/matchers.hpp"

namespace millrace::store::conformance {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

class LibraryConformance : public Conformance {
protected:
    Library& library() { return store_->library(); }
    WorkflowPut put_of(const std::string& id, const std::string& document) {
        return {.workflow_id = id, .hash = "hash of " + document, .document = document};
    }
    WorkflowSaved put(const std::string& id, const std::string& document) {
        ++now_.ms;
        auto saved = library().put(put_of(id, document), now_);
        EXPECT_TRUE(saved) << saved.error().message();
        return saved.value_or(WorkflowSaved{});
    }
    std::vector<std::string> ids(const WorkflowFilter& filter) {
        std::vector<std::string> all;
        const auto page = library().list(filter, 100, "");
        for (const WorkflowEntry& entry : page.value().items)
            all.push_back(entry.id);
        return all;
    }

    core::Time now_{1'000};
};

constexpr const char* billing =
    R"({"id":"billing","name":"Send Bills","folder":"money/out","tags":["daily","bills"]})";

}  // namespace

TEST_P(LibraryConformance, APutDocumentDescribesItsWorkflow) {
    const WorkflowSaved saved = put("billing", billing);
    EXPECT_TRUE(saved.is_new);
    EXPECT_TRUE(saved.has_changed);
    const auto entry = library().find("billing");
    ASSERT_TRUE(entry) << entry.error().message();
    EXPECT_EQ(*entry, saved.entry);
    EXPECT_EQ(entry->name, "Send Bills");
    EXPECT_EQ(entry->folder, "money/out");
    EXPECT_THAT(entry->tags, ElementsAre("daily", "bills"));
    EXPECT_EQ(entry->head, 1u);
    EXPECT_EQ(entry->active, std::nullopt);
    EXPECT_EQ(entry->origin, WorkflowOrigin::put);
    EXPECT_EQ(entry->created_at, now_);
    EXPECT_EQ(store_->version("billing", 1)->document, billing);
}

TEST_P(LibraryConformance, ManyArePutAndTakenOutTogetherOrNotAtAll) {
    put("old", billing);
    ASSERT_TRUE(library().set_active("old", 1, now_));
    std::vector<WorkflowPut> puts{put_of("billing", billing), put_of("other", billing)};
    puts[1].expected_head = 7;
    const std::vector<std::string> gone{"old"};
    EXPECT_THAT(library().apply(puts, gone, now_), FailsWith(StoreErrc::conflict));
    EXPECT_THAT(ids({}), ElementsAre("old", testing::workflow));
    EXPECT_EQ(library().find("old")->active, 1u);
    puts[1].expected_head = 0;
    puts[1].activate = true;
    ++now_.ms;
    const auto saved = library().apply(puts, gone, now_);
    ASSERT_TRUE(saved) << saved.error().message();
    ASSERT_EQ(saved->size(), 2u);
    EXPECT_EQ((*saved)[1].entry.active, 1u);
    EXPECT_EQ(ids({}).size(), 3u);
    EXPECT_THAT(library().find("old"), FailsWith(StoreErrc::not_found));
}

TEST_P(LibraryConformance, PuttingTheSameAgainChangesNothing) {
    const WorkflowSaved first = put("billing", billing);
    const WorkflowSaved again = put("billing", billing);
    EXPECT_FALSE(again.is_new);
    EXPECT_FALSE(again.has_changed);
    EXPECT_EQ(again.entry, first.entry);
}

TEST_P(LibraryConformance, AnEarlierDocumentBecomesTheHeadAgainUnderItsOldNumber) {
    put("billing", billing);
    EXPECT_EQ(put("billing", R"({"name":"B"})").entry.head, 2u);
    const WorkflowSaved back = put("billing", billing);
    EXPECT_TRUE(back.has_changed);
    EXPECT_EQ(back.entry.head, 1u);
    EXPECT_EQ(back.entry.name, "Send Bills");
}

TEST_P(LibraryConformance, WhatIsOnlyRunHasTheVersionRunLastAsItsHead) {
    const auto run = [&](const std::string& document) {
        ++now_.ms;
        return store_->save_version("etl", document, document, now_)->number;
    };
    EXPECT_EQ(run(R"({"name":"one"})"), 1u);
    EXPECT_EQ(run(R"({"name":"two"})"), 2u);
    EXPECT_EQ(library().find("etl")->name, "two");
    EXPECT_EQ(run(R"({"name":"one"})"), 1u);
    EXPECT_EQ(library().find("etl")->head, 1u);
    EXPECT_EQ(library().find("etl")->origin, WorkflowOrigin::run);
    put("etl", R"({"name":"three"})");
    EXPECT_EQ(run(R"({"name":"two"})"), 2u);
    EXPECT_EQ(library().find("etl")->name, "three") << "a run does not move what was put";
}

TEST_P(LibraryConformance, ListsAreFilteredAndPagedFromTheLastUpdated) {
    put("billing", billing);
    put("stock", R"({"name":"Count Stock","folder":"money"})");
    put("mail", R"({"name":"Mail","folder":"moneybox","tags":["daily"]})");
    ASSERT_TRUE(library().remove(testing::workflow));
    EXPECT_THAT(ids({}), ElementsAre("mail", "stock", "billing"));
    EXPECT_THAT(ids({.text = "STOCK"}), ElementsAre("stock"));
    EXPECT_THAT(ids({.text = "bills"}), ElementsAre("billing"));
    EXPECT_THAT(ids({.tag = "daily"}), ElementsAre("mail", "billing"));
    EXPECT_THAT(ids({.folder = "money"}), ElementsAre("stock", "billing"));
    EXPECT_THAT(ids({.origin = WorkflowOrigin::file}), IsEmpty());
    ASSERT_TRUE(library().set_active("stock", 1, core::Time{9'000}));
    EXPECT_THAT(ids({.active_only = true}), ElementsAre("stock"));

    const auto first = library().list({}, 2, "");
    ASSERT_TRUE(first->next_cursor);
    EXPECT_THAT(first->items[0].id, "stock");
    const auto second = library().list({}, 2, *first->next_cursor);
    ASSERT_EQ(second->items.size(), 1u);
    EXPECT_EQ(second->items[0].id, "billing");
    EXPECT_EQ(second->next_cursor, std::nullopt);
    EXPECT_THAT(library().list({}, 2, "x1-3"), FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(library().list({}, 0, ""), FailsWith(StoreErrc::bad_argument));
}

TEST_P(LibraryConformance, AnyVersionCanBeActiveAndIsKeptWhenTheHeadMoves) {
    put("billing", billing);
    put("billing", R"({"name":"B"})");
    const auto entry = library().set_active("billing", 1, core::Time{5'000});
    ASSERT_TRUE(entry) << entry.error().message();
    EXPECT_EQ(entry->active, 1u);
    EXPECT_EQ(entry->updated_at, core::Time{5'000});
    EXPECT_EQ(put("billing", R"({"name":"C"})").entry.active, 1u);
    EXPECT_EQ(library().set_active("billing", std::nullopt, now_)->active, std::nullopt);
    EXPECT_THAT(library().set_active("billing", 9, now_), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(library().set_active("none", 1, now_), FailsWith(StoreErrc::not_found));
}

TEST_P(LibraryConformance, PutCanActivateInTheSameCommit) {
    WorkflowPut wanted = put_of("billing", billing);
    wanted.activate = true;
    const auto saved = library().put(wanted, now_);
    ASSERT_TRUE(saved) << saved.error().message();
    EXPECT_TRUE(saved->has_activated);
    EXPECT_EQ(library().find("billing")->active, 1u);
    EXPECT_FALSE(library().put(wanted, now_)->has_activated);
}

TEST_P(LibraryConformance, VersionsGoFromTheNewestAndTellHeadAndActive) {
    put("billing", billing);
    put("billing", R"({"name":"B"})");
    put("billing", R"({"name":"C"})");
    put("billing", R"({"name":"B"})");
    ASSERT_TRUE(library().set_active("billing", 1, now_));
    const auto all = library().versions("billing", 10, 0);
    ASSERT_TRUE(all) << all.error().message();
    ASSERT_EQ(all->size(), 3u);
    EXPECT_EQ(all->at(0).number, 3u);
    EXPECT_TRUE(all->at(1).is_head);
    EXPECT_TRUE(all->at(2).is_active);
    EXPECT_EQ(all->at(2).bytes, std::string{billing}.size());
    const auto below = library().versions("billing", 1, 3);
    ASSERT_EQ(below->size(), 1u);
    EXPECT_EQ(below->at(0), all->at(1));
    EXPECT_THAT(library().versions("none", 1, 0), FailsWith(StoreErrc::not_found));
}

TEST_P(LibraryConformance, RemovingKeepsVersionsAndExecutionsAndIsRefusedWhileActive) {
    commit(next_frame().insert(1));
    ASSERT_TRUE(library().set_active(testing::workflow, 1, now_));
    const auto refused = library().remove(testing::workflow);
    ASSERT_THAT(refused, FailsWith(StoreErrc::conflict));
    EXPECT_THAT(refused.error().message(), HasSubstr("deactivate it first"));
    ASSERT_TRUE(library().set_active(testing::workflow, std::nullopt, now_));
    ASSERT_TRUE(library().remove(testing::workflow));
    EXPECT_THAT(library().find(testing::workflow), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(library().versions(testing::workflow, 1, 0), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(library().remove(testing::workflow), FailsWith(StoreErrc::not_found));
    EXPECT_EQ(store_->version(testing::workflow, 1)->document, "{}");
    EXPECT_EQ(store_->executions({.workflow_id = testing::workflow}, 9, "")->items.size(), 1u);
    const WorkflowSaved again = put(testing::workflow, R"({"name":"back"})");
    EXPECT_TRUE(again.is_new);
    EXPECT_EQ(again.entry.head, 2u);
    EXPECT_EQ(again.entry.created_at, now_);
}

TEST_P(LibraryConformance, APutThatExpectsAnotherHeadIsAConflictAndKeepsNothing) {
    WorkflowPut wanted = put_of("billing", billing);
    wanted.expected_head = 1;
    EXPECT_THAT(library().put(wanted, now_), FailsWith(StoreErrc::conflict));
    wanted.expected_head = 0;
    ASSERT_TRUE(library().put(wanted, now_));
    EXPECT_THAT(library().put(wanted, now_), FailsWith(StoreErrc::conflict));
    WorkflowPut other = put_of("billing", R"({"name":"B"})");
    other.expected_head = 2;
    EXPECT_THAT(library().put(other, now_), FailsWith(StoreErrc::conflict));
    EXPECT_THAT(store_->version("billing", 2), FailsWith(StoreErrc::not_found));
}

TEST_P(LibraryConformance, OnlyAFileChangesWhatAFileManages) {
    WorkflowPut wanted = put_of("billing", billing);
    wanted.origin = WorkflowOrigin::file;
    ASSERT_TRUE(library().put(wanted, now_));
    const auto refused = library().put(put_of("billing", R"({"name":"B"})"), now_);
    ASSERT_THAT(refused, FailsWith(StoreErrc::conflict));
    EXPECT_THAT(refused.error().message(), HasSubstr("managed by a file"));
    wanted.document = R"({"name":"C"})";
    wanted.hash = "c";
    EXPECT_EQ(library().put(wanted, now_)->entry.head, 2u);
}

INSTANTIATE_TEST_SUITE_P(Stores, LibraryConformance, ::testing::ValuesIn(kinds()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace millrace::store::conformance
