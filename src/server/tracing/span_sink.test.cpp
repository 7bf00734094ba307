// SPDX-License-Identifier: Apache-2.0
#include "tracing/span_sink.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events/testing/fake_store.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/record.hpp"
#include "millrace/engine/trace.hpp"
#include "observation/fact_fold.hpp"
#include "tracing/otlp_exporter.hpp"

namespace millrace::server::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr core::Time t0{1'800'000'000'000};
constexpr engine::RunKey work{0, core::NodeIndex{1}, 0};

class Spans : public ::testing::Test {
protected:
    /// An execution whose node is tried twice; `traced` comes from outside.
    void run(const std::optional<engine::ExecutionTraced>& traced = {}) {
        engine::RowWriter row{1, t0};
        const auto add = [&](const engine::RecordBody& body, std::int64_t ms) {
            row.append(engine::Origin::derived, t0 + core::Duration{ms}, body);
        };
        engine::ExecutionCreated created;
        created.workflow_id = "two";
        core::Failure failure;
        failure.code = "http_503";
        failure.error_class = core::ErrorClass::http_5xx;
        failure.message = "busy";
        add(created, 0);
        if (traced) add(*traced, 0);
        add(engine::ExecutionStarted{}, 1);
        add(engine::AttemptStarted{work, 1}, 1);
        add(engine::AttemptFailed{work, 1, failure, "local"}, 10);
        add(engine::AttemptStarted{work, 2}, 20);
        add(engine::AttemptSucceeded{work, 2, {}, "local", {}}, 30);
        add(engine::RunCompleted{work, engine::CompletedBy::attempt, {}}, 30);
        add(engine::ExecutionCompleted{}, 30);
        SpanSink sink{[this](Span span) { spans.push_back(std::move(span)); }};
        ASSERT_TRUE(fold.fold({id, 1, row.bytes()}, sink));
    }

    const core::ExecutionId id = execution(1);
    FakeStore store;
    std::unique_ptr<Journals> journals = store.journals();
    FactFold fold{*journals};
    std::vector<Span> spans;
};

TEST_F(Spans, AreOfAttemptsOfRunsAndOfTheExecution) {
    run();
    ASSERT_EQ(spans.size(), 4u);
    for (const Span& span : spans)
        EXPECT_EQ(span.trace_id, engine::own_trace_id(id));
    const Span& failed = spans[0];
    const Span& node = spans[2];
    const Span& root = spans[3];
    EXPECT_EQ(failed.span_id, engine::run_span(id, "work", 0, 1));
    EXPECT_EQ(failed.parent_id, node.span_id);
    EXPECT_EQ(failed.status, Span::Status::error);
    EXPECT_EQ(failed.message, "busy");
    EXPECT_EQ(failed.end, t0 + core::Duration{10});
    EXPECT_EQ(spans[1].span_id, engine::run_span(id, "work", 0, 2));
    EXPECT_EQ(spans[1].kind, Span::Kind::client);
    EXPECT_EQ(node.name, "debug.log work");
    EXPECT_EQ(node.parent_id, root.span_id);
    EXPECT_EQ(node.events.size(), 1u);
    EXPECT_EQ(node.start, t0 + core::Duration{1});
    EXPECT_EQ(root.span_id, engine::execution_span(id));
    EXPECT_EQ(root.parent_id, "");
    EXPECT_EQ(root.name, "workflow two");
    EXPECT_THAT(root.attributes,
                Contains(Pair("millrace.execution.id",
                              std::variant<std::string, std::int64_t, bool>{id.text()})));
}

TEST_F(Spans, GoOnWithTheTraceOfTheCaller) {
    run(engine::ExecutionTraced{std::string(32, 'a'), std::string(16, 'b'), "k=v", true});
    ASSERT_EQ(spans.size(), 4u);
    for (const Span& span : spans) {
        EXPECT_EQ(span.trace_id, std::string(32, 'a'));
        EXPECT_EQ(span.trace_state, "k=v");
    }
    EXPECT_EQ(spans.back().parent_id, std::string(16, 'b'));
}

TEST_F(Spans, AreNotMadeOfTracesThatNobodyKeeps) {
    run(engine::ExecutionTraced{std::string(32, 'a'), std::string(16, 'b'), "", false});
    EXPECT_THAT(spans, IsEmpty());
}

TEST_F(Spans, AreWrittenAsOtlpWantsThem) {
    run();
    const auto request = core::parse_json(
        otlp_request(std::span{spans}.last(1), {.service_name = "shop", .version = "1.2.3"}));
    ASSERT_TRUE(request);
    const core::Value& resource = request->find("resourceSpans")->as_array()[0];
    const core::Value& name = resource.find("resource")->find("attributes")->as_array()[0];
    EXPECT_EQ(core::to_json(name), R"({"key":"service.name","value":{"stringValue":"shop"}})");
    const core::Value& scope = resource.find("scopeSpans")->as_array()[0];
    const core::Value& span = scope.find("spans")->as_array()[0];
    EXPECT_EQ(span.find("startTimeUnixNano")->as_string(), "1800000000000000000");
    EXPECT_EQ(span.find("endTimeUnixNano")->as_string(), "1800000000030000000");
    EXPECT_EQ(span.find("kind")->as_integer(), 1);
    EXPECT_EQ(span.find("parentSpanId"), nullptr);
    EXPECT_EQ(core::to_json(span.find("attributes")->as_array()[2]),
              R"({"key":"millrace.workflow.version","value":{"intValue":"1"}})");
    EXPECT_EQ(core::to_json(*span.find("status")), R"({"code":0})");
}

TEST(OtlpAnswer, TellsWhatWasRefused) {
    EXPECT_EQ(read_otlp_answer("{}").spans, 0);
    EXPECT_EQ(read_otlp_answer("no JSON").spans, 0);
    const OtlpRefusal refusal = read_otlp_answer(
        R"({"partialSuccess": {"rejectedSpans": "3", "errorMessage": "too old"}})");
    EXPECT_EQ(refusal.spans, 3);
    EXPECT_EQ(refusal.message, "too old");
    EXPECT_EQ(read_otlp_answer(R"({"partialSuccess": {"rejectedSpans": 2}})").spans, 2);
}

TEST(OtlpEndpoint, NamesTheReceiverOrItsPathForTraces) {
    EXPECT_EQ(*traces_url("http://localhost:4318"), "http://localhost:4318/v1/traces");
    EXPECT_EQ(*traces_url("https://a.example/otlp/"), "https://a.example/otlp/v1/traces");
    EXPECT_EQ(*traces_url("http://a/v1/traces"), "http://a/v1/traces");
    for (const char* const wrong :
         {"", "localhost:4318", "ftp://a", "http://", "http:///x", "http://a b"})
        EXPECT_FALSE(traces_url(wrong)) << wrong;
}

}  // namespace
}  // namespace millrace::server::testing
