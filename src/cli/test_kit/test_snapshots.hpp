// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"
#include "test_kit/test_run.hpp"

namespace millrace::cli {

enum class SnapshotMode : unsigned char { compare, update };

/// What became of the snapshots of one file of tests.
struct SnapshotChanges {
    std::size_t written = 0;
    std::size_t removed = 0;  ///< of tests that have none any more
};

/// `__snapshots__/orders.test.json` beside `orders.test.yaml`: `{TEST: snapshot}`.
std::string snapshot_file(const std::string& test_file);

/// Compares the results with what is kept, which adds failures to them; or keeps those of tests
/// that passed. `is_complete`: all tests of the file were run.
core::Result<SnapshotChanges> settle_snapshots(const TestSuite& suite,
                                               std::vector<TestResult*> results, SnapshotMode mode,
                                               bool is_complete);

}  // namespace millrace::cli
