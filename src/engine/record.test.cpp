// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "millrace/core/binary.hpp"
#include "testing/library.hpp"
#include "testing/shard_fixture.hpp"

namespace millrace::engine {
namespace {

using ::testing::HasSubstr;

constexpr core::Time t0{1'700'000'000'000};

/// One record of each kind, with every field different from its default.
std::vector<RecordBody> one_of_each() {
    const RunKey run{0, {3}, 0};
    const core::Failure failure = failure_of(core::ErrorClass::http_5xx, "http_503");
    const std::vector<PortValue> ports{{core::PortIndex{1}, json(R"({"a": [1, null]})")}};
    const core::Value value = json(R"(["x", 2.5])");
    return {ExecutionCreated{"orders", 7, "hash", 1, {2}, value, 4, json("{}"), 5, 6},
            CancelRequested{"why", t0},
            AttemptSucceeded{run, 2, ports, "here", value},
            AttemptFailed{run, 2, failure, "here"},
            TimerFired{run, TimerPurpose::cancel_grace, 2, t0},
            Recovered{},
            Continued{},
            ExecutionStarted{},
            AttemptStarted{run, 2},
            AttemptReissued{run, 2, 3},
            RetryScheduled{run, 3, t0, 250},
            RunWaiting{run, t0, ports},
            RunCompleted{run, CompletedBy::fallback, ports},
            RunFailed{run, FailedThen::fallback, failure},
            RunSkipped{run},
            RunCanceled{run},
            LinkSettled{{4}, LinkOutcome::value, value},
            LinkFailed{{4}, failure},
            RunNoted{run, value},
            ExecutionWaiting{},
            ExecutionCompleted{value},
            ExecutionFailed{failure},
            ExecutionCanceled{"why"},
            ExecutionConfigured{-3, true, value, value, value, value, "0", "loop[3].charge"},
            PermitGranted{},
            StartDelayed{core::Time{1'000}},
            PauseRequested{"why"},
            ResumeRequested{},
            VariablesChanged{value},
            BreakpointsSet{value},
            StepRequested{},
            NodeCommanded{run, NodeAction::retry},
            ExecutionPaused{true, run},
            ExecutionRestarted{2, t0, failure},
            ContainerOpened{run, value, 2, 3, 4, true, true, false},
            ScopeOpened{5, run, 6, ScopePart::cleanup},
            ScopeClosed{5, ScopeOutcome::canceled},
            IterationChecked{run},
            ContainerStopped{run, ContainerStop::failed, failure},
            UndoStarted{5, run, 6},
            UndoEnded{5},
            UndoSkipped{run, 6},
            OutputsFailed{failure},
            ExecutionLinked{"0", run, 2, "loop[3].call", 4, false},
            ExecutionTraced{"4bf9", "00f0", "a=b", false},
            SignalReceived{"paid", value},
            AnswerReceived{run, value},
            AttemptDetached{run, 2, "0", true, "here"},
            WaitOpened{run, WaitKind::approval, "name", value, true, t0, ports},
            Responded{run, value}};
}

std::string row_of(const std::vector<RecordBody>& bodies) {
    RowWriter writer{9, t0};
    core::Time at = t0;
    for (const RecordBody& body : bodies) {
        writer.append(Origin::derived, at, body);
        at = at + core::Duration{5};
    }
    return writer.take_bytes();
}

TEST(Row, HoldsTheScopeOfAConnectionOnlyBelowTheTopLevel) {
    const std::string flat = row_of({LinkSettled{{4}, LinkOutcome::dead, {}, 0}});
    const std::string scoped = row_of({LinkSettled{{4}, LinkOutcome::dead, {}, 9}});
    EXPECT_EQ(scoped.size(), flat.size() + 2);  // the schema and the scope
    const auto records = read_row(scoped);
    ASSERT_TRUE(records.has_value());
    EXPECT_EQ(std::get<LinkSettled>(records->front().body).scope, 9u);
}

TEST(Row, HoldsEveryKindOfRecord) {
    const std::vector<RecordBody> bodies = one_of_each();
    ASSERT_EQ(bodies.size(), std::variant_size_v<RecordBody>);
    const auto records = read_row(row_of(bodies));
    ASSERT_TRUE(records.has_value()) << records.error().message();
    ASSERT_EQ(records->size(), bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        const Record& record = (*records)[i];
        EXPECT_EQ(record.seq, 9 + i);
        EXPECT_EQ(record.at.ms, t0.ms + 5 * static_cast<std::int64_t>(i));
        EXPECT_EQ(kind_of(record.body), kind_of(bodies[i]));
    }
    std::string again;
    RowWriter writer{9, t0};
    for (const Record& record : *records)
        writer.append(record.origin, record.at, record.body);
    EXPECT_EQ(writer.bytes(), row_of(bodies));
    EXPECT_EQ(writer.first_seq(), 9u);
    EXPECT_EQ(writer.count(), bodies.size());
}

TEST(Row, IsSkimmedWithoutItsValues) {
    const std::string row = row_of(one_of_each());
    std::vector<Record> skimmed;
    ASSERT_TRUE(skim_row(row, [&](const Record& record) { skimmed.push_back(record); }));
    const auto records = read_row(row);
    ASSERT_TRUE(records.has_value());
    ASSERT_EQ(skimmed.size(), records->size());
    for (std::size_t i = 0; i < skimmed.size(); ++i) {
        EXPECT_EQ(skimmed[i].seq, (*records)[i].seq);
        EXPECT_EQ(skimmed[i].at, (*records)[i].at);
        EXPECT_EQ(kind_of(skimmed[i].body), kind_of((*records)[i].body));
    }
    const auto& created = std::get<ExecutionCreated>(skimmed.front().body);
    EXPECT_EQ(created.workflow_id, "orders");
    EXPECT_TRUE(created.input.is_null());
    EXPECT_EQ(created.seed_low, 6u);
    const auto& failed = std::get<AttemptFailed>(skimmed[3].body);
    EXPECT_EQ(failed.failure.code, "http_503");
    EXPECT_EQ(failed.executor, "here");
}

TEST(Row, IsSkimmedUpToItsDamage) {
    std::string row = row_of({ExecutionStarted{}, ExecutionCompleted{json(R"([1, 2])")}});
    row.pop_back();
    std::size_t told = 0;
    const auto skimmed = skim_row(row, [&](const Record&) { ++told; });
    ASSERT_FALSE(skimmed.has_value());
    EXPECT_TRUE(skimmed.error().is(JournalErrc::corrupt));
    EXPECT_EQ(told, 1u);
}

TEST(Row, TellsInputsFromWhatWasDerived) {
    RowWriter writer{1, t0};
    writer.append(Origin::input, t0, Recovered{});
    writer.append(Origin::derived, t0, ExecutionStarted{});
    const auto records = read_row(writer.bytes());
    ASSERT_TRUE(records.has_value());
    EXPECT_EQ((*records)[0].origin, Origin::input);
    EXPECT_EQ((*records)[1].origin, Origin::derived);
}

TEST(Row, CostsTwoBytesForARecordThatSaysAllByItsKind) {
    RowWriter writer{1, t0};
    const std::size_t head = writer.bytes().size();
    writer.append(Origin::derived, t0, ExecutionWaiting{});
    EXPECT_EQ(writer.bytes().size(), head + 2);
}

TEST(Kinds, AreNeverUsedTwice) {
    std::set<std::uint16_t> kinds;
    std::set<std::string_view> names;
    for (const RecordBody& body : one_of_each()) {
        EXPECT_TRUE(kinds.insert(kind_of(body)).second) << kind_name(body);
        EXPECT_TRUE(names.insert(kind_name(body)).second) << kind_name(body);
    }
}

// The numbers are in journals for ever; this list may only grow.
TEST(Kinds, KeepTheirStoredNumbers) {
    const std::vector<std::uint16_t> stored{1,  2,  3,  4,  5,   6,   7,   20,  21,  22, 23, 24, 25,
                                            26, 27, 28, 29, 30,  35,  31,  32,  33,  34, 8,  9,  16,
                                            10, 11, 12, 13, 14,  15,  36,  37,  38,  39, 40, 41, 42,
                                            43, 44, 45, 46, 100, 101, 102, 103, 104, 47, 48};
    std::vector<std::uint16_t> now;
    for (const RecordBody& body : one_of_each())
        now.push_back(kind_of(body));
    EXPECT_EQ(now, stored);
}

/// A row with a head and these bytes as its first record.
core::Result<std::vector<Record>> row_with(std::string_view record) {
    RowWriter writer{1, t0};
    return read_row(writer.bytes() + std::string{record});
}

TEST(DamagedRow, OfAnUnknownKindAsksForANewerVersion) {
    const auto read = row_with(std::string{"\x63\x01", 2});
    ASSERT_FALSE(read.has_value());
    EXPECT_TRUE(read.error().is(JournalErrc::unknown_kind));
    EXPECT_EQ(read.error().code(), "journal_unknown_kind");
    EXPECT_THAT(read.error().message(), HasSubstr("record kind 99 is unknown"));
    EXPECT_THAT(read.error().message(), HasSubstr("upgrade this one"));
}

TEST(DamagedRow, OfAnUnknownSchemaAsksForANewerVersion) {
    const auto read = row_with(std::string{"\x14\x05\x02", 3});
    ASSERT_FALSE(read.has_value());
    EXPECT_TRUE(read.error().is(JournalErrc::unknown_schema));
    EXPECT_EQ(read.error().code(), "journal_unknown_schema");
    EXPECT_THAT(read.error().message(), HasSubstr("record kind 20 has schema 2"));
}

TEST(DamagedRow, OfAnUnknownFormatAsksForANewerVersion) {
    const auto read = read_row(std::string_view{"\x02\x01\x00", 3});
    ASSERT_FALSE(read.has_value());
    EXPECT_TRUE(read.error().is(JournalErrc::unknown_schema));
    EXPECT_THAT(read.error().message(), HasSubstr("journal row format 2"));
}

TEST(DamagedRow, NamesThePlaceWhereReadingStopped) {
    const auto read = row_with(std::string{"\x14\xF0", 2});
    ASSERT_FALSE(read.has_value());
    EXPECT_TRUE(read.error().is(JournalErrc::corrupt));
    EXPECT_EQ(read.error().code(), "journal_corrupt");
    EXPECT_THAT(read.error().message(), HasSubstr("near byte "));
}

TEST(DamagedRow, WithoutAWholeHeadIsCorrupt) {
    for (const std::string_view bytes :
         {std::string_view{}, std::string_view{"\x01", 1}, std::string_view{"\x01\x01", 2}}) {
        const auto read = read_row(bytes);
        ASSERT_FALSE(read.has_value());
        EXPECT_TRUE(read.error().is(JournalErrc::corrupt));
    }
}

TEST(DamagedRow, CutOffAnywhereIsCorruptOrEndsBetweenTwoRecords) {
    const std::string row = row_of(one_of_each());
    for (std::size_t size = 0; size < row.size(); ++size) {
        const auto read = read_row(std::string_view{row}.substr(0, size));
        if (!read)
            EXPECT_TRUE(read.error().is(JournalErrc::corrupt)) << size;
        else
            EXPECT_LT(read->size(), std::variant_size_v<RecordBody>) << size;
    }
}

TEST(DamagedRow, WithATimeThatNoClockShowsIsCorrupt) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    const RowWriter late{1, core::Time{most}};
    EXPECT_FALSE(read_row(late.bytes()).has_value());

    RowWriter step{1, t0};
    step.append(Origin::derived, core::Time{most}, ExecutionStarted{});
    EXPECT_FALSE(read_row(step.bytes()).has_value());

    RowWriter due{1, t0};
    due.append(Origin::derived, t0, RetryScheduled{{}, 2, core::Time{most}, 1});
    EXPECT_FALSE(read_row(due.bytes()).has_value());
}

}  // namespace
}  // namespace millrace::engine
