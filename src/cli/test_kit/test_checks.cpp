// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "millrace/core/problem.hpp"
#include "terminal/styled.hpp"
#include "test_kit/test_expressions.hpp"
#include "test_kit/test_mocks.hpp"
#include "test_kit/test_suite.hpp"

// What in tests does not fit the workflow that they are about.

namespace millrace::cli {
namespace {

using core::ProblemCode;
using format::MockAnswer;

class TestChecks {
public:
    TestChecks(const TestSuite& suite, const expr::Host* host)
        : suite_{suite}, plan_{*suite.plan}, host_{host} {}

    core::Problems take() { return std::move(problems_); }

    void check(const format::TestCase& test) {
        children_ = children_of(suite_, test);
        for (const format::Mock& mock : test.setup.mocks)
            check_mock(mock);
        const format::Expectations& expect = test.expect;
        for (const format::NodeExpectation& node : expect.nodes)
            find(node.target, node.pointer);
        for (const format::CallsExpectation& calls : expect.calls)
            check_calls(calls);
        for (const format::TestStep& step : test.setup.steps)
            check_step(step);
        for (const format::WaitExpectation& wait : expect.waits)
            check_wait(wait.target, wait.pointer);
        if (expect.mails) {
            for (const format::MailExpectation& mail : *expect.mails)
                for (const std::string& link : mail.links)
                    check_wait(link, mail.pointer + "/links");
        }
        for (std::size_t i = 0; i < expect.order.size(); ++i)
            find(expect.order[i], core::pointer_child(test.pointer + "/expect/order", i));
        for (const format::Assertion& assertion : expect.assertions) {
            const auto compiled = compile_assertion(assertion.expression, host_);
            if (!compiled)
                report(ProblemCode::bad_expression, assertion.pointer, compiled.error().message());
        }
        if (!test.setup.trigger.empty() && find(test.setup.trigger, test.pointer + "/trigger")) {
            const auto index = plan_.find(test.setup.trigger);
            if (index && plan_.node(*index).role() != core::NodeRole::trigger)
                report(ProblemCode::bad_value, test.pointer + "/trigger",
                       test.setup.trigger + " is no trigger");
        }
    }

private:
    void report(ProblemCode code, std::string pointer, std::string message,
                std::string suggestion = {}) {
        // Tests share what stands in their defaults.
        if (!seen_.insert(pointer + "\n" + message).second) return;
        problems_.push_back({code, std::move(pointer), std::move(message), std::move(suggestion)});
    }

    const engine::PlanNode* find(std::string_view target, const std::string& pointer) {
        const std::string_view id = node_of_path(target);
        const std::string_view workflow = workflow_of_path(target);
        const engine::Plan* plan = &plan_;
        if (!workflow.empty()) {
            const auto child = children_.find(workflow);
            if (child == children_.end()) {
                report(ProblemCode::unknown_node, pointer,
                       "workflow " + one_line(workflow) +
                           " is not among those that really run; name its file in `workflows`");
                return nullptr;
            }
            plan = child->second.get();
        }
        if (const auto index = plan->find(id)) return &plan->node(*index);
        std::vector<std::string_view> ids;
        for (const engine::PlanNode& node : plan->nodes())
            ids.emplace_back(node.id);
        report(ProblemCode::unknown_node, pointer, "the workflow has no node " + one_line(id),
               core::nearest(id, ids));
        return nullptr;
    }

    void check_wait(std::string_view target, const std::string& pointer) {
        const engine::PlanNode* const node = find(target, pointer);
        if (node != nullptr && node->role() != core::NodeRole::wait)
            report(ProblemCode::bad_value, pointer,
                   one_line(target) + " (" + node->definition->type.type +
                       ") does not wait for anybody");
    }

    void check_step(const format::TestStep& step) {
        using Kind = format::TestStep::Kind;
        if (step.kind != Kind::signal && step.kind != Kind::event)
            check_wait(step.target, step.pointer);
    }

    void check_calls(const format::CallsExpectation& calls) {
        const engine::PlanNode* const node = find(calls.target, calls.pointer);
        if (node != nullptr && node->role() != core::NodeRole::effect)
            report(ProblemCode::bad_value, calls.pointer,
                   calls.target + " (" + node->definition->type.type +
                       ") asks nothing of the outside, so that it makes no calls");
    }

    void check_mock(const format::Mock& mock) {
        const engine::PlanNode* const node = find(mock.target, mock.pointer);
        if (node == nullptr) return;
        const core::NodeType& type = node->definition->type;
        if (node->role() == core::NodeRole::trigger) {
            report(ProblemCode::bad_value, mock.pointer,
                   mock.target + " is a trigger; what it gives is the test's `input`");
            return;
        }
        const bool is_effect = node->role() == core::NodeRole::effect;
        if (!is_effect && !workflow_of_path(mock.target).empty()) {
            report(ProblemCode::bad_value, mock.pointer,
                   mock.target + " (" + type.type +
                       ") asks nothing of the outside; within a sub-workflow it runs as it is");
            return;
        }
        for (const MockAnswer& answer : mock.answers) {
            check_expressions(answer);
            check_ports(answer, type);
            if (!is_effect) check_pin(mock, answer, type);
            if (answer.kind == MockAnswer::Kind::respond && type.type != "http.request")
                report(ProblemCode::bad_value, answer.pointer + "/respond",
                       type.type + " reads no HTTP answer; give what comes out with `out`");
        }
    }

    /// What is no effect is not run at all when it is mocked.
    void check_pin(const format::Mock& mock, const MockAnswer& answer, const core::NodeType& type) {
        const bool is_plain =
            mock.answers.size() == 1 && answer.when.empty() && !answer.times &&
            answer.takes.ms == 0 &&
            (answer.kind == MockAnswer::Kind::out || answer.kind == MockAnswer::Kind::outputs);
        if (!is_plain)
            report(ProblemCode::bad_value, answer.pointer,
                   mock.target + " (" + type.type +
                       ") asks nothing of the outside; it can only be given its outputs, with "
                       "`out` or `outputs` alone");
    }

    void check_expressions(const MockAnswer& answer) {
        const auto check_one = [&](const std::string& source, const char* key) {
            if (source.empty()) return;
            if (const auto compiled = compile_mock_expression(source, host_); !compiled)
                report(ProblemCode::bad_expression, answer.pointer + key,
                       compiled.error().message());
        };
        check_one(answer.when, "/when");
        check_one(answer.expression, "/compute");
    }

    void check_ports(const MockAnswer& answer, const core::NodeType& type) {
        if (answer.kind != MockAnswer::Kind::outputs || !answer.value.is_object()) return;
        std::vector<std::string_view> names;
        for (const core::PortDescriptor& port : type.outputs)
            names.emplace_back(port.name);
        for (const core::Member& member : answer.value.as_object()) {
            if (type.output(member.key) != nullptr) continue;
            report(ProblemCode::unknown_port,
                   core::pointer_child(answer.pointer + "/outputs", member.key),
                   type.type + " has no output " + one_line(member.key),
                   core::nearest(member.key, names));
        }
    }

    const TestSuite& suite_;
    const engine::Plan& plan_;
    ChildPlans children_;  // of the test that is checked
    const expr::Host* host_;
    core::Problems problems_;
    std::set<std::string> seen_;
};

}  // namespace

core::Problems check_tests(const TestSuite& suite, const expr::Host* host) {
    TestChecks checks{suite, host};
    for (const format::TestCase& test : suite.tests.tests)
        checks.check(test);
    return checks.take();
}

}  // namespace millrace::cli
