// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "millrace/core/json.hpp"
#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using core::Value;
using ::testing::HasSubstr;

constexpr const char* nodes = "/api/v1/nodes";

class NodeLibraryRoutesTest : public testing::RouteFixture {
protected:
    NodeLibraryRoutesTest() : RouteFixture{{add_node_library_routes, add_workflow_routes}} {}

    static std::string path(const std::string& rest) { return std::string{nodes} + rest; }
    static std::string text(const Value& body, std::string_view key) {
        const Value* const found = body.find(key);
        return found == nullptr ? "-" : core::to_json(*found);
    }
    static std::string body(const std::string& said, const std::string& more = "") {
        return R"({"name":"Greet","tags":["hi"],"node":{"type":"data.template","data":{"text":")" +
               said + R"("}})" + more + "}";
    }
    Response put(const std::string& id, const std::string& content, const Headers& headers) {
        return send(Method::put, path("/" + id), content, headers);
    }
};

TEST_F(NodeLibraryRoutesTest, ANodeIsKeptChangedAndRemoved) {
    const Response made = post(nodes, body("one", R"(,"id":"greet")"));
    EXPECT_EQ(text(body_of(made, 201), "version"), "1");
    EXPECT_EQ(*made.headers.find("ETag"), "\"1.1\"");
    EXPECT_EQ(problem_of(post(nodes, body("one", R"(,"id":"greet")")), 409), "conflict");
    EXPECT_EQ(post(nodes, body("other")).status, 201);
    EXPECT_EQ(problem_of(put("greet", body("two"), {}), 428), "precondition_required");
    EXPECT_EQ(problem_of(put("greet", body("two"), {{"If-Match", "\"9.9\""}}), 412), "stale");
    const Value second = body_of(put("greet", body("two"), {{"If-Match", "\"1.1\""}}));
    EXPECT_EQ(text(second, "version"), "2");
    const Value third =
        body_of(put("greet", body("two", R"(,"public":true)"), {{"If-Match", "*"}}));
    EXPECT_EQ(text(third, "version") + text(third, "revision"), "22");
    const Value versions = body_of(get(path("/greet/versions")));
    EXPECT_EQ(text(versions.find("items")->as_array()[0], "changed_fields"), R"(["/data/text"])");
    EXPECT_EQ(text(body_of(get(path("/greet/versions/1"))), "version"), "1");
    EXPECT_EQ(problem_of(get(path("/greet/versions/9")), 404), "not_found");
    EXPECT_EQ(send(Method::get, path("/greet"), {}, {{"If-None-Match", "\"2.2\""}}).status, 304);
    EXPECT_EQ(del(path("/greet")).status, 204);
    EXPECT_EQ(problem_of(get(path("/greet")), 404), "not_found");
}

TEST_F(NodeLibraryRoutesTest, ABadNodeIsRefusedWithItsPlaces) {
    const Response unknown = post(nodes, R"({"node":{"type":"data.templat"}})");
    EXPECT_EQ(problem_of(unknown, 422), "invalid");
    EXPECT_THAT(unknown.body, HasSubstr("/node/type"));
    const Response bad = post(
        nodes,
        R"({"node":{"type":"http.request","data":{"methd":"GET","url":"{{ nodes.a.out }}"}}})");
    EXPECT_EQ(problem_of(bad, 422), "invalid");
    EXPECT_THAT(bad.body, HasSubstr("/node/data/methd"));
    EXPECT_EQ(post(nodes, R"({"node":{"type":"http.request","data":{"url":"{{ nodes.a.out }}"}}})")
                  .status,
              201);
    EXPECT_EQ(problem_of(post(nodes, "{}"), 422), "invalid");
}

TEST_F(NodeLibraryRoutesTest, NodesArePublishedDeprecatedAndFound) {
    ASSERT_EQ(post(nodes, body("one", R"(,"id":"greet")")).status, 201);
    EXPECT_EQ(text(body_of(post(path("/greet/publish"))), "status"), "\"published\"");
    const auto count = [&](const std::string& query) {
        return body_of(get(path(query))).find("items")->size();
    };
    EXPECT_EQ(count("?status=published"), 1u);
    EXPECT_EQ(count("?status=draft"), 0u);
    EXPECT_EQ(count("?text=gree&tag=hi&type=data.template&public=false"), 1u);
    EXPECT_EQ(text(body_of(post(path("/greet/deprecate"))), "status"), "\"deprecated\"");
    EXPECT_EQ(problem_of(post(path("/none/publish")), 404), "not_found");
}

TEST_F(NodeLibraryRoutesTest, ABatchIsSavedWholeOrNotAtAll) {
    const Response bad = post(path("/batch"), R"({"items":[)" + body("a", R"(,"id":"a")") +
                                                  R"(,{"node":{"type":"none"}}]})");
    EXPECT_EQ(problem_of(bad, 422), "invalid");
    EXPECT_THAT(bad.body, HasSubstr("/items/1/node/type"));
    EXPECT_EQ(problem_of(get(path("/a")), 404), "not_found");
    const Value saved = body_of(post(path("/batch"), R"({"items":[)" + body("a", R"(,"id":"a")") +
                                                         "," + body("b", R"(,"id":"b")") + "]}"));
    EXPECT_EQ(saved.find("items")->size(), 2u);
    EXPECT_EQ(
        problem_of(
            post(path("/batch"), R"({"items":[{"id":"a","name":"x","if_match":"\"7.7\""}]})"), 412),
        "stale");
    const Value changed =
        body_of(post(path("/batch"), R"({"items":[{"id":"a","name":"x","if_match":"\"1.1\""}]})"));
    EXPECT_EQ(text(changed.find("items")->as_array()[0], "name"), "\"x\"");
}

TEST_F(NodeLibraryRoutesTest, NodesGoFromWorkflowToWorkflow) {
    const std::string workflow =
        R"({"millrace":1,"id":"w","nodes":[{"id":"start","type":"trigger.manual"},)"
        R"({"id":"say","type":"data.template","position":{"x":1,"y":2},"data":{"text":"hi"}}],)"
        R"("connections":["start -> say"]})";
    ASSERT_EQ(post("/api/v1/workflows", workflow).status, 201);
    const Response kept = post("/api/v1/workflows/w/nodes/say/save", R"({"id":"kept"})");
    const Value node = body_of(kept, 201);
    EXPECT_EQ(text(node, "node"), R"({"type":"data.template","data":{"text":"hi"}})");
    EXPECT_EQ(text(node, "workflow_id"), "\"w\"");
    EXPECT_EQ(post("/api/v1/workflows/w/nodes/say/save", R"({"id":"kept"})").status, 200);
    EXPECT_EQ(problem_of(post("/api/v1/workflows/w/nodes/none/save"), 404), "not_found");
    const Value copy = body_of(post(path("/kept/duplicate")), 201);
    EXPECT_EQ(text(copy, "name"), "\"say (copy)\"");
    const Value grown =
        body_of(post(path("/kept/duplicate"), R"({"workflow_id":"w","from":"start"})"), 201);
    EXPECT_EQ(text(grown, "head_version"), "2");
    EXPECT_THAT(text(grown, "document"), HasSubstr(R"("id":"say_2")"));
    EXPECT_EQ(
        problem_of(
            post(path("/kept/duplicate"), R"({"workflow_id":"w","id":"say","from":"start"})"), 422),
        "invalid");
    EXPECT_EQ(problem_of(post(path("/kept/duplicate"), R"({"workflow_id":"none"})"), 404),
              "not_found");
}

}  // namespace
}  // namespace millrace::server
