// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "analytics/rollup_counter.hpp"
#include "millrace/runtime/meter.hpp"

namespace millrace::server {

/// Tells both the metrics and the analytics what work costs.
class CostMeter final : public runtime::Meter {
public:
    CostMeter(std::shared_ptr<runtime::Meter> metrics, std::shared_ptr<RollupCounter> counter)
        : metrics_{std::move(metrics)}, counter_{std::move(counter)} {}

    void on_attempt(const runtime::AttemptUse& use) override {
        if (metrics_ != nullptr) metrics_->on_attempt(use);
        counter_->on_attempt(use);
    }
    void on_frame(const runtime::FrameUse& use) override {
        if (metrics_ != nullptr) metrics_->on_frame(use);
    }
    void on_commit(const runtime::CommitUse& use) override {
        if (metrics_ != nullptr) metrics_->on_commit(use);
    }

private:
    const std::shared_ptr<runtime::Meter> metrics_;  // or null
    const std::shared_ptr<RollupCounter> counter_;
};

}  // namespace millrace::server
