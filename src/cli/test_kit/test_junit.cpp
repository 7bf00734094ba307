// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "millrace/format/document.hpp"
#include "test_kit/test_report.hpp"

namespace millrace::cli {
namespace {

/// XML has no place for most control characters, not even escaped.
std::string xml(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\n': out += "&#10;"; break;
            case '\t': out += "&#9;"; break;
            default: out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
        }
    }
    return out;
}

std::string seconds(core::Duration duration) {
    return fmt::format("{:.3f}", static_cast<double>(duration.ms) / 1000);
}

std::string message_of(const TestFailure& failure) {
    if (failure.expected.empty() && failure.actual.empty()) return failure.what;
    return failure.what + ": expected " + failure.expected + ", got " + failure.actual;
}

/// `orders/orders.test.yaml` is the class `orders.orders`.
std::string class_name(std::string_view file) {
    std::string name{file};
    for (const std::string_view end : {".test.yaml", ".test.json"})
        if (name.ends_with(end)) name.resize(name.size() - end.size());
    while (name.starts_with("./") || name.starts_with("../") || name.starts_with('/'))
        name.erase(0, name.find('/') + 1);
    for (char& c : name)
        if (c == '/') c = '.';
    return name;
}

void add_case(std::string& out, const std::string& file, const TestResult& result) {
    out += fmt::format("    <testcase name=\"{}\" classname=\"{}\" time=\"{}\"", xml(result.name),
                       xml(class_name(file)), seconds(result.took));
    if (result.has_passed()) {
        out += "/>\n";
        return;
    }
    std::string all;
    for (const TestFailure& failure : result.failures)
        all += message_of(failure) + "\n";
    out += fmt::format(
        ">\n      <failure message=\"{}\" type=\"expectation\">{}</failure>\n    </testcase>\n",
        xml(message_of(result.failures.front())), xml(all));
}

void add_broken(std::string& out, const TestSuite& suite) {
    std::string all = suite.unreadable.empty() ? "" : suite.unreadable + "\n";
    for (const TestSuite::Trouble& trouble : suite.troubles)
        for (const core::Problem& problem : trouble.found.problems)
            all += format::to_text(trouble.source.name, problem) + "\n";
    out += fmt::format(
        "    <testcase name=\"is valid\" classname=\"{}\" time=\"0.000\">\n"
        "      <error message=\"{}\" type=\"invalid\">{}</error>\n    </testcase>\n",
        xml(class_name(suite.file)), xml(all.substr(0, all.find('\n'))), xml(all));
}

void add_suite(std::string& out, const SuiteReport& report) {
    std::size_t failed = 0;
    core::Duration took{0};
    for (const TestResult& result : report.results) {
        failed += result.has_passed() ? 0 : 1;
        took = took + result.took;
    }
    const std::size_t broken = report.suite.is_sound() ? 0 : 1;
    out += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
        "skipped=\"0\" time=\"{}\">\n",
        xml(report.suite.file), report.results.size() + broken, failed, broken, seconds(took));
    for (const TestResult& result : report.results)
        add_case(out, report.suite.file, result);
    if (broken > 0) add_broken(out, report.suite);
    out += "  </testsuite>\n";
}

}  // namespace

std::string junit_text(const std::vector<SuiteReport>& reports, core::Duration took) {
    const TestCounts counts = count(reports);
    std::string out = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"millrace test\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
        "time=\"{}\">\n",
        counts.passed + counts.failed + counts.broken, counts.failed, counts.broken, seconds(took));
    for (const SuiteReport& report : reports)
        add_suite(out, report);
    return out + "</testsuites>\n";
}

}  // namespace millrace::cli
