// SPDX-License-Identifier: Apache-2.0
#include "terminal/status_tone.hpp"

namespace millrace::cli {

Tone tone_of(core::ExecutionStatus status) {
    switch (status) {
        case core::ExecutionStatus::completed: return Tone::good;
        case core::ExecutionStatus::failed: return Tone::bad;
        case core::ExecutionStatus::canceled:
        case core::ExecutionStatus::paused: return Tone::warn;
        case core::ExecutionStatus::pending:
        case core::ExecutionStatus::running:
        case core::ExecutionStatus::waiting: return Tone::strong;
    }
    return Tone::plain;
}

Tone tone_of(core::NodeStatus status) {
    switch (status) {
        case core::NodeStatus::completed: return Tone::good;
        case core::NodeStatus::failed: return Tone::bad;
        case core::NodeStatus::canceled: return Tone::warn;
        case core::NodeStatus::pending:
        case core::NodeStatus::skipped: return Tone::dim;
        case core::NodeStatus::running:
        case core::NodeStatus::waiting: return Tone::strong;
    }
    return Tone::plain;
}

}  // namespace millrace::cli
