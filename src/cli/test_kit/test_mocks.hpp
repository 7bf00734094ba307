// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/expr/expression.hpp"
#include "millrace/format/test_document.hpp"
#include "millrace/runtime/rehearsal.hpp"
#include "test_kit/test_recording.hpp"

namespace millrace::cli {

/// The node id at the end of `charge`, `loop[3].charge` or `shipping/charge`.
std::string_view node_of_path(std::string_view path);

/// The sub-workflow that `shipping/charge` is in; empty: none.
std::string_view workflow_of_path(std::string_view path);

/// The workflows that sub-workflow nodes may really run, by their ids.
using ChildPlans = std::map<std::string, std::shared_ptr<const engine::Plan>, std::less<>>;

/// Answers of one test, with how often they were given. It may be asked from one thread.
class MockBook {
public:
    /// All parts outlive it. The mocks were checked against the plans before.
    static core::Result<MockBook> make(const format::TestSetup& setup, const engine::Plan& plan,
                                       const ChildPlans& children,
                                       std::optional<Recording> recording, const expr::Host* host);

    /// What stands in for nodes that are no effects: pins of the execution, or null.
    core::Value pins() const;

    runtime::Direction direct(const runtime::OutsideCall& call, const engine::Effect& effect,
                              const engine::ExecutionView& view);

private:
    struct Answer {
        const format::MockAnswer* said = nullptr;
        std::optional<expr::Expression> when;
        std::optional<expr::Expression> compute;
        std::uint32_t given = 0;
    };
    struct Target {
        std::string name;
        bool is_pin = false;
        std::vector<Answer> answers;
    };

    MockBook(const format::TestSetup& setup, const engine::Plan& plan, const ChildPlans& children,
             std::optional<Recording> recording);

    /// Null where there is none.
    const engine::PlanNode* node_at(std::string_view target) const;
    Target* target_of(const runtime::OutsideCall& call);
    runtime::Direction answer(Target& target, const runtime::OutsideCall& call,
                              const engine::Effect& effect, const engine::ExecutionView& view);
    runtime::Direction give(const Answer& answer, const engine::Effect& effect,
                            const core::Value& roots) const;
    bool is_allowed(const engine::EffectRequest& request) const;

    const format::TestSetup& setup_;
    const engine::Plan& plan_;
    const ChildPlans& children_;
    std::optional<Recording> recording_;
    std::vector<Target> targets_;
};

}  // namespace millrace::cli
