// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <pugixml.hpp>
#include <set>

#include "support/command.hpp"

// `millrace test`, and tests made of what was run.

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* charge_workflow = R"(millrace: 1
id: charge
variables: { base: "http://127.0.0.1:1" }
nodes:
  - { id: start, type: trigger.manual }
  - { id: pause, type: flow.delay, data: { for: 1h } }
  - id: charge
    type: http.request
    data: { method: POST, url: "{{ vars.base }}/charges", body: { amount: "{{ inputs.amount }}" } }
    retry: { max_attempts: 3, delay: 1s }
connections: [start -> pause -> charge]
outputs: { receipt: "{{ nodes.charge.out.body.id }}" }
)";

class TestKitCommand : public CommandTest {
protected:
    std::string tests(std::string_view text, std::string_view name = "charge.test.yaml") const {
        folder.file("charge.workflow.yaml", charge_workflow);
        return folder.file(
            name, "millrace_test: 1\nworkflow: charge.workflow.yaml\n" + std::string{text});
    }
};

constexpr const char* passing = R"(tests:
  - name: waits and charges
    input: { amount: 5 }
    mocks: { charge: [{ error: timeout }, { respond: { body: { id: A7 } } }] }
    expect: { outputs: { receipt: A7 }, duration: { min: 1h } }
)";

constexpr const char* failing = R"(tests:
  - name: gets <another> receipt
    input: { amount: 5 }
    mocks: { charge: { respond: { body: { id: A7 } } } }
    expect: { outputs: { receipt: B8 } }
  - name: calls nobody
    input: { amount: 5 }
    expect: { status: completed }
)";

TEST_F(TestKitCommand, PassesAndStoresNothing) {
    const Finished finished = millrace({"test", tests(passing)});
    EXPECT_EQ(finished.status, 0) << finished.out << finished.err;
    EXPECT_THAT(finished.out, AllOf(HasSubstr("waits and charges"), HasSubstr("on its clock"),
                                    HasSubstr("1 test in 1 file: 1 passed")));
    EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(TestKitCommand, ShowsWhatDiffersAndEndsWith1) {
    const Finished finished = millrace({"test", tests(failing)});
    EXPECT_EQ(finished.status, 1);
    EXPECT_THAT(
        finished.out,
        AllOf(HasSubstr("outputs.receipt\n        expected \"B8\"\n        got      \"A7\""),
              HasSubstr("POST http://127.0.0.1:1/charges"),
              HasSubstr("2 tests in 1 file: 0 passed, 2 failed")));
    const Value json_form = json(millrace({"test", tests(failing), "--json"}).out);
    EXPECT_EQ(at(json_form, "files.0.tests.0.failures.0.expected"), "\"B8\"");
    EXPECT_EQ(at(json_form, "failed"), 2);
}

TEST_F(TestKitCommand, ShowsWhereATestIsWrong) {
    const std::string file = tests(
        "tests:\n"
        "  - name: a\n"
        "    mocks: { chrage: { out: 1 } }\n"
        "    expect: { status: completed }\n");
    const Finished finished = millrace({"test", file});
    EXPECT_EQ(finished.status, 1);
    EXPECT_THAT(finished.out, AllOf(HasSubstr(file + ":5:22: unknown_node"),
                                    HasSubstr("write charge"), HasSubstr("1 file not run")));
}

TEST_F(TestKitCommand, FindsTestsInFoldersAndByTheirWorkflow) {
    tests(passing);
    EXPECT_EQ(millrace({"test", folder.path().string()}).status, 0);
    EXPECT_EQ(millrace({"test", (folder / "charge.workflow.yaml").string()}).status, 0);
    EXPECT_EQ(millrace({"test", (folder / "nowhere").string()}).status, 2);
    const Finished none = millrace({"test", tests(passing), "--filter", "nothing like it"});
    EXPECT_EQ(none.status, 2);
    EXPECT_THAT(none.err, HasSubstr("no test has a name with"));
}

TEST_F(TestKitCommand, RunsOnlyWhatIsAskedFor) {
    const Finished finished = millrace({"test", tests(failing), "--filter", "nobody"});
    EXPECT_THAT(finished.out, AllOf(HasSubstr("1 test in 1 file"), Not(HasSubstr("another"))));
}

TEST_F(TestKitCommand, KeepsSnapshotsAndComparesWithThem) {
    const std::string file = tests(
        "tests:\n"
        "  - name: as ever\n"
        "    input: { amount: 5 }\n"
        "    mocks: { charge: { respond: { body: { id: A7 } } } }\n"
        "    expect: { snapshot: true }\n");
    EXPECT_THAT(millrace({"test", file}).out, HasSubstr("write it with --update"));
    EXPECT_EQ(millrace({"test", file, "--update"}).status, 0);
    const auto kept = folder / "__snapshots__/charge.test.json";
    EXPECT_EQ(at(json(read_file(kept)), "as ever.outputs.receipt"), "A7");
    EXPECT_EQ(millrace({"test", file}).status, 0);

    std::string changed = read_file(file);
    changed.replace(changed.find("A7"), 2, "B8");
    write_file(file, changed);
    const Finished differs = millrace({"test", file});
    EXPECT_EQ(differs.status, 1);
    EXPECT_THAT(differs.out, HasSubstr("snapshot.outputs.receipt"));
}

TEST_F(TestKitCommand, PrintsTheSchemaOfItsFiles) {
    EXPECT_EQ(at(json(millrace({"test", "--schema"}).out), "properties.millrace_test.const"), 1);
}

// ---- JUnit ------------------------------------------------------------------------------------

/// What the schema that build servers share allows.
struct JunitElement {
    std::set<std::string> attributes;
    std::set<std::string> required;
    std::set<std::string> children;
};

const std::map<std::string, JunitElement>& junit_schema() {
    static const std::map<std::string, JunitElement> schema{
        {"testsuites",
         {{"name", "time", "tests", "failures", "disabled", "errors"}, {}, {"testsuite"}}},
        {"testsuite",
         {{"name", "tests", "failures", "errors", "time", "disabled", "skipped", "timestamp",
           "hostname", "id", "package"},
          {"name", "tests"},
          {"properties", "testcase", "system-out", "system-err"}}},
        {"testcase",
         {{"name", "assertions", "time", "classname", "status"},
          {"name"},
          {"skipped", "error", "failure", "system-out", "system-err"}}},
        {"failure", {{"type", "message"}, {}, {}}},
        {"error", {{"type", "message"}, {}, {}}}};
    return schema;
}

void expect_junit(const pugi::xml_node& node) {
    const auto found = junit_schema().find(node.name());
    ASSERT_NE(found, junit_schema().end()) << node.name();
    const JunitElement& element = found->second;
    for (const pugi::xml_attribute& attribute : node.attributes())
        EXPECT_TRUE(element.attributes.contains(attribute.name()))
            << node.name() << " " << attribute.name();
    for (const std::string& required : element.required)
        EXPECT_TRUE(node.attribute(required.c_str())) << node.name() << " " << required;
    for (const pugi::xml_node& child : node.children()) {
        if (child.type() != pugi::node_element) continue;
        EXPECT_TRUE(element.children.contains(child.name())) << node.name() << " " << child.name();
        expect_junit(child);
    }
}

TEST_F(TestKitCommand, WritesJunitThatBuildServersRead) {
    tests(failing);
    tests(passing, "good.test.yaml");
    tests("tests: []\n", "broken.test.yaml");
    const std::string xml = (folder / "results.xml").string();
    EXPECT_EQ(millrace({"test", folder.path().string(), "--junit", xml}).status, 1);
    pugi::xml_document document;
    const pugi::xml_parse_result parsed = document.load_file(xml.c_str());
    ASSERT_TRUE(parsed) << parsed.description();
    const pugi::xml_node root = document.document_element();
    EXPECT_STREQ(root.name(), "testsuites");
    expect_junit(root);
    EXPECT_EQ(root.attribute("tests").as_int(), 4);
    EXPECT_EQ(root.attribute("failures").as_int(), 2);
    EXPECT_EQ(root.attribute("errors").as_int(), 1);
    const auto failed = root.select_node("//testcase[@name='gets <another> receipt']/failure");
    ASSERT_TRUE(failed);
    EXPECT_THAT(failed.node().attribute("message").value(), HasSubstr("expected \"B8\""));
}

// ---- What was run becomes a test --------------------------------------------------------------

class ExportCommand : public CommandTest {
protected:
    /// Runs an example, exports it as a test, and runs that without the server.
    void expect_test_of(std::string_view name, const std::string& input,
                        runtime::testing::HttpServer::Handler handler) const {
        {
            const HttpServer server{std::move(handler)};
            millrace({"run", example(name), "--input", input, "--var", "base=" + server.url("")});
        }
        const std::string file = (folder / (std::string{name} + ".test.yaml")).string();
        const Finished exported =
            millrace({"executions", "export", executions().at(0), "--as-test", "--out", file});
        EXPECT_EQ(exported.status, 0) << exported.err;
        EXPECT_THAT(exported.err, Not(HasSubstr("does not pass")));
        const Finished tested = millrace({"test", file});
        EXPECT_EQ(tested.status, 0) << tested.out << read_file(file);
        EXPECT_EQ(millrace({"validate", (folder / (std::string{name} + ".workflow.yaml")).string()})
                      .status,
                  0);
    }
};

TEST_F(ExportCommand, MakesATestOfARunWithRetries) {
    std::atomic<int> calls = 0;
    expect_test_of("retry", R"({"amount": 250})", [&calls](const ServedRequest&) {
        if (++calls < 3) return Reply{.status = 503};
        return Reply::json(R"({"receipt": "A-17"})");
    });
}

TEST_F(ExportCommand, MakesATestOfARunThatFailed) {
    expect_test_of("retry", R"({"amount": 250})",
                   [](const ServedRequest&) { return Reply{.status = 402}; });
}

TEST_F(ExportCommand, MakesATestOfALoop) {
    expect_test_of("lines",
                   R"({"lines": [{"sku": "A7", "total": 30}, {"sku": "B8", "total": 5000}]})",
                   [](const ServedRequest& request) {
                       const bool is_dear = request.body.find("B8") != std::string::npos;
                       if (request.target == "/releases") return Reply::json("{}");
                       return is_dear ? Reply{.status = 402} : Reply::json(R"({"paid": 30})");
                   });
}

TEST_F(ExportCommand, WritesAllThatIsKnownOfARun) {
    {
        const HttpServer server{
            [](const ServedRequest&) { return Reply::json(R"({"receipt": "A-17"})"); }};
        millrace({"run", example("retry"), "--input", R"({"amount": 250})", "--var",
                  "base=" + server.url("")});
    }
    const std::string file = (folder / "run.json").string();
    EXPECT_EQ(millrace({"executions", "export", executions().at(0), "--out", file}).status, 0);
    const Value exported = json(read_file(file));
    EXPECT_EQ(at(exported, "runs.charge.attempts.0.status"), "completed");
    EXPECT_EQ(at(exported, "events.0.type"), "execution.created");
    EXPECT_EQ(at(exported, "workflow.id"), "retry");

    std::filesystem::copy(example("retry"), folder / "retry.workflow.yaml");
    const std::string tests = folder.file("retry.test.yaml",
                                          "millrace_test: 1\ntests:\n"
                                          "  - name: as recorded\n"
                                          "    input: { amount: 250 }\n"
                                          "    recorded: run.json\n"
                                          "    expect: { outputs: { receipt: A-17 } }\n");
    const Finished finished = millrace({"test", tests});
    EXPECT_EQ(finished.status, 0) << finished.out;
}

TEST_F(ExportCommand, MakesNoTestOfAnUnfinishedRun) {
    const Finished finished = millrace({"executions", "export", "0000", "--as-test"});
    EXPECT_NE(finished.status, 0);
}

TEST_F(TestKitCommand, TriesOneNode) {
    const Value tried =
        json(millrace({"node-types", "try", "http.request", "--node-data",
                       R"({"url": "http://127.0.0.1/{{ input }}"})", "--input", "\"x\""})
                 .out);
    EXPECT_EQ(at(tried, "request.url"), "http://127.0.0.1/x");
    EXPECT_EQ(at(tried, "status"), "completed");
    const Finished wrong = millrace({"node-types", "try", "flow.if", "--node-data", "{}"});
    EXPECT_EQ(wrong.status, 1);
    EXPECT_THAT(wrong.out, HasSubstr("condition"));
}

}  // namespace
}  // namespace millrace::testing
