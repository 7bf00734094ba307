// SPDX-License-Identifier: Apache-2.0
#include "metrics/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include <runtime/testing/scratch_folder.hpp>
#include "metrics/process_metrics.hpp"
#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricRegistry, GivesTheSameFamilyForTheSameName) {
    MetricRegistry registry;
    registry.counters({"calls_total", "Calls.", {"to"}}).at({"a"}).add();
    registry.counters({"calls_total", "Calls.", {"to"}}).at({"a"}).add(2);
    EXPECT_THAT(registry.text(), HasSubstr("# HELP calls_total Calls.\n# TYPE calls_total counter\n"
                                           "calls_total{to=\"a\"} 3\n"));
}

TEST(MetricRegistry, ShowsZeroOfWhatHasNoLabels) {
    MetricRegistry registry;
    registry.counters({"calls_total", "Calls."});
    EXPECT_THAT(registry.text(), HasSubstr("\ncalls_total 0\n"));
}

TEST(MetricRegistry, BoundsTheValuesOfLabels) {
    MetricRegistry registry;
    auto& calls = registry.counters({"calls_total", "Calls.", {"to"}, 2});
    for (const char* const to : {"a", "b", "c", "d", "a"})
        calls.at({to}).add();
    const std::string text = registry.text();
    EXPECT_THAT(text, HasSubstr("calls_total{to=\"a\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("calls_total{to=\"other\"} 2\n"));
    EXPECT_THAT(text, Not(HasSubstr("\"c\"")));
}

TEST(MetricRegistry, CountsValuesUpToTheirBounds) {
    MetricRegistry registry;
    auto& times = registry.histograms({"time_seconds", "Time."}, {0.1, 1}).only();
    times.observe(0.1);
    times.observe(0.5);
    times.observe(7);
    EXPECT_THAT(registry.text(), HasSubstr("time_seconds_bucket{le=\"0.1\"} 1\n"
                                           "time_seconds_bucket{le=\"1\"} 2\n"
                                           "time_seconds_bucket{le=\"+Inf\"} 3\n"));
}

TEST(MetricRegistry, ReadsBeforeItTells) {
    MetricRegistry registry;
    auto& size = registry.gauges({"size", "Size."}).only();
    registry.before_reading([&] { size.set(5); });
    EXPECT_THAT(registry.text(), HasSubstr("\nsize 5\n"));
}

TEST(UseMetrics, CountWhatAttemptsUseAndTellItOn) {
    MetricRegistry registry;
    UseMetrics metrics{registry};
    std::uint64_t told = 0;
    metrics.tell([&](const runtime::AttemptUse& use) { told += use.received; });
    runtime::AttemptUse use;
    use.node_type = "http.request";
    use.wall = std::chrono::milliseconds{20};
    use.cpu = std::chrono::milliseconds{500};
    use.received = 10;
    use.is_cacheable = true;
    metrics.on_attempt(use);
    EXPECT_EQ(told, 10u);
    const std::string text = registry.text();
    for (const char* const line :
         {"millrace_attempt_cpu_seconds_total{node_type=\"http.request\"} 0.5\n",
          "direction=\"received\",node_type=\"http.request\"} 10\n",
          "millrace_cache_results_total{result=\"miss\"} 1\n",
          "millrace_attempt_duration_seconds_bucket{node_type=\"http.request\",le=\"0.01\"} 0\n",
          "millrace_attempt_duration_seconds_bucket{node_type=\"http.request\",le=\"0.025\"} 1\n"})
        EXPECT_THAT(text, HasSubstr(line));
}

/// A machine of which a test knows everything.
class Proc : public ::testing::Test {
protected:
    void write(const std::string& file, const std::string& text) {
        const auto path = folder_.path() / file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream{path} << text;
    }
    runtime::testing::ScratchFolder folder_;
};

TEST_F(Proc, TellsOfTheProcessWhateverItsNameIs) {
    write("stat", "cpu 1 2 3 4 5 6 7 8 0 0\nbtime 1000\n");
    write("self/stat", "7 (a) b) S 1 1 1 0 -1 0 0 0 0 0 150 50 0 0 20 0 3 0 200 4096 2 0 0\n");
    const auto state = read_process(folder_.path());
    ASSERT_TRUE(state);
    const double tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
    EXPECT_DOUBLE_EQ(state->cpu_seconds, 200 * tick);
    EXPECT_DOUBLE_EQ(state->start_time_seconds, 1000 + 200 * tick);
    EXPECT_EQ(state->threads, 3u);
    EXPECT_EQ(state->virtual_bytes, 4096u);
    EXPECT_EQ(state->resident_bytes, 2u * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
}

TEST_F(Proc, TellsOfTheMachine) {
    write("stat", "cpu 1 2 3 4 5 6 7 8 0 0\n");
    write("meminfo", "MemTotal: 100 kB\nMemFree: 3 kB\nMemAvailable: 40 kB\n");
    write("loadavg", "1.50 1 1 1/1 1\n");
    write("net/dev",
          "Inter-|\n face |\n    lo: 9 0 0 0 0 0 0 0 9\n"
          "  eth0: 70 1 0 0 0 0 0 0 30 1\n eth1:1 1 0 0 0 0 0 0 2 1\n");
    const auto host = read_host(folder_.path());
    ASSERT_TRUE(host);
    const double tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
    EXPECT_DOUBLE_EQ(host->busy_cpu_seconds, (1 + 2 + 3 + 6 + 7 + 8) * tick);
    EXPECT_DOUBLE_EQ(host->idle_cpu_seconds, 9 * tick);
    EXPECT_EQ(host->memory_bytes, 102'400u);
    EXPECT_EQ(host->available_memory_bytes, 40'960u);
    EXPECT_EQ(host->received_bytes, 71u);
    EXPECT_EQ(host->sent_bytes, 32u);
    EXPECT_DOUBLE_EQ(host->load, 1.5);
}

TEST_F(Proc, TellsNothingWhereItIsNot) {
    EXPECT_FALSE(read_process(folder_.path()));
    EXPECT_FALSE(read_host(folder_.path()));
}

class MetricsRoute : public RouteFixture {
protected:
    MetricsRoute() : RouteFixture{{add_metrics_routes}} {}
};

TEST_F(MetricsRoute, TellsWhatIsCounted) {
    services().metrics.requests().answered("GET", "/api/v1/x", 204, 0.002);
    services().metrics.read_of(runtime());
    const Response response = get("/metrics");
    ASSERT_EQ(response.status, 200);
    EXPECT_EQ(*response.headers.find("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    for (const char* const line :
         {"workflow_executions_total{status=\"completed\"} 0\n", "active_workflow_executions 0\n",
          "millrace_build_info{version=\"1.2.3\"} 1\n", "millrace_parked_executions 0\n",
          "millrace_queue_depth{queue=\"inputs\"} 0\n",
          "millrace_http_requests_total{method=\"GET\",route=\"/api/v1/x\",status=\"2xx\"} 1\n",
          "# TYPE workflow_execution_duration_seconds histogram\n"})
        EXPECT_THAT(response.body, HasSubstr(line));
}

}  // namespace
}  // namespace millrace::server::testing
