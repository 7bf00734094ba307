// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"
#include "testing/fake_console.hpp"

namespace millrace::cli {
namespace {

using testing::FakeConsole;
using ::testing::HasSubstr;

/// One test that passed, one that did not, and a file that cannot be read.
std::vector<SuiteReport> some_reports() {
    SuiteReport orders;
    orders.suite.file = "examples/orders/orders.test.yaml";
    orders.suite.plan = std::make_shared<engine::Plan>();
    TestResult pays;
    pays.name = "pays";
    pays.took = {4};
    pays.clock = {3'600'000};
    TestResult refunds;
    refunds.name = "refunds <all>";
    refunds.took = {1'500};
    refunds.failures = {{"outputs.total", "5", "7"}, {"order: a did not start", {}, {}}};
    orders.results = {pays, refunds};
    SuiteReport broken;
    broken.suite.file = "broken.test.yaml";
    broken.suite.unreadable = "cannot read broken.test.yaml & more";
    return {orders, broken};
}

TEST(TestReport, TellsPeopleWhatWentWrong) {
    FakeConsole console;
    EXPECT_EQ(report_text(some_reports()[0], console.console, 80),
              "examples/orders/orders.test.yaml\n"
              "  ✓ pays  4 ms, 1 h on its clock\n"
              "  ✗ refunds <all>  1.5 s\n"
              "      outputs.total\n"
              "        expected 5\n"
              "        got      7\n"
              "      order: a did not start\n");
    EXPECT_THAT(report_text(some_reports()[1], console.console, 80),
                HasSubstr("error: cannot read broken.test.yaml"));
}

TEST(TestReport, TellsProgramsTheSame) {
    const core::Value value = report_value(some_reports(), {20});
    EXPECT_EQ(*value.find("passed"), core::Value{1});
    EXPECT_EQ(*value.find("failed"), core::Value{1});
    const core::Value& file = value.find("files")->as_array()[0];
    EXPECT_EQ(core::to_json(file.find("tests")->as_array()[1]),
              R"({"name":"refunds <all>","status":"failed","duration_ms":1500,"clock_ms":0,)"
              R"("failures":[{"what":"outputs.total","expected":"5","actual":"7"},)"
              R"({"what":"order: a did not start"}]})");
}

TEST(Junit, EscapesWhatXmlCannotHold) {
    const std::string xml = junit_text(some_reports(), {2'000});
    EXPECT_THAT(xml, HasSubstr(R"(name="refunds &lt;all&gt;" classname="examples.orders.orders")"));
    EXPECT_THAT(xml, HasSubstr(R"(<failure message="outputs.total: expected 5, got 7")"));
    EXPECT_THAT(xml, HasSubstr("broken.test.yaml &amp; more"));
    EXPECT_THAT(xml, HasSubstr(R"(<testsuites name="millrace test" tests="3")"));
}

}  // namespace
}  // namespace millrace::cli
