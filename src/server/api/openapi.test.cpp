// SPDX-License-Identifier: Apache-2.0
#include "api/openapi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/testing/conformance.hpp"
#include "api/testing/sample_api.hpp"
#include "millrace/core/json.hpp"

namespace millrace::server {
namespace {

using core::Value;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(OpenApi, DescribesRoutesWithTheirProblems) {
    SampleApi sample;
    const std::string text = core::to_json(*sample.api().openapi().find("paths"));
    EXPECT_THAT(text, HasSubstr(R"("operationId":"makeThing")"));
    EXPECT_THAT(text, HasSubstr(R"("name":"Idempotency-Key")"));
    EXPECT_THAT(text, HasSubstr(R"("application/yaml")"));
    EXPECT_THAT(text, HasSubstr(R"("426":{"$ref":"#/components/responses/Problem426")"));
    EXPECT_THAT(text, HasSubstr(R"("description":"idempotency_mismatch, invalid")"));
}

TEST(Conformance, SaysWhatAnAnswerHasThatWasNotPromised) {
    SampleApi sample;
    const Conformance conformance{sample.api().openapi()};
    const auto problems = [&](std::string_view path, int status, std::string_view type,
                              std::string_view body) {
        return conformance.problems("GET", path, status, type, body);
    };
    const std::string_view json = "application/json";
    EXPECT_THAT(problems("/api/v1/things/a?x=1", 200, json, R"({"name":"a"})"), IsEmpty());
    EXPECT_THAT(problems("/api/v1/things/a", 200, json, R"({"name":5})"),
                ElementsAre(HasSubstr("/name: expected text")));
    EXPECT_THAT(problems("/api/v1/things/a", 200, json, "{"), ElementsAre(HasSubstr("no JSON")));
    EXPECT_THAT(problems("/api/v1/things/a", 299, json, "{}"), ElementsAre(HasSubstr("status")));
    EXPECT_THAT(problems("/api/v1/things/a", 200, "text/html", "x"),
                ElementsAre(HasSubstr("no body of text/html")));
    EXPECT_THAT(problems("/elsewhere", 200, json, "{}"), ElementsAre(HasSubstr("no operation")));
    EXPECT_THAT(
        problems("/api/v1/things/a", 400, "application/problem+json",
                 R"({"type":"/problems/x","title":"t","status":400,"detail":"","code":"x"})"),
        Contains(HasSubstr("/code")));
    EXPECT_THAT(conformance.problems("Execution", Value{5}), ElementsAre(HasSubstr("object")));
}

}  // namespace
}  // namespace millrace::server
