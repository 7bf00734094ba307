// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "fifo.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/record.hpp"

namespace millrace::engine {

/// What a container has brought about since it opened. Of a try, `total` is 1 and `next` says
/// whether the body has begun.
struct ContainerState {
    struct Result {
        std::uint32_t index = 0;
        core::Value value;
    };

    core::Value items;
    std::uint32_t total = 1;
    std::uint32_t concurrency = 1;
    std::uint32_t batch_size = 0;
    bool is_conditional = false;
    bool continues_on_error = false;
    bool aggregates = true;

    std::uint32_t next = 0;  ///< index of the iteration to open next
    std::uint32_t live = 0;  ///< instances, clean-up included
    std::uint32_t completed = 0;
    std::uint32_t failed = 0;
    std::vector<Result> results;  ///< in the order in which they came
    std::size_t results_weight = 0;
    core::Value last;     ///< result of the iteration that completed last
    Fifo<Result> checks;  ///< completed, and the condition to leave is not asked yet

    ContainerStop stop = ContainerStop::none;
    std::shared_ptr<const core::Failure> failure;
    std::optional<NodeAction> commanded;          ///< an operator skips or cancels it
    ScopeOutcome body = ScopeOutcome::completed;  ///< of a try
    bool cleanup_opened = false;

    void keep(Result result) {
        const std::size_t weight = result.value.weight();
        results_weight +=
            std::min(weight, std::numeric_limits<std::size_t>::max() - results_weight);
        results.push_back(std::move(result));
    }
    /// Opens nothing further, but the clean-up.
    bool is_stopped() const { return stop != ContainerStop::none || commanded; }
    bool can_open() const { return !is_stopped() && next < total && live < concurrency; }
    /// The condition to leave is asked first, since it may make the next iteration needless.
    bool has_check() const { return !is_stopped() && !checks.empty(); }
    bool is_at_end() const { return live == 0 && (is_stopped() || next >= total); }
};

}  // namespace millrace::engine
