// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_report.hpp"

#include <algorithm>
#include <utility>

#include "documents/problem_text.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

using core::Value;

constexpr std::size_t failure_indent = 6;
constexpr std::size_t detail_indent = 8;

void add_wrapped(std::string& text, Line line, std::size_t indent, std::size_t width, bool color) {
    const std::string space(indent, ' ');
    const std::size_t room = width > indent + 20 ? width - indent : 20;
    for (const Line& part : wrapped(line, room, 2))
        text += space + rendered(part, color) + "\n";
}

void add_failure(std::string& text, const TestFailure& failure, std::size_t width, bool color) {
    if (failure.expected.empty() && failure.actual.empty())
        return add_wrapped(text, {{Tone::plain, failure.what}}, failure_indent, width, color);
    add_wrapped(text, {{Tone::strong, failure.what}}, failure_indent, width, color);
    add_wrapped(text, {{Tone::dim, "expected "}, {Tone::good, failure.expected}}, detail_indent,
                width, color);
    add_wrapped(text, {{Tone::dim, "got      "}, {Tone::bad, failure.actual}}, detail_indent, width,
                color);
}

Line test_line(const TestResult& result, bool unicode) {
    Line line;
    if (result.has_passed()) {
        line.push_back({Tone::good, unicode ? "  ✓ " : "  ok    "});
    } else {
        line.push_back({Tone::bad, unicode ? "  ✗ " : "  FAIL  "});
    }
    line.push_back({Tone::plain, one_line(result.name)});
    std::string times = "  " + duration_words(result.took);
    if (result.clock.ms > 0) times += ", " + duration_words(result.clock) + " on its clock";
    line.push_back({Tone::dim, std::move(times)});
    return line;
}

Value failure_value(const TestFailure& failure) {
    core::ObjectBuilder object;
    object.set("what", failure.what);
    if (!failure.expected.empty() || !failure.actual.empty())
        object.set("expected", failure.expected).set("actual", failure.actual);
    return std::move(object).build();
}

Value result_value(const TestResult& result) {
    std::vector<Value> failures;
    for (const TestFailure& failure : result.failures)
        failures.push_back(failure_value(failure));
    return Value::object({{"name", result.name},
                          {"status", result.has_passed() ? "passed" : "failed"},
                          {"duration_ms", result.took.ms},
                          {"clock_ms", result.clock.ms},
                          {"failures", Value::array(std::move(failures))}});
}

Value problem_value(const std::string& file, const core::Problem& problem) {
    core::ObjectBuilder object;
    object.set("code", core::to_text(problem.code))
        .set("path", problem.path)
        .set("message", problem.message)
        .set("file", file)
        .set("line", problem.line)
        .set("column", problem.column);
    if (!problem.suggestion.empty()) object.set("suggestion", problem.suggestion);
    return std::move(object).build();
}

std::vector<Value> errors_of(const TestSuite& suite) {
    std::vector<Value> errors;
    for (const TestSuite::Trouble& trouble : suite.troubles)
        for (const core::Problem& problem : trouble.found.problems)
            errors.push_back(problem_value(trouble.source.name, problem));
    if (!suite.unreadable.empty())
        errors.push_back(Value::object(
            {{"code", "unreadable"}, {"message", suite.unreadable}, {"file", suite.file}}));
    return errors;
}

}  // namespace

TestCounts count(const std::vector<SuiteReport>& reports) {
    TestCounts counts;
    for (const SuiteReport& report : reports) {
        if (!report.suite.is_sound()) ++counts.broken;
        for (const TestResult& result : report.results)
            ++(result.has_passed() ? counts.passed : counts.failed);
    }
    return counts;
}

std::string report_text(const SuiteReport& report, const Console& console, std::size_t width) {
    const bool color = console.paints_out();
    std::string text = painted(Tone::strong, one_line(report.suite.file), color) + "\n";
    if (!report.suite.unreadable.empty())
        text += "  " + painted(Tone::bad, "error: ", color) + report.suite.unreadable + "\n";
    ProblemStyle style = style_for_out(console);
    style.width = std::min(style.width, width);
    for (const TestSuite::Trouble& trouble : report.suite.troubles)
        text += problem_text(trouble.source, trouble.found, style);
    for (const TestResult& result : report.results) {
        text += rendered(test_line(result, console.unicode), width, color) + "\n";
        for (const TestFailure& failure : result.failures)
            add_failure(text, failure, width, color);
    }
    return text;
}

std::string summary_text(const std::vector<SuiteReport>& reports, core::Duration took, bool color) {
    const TestCounts counts = count(reports);
    std::string text = counted(counts.passed + counts.failed, "test") + " in " +
                       counted(reports.size(), "file") + ": " +
                       painted(counts.passed > 0 ? Tone::good : Tone::plain,
                               std::to_string(counts.passed) + " passed", color);
    if (counts.failed > 0)
        text += ", " + painted(Tone::bad, std::to_string(counts.failed) + " failed", color);
    if (counts.broken > 0)
        text += ", " + painted(Tone::bad, counted(counts.broken, "file") + " not run", color);
    return text + " in " + duration_words(took) + "\n";
}

Value report_value(const std::vector<SuiteReport>& reports, core::Duration took) {
    std::vector<Value> files;
    for (const SuiteReport& report : reports) {
        std::vector<Value> tests;
        for (const TestResult& result : report.results)
            tests.push_back(result_value(result));
        files.push_back(Value::object({{"file", report.suite.file},
                                       {"errors", Value::array(errors_of(report.suite))},
                                       {"tests", Value::array(std::move(tests))}}));
    }
    const TestCounts counts = count(reports);
    return Value::object({{"files", Value::array(std::move(files))},
                          {"passed", static_cast<std::int64_t>(counts.passed)},
                          {"failed", static_cast<std::int64_t>(counts.failed)},
                          {"not_run", static_cast<std::int64_t>(counts.broken)},
                          {"duration_ms", took.ms}});
}

}  // namespace millrace::cli
