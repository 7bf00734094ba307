// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

// Where the buckets of histograms end, in seconds. Changing them breaks what people have recorded.

namespace millrace::server {

/// Of work that takes milliseconds or waits for days.
inline const std::vector<double> run_bounds{0.001, 0.005, 0.01,  0.025,  0.05,  0.1, 0.25,
                                            0.5,   1,     2.5,   5,      10,    30,  60,
                                            300,   1'800, 3'600, 21'600, 86'400};
/// Of what the engine itself does.
inline const std::vector<double> engine_bounds{0.000'01, 0.000'05, 0.000'1, 0.000'25, 0.000'5,
                                               0.001,    0.002'5,  0.005,   0.01,     0.025,
                                               0.05,     0.1,      0.5,     1,        5};
/// Of answers to people and programs.
inline const std::vector<double> answer_bounds{
    0.000'5, 0.001, 0.002'5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

}  // namespace millrace::server
