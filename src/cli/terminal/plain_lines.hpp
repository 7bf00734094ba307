// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "millrace/core/event.hpp"
#include "millrace/engine/execution_view.hpp"
#include "run/run_facts.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {

/// What an event says to the reader of a log, without its time: `charge completed 35 ms`. Nothing
/// for events that others imply.
std::optional<Line> plain_line(const core::Event& event, const RunFacts& facts);

/// `412 iterations, 2 failed`.
std::string iteration_words(const engine::IterationCounts& counts);

/// Lets only the first lines through of what runs inside containers: a loop may have a hundred
/// thousand of them. Of starts and ends none, since the container's counts tell them.
class InnerLines {
public:
    bool takes(const core::Event& event);
    /// The one just taken was the last.
    bool has_just_ended() const { return has_just_ended_; }

private:
    static constexpr int lines_max = 20;
    int lines_ = 0;
    bool has_just_ended_ = false;
};

}  // namespace millrace::cli
