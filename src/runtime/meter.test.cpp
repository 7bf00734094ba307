// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/meter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "testing/harvest.hpp"
#include "testing/runtime_fixture.hpp"

namespace millrace::runtime {
namespace {

using testing::Harvest;

struct Attempt {
    std::string workflow_id;
    std::string node_id;
    std::string node_type;
    bool has_failed = false;

    bool operator==(const Attempt&) const = default;
};

/// Writes down what it is told.
class MeterOfTest final : public Meter {
public:
    void on_attempt(const AttemptUse& use) override {
        attempts.add({std::string{use.workflow_id}, std::string{use.node_id},
                      std::string{use.node_type}, use.has_failed});
        if (use.wall >= use.cpu && use.cpu.count() > 0) ++plausible;
    }
    void on_frame(const FrameUse& use) override {
        if (use.time.count() > 0) inputs += use.inputs;
    }
    void on_commit(const CommitUse& use) override {
        if (use.time.count() > 0 && use.bytes > 0) rows += use.rows;
    }

    Harvest<Attempt> attempts;
    std::atomic<int> plausible = 0;
    std::atomic<std::size_t> inputs = 0;
    std::atomic<std::size_t> rows = 0;
};

class Metering : public testing::RuntimeFixture {
protected:
    const std::shared_ptr<MeterOfTest> meter = std::make_shared<MeterOfTest>();
};

TEST_F(Metering, TellsWhatAttemptsFramesAndCommitsCost) {
    start();
    runtime->measure(meter);
    const auto plan = save(three_effects());
    end_of(execute(plan));
    EXPECT_THAT(meter->attempts.wait_for(3),
                ::testing::ElementsAre(Attempt{"three", "a", "test.effect"},
                                       Attempt{"three", "b", "test.effect"},
                                       Attempt{"three", "c", "test.effect"}));
    EXPECT_EQ(meter->plausible, 3);
    // The creation and three completions.
    EXPECT_EQ(meter->inputs, 4u);
    EXPECT_EQ(meter->rows, 4u);
}

TEST_F(Metering, TellsNobodyWhenNobodyAsks) {
    start();
    runtime->measure(meter);
    runtime->measure(nullptr);
    end_of(execute(save(three_effects())));
    EXPECT_EQ(meter->attempts.size(), 0u);
    EXPECT_EQ(meter->rows, 0u);
}

}  // namespace
}  // namespace millrace::runtime
