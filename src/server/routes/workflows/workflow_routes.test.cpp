// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <runtime/testing/scratch_folder.hpp>

#include "millrace/core/json.hpp"
#include "millrace/store/library.hpp"
#include "routes/routes.hpp"
#include "service/file_workflows.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using core::Value;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* workflows = "/api/v1/workflows";

class WorkflowRoutesTest : public testing::RouteFixture {
protected:
    WorkflowRoutesTest() : RouteFixture{{add_workflow_routes}} {}

    static std::string document(const std::string& id, const std::string& text) {
        return R"({"millrace":1,"id":")" + id + R"(","name":"Name of )" + id +
               R"(","tags":["t"],"folder":"a/b","nodes":[{"id":"start","type":"trigger.manual"},)"
               R"({"id":"say","type":"data.template","data":{"text":")" +
               text + R"("}}],"connections":["start -> say"]})";
    }
    static std::string yaml(const std::string& id, const std::string& text) {
        return "millrace: 1\nid: " + id + "\nnodes:\n  - { id: start, type: trigger.manual }\n" +
               "  - { id: say, type: data.template, data: { text: " + text + " } }\n" +
               "connections: [start -> say]\n";
    }
    static std::string path(const std::string& rest) { return std::string{workflows} + rest; }
    static std::string etag(const Response& response) { return *response.headers.find("ETag"); }

    void create(const std::string& id, const std::string& text = "one") {
        ASSERT_EQ(post(workflows, document(id, text)).status, 201);
    }
    Response put(const std::string& id, const std::string& body, const Headers& headers) {
        return send(Method::put, path("/" + id), body, headers);
    }
    Value activate(const std::string& id, const std::string& body = "{}") {
        return body_of(post(path("/" + id + "/activate"), body));
    }
    static std::string text(const Value& body, std::string_view key) {
        const Value* const found = body.find(key);
        return found == nullptr ? "-" : core::to_json(*found);
    }
};

TEST_F(WorkflowRoutesTest, CreatedOnesAreReadAsJsonAndAsYaml) {
    const Response made = post(workflows, document("orders", "one"));
    ASSERT_EQ(made.status, 201);
    EXPECT_EQ(*made.headers.find("Location"), "/api/v1/workflows/orders");
    EXPECT_THAT(etag(made), StartsWith("\"1-"));
    const Response read = get(path("/orders"));
    EXPECT_EQ(read.body, made.body);
    const Value body = body_of(read);
    EXPECT_EQ(text(body, "origin"), "\"put\"");
    EXPECT_EQ(text(*body.find("document"), "id"), "\"orders\"");
    EXPECT_EQ(text(*body.find("dependencies")->find("say"), "needs"), "[\"start\"]");
    const Response as_yaml =
        send(Method::get, path("/orders"), {}, {{"Accept", "application/yaml"}});
    EXPECT_EQ(*as_yaml.headers.find("Content-Type"), "application/yaml");
    EXPECT_THAT(as_yaml.body, HasSubstr("id: orders\n"));
    EXPECT_EQ(problem_of(send(Method::get, path("/orders"), {}, {{"Accept", "text/html"}}), 406),
              "not_acceptable");
    const Headers known{{"If-None-Match", etag(read)}};
    EXPECT_EQ(send(Method::get, path("/orders"), {}, known).status, 304);
    activate("orders");
    EXPECT_EQ(send(Method::get, path("/orders"), {}, known).status, 200);
}

TEST_F(WorkflowRoutesTest, AnIdIsTakenOnce) {
    create("orders");
    EXPECT_EQ(problem_of(post(workflows, document("orders", "two")), 409), "conflict");
    EXPECT_EQ(problem_of(get(path("/ordrs")), 404), "not_found");
    EXPECT_THAT(get(path("/ordrs")).body, HasSubstr("did you mean orders?"));
}

TEST_F(WorkflowRoutesTest, BadDocumentsAreToldWithAllTheirPlaces) {
    const std::string bad =
        "millrace: 1\nid: a\nnodes:\n  - { id: start, type: trigger.manual }\n"
        "  - { id: say, type: data.templat }\n  - { id: odd, type: flow.if }\n";
    const Headers as_yaml{{"Content-Type", "application/yaml"}};
    const Response refused = send(Method::post, workflows, bad, as_yaml);
    EXPECT_EQ(problem_of(refused, 422), "invalid");
    EXPECT_THAT(refused.body,
                AllOf(HasSubstr(R"("code":"unknown_type")"), HasSubstr(R"("node_id":"say")"),
                      HasSubstr(R"("line":5)"), HasSubstr(R"("suggestion":"data.template")"),
                      HasSubstr(R"("node_id":"odd")")));
    EXPECT_EQ(problem_of(send(Method::post, workflows, "a: [", as_yaml), 400), "malformed_yaml");
    EXPECT_EQ(problem_of(post(workflows, "{"), 400), "malformed_json");
    EXPECT_EQ(problem_of(send(Method::post, workflows, "x", {{"Content-Type", "text/plain"}}), 415),
              "unsupported_media_type");
}

TEST_F(WorkflowRoutesTest, APutMovesOnlyTheHead) {
    create("orders");
    activate("orders");
    const std::string before = etag(get(path("/orders")));
    EXPECT_EQ(problem_of(put("orders", document("orders", "two"), {}), 428),
              "precondition_required");
    EXPECT_EQ(problem_of(put("orders", document("orders", "two"), {{"If-Match", "\"9-x\""}}), 412),
              "stale");
    EXPECT_EQ(problem_of(put("orders", document("orders", "two"), {{"If-None-Match", "*"}}), 412),
              "stale");
    EXPECT_EQ(problem_of(put("orders", document("bills", "two"), {{"If-Match", "*"}}), 422),
              "invalid");
    const Value changed = body_of(put("orders", document("orders", "two"), {{"If-Match", before}}));
    EXPECT_EQ(text(changed, "head_version"), "2");
    EXPECT_EQ(text(changed, "active_version"), "1");
    EXPECT_EQ(problem_of(put("orders", document("orders", "three"), {{"If-Match", before}}), 412),
              "stale");
    EXPECT_EQ(put("orders", document("orders", "three"), {{"If-Match", "*"}}).status, 200);
    EXPECT_EQ(put("bills", document("bills", "one"), {{"If-None-Match", "*"}}).status, 201);
    EXPECT_EQ(problem_of(put("none", document("none", "one"), {{"If-Match", "\"1-x\""}}), 412),
              "stale");
}

TEST_F(WorkflowRoutesTest, WhatHasOnlyBeenActivatedIsNotStale) {
    create("orders");
    const std::string before = etag(get(path("/orders")));
    activate("orders");
    EXPECT_EQ(put("orders", document("orders", "two"), {{"If-Match", before}}).status, 200);
}

TEST_F(WorkflowRoutesTest, ActiveOnesAreNotDeletedAndVersionsStay) {
    create("orders");
    activate("orders");
    EXPECT_EQ(problem_of(del(path("/orders")), 409), "still_active");
    const Value entry = body_of(post(path("/orders/deactivate")));
    EXPECT_EQ(text(entry, "active_version"), "null");
    EXPECT_EQ(problem_of(send(Method::del, path("/orders"), {}, {{"If-Match", "\"7-x\""}}), 412),
              "stale");
    EXPECT_EQ(del(path("/orders")).status, 204);
    EXPECT_EQ(problem_of(get(path("/orders")), 404), "not_found");
    EXPECT_EQ(problem_of(del(path("/orders")), 404), "not_found");
    EXPECT_EQ(text(body_of(post(workflows, document("orders", "two")), 201), "head_version"), "2");
}

TEST_F(WorkflowRoutesTest, AnOlderVersionTakesAChangeBack) {
    create("orders");
    ASSERT_EQ(put("orders", document("orders", "two"), {{"If-Match", "*"}}).status, 200);
    EXPECT_EQ(text(activate("orders"), "active_version"), "2");
    EXPECT_EQ(text(activate("orders", R"({"version":1})"), "active_version"), "1");
    EXPECT_EQ(problem_of(post(path("/orders/activate"), R"({"version":9})"), 404), "not_found");
    EXPECT_EQ(problem_of(post(path("/none/activate"), "{}"), 404), "not_found");
    EXPECT_EQ(problem_of(post(path("/orders/activate"), R"({"version":"x"})"), 422), "invalid");
}

TEST_F(WorkflowRoutesTest, WhatThisBuildCannotRunIsReadButNotActivated) {
    ASSERT_TRUE(runtime().write([](store::Store& store) -> core::Result<> {
        store::WorkflowPut put{.workflow_id = "old", .hash = "h"};
        put.document =
            R"({"millrace":1,"id":"old","nodes":[{"id":"start","type":"trigger.gone"}]})";
        const auto saved = store.library().put(put, core::Time{1});
        if (!saved) return std::unexpected(saved.error());
        return {};
    }));
    const Response refused = post(path("/old/activate"), "{}");
    EXPECT_EQ(problem_of(refused, 422), "invalid");
    EXPECT_THAT(refused.body,
                AllOf(HasSubstr(R"("path":"/nodes/0/type")"), HasSubstr(R"("node_id":"start")")));
    const Value read = body_of(get(path("/old")));
    EXPECT_THAT(text(read, "problem"), HasSubstr("trigger.gone"));
    EXPECT_EQ(text(read, "dependencies"), "-");
    EXPECT_EQ(text(body_of(post(path("/old/validate"))), "valid"), "false");
}

TEST_F(WorkflowRoutesTest, VersionsAreListedReadAndSavedBesideTheHead) {
    create("orders");
    const Response second = post(path("/orders/versions"), document("orders", "two"));
    EXPECT_EQ(text(body_of(second, 201), "is_head"), "false");
    EXPECT_EQ(*second.headers.find("Location"), "/api/v1/workflows/orders/versions/2");
    EXPECT_EQ(post(path("/orders/versions"), document("orders", "two")).status, 200);
    const Value list = body_of(get(path("/orders/versions?limit=1")));
    EXPECT_EQ(text(list.find("items")->as_array()[0], "number"), "2");
    const Value rest = body_of(get(path("/orders/versions?limit=1&cursor=") +
                                   std::string{list.find("next_cursor")->as_string()}));
    EXPECT_EQ(text(rest.find("items")->as_array()[0], "is_head"), "true");
    const Value one = body_of(get(path("/orders/versions/2")));
    EXPECT_EQ(text(one, "version"), "2");
    EXPECT_EQ(text(one, "head_version"), "1");
    EXPECT_EQ(problem_of(get(path("/orders/versions/3")), 404), "not_found");
    EXPECT_EQ(problem_of(get(path("/orders/versions/x")), 404), "not_found");
    EXPECT_EQ(problem_of(get(path("/orders/versions?cursor=x")), 400), "bad_request");
}

TEST_F(WorkflowRoutesTest, DifferencesAreThoseOfMeaning) {
    create("orders");
    ASSERT_EQ(put("orders", document("orders", "two"), {{"If-Match", "*"}}).status, 200);
    const std::string changes =
        R"([{"change":"changed","path":"/nodes/say/data/text","before":"one","after":"two"}])";
    const Value versions = body_of(get(path("/orders/diff?from=1&to=2")));
    EXPECT_EQ(text(versions, "changes"), changes);
    EXPECT_EQ(text(body_of(get(path("/orders/diff"))), "changes"), changes);
    const Value body = body_of(post(path("/orders/diff?from=1"), document("orders", "two")));
    EXPECT_EQ(text(body, "changes"), changes);
    EXPECT_EQ(text(body, "to"), "null");
    EXPECT_EQ(problem_of(get(path("/orders/diff?from=8")), 404), "not_found");
    EXPECT_EQ(problem_of(post(path("/orders/diff"), R"({"millrace":1})"), 422), "invalid");
}

TEST_F(WorkflowRoutesTest, AValidationTellsPlacesOfTheTextThatWasSent) {
    const std::string good = yaml("a", "hi");
    const Headers as_yaml{{"Content-Type", "application/yaml"}};
    EXPECT_EQ(text(body_of(send(Method::post, path("/validate"), good, as_yaml)), "valid"), "true");
    const Value bad = body_of(send(Method::post, path("/validate"), good + "nods: 1\n", as_yaml));
    EXPECT_EQ(text(bad, "valid"), "false");
    EXPECT_THAT(text(bad, "errors"),
                AllOf(HasSubstr(R"("code":"unknown_key")"), HasSubstr(R"("line":7,"column":1)")));
    const Value broken = body_of(send(Method::post, path("/validate"), "a: [", as_yaml));
    EXPECT_THAT(text(broken, "errors"), HasSubstr(R"("code":"syntax")"));
    create("orders");
    EXPECT_EQ(text(body_of(post(path("/orders/validate"))), "valid"), "true");
    EXPECT_THAT(
        text(body_of(send(Method::post, path("/orders/validate"), good, as_yaml)), "errors"),
        HasSubstr(R"("path":"/id")"));
}

TEST_F(WorkflowRoutesTest, ListsAreFilteredAndKnownOnesNotSentAgain) {
    create("orders");
    create("bills");
    activate("bills");
    const auto count = [&](const std::string& query) {
        return body_of(get(path(query))).find("items")->size();
    };
    EXPECT_EQ(count("?text=ORD"), 1u);
    EXPECT_EQ(count("?tag=t"), 2u);
    EXPECT_EQ(count("?tag=none"), 0u);
    EXPECT_EQ(count("?folder=a"), 2u);
    EXPECT_EQ(count("?active=true"), 1u);
    EXPECT_EQ(count("?limit=1"), 1u);
    const Headers known{{"If-None-Match", etag(get(workflows))}};
    EXPECT_EQ(send(Method::get, workflows, {}, known).status, 304);
    EXPECT_EQ(problem_of(get(path("?cursor=x")), 400), "bad_request");
}

TEST_F(WorkflowRoutesTest, ACopyIsAWorkflowOfItsOwn) {
    create("orders");
    const Value copy = body_of(post(path("/orders/duplicate")), 201);
    EXPECT_EQ(text(copy, "id"), "\"orders-copy\"");
    EXPECT_EQ(text(copy, "name"), "\"Name of orders (copy)\"");
    EXPECT_EQ(text(body_of(post(path("/orders/duplicate")), 201), "id"), "\"orders-copy-2\"");
    EXPECT_EQ(problem_of(post(path("/orders/duplicate"), R"({"id":"orders"})"), 409), "conflict");
    EXPECT_EQ(problem_of(post(path("/orders/duplicate"), R"({"id":"A b"})"), 422), "invalid");
    EXPECT_EQ(problem_of(post(path("/none/duplicate")), 404), "not_found");
}

TEST_F(WorkflowRoutesTest, ApplyLeavesWhatCarriesANotificationOutToItsRule) {
    const auto rule = [](const std::string& said) {
        std::string made = document("notify-ops", said);
        return made.replace(made.find("\"t\""), 3, "\"notification\"");
    };
    ASSERT_EQ(post(path("/apply?activate=true&origin=put"), rule("one")).status, 200);
    const std::string changed = "[" + document("a", "one") + "," + rule("two") + "]";
    EXPECT_EQ(problem_of(post(path("/apply"), changed), 409), "managed_by_notification");
    EXPECT_EQ(problem_of(get(path("/a")), 404), "not_found");
    const Value same = body_of(post(path("/apply?activate=true"), rule("one")));
    EXPECT_EQ(text(same.find("items")->as_array()[0], "result"), "\"unchanged\"");
    EXPECT_EQ(text(body_of(get(path("/notify-ops"))), "origin"), "\"put\"");
    const Value pruned = body_of(post(path("/apply?prune=true"), "[]"));
    EXPECT_THAT(text(pruned, "items"), Not(HasSubstr("notify-ops")));
}

TEST_F(WorkflowRoutesTest, ApplyIsAllOrNothingAndTellsWhatChanges) {
    const std::string two = "[" + document("a", "one") + ",\n" + document("b", "one") + "]";
    const Value planned = body_of(post(path("/apply?dry_run=true"), two));
    EXPECT_EQ(text(planned.find("items")->as_array()[0], "result"), "\"created\"");
    EXPECT_EQ(body_of(get(workflows)).find("items")->size(), 0u);
    const std::string bad = "[" + document("a", "one") + ",\n" + document("b", "{{ x y }}") + "]";
    const Response refused = post(path("/apply"), bad);
    EXPECT_EQ(problem_of(refused, 422), "invalid");
    EXPECT_THAT(refused.body, AllOf(HasSubstr(R"("path":"/1/nodes/1/data/text")"),
                                    HasSubstr(R"("line":2)"), HasSubstr(R"("node_id":"say")")));
    EXPECT_EQ(
        problem_of(post(path("/apply"), "[" + document("a", "1") + "," + document("a", "2") + "]"),
                   422),
        "invalid");
    EXPECT_EQ(body_of(get(workflows)).find("items")->size(), 0u);
    ASSERT_EQ(post(path("/apply?activate=true"), two).status, 200);
    EXPECT_EQ(text(body_of(get(path("/b"))), "active_version"), "1");
    const Value again = body_of(post(path("/apply?prune=true"), document("a", "two")));
    EXPECT_THAT(text(again, "items"),
                AllOf(HasSubstr(R"("result":"changed")"), HasSubstr(R"("result":"removed")"),
                      HasSubstr("/nodes/say/data/text")));
    EXPECT_EQ(problem_of(get(path("/b")), 404), "not_found");
    EXPECT_EQ(problem_of(put("a", document("a", "x"), {{"If-Match", "*"}}), 409),
              "managed_by_file");
}

TEST_F(WorkflowRoutesTest, OnlyWhatAFollowedFileSaysBecomesActive) {
    const runtime::testing::ScratchFolder folder;
    folder.write("a.workflow.yaml", yaml("a", "one"));
    ASSERT_TRUE(services().files.start({.folder = folder.path()}));
    // As `millrace run` does it with a file that was changed.
    ASSERT_EQ(post(path("/a/versions"), document("a", "two")).status, 201);
    EXPECT_EQ(problem_of(post(path("/a/activate"), R"({"version":2})"), 409), "managed_by_file");
    EXPECT_EQ(text(activate("a", R"({"version":1})"), "active_version"), "1");
    EXPECT_EQ(text(activate("a"), "active_version"), "1");
}

TEST_F(WorkflowRoutesTest, SwitchesOnlyWhatTheCallerHasSeen) {
    create("orders");
    const std::string seen = etag(get(path("/orders")));
    const Headers match{{"If-Match", seen}};
    ASSERT_EQ(put("orders", document("orders", "two"), match).status, 200);
    for (const char* const verb : {"/orders/activate", "/orders/deactivate"}) {
        EXPECT_EQ(problem_of(send(Method::post, path(verb), {}, match), 412), "stale");
        EXPECT_EQ(send(Method::post, path(verb), {}, {{"If-Match", "*"}}).status, 200);
    }
}

TEST_F(WorkflowRoutesTest, WhatIsExportedCanBeAppliedAgain) {
    create("a");
    create("b");
    const Headers as_yaml{{"Accept", "application/yaml"}};
    const Response stream = send(Method::get, path("/export"), {}, as_yaml);
    EXPECT_THAT(stream.body, StartsWith("---\n"));
    const Value applied = body_of(send(Method::post, path("/apply?origin=put"), stream.body,
                                       {{"Content-Type", "application/yaml"}}));
    EXPECT_THAT(text(applied, "items"), AllOf(HasSubstr("unchanged"), Not(HasSubstr("created"))));
    const Response list = get(path("/export?id=b"));
    EXPECT_EQ(body_of(list).find("items")->size(), 1u);
    EXPECT_EQ(text(body_of(post(path("/apply?origin=put"), list.body)), "dry_run"), "false");
    EXPECT_EQ(problem_of(get(path("/export?id=x")), 404), "not_found");
    EXPECT_EQ(problem_of(send(Method::get, path("/export"), {}, {{"Accept", "text/csv"}}), 406),
              "not_acceptable");
}

TEST_F(WorkflowRoutesTest, DependenciesAreDirectOrThroughOthers) {
    const std::string chain =
        R"({"millrace":1,"id":"c","nodes":[{"id":"start","type":"trigger.manual"},)"
        R"({"id":"one","type":"data.template","data":{"text":"a"}},)"
        R"({"id":"two","type":"data.template","data":{"text":"{{ nodes.one.out }}"}}],)"
        R"("connections":["start -> one -> two"]})";
    ASSERT_EQ(post(workflows, chain).status, 201);
    const Value two = body_of(get(path("/c/nodes/two/dependencies")));
    EXPECT_EQ(text(two, "depends_on"),
              R"([{"node_id":"start","direct":false},{"node_id":"one","direct":true}])");
    EXPECT_EQ(text(two, "depended_on_by"), "[]");
    EXPECT_EQ(problem_of(get(path("/c/nodes/none/dependencies")), 404), "not_found");
}

}  // namespace
}  // namespace millrace::server
