// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "documents/document_file.hpp"
#include "library.hpp"
#include "millrace/core/json.hpp"
#include "terminal/wording.hpp"
#include "test_kit/test_report.hpp"
#include "test_kit/test_run.hpp"
#include "test_kit/test_snapshots.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t readable_width = 100;

struct TestOptions {
    std::vector<std::string> paths;
    std::string filter;
    std::string junit;
    bool update = false;
    bool schema = false;
    std::uint32_t jobs = 0;
};

bool is_chosen(const format::TestCase& test, const TestOptions& options) {
    return options.filter.empty() || test.name.find(options.filter) != std::string::npos;
}

core::Result<std::vector<SuiteReport>> load(const Context& context, const TestOptions& options,
                                            const nodes::Registry& library) {
    const std::vector<std::string> here{"."};
    const auto files = find_test_files(options.paths.empty() ? here : options.paths);
    if (!files) return std::unexpected(files.error());
    if (files->empty())
        return core::fail(FileErrc::bad_argument,
                          "there are no tests; their files stand beside the workflow and end in "
                          ".test.yaml");
    std::vector<SuiteReport> reports;
    for (const std::string& file : *files)
        reports.push_back({load_suite(context.console, file, library), {}});
    return reports;
}

/// Runs all that are chosen; how many those are.
std::size_t run_all(const Context& context, const TestOptions& options, const expr::Host* host,
                    std::vector<SuiteReport>& reports) {
    struct Job {
        const TestSuite* suite;
        const format::TestCase* test;
        TestResult* result;
    };
    std::vector<Job> jobs;
    for (SuiteReport& report : reports) {
        if (!report.suite.is_sound()) continue;
        std::vector<const format::TestCase*> chosen;
        for (const format::TestCase& test : report.suite.tests.tests)
            if (is_chosen(test, options)) chosen.push_back(&test);
        report.results.resize(chosen.size());
        for (std::size_t i = 0; i < chosen.size(); ++i)
            jobs.push_back({&report.suite, chosen[i], &report.results[i]});
    }
    const std::size_t threads =
        options.jobs > 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
    for_each_job(jobs.size(), threads, [&](std::size_t i) {
        *jobs[i].result = run_test(context.console, *jobs[i].suite, *jobs[i].test, host);
    });
    return jobs.size();
}

core::Result<SnapshotChanges> settle_all(const TestOptions& options,
                                         std::vector<SuiteReport>& reports) {
    SnapshotChanges all;
    for (SuiteReport& report : reports) {
        if (!report.suite.is_sound()) continue;
        std::vector<TestResult*> results;
        for (TestResult& result : report.results)
            results.push_back(&result);
        const auto changes =
            settle_snapshots(report.suite, std::move(results),
                             options.update ? SnapshotMode::update : SnapshotMode::compare,
                             report.results.size() == report.suite.tests.tests.size());
        if (!changes) return std::unexpected(changes.error());
        all.written += changes->written;
        all.removed += changes->removed;
    }
    return all;
}

void show(const Context& context, const std::vector<SuiteReport>& reports,
          const SnapshotChanges& changes, core::Duration took) {
    const Console& console = context.console;
    if (context.global.json) {
        console.out << core::to_json(report_value(reports, took)) << "\n";
        return;
    }
    const std::size_t width = console.out_is_terminal ? console.size().columns : readable_width;
    for (const SuiteReport& report : reports)
        if (!report.results.empty() || !report.suite.is_sound())
            console.out << report_text(report, console, width);
    if (changes.written > 0) console.out << counted(changes.written, "snapshot") << " written\n";
    if (changes.removed > 0) console.out << counted(changes.removed, "snapshot") << " removed\n";
    console.out << summary_text(reports, took, console.paints_out());
}

core::Result<Exit> test(const Context& context, const TestOptions& options) {
    if (options.schema) {
        context.console.out << format::test_schema();
        return Exit::done;
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    auto reports = load(context, options, **library);
    if (!reports) return std::unexpected(reports.error());
    const std::size_t run = run_all(context, options, (*library)->host(), *reports);
    const auto changes = settle_all(options, *reports);
    if (!changes) return std::unexpected(changes.error());
    const core::Duration took{std::chrono::duration_cast<std::chrono::milliseconds>(
                                  std::chrono::steady_clock::now() - begin)
                                  .count()};
    show(context, *reports, *changes, took);
    if (!options.junit.empty()) {
        std::ofstream file{options.junit, std::ios::binary | std::ios::trunc};
        file << junit_text(*reports, took);
        if (!file.flush())
            return core::fail(FileErrc::unreadable, "cannot write " + one_line(options.junit));
    }
    const TestCounts counts = count(*reports);
    if (run == 0 && counts.broken == 0)
        return core::fail(FileErrc::bad_argument,
                          "no test has a name with \"" + one_line(options.filter) + "\" in it");
    return counts.failed + counts.broken == 0 ? Exit::done : Exit::failed;
}

}  // namespace

void add_test(CLI::App& program, Action& chosen) {
    CLI::App* const command =
        program.add_subcommand("test", "Run the tests that stand beside workflows");
    const auto options = std::make_shared<TestOptions>();
    command->add_option("PATH", options->paths,
                        "Files that end in .test.yaml, workflows with such a file, or folders; "
                        "without any, this folder");
    command->add_option("--filter", options->filter, "Only tests whose name has this in it")
        ->type_name("TEXT");
    command->add_option("--junit", options->junit, "Also write the results as JUnit XML")
        ->type_name("FILE");
    command->add_flag("--update", options->update, "Keep what comes out now as the snapshots");
    command
        ->add_option("--jobs", options->jobs, "So many tests at once; else as many as processors")
        ->check(CLI::Range(1, 1'000))
        ->type_name("N");
    command->add_flag("--schema", options->schema,
                      "Print the JSON Schema of test files instead, for editors");
    command->footer(
        "Nothing is stored, and time jumps: a workflow that waits for a day takes no time.\n"
        "Exit status: 0 all passed, 1 some did not, 2 wrong use.\n"
        "Example: millrace test examples --filter refunds");
    command->callback([options, &chosen] {
        chosen = [options](const Context& context) {
            const core::Result<Exit> exit = test(context, *options);
            return exit ? *exit : failed_with(context, exit.error());
        };
    });
}

}  // namespace millrace::cli
