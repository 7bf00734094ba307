// SPDX-License-Identifier: Apache-2.0
#include "millrace/store/admin.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "millrace/store/dead_letters.hpp"
#include "millrace/store/library.hpp"
#include "millrace/store/secrets.hpp"
#include "millrace/store/testing/temp_folder.hpp"
#include "millrace/store/triggers.hpp"
#include "sqlite/connection.hpp"
#include "testing/frames.hpp"
#include "testing/matchers.hpp"

namespace millrace::store {

using testing::FailsWith;
using ::testing::HasSubstr;

namespace {

class Admin : public ::testing::Test {
protected:
    std::unique_ptr<Store> fill() {
        auto store = open_store(options_);
        const Epoch epoch = (*store)->take_ownership()->epoch;
        EXPECT_TRUE((*store)->save_version(testing::workflow, testing::workflow_hash, "{}", {}));
        EXPECT_TRUE((*store)->commit(
            testing::FrameBuilder{1, 1}.insert(1).journal(1, 1, 1, "a").build(), epoch));
        return std::move(*store);
    }
    void set_version(int version) {
        auto connection = *sqlite::Connection::open(options_.folder / "millrace.db",
                                                    sqlite::Access::write, core::Duration{0}, {});
        ASSERT_TRUE(
            connection.execute(("PRAGMA user_version = " + std::to_string(version)).c_str()));
    }

    testing::TempFolder folder_;
    OpenOptions options_{.folder = folder_ / "data"};
    OpenOptions reading_{.folder = folder_ / "data", .mode = OpenMode::read_only};
};

using Migrations = Admin;
using Backup = Admin;

}  // namespace

TEST_F(Migrations, StatusListsWhatWasApplied) {
    fill().reset();
    const auto status = migration_status(options_);
    ASSERT_TRUE(status) << status.error().message();
    EXPECT_EQ(status->version, 6u);
    EXPECT_EQ(status->newest, 6u);
    ASSERT_EQ(status->migrations.size(), 6u);
    EXPECT_EQ(status->migrations[0].name, "base");
    EXPECT_GT(status->migrations[1].applied_at.value().ms, 1'600'000'000'000);
}

TEST_F(Migrations, StatusCountsWhatIsLiveAndParkedUnlessTheSchemaIsOlder) {
    {
        const auto store = fill();
        const Epoch epoch = store->take_ownership()->epoch;
        ASSERT_TRUE(store->commit(
            testing::FrameBuilder{2, 2}.insert(2).insert(3).finish(3).park(1, 1, "s", 9).build(),
            epoch));
    }
    const auto status = migration_status(options_);
    EXPECT_EQ(status->live, 2u);
    EXPECT_EQ(status->parked, 1u);
    EXPECT_EQ(rollback(options_, 2)->parked, std::nullopt);
    EXPECT_EQ(migrate(options_)->parked, 0u);
    EXPECT_EQ(migrate(options_)->live, 2u);
}

TEST_F(Migrations, StatusWorksBesideAnOwner) {
    const auto owner = fill();
    EXPECT_EQ(migration_status(options_)->version, 6u);
}

TEST_F(Migrations, RollbackKeepsTheDataAndAnOwnerMigratesAgain) {
    fill().reset();
    const auto back = rollback(options_, 1);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->version, 1u);
    EXPECT_EQ(back->migrations[1].applied_at, std::nullopt);
    EXPECT_THAT(open_store(reading_), FailsWith(StoreErrc::older_schema));
    auto no_migration = options_;
    no_migration.migrate = false;
    EXPECT_THAT(open_store(no_migration), FailsWith(StoreErrc::older_schema));
    const auto store = open_store(options_);
    ASSERT_TRUE(store) << store.error().message();
    EXPECT_TRUE((*store)->execution(testing::execution_id(1)));
    EXPECT_EQ((*store)->status()->schema_version, 6u);
}

TEST_F(Migrations, WhatWasParkedIsRunningAfterGoingBackAndForward) {
    {
        const auto store = fill();
        const Epoch epoch = store->take_ownership()->epoch;
        testing::FrameBuilder frame{2, 2};
        for (std::uint64_t n = 2; n <= 4; ++n)
            frame.insert(n);
        frame.park(1, 1, "state", 90'000).park(2, 1, "s", std::nullopt).finish(4);
        ASSERT_TRUE(store->commit(frame.build(), epoch));
    }
    ASSERT_EQ(rollback(options_, 2)->version, 2u);
    const auto store = open_store(options_);
    ASSERT_TRUE(store) << store.error().message();
    const auto unparked = (*store)->unparked(10, {});
    ASSERT_TRUE(unparked) << unparked.error().message();
    ASSERT_EQ(unparked->size(), 3u);
    for (std::uint64_t n = 1; n <= 3; ++n) {
        EXPECT_EQ(unparked->at(n - 1).id, testing::execution_id(n));
        EXPECT_EQ(unparked->at(n - 1).status, core::ExecutionStatus::running);
    }
    EXPECT_EQ((*store)->history(testing::execution_id(1))->snapshot, "state");
    EXPECT_EQ((*store)->next_wake({}).value(), std::nullopt);
    const Epoch epoch = (*store)->take_ownership()->epoch;
    EXPECT_TRUE((*store)->commit(
        testing::FrameBuilder{3, 3}.park(1, 1, "state", 90'000).finish(2).build(), epoch));
    EXPECT_EQ((*store)->unparked(10, {})->size(), 1u);
}

TEST_F(Migrations, WorkflowsOfAnOlderSchemaAreDescribedByTheirNewestDocument) {
    {
        const auto store = fill();
        const auto save = [&](const char* document) {
            return store->save_version("bills", document, document, core::Time{7}).has_value();
        };
        ASSERT_TRUE(save("{}"));
        ASSERT_TRUE(save(R"({"name":"Bills","folder":"money","tags":["a","b"]})"));
        ASSERT_TRUE(store->save_version("odd", "h", R"({"name":7,"tags":"x"})", core::Time{8}));
        ASSERT_TRUE(store->save_version("worse", "h", "no JSON", core::Time{9}));
    }
    ASSERT_EQ(rollback(options_, 3)->version, 3u);
    const auto store = open_store(options_);
    ASSERT_TRUE(store) << store.error().message();
    const auto bills = (*store)->library().find("bills");
    ASSERT_TRUE(bills) << bills.error().message();
    EXPECT_EQ(bills->name, "Bills");
    EXPECT_EQ(bills->folder, "money");
    EXPECT_EQ(bills->tags, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(bills->head, 2u);
    EXPECT_EQ(bills->origin, WorkflowOrigin::run);
    EXPECT_EQ(bills->updated_at, core::Time{7});
    EXPECT_EQ((*store)->library().find("odd")->name, "");
    EXPECT_EQ((*store)->library().find("worse")->head, 1u);
}

TEST_F(Migrations, RollbackRefusesToDeleteSecretsAndLettersUnlessAllowed) {
    {
        const auto store = fill();
        const Epoch epoch = store->take_ownership()->epoch;
        ASSERT_TRUE(store->commit(testing::FrameBuilder{2, 2}.letter(1, "a").build(), epoch));
        ASSERT_TRUE(store->secrets().put({.name = "token", .key_id = "k", .sealed = "s"}));
        ASSERT_TRUE(store->library().set_active(testing::workflow, 1, core::Time{3}));
    }
    const auto refused = rollback(options_, 3);
    ASSERT_THAT(refused, FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(refused.error().message(), HasSubstr("would delete 3 dead letters, secrets"));
    EXPECT_EQ(rollback(options_, 3, true)->version, 3u);
    EXPECT_EQ(migrate(options_)->version, 6u);
    const auto store = open_store(options_);
    EXPECT_EQ((*store)->secrets().list(std::nullopt)->size(), 0u);
    EXPECT_TRUE((*store)->execution(testing::execution_id(1)));
}

TEST_F(Migrations, TriggersOfActiveVersionsAreFoundInTheirDocuments) {
    constexpr const char* document =
        R"({"nodes":[{"id":"hook","type":"trigger.webhook@2","data":{"path":"a/{id}","max":2.50}},)"
        R"({"id":"set","type":"data.set"},{"id":"by_hand","type":"trigger.manual"},{"id":9}]})";
    std::vector<ActiveTrigger> before;
    {
        const auto store = fill();
        ASSERT_TRUE(store->library().put({"bills", "h", document, WorkflowOrigin::put, {}, true},
                                         core::Time{5}));
        ASSERT_TRUE(store->library().put({"idle", "h", document}, core::Time{5}));
        ASSERT_TRUE(store->library().put({"odd", "h", "no JSON", WorkflowOrigin::put, {}, true},
                                         core::Time{5}));
        before = store->triggers().active().value();
    }
    ASSERT_EQ(rollback(options_, 5)->version, 5u);
    const auto store = open_store(options_);
    ASSERT_TRUE(store) << store.error().message();
    const auto triggers = (*store)->triggers().active();
    ASSERT_TRUE(triggers) << triggers.error().message();
    EXPECT_EQ(*triggers, before);
    ASSERT_EQ(triggers->size(), 2u);
    EXPECT_EQ(triggers->at(0).type, "trigger.webhook");
    EXPECT_EQ(triggers->at(0).type_version, 2u);
    EXPECT_EQ(triggers->at(0).data.find("path")->as_string(), "a/{id}");
    EXPECT_EQ(triggers->at(1).node_id, "by_hand");
}

TEST_F(Migrations, RollbackRefusesToForgetWhatIsWaitedFor) {
    {
        const auto store = fill();
        const Epoch epoch = store->take_ownership()->epoch;
        const auto frame = testing::FrameBuilder{2, 2}
                               .wait(1, engine::WaitRow::What::approval, "", "hash")
                               .child(2, 1)
                               .build();
        ASSERT_TRUE(store->commit(frame, epoch));
    }
    const auto refused = rollback(options_, 5);
    ASSERT_THAT(refused, FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(refused.error().message(), HasSubstr("would delete 1 open waits"));
    EXPECT_EQ(rollback(options_, 5, true)->version, 5u);
    const auto store = open_store(options_);
    EXPECT_EQ((*store)->execution(testing::execution_id(2))->parent, std::nullopt);
}

TEST_F(Migrations, MigrateBringsAnOlderSchemaForward) {
    fill().reset();
    ASSERT_TRUE(rollback(options_, 1));
    const auto forward = migrate(options_);
    ASSERT_TRUE(forward) << forward.error().message();
    EXPECT_EQ(forward->version, 6u);
    EXPECT_TRUE(open_store(reading_));
}

TEST_F(Migrations, RollbackRefusesToDeleteExecutionsUnlessAllowed) {
    fill().reset();
    const auto refused = rollback(options_, 0);
    ASSERT_THAT(refused, FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(refused.error().message(), HasSubstr("would delete 2 stored"));
    EXPECT_EQ(migration_status(options_)->version, 6u);
    EXPECT_EQ(rollback(options_, 0, true)->version, 0u);
    EXPECT_EQ((*open_store(options_))->status()->executions, 0u);
}

TEST_F(Migrations, RollbackAheadIsABadArgument) {
    fill().reset();
    EXPECT_THAT(rollback(options_, 7), FailsWith(StoreErrc::bad_argument));
}

TEST_F(Migrations, ANewerSchemaIsRefusedBeforeAnythingIsTouched) {
    fill().reset();
    set_version(99);
    const auto file = options_.folder / "millrace.db";
    const auto before = std::filesystem::last_write_time(file);
    const auto refused = open_store(options_);
    ASSERT_THAT(refused, FailsWith(StoreErrc::newer_schema));
    EXPECT_THAT(refused.error().message(), HasSubstr("newer version of Millrace (schema 99"));
    EXPECT_THAT(open_store(reading_), FailsWith(StoreErrc::newer_schema));
    EXPECT_THAT(migrate(options_), FailsWith(StoreErrc::newer_schema));
    EXPECT_THAT(rollback(options_, 1), FailsWith(StoreErrc::newer_schema));
    EXPECT_EQ(std::filesystem::last_write_time(file), before);
}

TEST_F(Migrations, NeedTheLockOfTheData) {
    const auto owner = fill();
    EXPECT_THAT(migrate(options_), FailsWith(StoreErrc::locked));
    EXPECT_THAT(rollback(options_, 1), FailsWith(StoreErrc::locked));
}

TEST_F(Migrations, NothingIsCreatedWhereThereIsNoDatabase) {
    EXPECT_THAT(migration_status(options_), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(migrate(options_), FailsWith(StoreErrc::not_found));
    EXPECT_FALSE(std::filesystem::exists(options_.folder));
    EXPECT_THAT(migrate({.url = "memory:"}), FailsWith(StoreErrc::bad_argument));
}

TEST_F(Backup, CopiesBesideAnOwnerAndTheCopyCanBeOwned) {
    const auto owner = fill();
    const auto file = folder_ / "copy.db";
    const auto done = backup(options_, file);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(done->bytes, std::filesystem::file_size(file));
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const auto copy = open_store({.url = "sqlite:" + file.string()});
    ASSERT_TRUE(copy) << copy.error().message();
    EXPECT_EQ((*copy)->journal(testing::execution_id(1), 0)->at(0), "a");
}

TEST_F(Backup, HoldsWhatIsParked) {
    const auto owner = fill();
    const Epoch epoch = owner->take_ownership()->epoch;
    ASSERT_TRUE(owner->commit(
        testing::FrameBuilder{2, 2}.insert(2).park(1, 1, "state", 90'000).build(), epoch));
    ASSERT_TRUE(backup(options_, folder_ / "copy.db"));
    const auto copy = open_store({.url = "sqlite:" + (folder_ / "copy.db").string()});
    ASSERT_TRUE(copy) << copy.error().message();
    EXPECT_EQ((*copy)->due_parked(core::Time{100'000}, 10, {})->at(0).id, testing::execution_id(1));
    EXPECT_EQ((*copy)->unparked(10, {})->at(0).id, testing::execution_id(2));
}

TEST_F(Backup, RefusesToOverwrite) {
    fill().reset();
    std::ofstream{folder_ / "copy.db"} << "mine";
    EXPECT_THAT(backup(options_, folder_ / "copy.db"), FailsWith(StoreErrc::bad_argument));
    EXPECT_EQ(std::filesystem::file_size(folder_ / "copy.db"), 4u);
}

TEST_F(Backup, AFailedOneLeavesNoFile) {
    EXPECT_THAT(backup(options_, folder_ / "copy.db"), FailsWith(StoreErrc::not_found));
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace millrace::store
