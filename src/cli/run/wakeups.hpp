// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "millrace/core/time.hpp"

namespace millrace::cli {

/// Ends a wait of another thread. Thread-safe.
class Bell {
public:
    Bell();
    ~Bell();
    Bell(const Bell&) = delete;
    Bell& operator=(const Bell&) = delete;

    void ring() const noexcept;
    void silence() const noexcept;
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

enum class Request : std::uint8_t { interrupt, terminate, hang_up };

/// SIGINT, SIGTERM, SIGHUP and SIGWINCH as input instead of as blows, and no SIGPIPE: one that
/// came while results are printed would end the process before its executions are at rest. Made
/// before other threads, which inherit its mask; one at a time.
class SignalInbox {
public:
    SignalInbox();
    ~SignalInbox();
    SignalInbox(const SignalInbox&) = delete;
    SignalInbox& operator=(const SignalInbox&) = delete;

    /// Waits until `bell` rings, a signal comes, or `at_most` has passed; what a signal asked for.
    std::optional<Request> wait(const Bell& bell, core::Duration at_most) const;

private:
    int descriptor_;
};

}  // namespace millrace::cli
