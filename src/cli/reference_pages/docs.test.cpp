// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reference_pages/node_type_pages.hpp"
#include "testing/program_test.hpp"

namespace millrace::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* orders = R"(millrace: 1
id: orders
name: Orders | all
variables: { limit: 10, base: null }
settings: { timeout: 10m }
nodes:
  - { id: start, type: trigger.manual }
  - { id: big, name: "Is it \"big\"?", type: flow.if, data: { condition: "inputs.total > vars.limit" } }
  - id: charge
    type: http.request
    data: { url: "{{ vars.base }}/charge", body: "{{ nodes.start.out }}" }
    retry: { max_attempts: 5, delay: 200ms }
    on_error: { fallback: by_hand }
  - { id: by_hand, type: debug.log, data: { message: "{{ error.code }}" } }
  - { id: each, type: flow.loop, data: { over: "[1, 2]" } }
  - { id: line, parent: each, type: data.template, data: { text: "{{ item }}" } }
connections:
  - start -> big
  - { from: big.true, to: charge.in, filter: "value.total > 0" }
  - big.false -> each
  - each.item -> line -> each.result
outputs: { receipt: "{{ nodes.charge.out.body }}", lines: "{{ nodes.each.done }}" }
)";

class DocsOf : public testing::ProgramTest {
protected:
    std::string page() {
        EXPECT_EQ(run({"docs", file("orders.workflow.yaml", orders)}), Exit::done) << err();
        return out();
    }
};

TEST_F(DocsOf, AWorkflowTellsItsNodesInWords) {
    const std::string text = page();
    EXPECT_THAT(text, StartsWith("# Orders | all\n"));
    EXPECT_THAT(text, HasSubstr("| `charge` | `http.request` | Up to 5 attempts, 200 ms apart at "
                                "first, `by_hand` stands in when it fails. |"));
    EXPECT_THAT(text, HasSubstr("| `line` | `data.template` | In `each`. |"));
    EXPECT_THAT(text, HasSubstr("- `big.true` goes to `charge.in`, if `value.total > 0`.\n"));
    EXPECT_THAT(text, HasSubstr("| `base` | must be given |"));
    EXPECT_THAT(text, HasSubstr("| `timeout` | `10m` |"));
}

TEST_F(DocsOf, AWorkflowTellsWhichExpressionReadsWhat) {
    const std::string text = page();
    EXPECT_THAT(text, HasSubstr("| `big` | `data` | `inputs`, `vars.limit` |"));
    EXPECT_THAT(text, HasSubstr("| `big -> charge` | `filter` | `value` |"));
    EXPECT_THAT(text,
                HasSubstr("| the workflow | `outputs` | `nodes.charge.out`, `nodes.each.done` |"));
    EXPECT_THAT(text, HasSubstr("| `charge` | `start`, `big` | 2 | `by_hand` |"));
    EXPECT_THAT(text, HasSubstr("| `by_hand` | `charge` | 3 |  |"));
}

TEST_F(DocsOf, AWorkflowDrawsItsGraph) {
    const std::string text = page();
    EXPECT_THAT(text, HasSubstr("```mermaid\nflowchart TD\n"));
    EXPECT_THAT(text, HasSubstr("    n_big{\"Is it #quot;big#quot;?<br/><i>flow.if</i>\"}\n"));
    EXPECT_THAT(text, HasSubstr("    n_big -->|\"true, if value.total #gt; 0\"| n_charge\n"));
    EXPECT_THAT(text, HasSubstr("    n_charge -.->|\"falls back to\"| n_by_hand\n"));
    EXPECT_THAT(text, HasSubstr("    subgraph b_each[\"in each\"]\n        n_line["));
}

TEST_F(DocsOf, GoIntoAFolderAndReplaceOlderOnes) {
    const std::string path = file("orders.workflow.yaml", orders);
    for (int i = 0; i < 2; ++i)
        ASSERT_EQ(run({"docs", "node-types", path, "--out", file("pages")}), Exit::done);
    EXPECT_THAT(content(file("pages/orders.md")), StartsWith("# Orders"));
    EXPECT_THAT(content(file("pages/node-types/README.md")),
                HasSubstr("| [`flow.if`](flow.if.md) | "));
    EXPECT_THAT(content(file("pages/node-types/flow.if.md")), StartsWith("# flow.if\n"));
}

TEST_F(DocsOf, ABadWorkflowAreItsProblems) {
    EXPECT_EQ(run({"docs", file("bad.workflow.yaml", "millrace: 1\nid: bad\nnodes: []\n")}),
              Exit::failed);
    EXPECT_THAT(err(), HasSubstr("bad.workflow.yaml:3:"));
}

TEST_F(DocsOf, NodeTypesTellPortsFieldsExamplesAndASnippet) {
    ASSERT_EQ(run({"docs", "node-types"}), Exit::done);
    EXPECT_THAT(out(), StartsWith("# Node types\n"));
    EXPECT_THAT(out(), HasSubstr("\n### flow.if\n"));
    EXPECT_THAT(out(), HasSubstr("| input | carries | | |"));
    EXPECT_THAT(out(), HasSubstr("| `condition` |"));
    EXPECT_THAT(out(), HasSubstr("\nIn a workflow:\n\n```yaml\n- id: my_if\n  type: flow.if\n"));
    EXPECT_THAT(out(), Not(HasSubstr("\n\n\n")));
}

TEST_F(DocsOf, TheApiNeedNoServer) {
    ASSERT_EQ(run({"docs", "api"}), Exit::done);
    EXPECT_THAT(out(), StartsWith("# The API\n"));
    EXPECT_THAT(out(), HasSubstr("\n### GET /health\n"));
    EXPECT_THAT(out(), HasSubstr("\n### POST /api/v1/workflows/{id}/execute\n"));
    EXPECT_THAT(out(), Not(HasSubstr("\n\n\n")));
    ASSERT_EQ(run({"docs", "openapi"}), Exit::done);
    EXPECT_THAT(out(), StartsWith("{\n  \"openapi\": \"3.1.0\""));
}

TEST(InCell, KeepsTablesWhole) {
    EXPECT_EQ(in_cell("a|b\nc"), "a\\|b c");
}

}  // namespace
}  // namespace millrace::cli
