// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "millrace/expr/host.hpp"
#include "millrace/format/test_document.hpp"
#include "millrace/runtime/rehearsal.hpp"
#include "test_kit/value_diff.hpp"

namespace millrace::cli {

/// Something that was not as expected.
struct TestFailure {
    std::string what;  ///< `outputs.total`, or a sentence
    std::string expected;
    std::string actual;  ///< empty with `expected`: the sentence says it all

    friend bool operator==(const TestFailure&, const TestFailure&) = default;
};

/// Compares what happened with what was expected; empty: all is well. `folder` is the test's.
std::vector<TestFailure> judge(const format::Expectations& expect,
                               const runtime::Rehearsed& rehearsed,
                               const std::filesystem::path& folder, const expr::Host* host);

/// What is kept of an execution as a snapshot: nothing that differs from run to run.
core::Value snapshot_of(const runtime::Rehearsed& rehearsed);

}  // namespace millrace::cli
