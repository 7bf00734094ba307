// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/format/test_document.hpp"
#include "millrace/runtime/rehearsal.hpp"

namespace millrace::cli {

/// Does a run, by its workflow, path and node, go by `target`? `confirm`, `each[2].confirm`, or
/// `shipping/confirm` in a sub-workflow.
bool goes_by(std::string_view target, std::string_view workflow, std::string_view path,
             std::string_view node_id);

/// Does what the steps of a test say, each once. Used by one thread.
class TestSteps final : public runtime::Outsider {
public:
    /// `steps` outlive it.
    explicit TestSteps(const std::vector<format::TestStep>& steps);

    void begins(core::ExecutionId id, core::Time now) override;
    void sees(const runtime::OutsideWait& wait) override;
    std::optional<core::Time> next_due() const override;
    core::Result<std::vector<engine::Input>> take_due(core::Time now) override;

    /// Those whose time never came, in sentences.
    std::vector<std::string> left() const;

private:
    struct Step {
        const format::TestStep* said = nullptr;
        std::optional<core::Time> due;
        bool is_done = false;
    };
    using Inputs = std::vector<engine::Input>;

    bool is_for(const format::TestStep& step, const runtime::OutsideWait& wait) const;
    core::Result<> act(const format::TestStep& step, core::Time now, Inputs& inputs) const;
    core::Result<> answer(const format::TestStep& step, core::Time now, Inputs& inputs) const;
    void signal(const format::TestStep& step, Inputs& inputs) const;
    void tell(const format::TestStep& step, core::Time now, Inputs& inputs) const;

    std::vector<Step> steps_;
    std::vector<runtime::OutsideWait> open_;  // in the order in which they began
    core::ExecutionId id_;
    core::Time begin_;
};

}  // namespace millrace::cli
