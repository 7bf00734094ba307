// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fake_console.hpp"
#include "library.hpp"
#include "millrace/format/canonical.hpp"
#include "millrace/format/schema.hpp"
#include "test_kit/test_run.hpp"

namespace millrace::cli::testing {

/// Tests of a workflow, both as text.
class TestKit {
public:
    TestKit(const std::string& workflow, const std::string& tests) {
        const auto read = format::read_tests({"t.test.yaml", tests, format::Syntax::yaml});
        for (const core::Problem& problem : read.problems)
            ADD_FAILURE() << format::to_text("t", problem);
        if (read.document) suite.tests = *read.document;
        suite.file = "t.test.yaml";
        suite.plan = plan_of(workflow);
    }

    /// A workflow that tests name as `file` in `workflows`.
    void add_child(const std::string& file, const std::string& workflow) {
        suite.children[file] = plan_of(workflow);
    }

    /// The result of the test at that place.
    TestResult run(std::size_t index = 0) const {
        return run_test(console.console, suite, suite.tests.tests.at(index), library->host());
    }
    /// What is wrong with the tests, without places in the text.
    std::vector<std::string> problems() const {
        std::vector<std::string> lines;
        for (const core::Problem& problem : check_tests(suite, library->host()))
            lines.push_back(problem.path + " " + std::string{core::to_text(problem.code)});
        return lines;
    }

    std::shared_ptr<const engine::Plan> plan_of(const std::string& workflow) const {
        const CheckedDocument checked =
            check_document({"w", workflow, format::Syntax::yaml}, *library);
        for (const core::Problem& problem : checked.problems)
            ADD_FAILURE() << format::to_text("w", problem);
        if (!checked.document) return nullptr;
        return engine::compile(*checked.document, {checked.document->id, 1, {}}, *library,
                               format::compile_schema)
            .plan;
    }

    std::shared_ptr<nodes::Registry> library = *standard_library();
    FakeConsole console;
    TestSuite suite;
};

/// `what: expected E, got A` of each failure.
inline std::vector<std::string> told(const TestResult& result) {
    std::vector<std::string> lines;
    for (const TestFailure& failure : result.failures) {
        const bool is_sentence = failure.expected.empty() && failure.actual.empty();
        lines.push_back(is_sentence ? failure.what
                                    : failure.what + ": expected " + failure.expected + ", got " +
                                          failure.actual);
    }
    return lines;
}

}  // namespace millrace::cli::testing
