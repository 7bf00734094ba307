// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/core/time.hpp"

namespace millrace::runtime {

/// Gives frames their times: the wall clock's, but never less than the last committed frame's.
/// While the wall clock is behind that, time goes on by the monotonic clock. No I/O: it is told
/// what both clocks say.
class FrameClock {
public:
    struct Reading {
        core::Time time;
        /// The wall clock is this much behind the time that frames have.
        core::Duration behind;
        /// It went forward by this much more than the monotonic clock since the last reading; 0
        /// for what is no more than the usual correction.
        core::Duration jumped;
    };

    /// Frames continue at `last`, which the store has, as of now.
    void start(core::Time last, core::Time wall, core::Duration monotonic);
    Reading read(core::Time wall, core::Duration monotonic);

private:
    core::Time last_;
    core::Time last_wall_;
    core::Duration last_monotonic_;
};

}  // namespace millrace::runtime
