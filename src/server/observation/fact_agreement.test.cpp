// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "millrace/engine/execution_view.hpp"
#include "millrace/store/store.hpp"
#include "observation/fact_fold.hpp"
#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"

// What statistics are made of is what the API shows, of executions that the engine has really run.

namespace millrace::server::testing {
namespace {

/// The last fact of each path.
class LastFacts final : public FactSink {
public:
    struct Ended {
        core::NodeStatus status = core::NodeStatus::pending;
        core::Time started;
        core::Time ended;
        std::uint32_t attempts = 0;
        std::string error;
    };
    void on_node(const NodeFact& fact) override {
        by_path[std::string{fact.path}] = {
            fact.status, fact.started, fact.ended, fact.attempts,
            fact.error == nullptr ? std::string{} : fact.error->code};
    }
    void on_ended(const ExecutionFact& fact) override { status = fact.status; }

    std::map<std::string, Ended> by_path;
    core::ExecutionStatus status = core::ExecutionStatus::pending;
};

class FactAgreement : public RouteFixture {
protected:
    FactAgreement() : RouteFixture{{add_execution_routes}} {}

    void expect_agreement(const std::string& workflow, const std::string& body) {
        const std::string text = start(workflow, body);
        ended(text);
        const core::ExecutionId id = *core::ExecutionId::parse(text);
        const auto journals = journals_of(runtime());
        FactFold fold{*journals};
        LastFacts facts;
        const auto rows = runtime().store().journal(id, 0);
        ASSERT_TRUE(rows);
        std::uint64_t seq = 1;
        for (const std::string& row : *rows) {
            ASSERT_TRUE(fold.fold({id, seq, row}, facts));
            seq += engine::read_row(row)->size();
        }
        const auto view = runtime().view(id, engine::ExecutionView::every_scope);
        ASSERT_TRUE(view);
        EXPECT_EQ(facts.status, view->status());
        for (const engine::NodeView& node : view->nodes())
            expect_same(node, facts);
        for (const engine::NodeView& node : view->scope_nodes())
            expect_same(node, facts);
    }

private:
    static void expect_same(const engine::NodeView& node, const LastFacts& facts) {
        const auto fact = facts.by_path.find(node.path);
        // What undoes others and was not needed is shown as skipped without ever having happened.
        if (!node.completed_at) return;
        ASSERT_NE(fact, facts.by_path.end()) << node.path;
        EXPECT_EQ(fact->second.status, node.status) << node.path;
        EXPECT_EQ(fact->second.ended, *node.completed_at) << node.path;
        if (node.attempts.empty()) return;
        EXPECT_EQ(fact->second.started, *node.started_at) << node.path;
        EXPECT_EQ(fact->second.attempts, node.attempts.size()) << node.path;
        EXPECT_EQ(fact->second.error, node.error ? node.error->code : "") << node.path;
    }
};

TEST_F(FactAgreement, HoldsForAChainWhoseEndFails) {
    save(R"({"millrace": 1, "id": "chain", "nodes": [
        {"id": "start", "type": "trigger.manual"},
        {"id": "a", "type": "test.effect", "data": {"function": "echo"}},
        {"id": "b", "type": "test.effect", "data": {"function": "moody"},
         "retry": {"max_attempts": 3, "delay": "1ms"}},
        {"id": "c", "type": "debug.log", "data": {"message": "never"}}],
        "connections": ["start -> a -> b -> c"]})");
    expect_agreement("chain", R"({"input": false})");
    expect_agreement("chain", R"({"input": true})");
}

TEST_F(FactAgreement, HoldsForLoopsWithinLoops) {
    save(R"({"millrace": 1, "id": "loops", "nodes": [
        {"id": "start", "type": "trigger.manual"},
        {"id": "outer", "type": "flow.loop", "data": {"over": "input"}},
        {"id": "inner", "type": "flow.loop", "parent": "outer", "data": {"over": "item"}},
        {"id": "act", "type": "test.effect", "parent": "inner", "data": {"function": "echo"}}],
        "connections": ["start -> outer", "outer.item -> inner", "inner.done -> outer.result",
                        "inner.item -> act -> inner.result"]})");
    expect_agreement("loops", R"({"input": [[1, 2], [3]]})");
}

TEST_F(FactAgreement, HoldsForWhatIsUndone) {
    save(R"({"millrace": 1, "id": "undoing", "nodes": [
        {"id": "start", "type": "trigger.manual"},
        {"id": "book", "type": "test.effect", "data": {"function": "echo"}, "compensate": "cancel"},
        {"id": "cancel", "type": "test.effect", "data": {"function": "echo"}},
        {"id": "pay", "type": "test.effect", "data": {"function": "moody"}}],
        "connections": ["start -> book -> pay"]})");
    expect_agreement("undoing", R"({"input": false})");
}

}  // namespace
}  // namespace millrace::server::testing
