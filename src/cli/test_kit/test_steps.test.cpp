// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_steps.hpp"

#include <gmock/gmock.h>

#include "testing/test_kit.hpp"

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestKit;
using testing::told;

/// A mail with a link, then an approval, a call, a signal or an event.
constexpr const char* asking_workflow = R"(
millrace: 1
id: asking
nodes:
  - { id: start, type: trigger.manual }
  - id: mail
    type: email.send
    data:
      server: "smtp://127.0.0.1:1"
      from: shop@example.com
      to: ada@example.com
      subject: Please decide
      text: "See {{ links.ask_late }} or {{ links.ask }}"
  - id: ask
    type: flow.wait
    data: { approval: { title: "Pay {{ inputs.total }}?" }, timeout: 3d }
  - { id: ask_late, type: flow.wait, data: { webhook: true, timeout: 2d } }
  - { id: paid, type: flow.wait, data: { signal: paid } }
  - { id: sent, type: flow.wait, data: { event: { type: "parcel.*", filter: "item.data.id == 7" } } }
connections:
  - start -> mail -> ask -> paid
  - ask.timeout -> ask_late -> sent
)";

TestResult result_of(std::string_view rest) {
    return TestKit{
        asking_workflow,
        "millrace_test: 1\ndefaults: { input: { total: 5 }, mocks: { mail: { out: {} } } "
        "}\ntests:\n  - name: it\n" +
            std::string{rest}}
        .run();
}

TEST(TestSteps, DecideWhenTheyAreToAndSignalEarly) {
    const TestResult result = result_of(R"(
    steps:
      - { signal: paid, at: 1h, data: { amount: 5 } }
      - { approve: ask, after: 2d, by: Ada, reason: it is due, data: { account: A } }
    expect:
      outputs: { paid: { amount: 5 } }
      waits:
        ask:
          state: answered
          took: 2d
          details: { title: "Pay 5?" }
          answer: { approved: true, by: Ada, reason: it is due, values: { account: A } }
      mails: [{ to: ada@example.com, subject: decide, links: [ask, ask_late] }]
      duration: 2d
)");
    EXPECT_THAT(told(result), IsEmpty());
}

TEST(TestSteps, LetTimePassWhenNobodyComes) {
    const TestResult result = result_of(R"(
    steps:
      - { event: parcel.sent, after: 1h, data: { id: 7 } }
      - { answer: ask_late, after: 1d, data: { ok: true } }
    expect:
      contains: { sent: { type: parcel.sent, data: { id: 7 } } }
      waits: { ask: expired, ask_late: { state: answered, took: 1d } }
      nodes: { ask_late: { contains: { out: { body: { ok: true }, method: POST } } } }
      duration: 97h
)");
    EXPECT_THAT(told(result), IsEmpty());
}

TEST(TestSteps, TellWhatWasNotAsExpected) {
    const TestResult result = result_of(R"(
    steps:
      - { reject: ask, at: 1h }
      - { signal: paid }
      - { answer: ask_late }
    expect:
      waits: { ask: expired, ask_late: { took: 1d } }
      mails: [{ to: bob@example.com, links: paid }, {}]
)");
    EXPECT_THAT(told(result),
                ElementsAre("waits.ask.state: expected expired, got answered",
                            "waits.ask_late: expected a wait, got none",
                            HasSubstr("mails: expected 2 mails, got 1 mail: \"Please decide\""),
                            HasSubstr("mails[0].to[0]: expected \"bob@example.com\""),
                            HasSubstr("mails[0].links: expected https://millrace.test/wait/paid"),
                            HasSubstr("steps[2], `answer: ask_late`, never came")));
}

TEST(TestSteps, FailWhereNobodyWaits) {
    EXPECT_THAT(told(result_of("    steps: [{ answer: ask_late, at: 1h }]\n"
                               "    expect: { status: completed }\n")),
                ElementsAre(HasSubstr("comes after 1h, when it does not wait")));
    EXPECT_THAT(told(result_of("    steps: [{ answer: ask }]\n"
                               "    expect: { status: completed }\n")),
                ElementsAre(HasSubstr("does not fit; approve or reject it")));
    EXPECT_THAT(told(result_of("    steps: [{ approve: ask }]\n"
                               "    expect: { status: completed }\n")),
                ElementsAre(HasSubstr("nothing can happen any more")));
}

constexpr const char* parent_workflow = R"(
millrace: 1
id: shop
nodes:
  - { id: start, type: trigger.manual }
  - { id: ship, type: flow.subworkflow, data: { workflow: shipping, input: { order: "{{ inputs.order }}" } } }
connections: [start -> ship]
outputs: { parcel: "{{ nodes.ship.out.parcel }}" }
)";
constexpr const char* child_workflow = R"(
millrace: 1
id: shipping
inputs: { type: object, required: [order] }
nodes:
  - { id: start, type: trigger.manual }
  - { id: pack, type: http.request, data: { method: POST, url: "http://127.0.0.1:1/pack", body: "{{ inputs }}" } }
  - { id: weigh, type: flow.wait, data: { signal: weighed } }
connections: [start -> pack -> weigh]
outputs: { parcel: "{{ nodes.pack.out.body.id }}", grams: "{{ nodes.weigh.out }}" }
)";

std::string shop_tests(std::string_view rest) {
    return "millrace_test: 1\ntests:\n  - name: it\n    input: { order: 7 }\n" + std::string{rest};
}

TEST(TestSteps, ReachIntoSubworkflowsThatReallyRun) {
    TestKit kit{parent_workflow, shop_tests(R"(
    workflows: [shipping.workflow.yaml]
    mocks: { shipping/pack: { respond: { body: { id: P1 } }, takes: 1s } }
    steps: [{ signal: weighed, after: 1m, data: 900 }]
    expect:
      outputs: { parcel: P1 }
      calls: { ship: 1, shipping/pack: [{ body: { order: 7 } }] }
      waits: { shipping/weigh: { state: answered, took: 1m } }
      nodes: { ship: { outputs: { out: { parcel: P1, grams: 900 } } } }
      duration: 61s
)")};
    kit.add_child("shipping.workflow.yaml", child_workflow);
    EXPECT_THAT(kit.problems(), IsEmpty());
    EXPECT_THAT(told(kit.run()), IsEmpty());
}

TEST(TestSteps, LetAMockStandInForASubworkflow) {
    const TestKit kit{parent_workflow, shop_tests(R"(
    mocks: { ship: { out: { parcel: P2 } } }
    expect: { outputs: { parcel: P2 }, calls: { ship: [{ workflow: shipping, input: { order: 7 } }] } }
)")};
    EXPECT_THAT(told(kit.run()), IsEmpty());
    const TestKit bare{parent_workflow, shop_tests("    expect: { status: completed }\n")};
    EXPECT_THAT(told(bare.run()), ElementsAre(AllOf(HasSubstr("has asked for workflow shipping"),
                                                    HasSubstr("`workflows: [FILE]`"))));
}

TEST(TestSteps, AreForNodesThatWait) {
    const TestKit kit{asking_workflow,
                      "millrace_test: 1\n"
                      "tests:\n"
                      "  - name: it\n"
                      "    steps: [{ approve: mail }, { answer: ship/ask }]\n"
                      "    expect: { waits: { start: answered }, mails: [{ links: asks }] }\n"};
    EXPECT_THAT(kit.problems(),
                ElementsAre("/tests/0/steps/0 bad_value", "/tests/0/steps/1 unknown_node",
                            "/tests/0/expect/waits/start bad_value",
                            "/tests/0/expect/mails/0/links unknown_node"));
}

}  // namespace
}  // namespace millrace::cli
