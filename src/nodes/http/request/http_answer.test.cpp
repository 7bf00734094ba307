// SPDX-License-Identifier: Apache-2.0
#include "http/request/http_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::HasSubstr;
using testing::json;
using ::testing::Not;

const engine::HttpCall plain{.url = "http://a/x?key=secret"};

core::Value body_of(std::string type, std::string body,
                    engine::BodyReading reading = engine::BodyReading::automatic) {
    engine::HttpCall call = plain;
    call.response = reading;
    const auto read = read_answer(
        call, {.status = 200, .headers = {{"content-type", std::move(type)}}, .body = body});
    return read ? *read->find("body") : core::Value{read.error().code};
}

core::Value bytes(std::string_view text) {
    return core::Value::bytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

TEST(HttpAnswer, HasStatusHeadersAndBody) {
    const auto read = read_answer(plain, {.status = 201,
                                          .headers = {{"content-type", "application/json"},
                                                      {"vary", "a"},
                                                      {"set-cookie", "x=1, y"},
                                                      {"vary", "b"},
                                                      {"set-cookie", "z=2"}},
                                          .body = R"({"id":7})"});
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, json(R"({"status":201,
                              "headers":{"content-type":"application/json","vary":"a, b",
                                         "set-cookie":["x=1, y","z=2"]},
                              "body":{"id":7}})"));
}

TEST(HttpAnswer, ReadsTheBodyByItsContentType) {
    EXPECT_EQ(body_of("application/json; charset=utf-8", "[1]"), json("[1]"));
    EXPECT_EQ(body_of("application/problem+json", "{}"), json("{}"));
    EXPECT_EQ(body_of("APPLICATION/JSON", "\xef\xbb\xbf[1]"), json("[1]"));
    EXPECT_EQ(body_of("text/html", "<p>"), "<p>");
    EXPECT_EQ(body_of("image/svg+xml", "<svg>"), "<svg>");
    EXPECT_EQ(body_of("text/plain; charset=ISO-8859-1", "\xfc"), "ü");
    EXPECT_EQ(body_of("image/png", "x"), bytes("x"));
    EXPECT_EQ(body_of("", "x"), bytes("x"));
    EXPECT_EQ(body_of("text/plain", "\xff"), bytes("\xff"));
}

TEST(HttpAnswer, TakesJsonThatIsNoneForText) {
    EXPECT_EQ(body_of("application/json", "oops"), "oops");
}

TEST(HttpAnswer, HasNoBodyWhereNothingCame) {
    EXPECT_EQ(body_of("application/json", ""), core::Value{});
    EXPECT_EQ(body_of("text/plain", ""), core::Value{});
}

TEST(HttpAnswer, ReadsTheBodyAsItIsTold) {
    EXPECT_EQ(body_of("text/plain", "[1]", engine::BodyReading::json), json("[1]"));
    EXPECT_EQ(body_of("application/json", "[1]", engine::BodyReading::text), "[1]");
    EXPECT_EQ(body_of("application/json", "[1]", engine::BodyReading::bytes), bytes("[1]"));
    EXPECT_EQ(body_of("application/json", "oops", engine::BodyReading::json), "bad_json");
    EXPECT_EQ(body_of("application/json", "", engine::BodyReading::json), "bad_json");
}

TEST(HttpAnswer, NothingIsReadAsJsonWhereNothingCanCome) {
    engine::HttpCall call = plain;
    call.response = engine::BodyReading::json;
    EXPECT_TRUE(read_answer(call, {.status = 204}));
    call.method = "HEAD";
    EXPECT_TRUE(read_answer(call, {.status = 200}));
}

TEST(HttpAnswer, StatusesThatAreFailures) {
    const auto not_found = read_answer(plain, {.status = 404, .body = "no such order"});
    ASSERT_FALSE(not_found);
    EXPECT_EQ(not_found.error().code, "http_404");
    EXPECT_EQ(not_found.error().error_class, core::ErrorClass::http_4xx);
    EXPECT_FALSE(not_found.error().recoverable);
    EXPECT_EQ(not_found.error().message, "GET http://a/x answered 404");
    EXPECT_EQ(not_found.error().details, json(R"({"status":404,"body":"no such order"})"));
    const auto unavailable = read_answer(plain, {.status = 503});
    EXPECT_EQ(unavailable.error().error_class, core::ErrorClass::http_5xx);
    EXPECT_TRUE(unavailable.error().recoverable);
    EXPECT_TRUE(read_answer(plain, {.status = 429}).error().recoverable);
}

TEST(HttpAnswer, StatusesAreNoFailuresWhereTheyAreExpected) {
    engine::HttpCall call = plain;
    call.fail_on_4xx = false;
    EXPECT_EQ(*read_answer(call, {.status = 404})->find("status"), 404);
    EXPECT_FALSE(read_answer(call, {.status = 500}));
    call.fail_on_5xx = false;
    EXPECT_TRUE(read_answer(call, {.status = 500}));
}

TEST(HttpAnswer, SaysWhenToComeBack) {
    const auto busy = read_answer(plain, {.status = 429, .headers = {{"retry-after", "3"}}});
    EXPECT_EQ(busy.error().retry_after_ms, 3000);
}

TEST(HttpAnswer, KeepsAnExcerptOfTheBody) {
    // 4,096 is in the middle of a two-byte character.
    std::string body = "x";
    while (body.size() < 10'000)
        body += "ü";
    const auto failed = read_answer(plain, {.status = 500, .body = body});
    EXPECT_EQ(failed.error().details.find("body")->as_string(), body.substr(0, 4095));
    const auto binary = read_answer(plain, {.status = 500, .body = std::string(5000, '\xff')});
    EXPECT_EQ(binary.error().details.find("body")->as_bytes().size(), 4096);
}

TEST(HttpAnswer, ReadsDeepJsonUpToALimit) {
    using enum engine::BodyReading;
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    for (const engine::BodyReading reading : {automatic, engine::BodyReading::json}) {
        EXPECT_TRUE(body_of("application/json", nested(101), reading).is_array());
        EXPECT_TRUE(body_of("application/json", nested(10'000), reading).is_array());
        engine::HttpCall call = plain;
        call.response = reading;
        const auto read = read_answer(call, {.status = 200,
                                             .headers = {{"content-type", "application/json"}},
                                             .body = nested(10'001)});
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, "json_limit");
        EXPECT_EQ(read.error().error_class, core::ErrorClass::limit);
    }
}

}  // namespace
}  // namespace millrace::nodes
