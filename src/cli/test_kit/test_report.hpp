// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "millrace/core/value.hpp"
#include "terminal/console.hpp"
#include "test_kit/test_run.hpp"
#include "test_kit/test_suite.hpp"

namespace millrace::cli {

/// A suite with the results of those of its tests that were run.
struct SuiteReport {
    TestSuite suite;
    std::vector<TestResult> results;
};

struct TestCounts {
    std::size_t passed = 0;
    std::size_t failed = 0;
    std::size_t broken = 0;  ///< files whose tests could not be run
};
TestCounts count(const std::vector<SuiteReport>& reports);

/// For people, with the failures of each test below it. `width`: of a line.
std::string report_text(const SuiteReport& report, const Console& console, std::size_t width);
/// The last line.
std::string summary_text(const std::vector<SuiteReport>& reports, core::Duration took, bool color);

/// For programs.
core::Value report_value(const std::vector<SuiteReport>& reports, core::Duration took);

/// JUnit's XML, as build servers read it.
std::string junit_text(const std::vector<SuiteReport>& reports, core::Duration took);

}  // namespace millrace::cli
