// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "routes/executions/run_path.hpp"
#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using core::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view unknown = "/api/v1/executions/00000000-0000-7000-8000-000000000000";

class ExecutionReadingTest : public testing::RouteFixture {
protected:
    ExecutionReadingTest() : RouteFixture{{add_execution_routes}} {}

    /// An execution of three iterations of `double`.
    std::string looped() {
        save(R"({"millrace": 1, "id": "rows", "nodes": [
            {"id": "start", "type": "trigger.manual"},
            {"id": "loop", "type": "flow.loop", "data": {"over": "input"}},
            {"id": "double", "parent": "loop", "type": "data.set",
             "data": {"keep": "none", "fields": {"twice": "{{ item * 2 }}"}}}],
            "connections": ["start -> loop", "loop.item -> double -> loop.result"]})");
        const std::string id = start("rows", R"({"input": [1, 2, 3]})");
        ended(id);
        return id;
    }
    std::vector<std::string> paths(const std::string& target) {
        const Value body = body_of(get(target));
        std::vector<std::string> found;
        for (const Value& item : body.find("items")->as_array())
            found.emplace_back(item.find("path")->as_string());
        next = body.find("next_cursor")->is_null()
                   ? ""
                   : std::string{body.find("next_cursor")->as_string()};
        return found;
    }

    std::string next;
};

TEST_F(ExecutionReadingTest, ShowsAllThatIsKnown) {
    const std::string id = looped();
    const Value body = body_of(get("/api/v1/executions/" + id));
    for (const char* const key : {"id", "workflow_id", "workflow_version", "status", "trigger",
                                  "inputs", "variables", "outputs", "error", "labels", "created_at",
                                  "started_at", "completed_at", "parent_id", "nodes", "metrics"})
        EXPECT_NE(body.find(key), nullptr) << key;
    EXPECT_EQ(*body.find("nodes")->find("loop")->find("iterations")->find("completed"), Value{3});
}

TEST_F(ExecutionReadingTest, ListsRunsByScopeAndPage) {
    const std::string nodes = "/api/v1/executions/" + looped() + "/nodes";
    EXPECT_THAT(paths(nodes), ElementsAre("start", "loop"));
    EXPECT_THAT(paths(nodes + "?scope=loop&limit=2"),
                ElementsAre("loop[0].double", "loop[1].double"));
    EXPECT_THAT(paths(nodes + "?scope=loop&limit=2&cursor=" + next), ElementsAre("loop[2].double"));
    EXPECT_EQ(next, "");
    EXPECT_THAT(paths(nodes + "?scope=loop%5B1%5D"), ElementsAre("loop[1].double"));
    EXPECT_EQ(problem_of(get(nodes + "?scope=nowhere"), 404), "not_found");
    EXPECT_EQ(problem_of(get(nodes + "?cursor=odd"), 400), "bad_request");
}

TEST_F(ExecutionReadingTest, ShowsOneRunByItsPath) {
    const std::string nodes = "/api/v1/executions/" + looped() + "/nodes/";
    EXPECT_EQ(*body_of(get(nodes + "loop")).find("status"), Value{"completed"});
    const Value run = body_of(get(nodes + "loop%5B1%5D.double"));
    EXPECT_EQ(*run.find("path"), Value{"loop[1].double"});
    EXPECT_EQ(*run.find("outputs")->find("out")->find("twice"), Value{4});
    EXPECT_EQ(problem_of(get(nodes + "nobody"), 404), "not_found");
    EXPECT_THAT(get(nodes + "double").body, HasSubstr("inside a container"));
}

TEST_F(ExecutionReadingTest, KnowsNoOtherExecution) {
    EXPECT_EQ(problem_of(get(unknown), 404), "not_found");
    EXPECT_EQ(problem_of(get("/api/v1/executions/odd"), 404), "not_found");
    EXPECT_EQ(problem_of(get(std::string{unknown} + "/nodes"), 404), "not_found");
    EXPECT_EQ(problem_of(get(std::string{unknown} + "/nodes/a"), 404), "not_found");
}

TEST(RunPath, IsTakenApartAtItsLastDot) {
    EXPECT_EQ(run_path("charge").scope, "");
    EXPECT_EQ(run_path("charge").node, "charge");
    EXPECT_EQ(run_path("outer[2].loop[3].charge").scope, "outer[2].loop[3]");
    EXPECT_EQ(run_path("outer[2].loop[3]").node, "loop");
    EXPECT_EQ(run_path("loop#2[3]").node, "loop");
}

}  // namespace
}  // namespace millrace::server
