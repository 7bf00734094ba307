// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/expr/expression.hpp"

namespace millrace::engine {

/// A pure node whose input is too large for the frame: all that its computation needs, to be run
/// on a pool thread. The same inputs give the same result wherever it runs.
class PureJob {
public:
    PureJob(std::shared_ptr<const Plan> plan, core::NodeIndex node, core::Time now,
            std::vector<expr::Operand> operands, std::vector<core::Value> inputs,
            std::vector<std::string> labels, std::vector<expr::Operand> deferred,
            std::uint64_t fuel, std::size_t weight_max);

    /// What a Completion of this job carries.
    std::variant<Emit, core::Failure> run() const;

private:
    std::shared_ptr<const Plan> plan_;
    core::NodeIndex node_;
    core::Time now_;
    std::vector<expr::Operand> operands_;
    std::vector<core::Value> inputs_;
    std::vector<std::string> labels_;
    std::vector<expr::Operand> deferred_;
    std::uint64_t fuel_;
    std::size_t weight_max_;
};

}  // namespace millrace::engine
