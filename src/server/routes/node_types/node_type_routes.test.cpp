// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "millrace/core/json.hpp"
#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using core::Value;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* types = "/api/v1/node-types";

class NodeTypeRoutesTest : public testing::RouteFixture {
protected:
    NodeTypeRoutesTest() : RouteFixture{{add_node_type_routes}} {}

    static std::string path(const std::string& rest) { return std::string{types} + rest; }
    static std::string text(const Value& body, std::string_view key) {
        const Value* const found = body.find(key);
        return found == nullptr ? "-" : core::to_json(*found);
    }
};

TEST_F(NodeTypeRoutesTest, AreListedByCategoryAndText) {
    const Value all = body_of(get(types));
    const Value conditions = body_of(get(path("?category=conditions")));
    EXPECT_GT(all.find("items")->size(), conditions.find("items")->size());
    const Value found = body_of(get(path("?text=HTTP.request")));
    ASSERT_GE(found.find("items")->size(), 1u);
    EXPECT_EQ(problem_of(get(path("?category=none")), 400), "bad_request");
    const Response list = get(types);
    EXPECT_EQ(send(Method::get, types, {}, {{"If-None-Match", *list.headers.find("ETag")}}).status,
              304);
}

TEST_F(NodeTypeRoutesTest, AreReadWithTheirSchemas) {
    const Response one = get(path("/http.request"));
    EXPECT_EQ(text(body_of(one), "type"), "\"http.request\"");
    EXPECT_EQ(get(path("/http.request@1")).body, one.body);
    EXPECT_EQ(
        send(Method::get, path("/http.request"), {}, {{"If-None-Match", *one.headers.find("ETag")}})
            .status,
        304);
    EXPECT_EQ(text(body_of(get(path("/http.request/schema"))), "type"), "\"object\"");
    EXPECT_EQ(problem_of(get(path("/http.reqest")), 404), "not_found");
    EXPECT_THAT(get(path("/http.reqest")).body, HasSubstr("did you mean http.request?"));
    EXPECT_EQ(problem_of(get(path("/http.request@9/schema")), 404), "not_found");
}

TEST_F(NodeTypeRoutesTest, AConfigurationIsCheckedByItself) {
    const Value good =
        body_of(post(path("/data.template/validate"), R"({"data":{"text":"{{ input }}"}})"));
    EXPECT_EQ(text(good, "valid"), "true");
    const Value bad =
        body_of(post(path("/http.request/validate"), R"({"data":{"methd":"GET"},"timeout":"5"})"));
    EXPECT_EQ(text(bad, "valid"), "false");
    EXPECT_THAT(text(bad, "errors"), AllOf(HasSubstr("/data/methd"), HasSubstr("/timeout")));
    EXPECT_EQ(text(body_of(post(path("/trigger.manual/validate"), "{}")), "valid"), "true");
    EXPECT_EQ(problem_of(post(path("/none/validate"), "{}"), 404), "not_found");
    EXPECT_EQ(problem_of(post(path("/data.template/validate"), R"({"dta":1})"), 422), "invalid");
}

TEST_F(NodeTypeRoutesTest, ADryRunCallsNothing) {
    const Value said = body_of(post(path("/data.template/dry-run"),
                                    R"({"data":{"text":"Hello, {{ input }}!"},"input":"Ada"})"));
    EXPECT_EQ(text(said, "outputs"), R"({"out":"Hello, Ada!"})");
    const Value asked =
        body_of(post(path("/http.request/dry-run"),
                     R"({"data":{"url":"http://example.org/{{ input }}"},"input":7})"));
    EXPECT_THAT(text(asked, "request"), HasSubstr("http://example.org/7"));
    EXPECT_THAT(text(asked, "issues"), HasSubstr("not made"));
    const Value bad = body_of(post(path("/http.request/dry-run"), R"({"data":{}})"));
    EXPECT_EQ(text(bad, "status"), "null");
    EXPECT_EQ(problem_of(post(path("/trigger.manual/dry-run"), "{}"), 422), "invalid");
}

TEST_F(NodeTypeRoutesTest, ASimulationPlaysAnswersOnAClockThatJumps) {
    const Value played = body_of(post(path("/http.request/simulate"), R"({
        "data": {"url": "http://example.org"},
        "retry": {"max_attempts": 3, "delay": "10s"},
        "answers": [{"status": 503, "takes": "1s"}, {"status": 200, "body": {"ok": true}}]})"));
    EXPECT_EQ(text(played, "status"), "\"completed\"");
    EXPECT_EQ(played.find("calls")->size(), 2u);
    EXPECT_EQ(text(played, "duration_ms"), "11000");
    const Value failed = body_of(post(path("/http.request/simulate"), R"({
        "data": {"url": "http://example.org"},
        "answers": [{"failure": {"code": "no_luck", "message": "None."}}]})"));
    EXPECT_EQ(text(failed, "status"), "\"failed\"");
    EXPECT_THAT(text(failed, "error"), HasSubstr("no_luck"));
    EXPECT_EQ(problem_of(post(path("/http.request/simulate"), R"({
        "data": {"url": "http://example.org"}, "answers": [{"outputs": {"x": 1}}]})"),
                         422),
              "invalid");
}

TEST_F(NodeTypeRoutesTest, ManyAreTriedSideBySide) {
    const Value many = body_of(post(path("/dry-run"), R"({"items": [
        {"type": "data.template", "data": {"text": "a"}}, {"type": "none"}]})"));
    const auto items = many.find("items")->as_array();
    EXPECT_EQ(text(items[0], "status"), "\"completed\"");
    EXPECT_EQ(text(*items[1].find("problem"), "code"), "\"not_found\"");
    EXPECT_EQ(body_of(post(path("/simulate"), R"({"items": []})")).find("items")->size(), 0u);
    const Value checked = body_of(post(path("/validate"), R"({"items": [{"type": "flow.if"}]})"));
    EXPECT_EQ(text(checked.find("items")->as_array()[0], "valid"), "false");
}

}  // namespace
}  // namespace millrace::server
