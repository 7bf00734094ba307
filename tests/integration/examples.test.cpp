// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <atomic>

#include "support/command.hpp"
#include "support/rendezvous.hpp"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

/// `METHOD target body` of each request, in the order they came.
std::vector<std::string> seen_by(const HttpServer& server) {
    std::vector<std::string> lines;
    for (const ServedRequest& request : server.requests()) {
        std::string line = request.method + " " + request.target;
        if (!request.body.empty()) line += " " + request.body;
        lines.push_back(std::move(line));
    }
    return lines;
}

class Examples : public CommandTest {
protected:
    /// The outputs of a run of an example whose service is `server`.
    Value outputs_of(std::string_view name, std::string input, const HttpServer& server) const {
        const Finished finished = millrace(
            {"run", example(name), "--input", std::move(input), "--var", "base=" + server.url("")});
        EXPECT_EQ(finished.status, 0) << finished.err;
        return json(finished.out);
    }
};

TEST_F(Examples, HelloGreets) {
    const Finished finished = millrace({"run", example("hello"), "--input", R"({"name": "Ada"})"});
    EXPECT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(json(finished.out), json(R"({"greet": "Hello, Ada!"})"));
}

TEST_F(Examples, ParallelAsksBothSourcesAtOnceAndPostsOneReport) {
    Rendezvous both{2};
    const HttpServer server{[&both](const ServedRequest& request) {
        if (request.method == "POST") return Reply::json(R"({"id": "R1"})");
        if (!both.meet()) return Reply{.status = 500};
        return Reply::json(request.target.starts_with("/weather") ? R"({"sky": "clear"})"
                                                                  : R"({"jams": 3})");
    }};
    EXPECT_EQ(outputs_of("parallel", R"({"city": "Oslo"})", server), json(R"({"report": "R1"})"));

    std::vector<std::string> seen = seen_by(server);
    ASSERT_EQ(seen.size(), 3u);
    EXPECT_EQ(seen.back(), R"(POST /reports {"city":"Oslo","sky":"clear","jams":3})");
    seen.pop_back();
    EXPECT_THAT(seen, UnorderedElementsAre("GET /weather?city=Oslo", "GET /traffic?city=Oslo"));
}

TEST_F(Examples, RetrySendsTheSameKeyUntilTheServiceAnswers) {
    std::atomic<int> calls = 0;
    const HttpServer server{[&calls](const ServedRequest&) {
        if (++calls < 3) return Reply{.status = 503};
        return Reply::json(R"({"receipt": "A-17"})");
    }};
    EXPECT_EQ(outputs_of("retry", R"({"amount": 250})", server), json(R"({"receipt": "A-17"})"));

    const std::string charge = R"(POST /flaky {"amount":250})";
    EXPECT_THAT(seen_by(server), ElementsAre(charge, charge, charge));
    const std::vector<ServedRequest> requests = server.requests();
    ASSERT_EQ(requests.size(), 3u);
    const std::string_view key = requests[0].header("idempotency-key");
    EXPECT_GE(key.size(), 16u);
    EXPECT_EQ(requests[1].header("idempotency-key"), key);
    EXPECT_EQ(requests[2].header("idempotency-key"), key);

    const Value execution = result_of({"executions", "show", executions().at(0)});
    EXPECT_EQ(at(execution, "nodes.charge.retry_count"), 2);
    EXPECT_EQ(at(execution, "nodes.charge.attempts.0.error.code"), "http_503");
    EXPECT_EQ(at(execution, "nodes.charge.attempts.2.status"), "completed");
}

TEST_F(Examples, ErrorPortTurnsAFailureIntoAnAnswer) {
    const HttpServer server{[](const ServedRequest& request) {
        if (request.target == "/stock/A7") return Reply::json(R"({"count": 12})");
        return Reply{.status = 404};
    }};
    EXPECT_EQ(outputs_of("error-port", R"({"sku": "A7"})", server),
              json(R"({"answer": {"sku": "A7", "count": 12}})"));
    EXPECT_EQ(outputs_of("error-port", R"({"sku": "B8"})", server),
              json(R"({"answer": {"sku": "B8", "problem": "http_404"}})"));
    EXPECT_THAT(seen_by(server), ElementsAre("GET /stock/A7", "GET /stock/B8"));

    const Value execution = result_of({"executions", "show", executions().at(0)});
    EXPECT_EQ(at(execution, "status"), "completed");
    EXPECT_EQ(at(execution, "nodes.stock.status"), "failed");
    EXPECT_EQ(at(execution, "nodes.known.status"), "skipped");
}

TEST_F(Examples, FallbackStandsInOnlyWhenItMust) {
    std::atomic<bool> is_live = false;
    const HttpServer server{[&is_live](const ServedRequest& request) {
        if (request.target != "/rates/live") return Reply::json(R"({"rate": 0.5})");
        if (!is_live) return Reply{.status = 500};
        return Reply::json(R"({"rate": 0.25})");
    }};
    EXPECT_EQ(outputs_of("fallback", R"({"dollars": 10})", server),
              json(R"({"price": {"euros": 5}})"));
    EXPECT_THAT(seen_by(server), ElementsAre("GET /rates/live", "GET /rates/live",
                                             "GET /rates/yesterday?because=http_500"));
    is_live = true;
    EXPECT_EQ(outputs_of("fallback", R"({"dollars": 10})", server),
              json(R"({"price": {"euros": 2.5}})"));
    EXPECT_EQ(server.requests().size(), 4u);
}

TEST_F(Examples, LinesChargesEachLineAndReleasesItWhateverHappens) {
    const HttpServer server{[](const ServedRequest& request) {
        if (request.target == "/releases") return Reply::json("{}");
        const bool is_dear = request.body.find("B8") != std::string::npos;
        return is_dear ? Reply{.status = 402} : Reply::json(R"({"paid": 30})");
    }};
    const std::string lines =
        R"({"lines": [{"sku": "A7", "total": 30}, {"sku": "B8", "total": 5000},
        {"sku": "C9", "total": 0}, {"sku": "D1", "total": 9, "tags": ["gift"]}]})";
    EXPECT_EQ(outputs_of("lines", lines, server),
              json(R"({"lines": [{"sku": "A7", "paid": 30}, {"sku": "B8", "problem": "http_402"},
                       {"sku": "C9", "paid": 0}, {"sku": "D1", "paid": 0, "wrapped": true}]})"));
    EXPECT_THAT(seen_by(server),
                UnorderedElementsAre(R"(POST /charges {"sku":"A7","amount":30})",
                                     R"(POST /charges {"sku":"B8","amount":5000})",
                                     R"(POST /releases {"sku":"A7","after":"completed"})",
                                     R"(POST /releases {"sku":"B8","after":"failed"})",
                                     R"(POST /releases {"sku":"C9","after":"completed"})",
                                     R"(POST /releases {"sku":"D1","after":"completed"})"));
}

TEST_F(Examples, ReminderWaitsOnItsTimer) {
    const Finished finished = millrace({"run", example("reminder"), "--input", R"({"text": "tea"})",
                                        "--var", "wait=300ms", "--json"});
    EXPECT_EQ(finished.status, 0) << finished.err;
    const Value execution = json(finished.out);
    EXPECT_EQ(at(execution, "outputs"), json(R"({"remind": "Remember: tea"})"));
    EXPECT_GE(at(execution, "nodes.pause.duration_ms").as_double(), 300);
}

TEST_F(Examples, WorkWithTheServicesThatComeWithThem) {
    ProcessOptions how;
    how.arguments = {MILLRACE_EXAMPLES_DIR "/services.py", "0"};
    Process services{"/usr/bin/python3", how};
    std::string said;
    while (said.find('\n') == std::string::npos && !services.has_ended())
        said = services.out_so_far();
    const std::size_t begin = said.find("http://");
    ASSERT_NE(begin, std::string::npos) << services.err_so_far();
    const std::string base = "base=" + said.substr(begin, said.find(' ', begin) - begin);
    const std::pair<const char*, const char*> tries[] = {
        {"parallel", R"({"city": "Oslo"})"},
        {"retry", R"({"amount": 250})"},
        {"error-port", R"({"sku": "B8"})"},
        {"fallback", R"({"dollars": 10})"},
        {"lines", R"({"lines": [{"sku": "A7", "total": 30}, {"sku": "B8", "total": 5000}]})"}};
    for (const auto& [name, input] : tries) {
        const Finished finished = millrace({"run", example(name), "--input", input, "--var", base});
        EXPECT_EQ(finished.status, 0) << name << "\n" << finished.err;
    }
}

TEST_F(Examples, AllAreValid) {
    Arguments arguments{"validate"};
    for (const auto& entry : std::filesystem::recursive_directory_iterator{MILLRACE_EXAMPLES_DIR}) {
        if (entry.path().string().ends_with(".workflow.yaml")) {
            arguments.push_back(entry.path().string());
        }
    }
    ASSERT_GE(arguments.size(), 11u);
    const Finished finished = millrace(arguments);
    EXPECT_EQ(finished.status, 0) << finished.out << finished.err;
}

TEST_F(Examples, PassTheirOwnTests) {
    const Value results = json(millrace({"test", MILLRACE_EXAMPLES_DIR, "--json"}).out);
    EXPECT_EQ(at(results, "failed"), 0) << core::to_pretty_json(results);
    EXPECT_EQ(at(results, "not_run"), 0) << core::to_pretty_json(results);
    EXPECT_GE(at(results, "passed").as_integer(), 30);
}

}  // namespace
}  // namespace millrace::testing
