// SPDX-License-Identifier: Apache-2.0
#include "api/api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/testing/conformance.hpp"
#include "api/testing/sample_api.hpp"
#include "millrace/core/json.hpp"

namespace millrace::server {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pointee;

TEST(Api, AnswersAPathThatNobodyHasWithTheNearestOne) {
    SampleApi sample;
    const Response response = sample.ask(Method::get, "/api/v1/thinks");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(code_of(response), "not_found");
    EXPECT_EQ(detail_of(response), "there is no path /api/v1/thinks; did you mean /api/v1/things?");
}

TEST(Api, NamesTheMethodsThatAPathHas) {
    SampleApi sample;
    const Response response = sample.ask(Method::del, "/api/v1/things/a");
    EXPECT_EQ(response.status, 405);
    EXPECT_THAT(response.headers.find("Allow"), Pointee(std::string{"GET, HEAD, OPTIONS, PUT"}));
    const Response options = sample.ask(Method::options, "/api/v1/things/a");
    EXPECT_EQ(options.status, 204);
    EXPECT_THAT(options.headers.find("Allow"), Pointee(std::string{"GET, HEAD, OPTIONS, PUT"}));
    EXPECT_EQ(options.headers.find("Access-Control-Allow-Origin"), nullptr);
}

TEST(Api, AnswersHeadAsGet) {
    SampleApi sample;
    EXPECT_EQ(sample.ask(Method::head, "/api/v1/things/a").body,
              sample.ask(Method::get, "/api/v1/things/a").body);
}

TEST(Api, RefusesWhatTheCallerMayNotDo) {
    SampleApi sample;
    sample.allow = [](Action) { return std::unexpected(problem("forbidden", "not you")); };
    const Response response = sample.ask(Method::get, "/api/v1/things/a");
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(detail_of(response), "not you");
    EXPECT_EQ(sample.ask(Method::get, "/nowhere").status, 404);
}

TEST(Api, NamesEachParameterThatIsWrong) {
    SampleApi sample;
    const auto wrong = [&](std::string_view query) {
        const Response response = sample.ask(Method::get, "/api/v1/things?" + std::string{query});
        EXPECT_EQ(response.status, 400);
        EXPECT_EQ(code_of(response), "bad_request");
        return detail_of(response);
    };
    EXPECT_EQ(wrong("limit=500"), "limit in the query: expected at most 200, found number 500");
    EXPECT_THAT(wrong("limit=ten"), HasSubstr("found text \"ten\""));
    EXPECT_EQ(wrong("limit=1&limit=2"), "limit in the query: it is given twice");
    EXPECT_EQ(wrong("limt=1"),
              "limt in the query: there is no such parameter; did you mean limit?");
    EXPECT_THAT(wrong("status=none&after=noon"),
                testing::AllOf(HasSubstr("status in the query: expected one of \"new\", \"old\""),
                               HasSubstr("; after in the query: ")));
    EXPECT_THAT(wrong("deep=yes"), HasSubstr("expected true or false"));
    EXPECT_THAT(wrong("tag=ok&tag=toolong"), HasSubstr("at most 3 characters"));
    EXPECT_EQ(wrong("cursor=\xff"), "cursor in the query: it is no UTF-8");
}

TEST(Api, GivesHandlersPagesWithinTheirLimits) {
    SampleApi sample;
    EXPECT_EQ(sample.ask(Method::get, "/api/v1/things?deep=true&tag=a&tag=b").body,
              R"({"items":[50],"next_cursor":null})");
    EXPECT_EQ(sample.ask(Method::get, "/api/v1/things?limit=200&cursor=x").body,
              R"({"items":[200],"next_cursor":"x"})");
}

TEST(Api, TakesOnlyBodiesThatItReads) {
    SampleApi sample;
    auto request = sample_request(Method::put, "/api/v1/things/a", "{}");
    request->headers.set("Content-Type", "text/plain");
    EXPECT_EQ(sample.ask(request).status, 415);
    auto untyped = sample_request(Method::put, "/api/v1/things/a", R"({"name":"a"})");
    untyped->headers = {};
    EXPECT_THAT(detail_of(sample.ask(untyped)), HasSubstr("has no Content-Type"));
    auto latin = sample_request(Method::put, "/api/v1/things/a", R"({"name":"a"})");
    latin->headers.set("Content-Type", "application/json; charset=ISO-8859-1");
    EXPECT_EQ(sample.ask(latin).status, 415);
    auto packed = sample_request(Method::put, "/api/v1/things/a", "\x1f\x8b\x08");
    packed->headers.add("Content-Encoding", "gzip");
    EXPECT_EQ(sample.ask(packed).status, 415);
    auto yaml = sample_request(Method::put, "/api/v1/things/a", "name: a\n");
    yaml->headers.set("Content-Type", "Application/YAML; charset=\"utf-8\"");
    EXPECT_EQ(sample.ask(yaml).body, R"({"name":"a"})");
    const Response empty = sample.ask(Method::put, "/api/v1/things/a");
    EXPECT_EQ(code_of(empty), "bad_request");
    EXPECT_THAT(detail_of(empty), HasSubstr("has no body"));
}

TEST(Api, PlacesMistakesOfFormInTheBody) {
    SampleApi sample;
    const auto wrong = [&](std::string body) {
        return sample.ask(Method::put, "/api/v1/things/a", std::move(body));
    };
    const Response response = wrong("{\"name\": \"a\",\n  \"size\": 05}");
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(code_of(response), "malformed_json");
    const core::Value body = body_of(response);
    const core::Value& error = body.find("errors")->as_array()[0];
    EXPECT_EQ(*error.find("line"), core::Value{2});
    EXPECT_THAT(wrong(R"({"name": "a", "name": "b"})").body, HasSubstr("name"));
    EXPECT_EQ(code_of(wrong(R"({"name": "a", "name": "b"})")), "malformed_json");
    EXPECT_EQ(code_of(wrong("{\"name\": \"\xff\"}")), "malformed_json");
    EXPECT_EQ(code_of(wrong(std::string(200, '[') + std::string(200, ']'))), "malformed_json");
}

TEST(Api, ListsAllThatDoesNotFitTheSchema) {
    SampleApi sample;
    const Response response =
        sample.ask(Method::put, "/api/v1/things/a", R"({"name": 5, "sise": 1})");
    EXPECT_EQ(response.status, 422);
    EXPECT_EQ(code_of(response), "invalid");
    const core::Value body = body_of(response);
    const auto errors = body.find("errors")->as_array();
    ASSERT_EQ(errors.size(), 2u);
    EXPECT_EQ(*errors[0].find("path"), core::Value{"/name"});
    EXPECT_THAT(core::to_json(errors[1]), HasSubstr("did you mean \\\"size\\\"?"));
}

TEST(Api, LetsALibrarysExceptionEndInAnAnswer) {
    SampleApi sample;
    const Response response = sample.ask(Method::get, "/api/v1/fails");
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(code_of(response), "internal");
}

TEST(Api, OpensWebSocketsOnlyForThoseWhoAskForOne) {
    SampleApi sample;
    const auto request = sample_request(Method::get, "/api/v1/ws");
    EXPECT_TRUE(sample.api().is_websocket(*request));
    EXPECT_FALSE(sample.api().is_websocket(*sample_request(Method::get, "/api/v1/things")));
    const Response refused = sample.ask(request);
    EXPECT_EQ(refused.status, 426);
    EXPECT_THAT(refused.headers.find("Upgrade"), Pointee(std::string{"websocket"}));
    const auto upgrade = sample_request(Method::get, "/api/v1/ws");
    upgrade->headers.add("Upgrade", "WebSocket");
    EXPECT_EQ(sample.ask(upgrade).status, 426);
    upgrade->headers.add("Connection", "keep-alive, Upgrade");
    EXPECT_NE(sample.ask(upgrade).stream, nullptr);
    upgrade->method = Method::head;
    EXPECT_EQ(sample.ask(upgrade).stream, nullptr);
}

TEST(Api, ReadsLargeBodiesOnAWorkThread) {
    SampleApi sample;
    const std::string large = R"({"name": ")" + std::string(100'000, 'a') + "\"}";
    sample.send(sample_request(Method::put, "/api/v1/things/a", large));
    EXPECT_THAT(sample.answers(), IsEmpty());
    sample.do_work();
    ASSERT_EQ(sample.answers().size(), 1u);
    EXPECT_EQ(sample.answers()[0].status, 200);
}

TEST(Api, SaysWhatItIsOnceAndThenNothingNew) {
    SampleApi sample;
    const Response response = sample.ask(Method::get, "/api/v1/openapi.json");
    EXPECT_EQ(response.body, core::to_json(sample.api().openapi()));
    const auto again = sample_request(Method::get, "/api/v1/openapi.json");
    again->headers.add("If-None-Match", "W/" + *response.headers.find("ETag"));
    const Response unchanged = sample.ask(again);
    EXPECT_EQ(unchanged.status, 304);
    EXPECT_THAT(unchanged.body, IsEmpty());
}

TEST(Api, AnswersAsItsOwnDescriptionSays) {
    SampleApi sample;
    const Conformance conformance{sample.api().openapi()};
    const auto check = [&](const std::shared_ptr<Request>& request) {
        const Response response = sample.ask(request);
        EXPECT_THAT(conformance.problems(*request, response), IsEmpty()) << response.body;
    };
    check(sample_request(Method::get, "/api/v1/things"));
    check(sample_request(Method::get, "/api/v1/things/special"));
    check(sample_request(Method::get, "/api/v1/things?limit=0"));
    check(sample_request(Method::get, "/nothing"));
    check(sample_request(Method::del, "/api/v1/things"));
    check(sample_request(Method::put, "/api/v1/things/a", R"({"name": "b", "size": 1})"));
    check(sample_request(Method::put, "/api/v1/things/a", "{"));
    check(sample_request(Method::post, "/api/v1/things", R"({"name": "b"})"));
    check(sample_request(Method::get, "/api/v1/openapi.json"));
    check(sample_request(Method::get, "/api/v1/fails"));
    EXPECT_THAT(conformance.untried(),
                testing::ElementsAre("GET /api/v1/things/{id}", "POST /api/v1/again",
                                     "POST /api/v1/later"));
}

}  // namespace
}  // namespace millrace::server
