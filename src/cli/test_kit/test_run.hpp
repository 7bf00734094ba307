// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "test_kit/test_judge.hpp"
#include "test_kit/test_suite.hpp"

namespace millrace::cli {

/// What has become of one test.
struct TestResult {
    std::string name;
    std::vector<TestFailure> failures;
    core::Duration took{0};               ///< real time
    core::Duration clock{0};              ///< what passed on the test's clock
    std::optional<core::Value> snapshot;  ///< of a test with one that has ended

    bool has_passed() const { return failures.empty(); }
};

/// Runs one test of a sound suite. `console` is for reading files. Thread-safe for different tests.
TestResult run_test(const Console& console, const TestSuite& suite, const format::TestCase& test,
                    const expr::Host* host);

/// Calls `work(i)` for each i below `count`, on up to `jobs` threads.
void for_each_job(std::size_t count, std::size_t jobs,
                  const std::function<void(std::size_t)>& work);

}  // namespace millrace::cli
