// SPDX-License-Identifier: Apache-2.0
#include "notifier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/harvest.hpp"
#include "testing/http_server.hpp"

namespace millrace::runtime {
namespace {

using testing::Gate;
using testing::Harvest;

engine::Frame frame_of(std::uint8_t first, std::uint8_t count) {
    engine::Frame frame;
    for (std::uint8_t i = 0; i < count; ++i) {
        core::ExecutionId id;
        id.uuid.bytes[0] = static_cast<std::uint8_t>(first + i);
        frame.journal.push_back({id, 1, 1, "row"});
    }
    return frame;
}

class SlowObserver final : public Observer {
public:
    void on_committed(std::span<const CommittedRow> rows) override {
        began.add(rows.size());
        gate.wait();
    }
    void on_lagged(std::uint64_t rows) override { lost.add(rows); }

    Gate gate;
    Harvest<std::size_t> began;
    Harvest<std::uint64_t> lost;
};

TEST(Notifier, TellsASlowObserverWhatItHasMissedInsteadOfWaitingForIt) {
    const auto slow = std::make_shared<SlowObserver>();
    Notifier notifier{4};
    notifier.add(slow);
    engine::Frame first = frame_of(0, 1);
    notifier.publish(first);
    slow->began.wait_for(1);
    for (std::uint8_t i = 0; i < 3; ++i) {
        engine::Frame next = frame_of(10, 3);
        notifier.publish(next);
    }
    slow->gate.open();
    EXPECT_THAT(slow->lost.wait_for(1), ::testing::ElementsAre(6));
    notifier.stop();
    EXPECT_EQ(slow->began.size(), 2u);
}

TEST(Notifier, SaysWhichRowEndedItsExecution) {
    class Ends final : public Observer {
    public:
        void on_committed(std::span<const CommittedRow> rows) override {
            for (const CommittedRow& row : rows)
                told.add(row.finished);
        }
        void on_lagged(std::uint64_t) override {}
        Harvest<std::optional<core::ExecutionStatus>> told;
    };
    const auto ends = std::make_shared<Ends>();
    Notifier notifier{100};
    notifier.add(ends);
    engine::Frame frame = frame_of(0, 3);
    engine::ExecutionRow inserted;
    inserted.id = frame.journal[1].id;
    inserted.status = core::ExecutionStatus::completed;
    engine::ExecutionRow finished;
    finished.id = frame.journal[2].id;
    finished.status = core::ExecutionStatus::failed;
    frame.inserted.push_back(inserted);
    frame.finished.push_back(finished);
    notifier.publish(frame);
    EXPECT_THAT(ends->told.wait_for(3),
                ::testing::ElementsAre(std::nullopt, core::ExecutionStatus::completed,
                                       core::ExecutionStatus::failed));
}

class PatientObserver final : public Observer {
public:
    core::Duration patience() const override { return core::Duration{3'600'000}; }
    void on_committed(std::span<const CommittedRow> rows) override { told.add(rows.size()); }
    void on_lagged(std::uint64_t) override {}

    Harvest<std::size_t> told;
};

TEST(Notifier, LetsAPatientObserverWaitUntilItsQueueFillsUp) {
    const auto patient = std::make_shared<PatientObserver>();
    Notifier notifier{8};
    notifier.add(patient);
    for (std::uint8_t i = 0; i < 5; ++i) {
        engine::Frame frame = frame_of(i, 1);
        notifier.publish(frame);
    }
    EXPECT_THAT(patient->told.wait_for(5), ::testing::ElementsAre(1, 1, 1, 1, 1));
}

TEST(Notifier, TellsAPatientObserverWhatItHasWhenItStops) {
    const auto patient = std::make_shared<PatientObserver>();
    Notifier notifier{8};
    notifier.add(patient);
    engine::Frame frame = frame_of(0, 2);
    notifier.publish(frame);
    notifier.stop();
    EXPECT_EQ(patient->told.size(), 1u);
}

}  // namespace
}  // namespace millrace::runtime
