// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_run.hpp"

#include <gmock/gmock.h>

#include "testing/test_kit.hpp"

namespace millrace::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestKit;
using testing::told;

constexpr const char* charge_workflow = R"(
millrace: 1
id: charge
variables: { base: "http://127.0.0.1:1" }
nodes:
  - { id: start, type: trigger.manual }
  - { id: big, type: flow.if, data: { condition: inputs.total > 10 } }
  - { id: pause, type: flow.delay, data: { for: 1d } }
  - id: charge
    type: http.request
    data: { method: POST, url: "{{ vars.base }}/charges", body: { amount: "{{ inputs.total }}" } }
    retry: { max_attempts: 3, delay: 1s, backoff: 2 }
connections:
  - start -> big
  - big.true -> pause -> charge
  - { from: big.false, to: charge.in }
outputs: { receipt: "{{ nodes.charge.out.body.id }}" }
)";

std::string tests(std::string_view rest) {
    return "millrace_test: 1\ntests:\n  - name: it\n    input: { total: 20 }\n" + std::string{rest};
}

TestResult result_of(std::string_view rest) {
    return TestKit{charge_workflow, tests(rest)}.run();
}

TEST(TestRun, PassesWhenAllIsAsExpected) {
    const TestResult result = result_of(R"(
    mocks:
      charge:
        - error: timeout
        - respond: { status: 503 }
        - { respond: { body: { id: A7 } }, takes: 500ms }
    expect:
      outputs: { receipt: A7 }
      nodes: { charge: { attempts: 3, status: completed }, big: completed }
      order: [big, pause, charge]
      calls: { charge: [{ method: POST }, {}, { body: { amount: 20 } }] }
      duration: { min: 1d, max: 2d }
      assert: ["value.receipt == 'A7'", execution.calls.charge.length == 3,
               "execution.events.filter(e => e.type === 'node.retrying').length === 2"]
)");
    EXPECT_THAT(told(result), IsEmpty());
    EXPECT_EQ(result.clock.ms, 86'400'000 + 3'000 + 500);
}

TEST(TestRun, TellsWhatWasNotAsExpected) {
    const TestResult result = result_of(R"(
    mocks: { charge: { out: { body: { id: B8 } } } }
    expect:
      outputs: { receipt: A7 }
      nodes: { charge: { attempts: 2 }, pause: skipped }
      order: [charge, pause]
      calls: { charge: [{ body: { amount: 21 } }] }
      duration: 2d
      assert: [value.receipt == inputs.total]
)");
    EXPECT_THAT(
        told(result),
        ElementsAre(R"(outputs.receipt: expected "A7", got "B8")",
                    "nodes.charge.attempts: expected 2, got 1",
                    "nodes.pause.status: expected skipped, got completed",
                    "order: pause starts before charge",
                    "calls.charge[0].body.amount: expected 21, got 20",
                    "duration: expected 2d, got 1d",
                    HasSubstr(R"(got false, where value.receipt is "B8"; inputs.total is 20)")));
}

TEST(TestRun, ExpectsAFailureWhereAnErrorIsExpected) {
    constexpr const char* mocked = "    mocks: { charge: { respond: { status: 402 } } }\n";
    EXPECT_THAT(told(result_of(std::string{mocked} +
                               "    expect: { error: { code: http_402, node_id: charge } }\n")),
                IsEmpty());
    EXPECT_THAT(told(result_of(std::string{mocked} + "    expect: { status: completed }\n")),
                ElementsAre(HasSubstr("got failed: http_402 at node charge")));
}

TEST(TestRun, FailsWithTheRemedyWhenNothingStandsIn) {
    EXPECT_THAT(told(result_of("    expect: { status: completed }\n")),
                ElementsAre(::testing::AllOf(HasSubstr("POST http://127.0.0.1:1/charges"),
                                             HasSubstr("add `charge: { out: … }` to mocks"))));
    // The stand-in of its type has no body.
    EXPECT_THAT(
        told(result_of("    mock_external: true\n    expect: { error: undefined_property }\n")),
        IsEmpty());
}

TEST(TestRun, ChoosesAnswersByConditionAndComputesThem) {
    constexpr const char* mocks = R"(
    mocks:
      charge:
        - { when: value.body.amount > 100, error: http_402 }
        - compute: "{ body: { id: 'R' + value.body.amount + '/' + index } }"
    expect: { outputs: { receipt: R20/0 } }
)";
    EXPECT_THAT(told(result_of(mocks)), IsEmpty());
}

TEST(TestRun, GivesPureNodesTheirOutputs) {
    constexpr const char* mocks = R"(
    mocks:
      big: { outputs: { "false": { total: 20 } } }
      charge: { out: { body: { id: A7 } } }
    expect: { nodes: { pause: skipped }, duration: 0ms, outputs: { receipt: A7 } }
)";
    EXPECT_THAT(told(result_of(mocks)), IsEmpty());
}

TEST(TestRun, EndsATestThatDoesNotEnd) {
    EXPECT_THAT(told(result_of("    max_time: 1h\n    expect: { status: completed }\n")),
                ElementsAre(::testing::AllOf(HasSubstr("did not end: more than 1h"),
                                             HasSubstr("these nodes are open: pause"))));
}

TEST(TestChecks, FindWhatDoesNotFitTheWorkflow) {
    const TestKit kit{charge_workflow, tests(R"(
    trigger: big
    mocks:
      chrage: { out: 1 }
      start: { out: 1 }
      pause: { error: timeout }
      big: { outputs: { maybe: 1 } }
      charge: { compute: "value.", when: nodes.big.out }
    expect:
      nodes: { chrage: completed }
      calls: { big: 1 }
      order: [nobody]
      assert: [valu.x]
)")};
    EXPECT_THAT(
        kit.problems(),
        ElementsAre("/tests/0/mocks/chrage unknown_node", "/tests/0/mocks/start bad_value",
                    "/tests/0/mocks/pause bad_value",
                    "/tests/0/mocks/big/outputs/maybe unknown_port",
                    "/tests/0/mocks/charge/when bad_expression",
                    "/tests/0/mocks/charge/compute bad_expression",
                    "/tests/0/expect/nodes/chrage unknown_node",
                    "/tests/0/expect/calls/big bad_value", "/tests/0/expect/order/0 unknown_node",
                    "/tests/0/expect/assert/0 bad_expression", "/tests/0/trigger bad_value"));
}

TEST(ForEachJob, DoesEachOnce) {
    std::vector<std::atomic<int>> done(100);
    for_each_job(done.size(), 4, [&](std::size_t i) { ++done[i]; });
    for (const std::atomic<int>& one : done)
        EXPECT_EQ(one, 1);
}

}  // namespace
}  // namespace millrace::cli
