// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "documents/document_file.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/format/document.hpp"
#include "millrace/format/test_document.hpp"
#include "millrace/nodes/registry.hpp"
#include "terminal/console.hpp"
#include "test_kit/test_mocks.hpp"

namespace millrace::cli {

/// The tests in the files and folders named, sorted; a workflow file stands for its tests. Hidden
/// folders are left out. `FileErrc` where a path leads nowhere.
core::Result<std::vector<std::string>> find_test_files(const std::vector<std::string>& paths);

/// One file of tests with the workflow that they are about.
struct TestSuite {
    std::string file;
    format::TestDocument tests;
    std::shared_ptr<const engine::Plan> plan;  ///< null with problems
    /// Of the sub-workflows that may really run, by their files as the tests name them.
    std::map<std::string, std::shared_ptr<const engine::Plan>> children;

    /// What keeps it from being run: in the tests or in the workflow, whose text comes with them.
    struct Trouble {
        format::SourceText source;
        CheckedDocument found;
    };
    std::vector<Trouble> troubles;
    std::string unreadable;  ///< a sentence, where a file could not be read

    std::filesystem::path folder() const { return std::filesystem::path{file}.parent_path(); }
    bool is_sound() const { return plan && troubles.empty() && unreadable.empty(); }
};

TestSuite load_suite(const Console& console, const std::string& file,
                     const nodes::Registry& library);

/// Those that one test names, by the ids of the workflows.
ChildPlans children_of(const TestSuite& suite, const format::TestCase& test);

/// What in the tests does not fit the workflows: unknown nodes and ports, bad expressions. With
/// paths only.
core::Problems check_tests(const TestSuite& suite, const expr::Host* host);

}  // namespace millrace::cli
