// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace::runtime {

/// What an attempt of an effect has used. Valid during the call.
struct AttemptUse {
    std::string_view workflow_id;
    std::string_view node_id;
    std::string_view node_type;
    std::chrono::nanoseconds wall{0};  ///< from when it was begun; waiting for a place aside
    std::chrono::nanoseconds cpu{0};   ///< of the threads, or of the program, that worked for it
    std::uint64_t sent = 0;            ///< bytes over HTTP, with heads
    std::uint64_t received = 0;
    std::uint64_t memory = 0;  ///< at most, of a program that was run; 0: not measured
    bool has_failed = false;
    bool is_cacheable = false;  ///< its result was looked up among kept ones, and not found
};

/// What it took to compute a frame, and what the engine holds after it.
struct FrameUse {
    std::size_t inputs = 0;
    std::size_t executions = 0;  ///< in memory
    std::size_t timers = 0;      ///< of them; those that no longer matter included
    std::size_t waiting = 0;     ///< executions that wait for others of their workflow
    std::chrono::nanoseconds time{0};
};

/// What it took to make a frame durable.
struct CommitUse {
    std::size_t rows = 0;   ///< of journals
    std::size_t bytes = 0;  ///< of those rows
    std::chrono::nanoseconds time{0};
};

/// Is told what work costs, on the runtime's threads as it happens: it must neither block nor
/// throw.
class Meter {
public:
    virtual ~Meter() = default;
    virtual void on_attempt(const AttemptUse&) {}
    virtual void on_frame(const FrameUse&) {}
    virtual void on_commit(const CommitUse&) {}
};

}  // namespace millrace::runtime
