// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>

#include "server_process.hpp"

// Workflows that run others, on the real server and by the real command.

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view shop = R"(
millrace: 1
id: shop
nodes:
  - { id: start, type: trigger.manual }
  - { id: pay, type: flow.subworkflow, data: { workflow: pay, input: { of: "{{ inputs.total }}" } } }
  - { id: book, type: data.set, data: { keep: none, fields: { receipt: "{{ input }}" } } }
connections:
  - start -> pay
  - { from: pay.out, to: book.in, transform: "value.receipt" }
)";

constexpr std::string_view pay = R"(
millrace: 1
id: pay
inputs: { type: object, required: [of], properties: { of: { type: integer } } }
nodes:
  - { id: start, type: trigger.manual }
  - { id: paid, type: flow.wait, data: { signal: paid } }
connections: [start -> paid]
outputs: { receipt: "{{ nodes.paid.out.number }}", of: "{{ execution.parent_id }}" }
)";

class SubWorkflows : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        serve();
        server().create_workflow(pay);
        server().create_workflow(shop);
    }
    /// The path of an execution of `shop` whose child waits.
    std::string started() {
        const Value body = server().post_json("/api/v1/workflows/shop/execute",
                                              json(R"({"input": {"total": 900}})"), 202);
        const std::string path =
            "/api/v1/executions/" + std::string{at(body, "execution_id").as_string()};
        while (children_of(path).size() == 0 ||
               status_of("/api/v1/executions/" + child_of(path)) != "waiting")
            std::this_thread::yield();
        return path;
    }
    Value children_of(const std::string& path) {
        return *server().get_json(path + "/children").find("items");
    }
    std::string child_of(const std::string& path) {
        return std::string{at(children_of(path).as_array()[0], "id").as_string()};
    }
    std::string status_of(const std::string& path) {
        return std::string{at(server().get_json(path), "status").as_string()};
    }
    std::string end_of(const std::string& path) {
        std::string status;
        do {
            status = status_of(path);
        } while (status == "running" || status == "waiting" || status == "pending");
        return status;
    }
};

TEST_F(SubWorkflows, GoOnOverAKillAndTellTheirParents) {
    const std::string path = started();
    const std::string child = child_of(path);
    server().restart();
    const std::string id = path.substr(path.rfind('/') + 1);
    server().post_json("/api/v1/executions/" + child + "/signals/paid", json(R"({"number": 17})"));
    EXPECT_EQ(end_of(path), "completed");
    const Value parent = server().get_json(path);
    EXPECT_EQ(at(parent, "outputs.book.receipt"), Value{17});
    EXPECT_EQ(
        at(parent, "nodes.pay.attempts").as_array()[0].find("child_execution_id")->as_string(),
        child);
    EXPECT_EQ(children_of(path).size(), 1u);
    const Value one = server().get_json("/api/v1/executions/" + child);
    EXPECT_EQ(at(one, "parent_id"), Value{id});
    EXPECT_EQ(at(one, "parent_path"), Value{"pay"});
    EXPECT_EQ(at(one, "outputs.of"), Value{id});
    EXPECT_EQ(server().get_json("/api/v1/executions?parent_id=" + id).find("items")->size(), 1u);
}

TEST_F(SubWorkflows, AreCanceledTogether) {
    const std::string path = started();
    const std::string child = "/api/v1/executions/" + child_of(path);
    server().post_json(path + "/cancel", json(R"({"reason": "enough"})"));
    EXPECT_EQ(end_of(path), "canceled");
    EXPECT_EQ(end_of(child), "canceled");
}

TEST_F(SubWorkflows, RefuseInputsThatDoNotFit) {
    const Value ended = server().post_json("/api/v1/workflows/shop/execute?wait=20s",
                                           json(R"({"input": {"total": "much"}})"), 200);
    EXPECT_EQ(at(ended, "status"), Value{"failed"});
    EXPECT_EQ(at(ended, "error.node_id"), Value{"pay"});
    EXPECT_EQ(at(ended, "error.class"), Value{"validation"});
}

class SubWorkflowRuns : public CommandTest {};

TEST_F(SubWorkflowRuns, RunFilesWhoseWorkflowsAreInTheStore) {
    const std::string inner = folder.file("inner.workflow.yaml", R"(
millrace: 1
id: inner
nodes:
  - { id: start, type: trigger.manual }
  - { id: twice, type: data.template, data: { text: "{{ inputs.text }}{{ inputs.text }}" } }
connections: [start -> twice]
)");
    const std::string outer = folder.file("outer.workflow.yaml", R"(
millrace: 1
id: outer
nodes:
  - { id: start, type: trigger.manual }
  - { id: call, type: flow.subworkflow, data: { workflow: inner } }
connections: [start -> call]
)");
    const Finished missing = millrace({"run", outer, "--input", R"({"text": "ab"})"});
    EXPECT_NE(missing.status, 0);
    EXPECT_THAT(missing.err, HasSubstr("there is no workflow inner"));
    EXPECT_EQ(millrace({"apply", inner}).status, 0);
    const Finished finished = millrace({"run", outer, "--input", R"({"text": "ab"})"});
    EXPECT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(json(finished.out), json(R"({"call": {"twice": "abab"}})"));
}

}  // namespace
}  // namespace millrace::testing
