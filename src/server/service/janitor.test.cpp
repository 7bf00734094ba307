// SPDX-License-Identifier: Apache-2.0
#include "service/janitor.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "archive/testing/unpacking.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/store/feed.hpp"
#include "millrace/store/idempotency.hpp"
#include "millrace/store/open.hpp"
#include "millrace/store/rollups.hpp"
#include "millrace/store/start_keys.hpp"

namespace millrace::server {
namespace {

class JanitorTest : public ::testing::Test {
protected:
    void SetUp() override {
        epoch_ = store_->take_ownership()->epoch;
        ASSERT_TRUE(store_->save_version("w", "h", "{}", core::Time{1}));
    }
    JanitorParts parts() {
        return {.store = *store_,
                .write =
                    [this](const std::function<core::Result<>(store::Store&)>& task) {
                        ++writes_;
                        if (fails_) return core::Result<>{core::fail(store::StoreErrc::io, "no")};
                        return task(*store_);
                    },
                .log = *log_,
                .line = [this](core::ExecutionId id) -> core::Result<ArchiveLine> {
                    if (id == unreadable_) return core::fail(store::StoreErrc::io, "no");
                    return ArchiveLine{core::Time{1'000}, "{\"id\":\"" + id.text() + "\"}\n"};
                },
                .work = [](const std::function<void()>& task) { task(); },
                .later =
                    [this](core::Duration delay, std::function<void()> task) {
                        delays_.push_back(delay.ms);
                        tasks_.push_back(std::move(task));
                    },
                .now = [this] { return now_; }};
    }
    /// `count` executions that end at `at_ms`.
    void run(std::uint64_t count, std::int64_t at_ms) {
        engine::Frame frame;
        frame.number = ++frame_;
        frame.now = core::Time{at_ms};
        for (std::uint64_t i = 0; i < count; ++i) {
            engine::ExecutionRow row;
            row.id = {core::Uuid::v7(core::Time{at_ms}, 7, ++last_)};
            row.workflow_id = "w";
            row.workflow_hash = "h";
            row.created_at = core::Time{at_ms};
            row.status = core::ExecutionStatus::completed;
            row.completed_at = core::Time{at_ms};
            frame.inserted.push_back(row);
            frame.journal.push_back({row.id, 1, 1, "j"});
        }
        ASSERT_TRUE(store_->commit(frame, epoch_));
    }
    /// All that is planned, until the next clean-up would begin.
    void clean_up() {
        while (!tasks_.empty()) {
            auto task = std::move(tasks_.front());
            tasks_.pop_front();
            task();
            if (delays_.back() >= 1'000) return;
        }
    }
    std::uint64_t stored() { return store_->status()->executions; }

    std::unique_ptr<store::Store> store_ = store::open_memory_store();
    std::shared_ptr<runtime::Log> log_ = runtime::make_silent_log();
    store::Epoch epoch_;
    core::Time now_{1'000'000};
    std::deque<std::function<void()>> tasks_;
    std::vector<std::int64_t> delays_;
    std::uint64_t frame_ = 0;
    std::uint64_t last_ = 0;
    std::size_t writes_ = 0;
    bool fails_ = false;
    core::ExecutionId unreadable_;
};

RetentionOptions options(std::int64_t age_ms, std::uint64_t count) {
    return {.age = core::Duration{age_ms},
            .count = count,
            .interval = core::Duration{60'000},
            .idempotency = core::Duration{10'000},
            .archive_folder = {}};
}

TEST_F(JanitorTest, RemovesByAgeAPieceAtATime) {
    run(450, 1'000);
    run(3, 999'000);
    Janitor janitor{parts()};
    janitor.start(options(50'000, 0));
    EXPECT_EQ(stored(), 453u);
    clean_up();
    EXPECT_EQ(stored(), 3u);
    EXPECT_GE(writes_, 3u);
    EXPECT_EQ(delays_.front(), 60'000);
    EXPECT_EQ(delays_.back(), 60'000);
    now_.ms += 60'000;
    clean_up();
    EXPECT_EQ(stored(), 0u);
}

TEST_F(JanitorTest, LeavesWhatAnalyticsHaveNotCounted) {
    const auto counted = [this](store::FeedPosition position, std::int64_t at_ms) {
        ASSERT_TRUE(store_->rollups().add({}, {position, core::Time{at_ms}}, std::nullopt));
    };
    run(3, 1'000);
    counted(store_->feed().end().value(), 1'000);
    run(2, 5'000);
    run(2, 999'000);
    Janitor janitor{parts()};
    janitor.start(options(50, 1));
    clean_up();
    EXPECT_EQ(stored(), 7u) << "1,000 is not before 1,000";
    counted({2, 2}, 5'000);
    clean_up();
    EXPECT_EQ(stored(), 4u);
    counted(store_->feed().end().value(), 999'000);
    clean_up();
    EXPECT_EQ(stored(), 2u) << "the newest end may not be in the feed yet";
    now_.ms += 10'000;
    clean_up();
    EXPECT_EQ(stored(), 0u);
}

TEST_F(JanitorTest, RemovesByNumberWithoutAnAge) {
    run(250, 1'000);
    Janitor janitor{parts()};
    janitor.start(options(0, 100));
    clean_up();
    EXPECT_EQ(stored(), 100u);
    janitor.start(options(0, 0));
    clean_up();
    clean_up();
    EXPECT_EQ(stored(), 100u) << "for ever";
}

TEST_F(JanitorTest, AWorkflowKeepsAsLongAsItSaysItself) {
    const auto keep = [this](const char* hash, const char* document) {
        ASSERT_TRUE(store_->save_version("w", hash, document, core::Time{2}));
    };
    keep("h2", R"({"settings": {"retention": {"max_age": "500s"}}})");
    run(3, 600'000);
    run(2, 400'000);
    Janitor janitor{parts()};
    janitor.start(options(50'000, 4));
    clean_up();
    EXPECT_EQ(stored(), 3u) << "what is said of the age holds, and that of the server's number";
    keep("h3", R"({"settings": {"retention": {"max_count": 1}}})");
    janitor.start(options(0, 0));
    clean_up();
    clean_up();
    EXPECT_EQ(stored(), 1u);
}

TEST_F(JanitorTest, ForgetsAnswersThatAreOld) {
    store::Idempotency& kept = store_->idempotency();
    ASSERT_TRUE(kept.begin({"POST /x", "old", "d", 0, "", "", core::Time{989'000}}));
    ASSERT_TRUE(kept.begin({"POST /x", "new", "d", 0, "", "", core::Time{991'000}}));
    Janitor janitor{parts()};
    janitor.start(options(0, 0));
    clean_up();
    EXPECT_FALSE(kept.find("POST /x", "old")->has_value());
    EXPECT_TRUE(kept.find("POST /x", "new")->has_value());
}

TEST_F(JanitorTest, KeepsTheNamesOfStartsAsLongAsTheySay) {
    store::StartKeys& keys = store_->start_keys();
    const auto find = [&](const char* name) {
        bool is_there = false;
        EXPECT_TRUE(keys.change([&](store::StartKeyTable& table) -> core::Result<> {
            is_there = table.find(name)->has_value();
            return {};
        }));
        return is_there;
    };
    ASSERT_TRUE(keys.change([](store::StartKeyTable& table) -> core::Result<> {
        if (auto put = table.put({"over", {}, core::Time{999'999}}); !put) return put;
        return table.put({"on", {}, core::Time{1'000'000}});
    }));
    Janitor janitor{parts()};
    RetentionOptions wished = options(0, 0);
    wished.idempotency = core::Duration{1};
    janitor.start(wished);
    clean_up();
    EXPECT_FALSE(find("over"));
    EXPECT_TRUE(find("on"));
}

TEST_F(JanitorTest, AFailureIsTriedAgainWithTheNextCleanUp) {
    run(10, 1'000);
    fails_ = true;
    Janitor janitor{parts()};
    janitor.start(options(50'000, 0));
    clean_up();
    EXPECT_EQ(stored(), 10u);
    fails_ = false;
    clean_up();
    EXPECT_EQ(stored(), 0u);
}

TEST_F(JanitorTest, ArchivesWhatItRemoves) {
    const testing::Folder folder;
    run(130, 1'000);
    RetentionOptions wished = options(50'000, 0);
    wished.archive_folder = folder.path() / "a" / "b";
    Janitor janitor{parts()};
    janitor.start(wished);
    clean_up();
    EXPECT_EQ(stored(), 0u);
    const std::string text =
        testing::unpacked(wished.archive_folder / "1970/01/executions-1970-01-01.ndjson.gz");
    EXPECT_EQ(std::ranges::count(text, '\n'), 130);
    EXPECT_EQ(janitor.archive_health().status, HealthStatus::ok);
}

TEST_F(JanitorTest, KeepsWhatCannotBeArchivedAndDoesTheRest) {
    const testing::Folder folder;
    run(3, 1'000);
    store::Idempotency& answers = store_->idempotency();
    ASSERT_TRUE(answers.begin({"POST /x", "old", "d", 0, "", "", core::Time{1'000}}));
    RetentionOptions wished = options(50'000, 0);
    wished.archive_folder = folder.path() / "archive";
    testing::write(wished.archive_folder, "a file is in the way");
    Janitor janitor{parts()};
    janitor.start(wished);
    clean_up();
    EXPECT_EQ(stored(), 3u);
    EXPECT_FALSE(answers.find("POST /x", "old")->has_value());
    const ComponentHealth health = janitor.archive_health();
    EXPECT_EQ(health.status, HealthStatus::degraded);
    EXPECT_NE(health.detail.find("finished executions stay"), std::string::npos) << health.detail;
    std::filesystem::remove(wished.archive_folder);
    clean_up();
    EXPECT_EQ(stored(), 0u);
    EXPECT_EQ(janitor.archive_health().status, HealthStatus::ok);
}

TEST_F(JanitorTest, KeepsAnExecutionThatCannotBeRead) {
    const testing::Folder folder;
    run(3, 1'000);
    unreadable_ = {core::Uuid::v7(core::Time{1'000}, 7, 2)};
    RetentionOptions wished = options(50'000, 0);
    wished.archive_folder = folder.path();
    Janitor janitor{parts()};
    janitor.start(wished);
    clean_up();
    EXPECT_EQ(stored(), 1u);
    EXPECT_EQ(janitor.archive_health().status, HealthStatus::degraded);
}

TEST_F(JanitorTest, DoesNothingOnceItHasStopped) {
    run(10, 1'000);
    {
        Janitor janitor{parts()};
        janitor.start(options(50'000, 0));
    }
    clean_up();
    EXPECT_EQ(stored(), 10u);
    EXPECT_TRUE(tasks_.empty());
}

}  // namespace
}  // namespace millrace::server
