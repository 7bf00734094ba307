// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "millrace/core/event.hpp"
#include "run_facts.hpp"
#include "styled.hpp"

namespace millrace::cli {

/// What an event says to the reader of a log, without its time: `charge completed 35 ms`. Nothing
/// for events that others imply.
std::optional<Line> plain_line(const core::Event& event, const RunFacts& facts);

}  // namespace millrace::cli
