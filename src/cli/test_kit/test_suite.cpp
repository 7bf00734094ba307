// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_suite.hpp"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "millrace/format/canonical.hpp"
#include "millrace/format/schema.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view test_ends[] = {".test.yaml", ".test.json"};
constexpr std::string_view workflow_ends[] = {".workflow.yaml", ".workflow.json"};

/// The name without that end; none when it ends otherwise.
template <class Ends>
std::optional<std::string> stem_of(std::string_view name, const Ends& ends) {
    for (const std::string_view end : ends)
        if (name.ends_with(end) && name.size() > end.size())
            return std::string{name.substr(0, name.size() - end.size())};
    return std::nullopt;
}

template <class Ends>
std::optional<std::string> first_existing(const std::string& stem, const Ends& ends) {
    std::error_code ignored;
    for (const std::string_view end : ends)
        if (std::string name = stem + std::string{end}; fs::is_regular_file(name, ignored))
            return name;
    return std::nullopt;
}

core::Result<> add_folder(const std::string& folder, std::set<std::string>& files) {
    std::error_code error;
    fs::recursive_directory_iterator entries{folder, error};
    for (; !error && entries != fs::recursive_directory_iterator{}; entries.increment(error)) {
        const std::string name = entries->path().filename().string();
        std::error_code ignored;
        if (entries->is_directory(ignored)) {
            if (name.starts_with('.') || name == "node_modules")
                entries.disable_recursion_pending();
        } else if (stem_of(name, test_ends)) {
            files.insert(entries->path().lexically_normal().string());
        }
    }
    if (!error) return {};
    return core::fail(FileErrc::unreadable,
                      "cannot read folder " + one_line(folder) + ": " + error.message());
}

core::Result<> add_path(const std::string& path, std::set<std::string>& files) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return add_folder(path, files);
    if (!fs::exists(path, ignored))
        return core::fail(FileErrc::unreadable, "there is no file or folder " + one_line(path));
    if (const auto stem = stem_of(path, workflow_ends)) {
        const auto tests = first_existing(*stem, test_ends);
        if (!tests)
            return core::fail(
                FileErrc::unreadable,
                one_line(path) + " has no tests; they go into " + one_line(*stem) + ".test.yaml");
        files.insert(*tests);
        return {};
    }
    if (!stem_of(path, test_ends))
        return core::fail(FileErrc::bad_argument,
                          one_line(path) + " holds no tests; their files end in .test.yaml");
    files.insert(path);
    return {};
}

/// The workflow's file, or why there is none.
core::Result<std::string> workflow_file(const TestSuite& suite) {
    if (!suite.tests.workflow.empty())
        return (suite.folder() / suite.tests.workflow).lexically_normal().string();
    const std::string stem = stem_of(suite.file, test_ends).value_or(suite.file);
    if (auto found = first_existing(stem, workflow_ends)) return std::move(*found);
    return core::fail(FileErrc::unreadable, "there is no " + one_line(stem) +
                                                ".workflow.yaml; name the workflow of " +
                                                one_line(suite.file) + " with `workflow: FILE`");
}

/// Null, and said in the suite why, when the file holds no workflow that can run.
std::shared_ptr<const engine::Plan> load_plan(const Console& console, TestSuite& suite,
                                              const std::string& file,
                                              const nodes::Registry& library) {
    auto source = read_source(console, file);
    if (!source) {
        suite.unreadable = source.error().message();
        return nullptr;
    }
    CheckedDocument checked = check_document(*source, library);
    if (!checked.problems.empty()) {
        checked.warnings.clear();
        suite.troubles.push_back({std::move(*source), std::move(checked)});
        return nullptr;
    }
    const core::Document& document = *checked.document;
    return engine::compile(document, {document.id, 1, format::document_hash(document)}, library,
                           format::compile_schema)
        .plan;
}

/// The workflow of the tests and those that it may start.
void load_workflows(const Console& console, TestSuite& suite, const nodes::Registry& library) {
    const auto file = workflow_file(suite);
    if (!file) {
        suite.unreadable = file.error().message();
        return;
    }
    suite.plan = load_plan(console, suite, *file, library);
    for (const format::TestCase& test : suite.tests.tests) {
        for (const std::string& name : test.setup.workflows) {
            const auto [child, is_new] = suite.children.try_emplace(name);
            if (!is_new) continue;
            const fs::path path = (suite.folder() / name).lexically_normal();
            child->second = load_plan(console, suite, path.string(), library);
        }
    }
}

}  // namespace

core::Result<std::vector<std::string>> find_test_files(const std::vector<std::string>& paths) {
    std::set<std::string> files;
    for (const std::string& path : paths)
        if (const auto added = add_path(path, files); !added) return std::unexpected(added.error());
    return std::vector<std::string>{files.begin(), files.end()};
}

TestSuite load_suite(const Console& console, const std::string& file,
                     const nodes::Registry& library) {
    TestSuite suite;
    suite.file = file;
    auto source = read_source(console, file);
    if (!source) {
        suite.unreadable = source.error().message();
        return suite;
    }
    format::TestDocumentRead read = format::read_tests(*source);
    if (!read.document) {
        suite.troubles.push_back({std::move(*source), {{}, std::move(read.problems), {}}});
        return suite;
    }
    suite.tests = std::move(*read.document);
    load_workflows(console, suite, library);
    if (!suite.is_sound()) return suite;
    core::Problems problems = check_tests(suite, library.host());
    if (problems.empty()) return suite;
    format::locate(*source, problems);
    suite.troubles.push_back({std::move(*source), {{}, std::move(problems), {}}});
    return suite;
}

ChildPlans children_of(const TestSuite& suite, const format::TestCase& test) {
    ChildPlans plans;
    for (const std::string& name : test.setup.workflows) {
        const auto& plan = suite.children.at(name);
        plans.emplace(plan->identity().workflow_id, plan);
    }
    return plans;
}

}  // namespace millrace::cli
