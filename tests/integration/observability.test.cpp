// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "millrace/core/json.hpp"
#include "server_process.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "testing/http_server.hpp"

// What a running server tells of itself: metrics as Prometheus reads them, and traces as a receiver
// of OpenTelemetry's protocol gets them.

namespace millrace::testing {
namespace {

using runtime::testing::HttpServer;
using runtime::testing::Reply;
using runtime::testing::ServedRequest;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::StartsWith;

/// A strict reading of the text format 0.0.4: each family once, with help and type before its
/// samples, no series twice, and histograms whose buckets rise up to their count.
class Exposition {
public:
    explicit Exposition(const std::string& text) {
        EXPECT_TRUE(text.ends_with('\n'));
        std::istringstream lines{text};
        for (std::string line; std::getline(lines, line);)
            read(line);
        for (const auto& [family, type] : types_)
            if (type == "histogram") check_histogram(family);
    }

    /// Of the series as it is written, such as `calls_total{to="a"}`; -1: there is none.
    double value(const std::string& series) const {
        const auto found = samples_.find(series);
        return found == samples_.end() ? -1 : found->second;
    }
    const std::map<std::string, std::string>& types() const { return types_; }

private:
    void read(const std::string& line) {
        static const std::regex head{R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))"};
        static const std::regex sample{
            R"(([a-zA-Z_:][a-zA-Z0-9_:]*))"
            R"((\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\\\|\\"|\\n)*",?)*\})? (\S+))"};
        std::smatch parts;
        if (std::regex_match(line, parts, head)) {
            if (parts[1] == "HELP") return;
            EXPECT_TRUE(types_.emplace(parts[2], parts[3]).second) << line;
            family_ = parts[2];
            return;
        }
        ASSERT_TRUE(std::regex_match(line, parts, sample)) << line;
        const std::string name = parts[1];
        const std::string end = name.substr(std::min(name.size(), family_.size()));
        EXPECT_THAT(name, StartsWith(family_)) << line;
        EXPECT_THAT(end, AnyOf("", "_bucket", "_sum", "_count")) << line;
        const std::string series = name + parts[2].str();
        EXPECT_TRUE(samples_.emplace(series, std::stod(parts[3])).second) << line;
    }

    void check_histogram(const std::string& family) {
        static const std::regex bound{R"re(,?le="[^"]*")re"};
        // By the labels but the bound.
        std::map<std::string, std::vector<std::pair<double, double>>> buckets;
        for (const auto& [series, value] : samples_) {
            if (!series.starts_with(family + "_bucket{")) continue;
            const std::string rest = series.substr(family.size() + 7);
            const std::size_t at = rest.find("le=\"") + 4;
            buckets[std::regex_replace(rest, bound, "")].emplace_back(
                std::stod(rest.substr(at, rest.find('"', at) - at)), value);
        }
        for (auto& [labels, counts] : buckets) {
            std::ranges::sort(counts);
            EXPECT_TRUE(std::ranges::is_sorted(counts, {}, [](const auto& c) { return c.second; }))
                << family << labels;
            const std::string shown = labels == "{}" ? "" : labels;
            EXPECT_EQ(counts.back().second, value(family + "_count" + shown)) << family << labels;
        }
    }

    std::map<std::string, std::string> types_;
    std::map<std::string, double> samples_;
    std::string family_;
};

constexpr std::string_view judged = R"(
millrace: 1
id: judged
nodes:
  - { id: start, type: trigger.manual }
  - { id: judge, type: flow.if, data: { condition: "input?.good == true" } }
  - { id: give_up, type: flow.fail, data: { code: sold_out, message: nothing is left } }
connections:
  - start -> judge
  - judge.false -> give_up
)";

class Observability : public CommandTest {
protected:
    /// Facts are counted some tenths of a second after they happened.
    static Exposition metrics_with(ServerProcess& server, const std::string& series, double value) {
        for (int i = 0; i < 200; ++i) {
            Exposition seen{server.get("/metrics").body};
            if (seen.value(series) >= value) return seen;
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        ADD_FAILURE() << series << " did not come to " << value;
        return Exposition{"\n"};
    }
};

TEST_F(Observability, CountsExecutionsAndNodesForPrometheus) {
    ServerProcess server{
        {.data = folder / "data", .environment = {{"MILLRACE_METRICS_WORKFLOWS_MAX", "10"}}}};
    server.create_workflow(judged);
    server.execute("judged", json(R"({"input": {"good": true}})"));
    server.execute("judged", json(R"({"input": {"good": true}})"));
    server.execute("judged", json(R"({"input": {"good": false}})"));
    const Exposition seen =
        metrics_with(server, R"(workflow_executions_total{status="failed"})", 1);
    EXPECT_EQ(seen.value(R"(workflow_executions_total{status="completed"})"), 2);
    EXPECT_EQ(seen.value(R"(millrace_executions_created_total{trigger_type="trigger.manual"})"), 3);
    EXPECT_EQ(seen.value("workflow_execution_duration_seconds_count"), 3);
    EXPECT_EQ(seen.value(R"(node_execution_duration_seconds_count{node_type="flow.if"})"), 3);
    EXPECT_EQ(seen.value("active_workflow_executions"), 0);
    EXPECT_EQ(
        seen.value(R"(millrace_workflow_executions_total{status="completed",workflow="judged"})"),
        2);
    EXPECT_GE(seen.value("millrace_commit_duration_seconds_count"), 3);
    EXPECT_GE(seen.value("millrace_frame_duration_seconds_count"), 3);
    EXPECT_GT(seen.value("millrace_store_bytes"), 0);
    EXPECT_GT(seen.value("process_resident_memory_bytes"), 1e6);
    EXPECT_GE(seen.value(R"(millrace_http_requests_total{method="POST",)"
                         R"(route="/api/v1/workflows/{id}/execute",status="2xx"})"),
              3);
    for (const char* const name :
         {"workflow_execution_duration_seconds", "node_execution_duration_seconds",
          "workflow_executions_total", "active_workflow_executions", "workflow_errors_total",
          "millrace_timers", "millrace_queue_depth", "millrace_parked_executions"})
        EXPECT_THAT(seen.types(), Contains(Key(name)));
    const std::string documentation = read_file(MILLRACE_SOURCE_DIR "/docs/metrics.md");
    for (const auto& [name, type] : seen.types())
        EXPECT_THAT(documentation, HasSubstr("`" + name + "`"));
}

TEST_F(Observability, HasNoMetricsWhereTheyAreTurnedOff) {
    ServerProcess server{{.data = folder / "data", .environment = {{"MILLRACE_METRICS", "false"}}}};
    EXPECT_EQ(server.get("/metrics").status, 404);
}

/// All spans in requests that came in.
std::map<std::string, Value> spans_of(const std::vector<ServedRequest>& requests) {
    std::map<std::string, Value> spans;
    for (const ServedRequest& request : requests) {
        if (request.target != "/v1/traces") continue;
        EXPECT_EQ(request.header("content-type"), "application/json");
        const Value body = json(request.body);
        const Value all = at(body, "resourceSpans.0.scopeSpans.0.spans");
        for (const Value& span : all.as_array())
            spans.emplace(span.find("name")->as_string(), span);
    }
    return spans;
}

TEST_F(Observability, GoesOnWithATraceAndHandsItOver) {
    const HttpServer outside{[](const ServedRequest&) { return Reply::json("{}"); }};
    ServerProcess server{{.data = folder / "data",
                          .arguments = {"--otlp-endpoint", outside.url("")},
                          .environment = {{"MILLRACE_OTLP_BATCH_AFTER", "10ms"},
                                          {"MILLRACE_OTLP_HEADERS", "X-Team=mill"}}}};
    server.create_workflow(
        "millrace: 1\nid: calling\nnodes:\n  - { id: start, type: "
        "trigger.manual }\n  - { id: call, type: http.request, data: { url: \"" +
        outside.url("/peer") + "\" } }\nconnections:\n  - start -> call\n");
    const HttpAnswer answer =
        server.post("/api/v1/workflows/calling/execute?wait=30s", Value::object({}),
                    {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
                     {"tracestate", "shop=1"}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(at(json(answer.body), "trace_id"), Value{"0af7651916cd43dd8448eb211c80319c"});
    EXPECT_EQ(server.terminate().status, 0);

    const auto requests = outside.requests();
    const auto peer = std::ranges::find(requests, "/peer", &ServedRequest::target);
    ASSERT_NE(peer, requests.end());
    EXPECT_EQ(peer->header("tracestate"), "shop=1");
    const std::string parent{peer->header("traceparent")};
    EXPECT_THAT(parent, StartsWith("00-0af7651916cd43dd8448eb211c80319c-"));
    const auto spans = spans_of(requests);
    ASSERT_THAT(spans, Contains(Key("workflow calling")));
    ASSERT_THAT(spans, Contains(Key("http.request call")));
    ASSERT_THAT(spans, Contains(Key("http.request call attempt 1")));
    const Value& root = spans.at("workflow calling");
    const Value& node = spans.at("http.request call");
    const Value& attempt = spans.at("http.request call attempt 1");
    EXPECT_EQ(at(root, "parentSpanId"), Value{"b7ad6b7169203331"});
    EXPECT_EQ(at(node, "parentSpanId"), at(root, "spanId"));
    EXPECT_EQ(at(attempt, "parentSpanId"), at(node, "spanId"));
    EXPECT_EQ(at(attempt, "spanId"), Value{parent.substr(36, 16)});
    EXPECT_EQ(at(attempt, "traceState"), Value{"shop=1"});
    const auto export_request = std::ranges::find(requests, "/v1/traces", &ServedRequest::target);
    EXPECT_EQ(export_request->header("x-team"), "mill");
}

TEST_F(Observability, EndsThoughTheReceiverOfTracesDoesNotAnswer) {
    const auto gate = std::make_shared<runtime::testing::Gate>();
    const HttpServer stuck{[&](const ServedRequest&) { return Reply{.gate = gate}; }};
    ServerProcess server{{.data = folder / "data",
                          .arguments = {"--otlp-endpoint", stuck.url("")},
                          .environment = {{"MILLRACE_OTLP_BATCH_AFTER", "10ms"}}}};
    server.create_workflow(judged);
    server.execute("judged", json(R"({"input": {"good": true}})"));
    stuck.wait_for_requests(1);
    EXPECT_EQ(server.terminate().status, 0);
}

TEST_F(Observability, RefusesAnEndpointThatIsNone) {
    const Finished finished =
        millrace({"serve", "--listen", "127.0.0.1:0", "--otlp-endpoint", "collector"});
    EXPECT_NE(finished.status, 0);
    EXPECT_THAT(finished.err, HasSubstr("collector"));
}

}  // namespace
}  // namespace millrace::testing
