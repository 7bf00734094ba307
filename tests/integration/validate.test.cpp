// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "support/command.hpp"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct BadDocument {
    const char* name;
    const char* body;      ///< what follows `millrace: 1`, `id: bad` and the node `start`
    const char* messages;  ///< without the file's name
};

const BadDocument bad_documents[] = {
    {"UnknownType", R"(  - { id: n, type: debug.lgo }
connections: [start -> n])",
     "5:20: unknown_type: there is no node type `debug.lgo`; `millrace node-types list` shows "
     "those that exist\n"},
    {"TypeOfALaterVersion", R"(  - { id: n, type: function.js }
connections: [start -> n])",
     "5:14: not_supported: node type `function.js` is not part of this build yet\n"},
    {"UnknownNode", R"(  - { id: greet, type: debug.log }
connections: [start -> great, start -> greet])",
     "6:15: unknown_node: there is no node `great`\n"},
    {"UnknownPort", R"(  - { id: n, type: debug.log }
connections: [start.output -> n])",
     "6:15: unknown_port: `start` (trigger.manual) has no output `output`; there is `out`\n"},
    {"NothingLeadsThere", R"(  - { id: lonely, type: debug.log })",
     "5:5: missing_connection: nothing leads to `lonely`, so it would never start; connect an "
     "output to `lonely.in` or remove the node\n"},
    {"Cycle", R"(  - { id: a, type: debug.log }
  - { id: b, type: debug.log }
connections: [start -> a -> b -> a])",
     "7:15: cycle: `a -> b -> a` is a cycle, so none of these nodes could ever start; remove one "
     "of its connections\n"},
    {"TwoValuesForOnePort", R"(  - { id: a, type: debug.log }
  - { id: b, type: debug.log }
connections: [start -> a -> b, start -> b])",
     "7:32: ambiguous_fan_in: `b.in` takes one value, but both `a.out` and `start.out` may give "
     "one in the same run; join them with a `flow.merge` node\n"},
    {"NeedsTheSandbox",
     R"(  - { id: n, type: data.template, data: { text: "{{ input.x.normalize() }}" } }
connections: [start -> n])",
     "5:49: bad_expression: column 12: the method `normalize` needs the sandbox, which this "
     "version does not have\n"},
    {"KeyOfDataMisspelt", R"(  - { id: n, type: data.template, data: { txt: "x" } }
connections: [start -> n])",
     "5:41: schema: key \"text\" is missing (data of `data.template`)\n"
     "5:43: unknown_key: there is no key \"txt\" here; known keys are text\n"},
    {"AnotherProtocol", R"(  - { id: n, type: http.request, data: { url: "ftp://x" } }
connections: [start -> n])",
     "5:47: bad_value: the url begins with ftp://; only http:// and https:// are supported\n"},
    {"DelayWithoutUnit", R"(  - { id: n, type: flow.delay, data: { for: 5 } }
connections: [start -> n])",
     "5:45: bad_duration: 5 has no unit: write 5s (units: ms, s, m, h, d)\n"},
    {"KeyOfALaterVersion", R"(  - { id: n, type: debug.log, each: { mode: concat } }
connections: [start -> n])",
     "5:31: not_supported: \"each\" is not executed by this version yet; remove it\n"},
    {"TwoWaysToHandleAFailure", R"(  - { id: n, type: debug.log, on_error: continue }
  - { id: m, type: debug.log }
connections: [start -> n, n.error -> m])",
     "5:41: bad_value: `n` has both `on_error` and a connection from `n.error`; keep one of them, "
     "as only one can decide\n"},
};

class Validate : public CommandTest {};
class ValidateBad : public CommandTest, public ::testing::WithParamInterface<BadDocument> {};

/// The lines that programs read: those of the source, its marks and what helps are indented.
std::string first_lines(const std::string& text) {
    std::string lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);)
        if (!line.starts_with(' ')) lines += line + "\n";
    return lines;
}

TEST_P(ValidateBad, GivesExactlyItsMessages) {
    const std::string file = folder.file(
        "bad.workflow.yaml",
        std::string{"millrace: 1\nid: bad\nnodes:\n  - { id: start, type: trigger.manual }\n"} +
            GetParam().body + "\n");
    std::string expected;
    std::istringstream lines{GetParam().messages};
    for (std::string line; std::getline(lines, line);)
        expected += file + ":" + line + "\n";
    const Finished finished = millrace({"validate", file});
    EXPECT_EQ(finished.status, 1);
    EXPECT_EQ(first_lines(finished.out), expected);
    const Finished run = millrace({"run", file});
    EXPECT_EQ(run.status, 1);
    EXPECT_THAT(run.out, IsEmpty());
    EXPECT_THAT(first_lines(run.err), StartsWith(expected));
    EXPECT_FALSE(std::filesystem::exists(data()));
}

INSTANTIATE_TEST_SUITE_P(Table, ValidateBad, ::testing::ValuesIn(bad_documents),
                         [](const ::testing::TestParamInfo<BadDocument>& row) {
                             return std::string{row.param.name};
                         });

TEST_F(Validate, ChecksSeveralFilesAndNamesEach) {
    const std::string good = example("hello");
    const std::string bad = folder.file("bad.workflow.yaml", "millrace: 1\nid: bad\nnodess: []\n");
    const Finished finished = millrace({"validate", good, bad});
    EXPECT_EQ(finished.status, 1);
    EXPECT_EQ(first_lines(finished.out),
              good + ": valid\n" + bad +
                  ":1:1: missing_key: key \"nodes\" is missing; a workflow has a "
                  "list of nodes\n" +
                  bad + ":3:1: unknown_key: unknown key \"nodess\"\n");
    EXPECT_THAT(finished.out, HasSubstr("    3 │ nodess: []\n      │ ^^^^^^\n"
                                        "      help: write nodes\n"));
    EXPECT_EQ(finished.err, "2 problems in 1 of 2 files\n");
}

TEST_F(Validate, PrintsProblemsAsJson) {
    ProcessOptions how = options({"validate", "-", "--json"});
    how.input = "millrace: 1\nid: bad\nnodess: []\nnodes: [{ id: start, type: trigger.manual }]\n";
    const Finished finished = run(how);
    EXPECT_EQ(finished.status, 1);
    EXPECT_EQ(finished.out,
              R"({"valid":false,"errors":[{"code":"unknown_key","path":"/nodess",)"
              R"("message":"unknown key \"nodess\"","file":"stdin","line":3,"column":1,)"
              R"("suggestion":"nodes"}],"warnings":[],"expressions":[]})"
              "\n");
    const Value good = json(millrace({"validate", example("hello"), "--json"}).out);
    EXPECT_EQ(at(good, "valid"), true);
    EXPECT_EQ(at(good, "errors").size(), 0u);
    EXPECT_EQ(at(good, "expressions.0.path"), "/nodes/1/data/text");
    EXPECT_EQ(at(good, "expressions.0.native"), true);
}

TEST_F(Validate, ReadsStandardInput) {
    ProcessOptions how = options({"validate", "-"});
    EXPECT_EQ(run(how).out, "stdin:1:1: syntax: the text is empty; begin it with `millrace: 1`\n");
    how.input = read_file(example("hello"));
    EXPECT_EQ(run(how).out, "stdin: valid\n");
}

constexpr const char* misspelt =
    "millrace: 1\nid: bad   # a comment stays\nnodes:\n  - { id: start, type: triger.manual }\n"
    "  - { id: wait, type: flow.delay, data: { for: 5 } }\nconnections: [ strat -> wait ]\n";
constexpr const char* well_spelt =
    "millrace: 1\nid: bad   # a comment stays\nnodes:\n  - { id: start, type: trigger.manual }\n"
    "  - { id: wait, type: flow.delay, data: { for: 5s } }\nconnections: [ start -> wait ]\n";

TEST_F(Validate, FixesWhatCanOnlyBeMeantInOneWay) {
    const std::string file = folder.file("bad.workflow.yaml", misspelt);
    const Finished dry = millrace({"validate", "--fix", "--dry-run", file});
    EXPECT_EQ(dry.status, 1);
    EXPECT_EQ(read_file(file), misspelt);
    EXPECT_THAT(dry.out, HasSubstr("+  - { id: start, type: trigger.manual }\n"));
    EXPECT_THAT(dry.err, HasSubstr("3 problems can be fixed"));
    const Finished finished = millrace({"validate", "--fix", file});
    EXPECT_EQ(finished.status, 0);
    EXPECT_EQ(read_file(file), well_spelt);
    EXPECT_EQ(finished.err, "fixed 3 problems\n");
    const Finished again = millrace({"validate", "--fix", file});
    EXPECT_EQ(again.out, file + ": valid\n");
    EXPECT_EQ(read_file(file), well_spelt);
}

TEST_F(Validate, FixKeepsTheFilesModeAndItsLink) {
    const std::string file = folder.file("bad.workflow.yaml", misspelt);
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    const std::string link = (folder / "link.workflow.yaml").string();
    std::filesystem::create_symlink(file, link);
    EXPECT_EQ(millrace({"validate", "--fix", link}).status, 0);
    EXPECT_EQ(read_file(file), well_spelt);
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(Validate, ListsItsFixesAsJson) {
    const std::string file = folder.file("bad.workflow.yaml", misspelt);
    const Value result = json(millrace({"validate", "--fix", "--json", file}).out);
    EXPECT_EQ(at(result, "valid"), true);
    EXPECT_EQ(at(result, "fixes").size(), 3u);
    EXPECT_EQ(at(result, "fixes.0.before"), "triger.manual");
    EXPECT_EQ(at(result, "fixes.0.after"), "trigger.manual");
    EXPECT_EQ(at(result, "fixes.0.line"), 4);
}

TEST_F(Validate, TakesFoldersAndPatterns) {
    std::filesystem::create_directories(folder / "in/deep/.hidden");
    folder.file("in/b.workflow.yaml", well_spelt);
    folder.file("in/deep/a.workflow.json", "{}");
    folder.file("in/deep/.hidden/c.workflow.yaml", "x");
    folder.file("in/notes.yaml", "x");
    const Finished all = millrace({"validate", (folder / "in").string()});
    EXPECT_EQ(all.status, 1);
    EXPECT_THAT(all.out, HasSubstr("in/b.workflow.yaml: valid\n"));
    EXPECT_THAT(all.err, HasSubstr(" in 1 of 2 files\n"));
    EXPECT_EQ(millrace({"validate", (folder / "in/*.workflow.yaml").string()}).status, 0);
    const Finished none = millrace({"validate", (folder / "*.nothing").string()});
    EXPECT_EQ(none.status, 2);
    EXPECT_THAT(none.err, HasSubstr("no file matches"));
}

TEST_F(Validate, WarnsOfWhatHasNoEffect) {
    const std::string file =
        folder.file("idle.workflow.yaml",
                    "millrace: 1\nid: idle\nvariables: { used: 1, unused: 2 }\nnodes:\n"
                    "  - { id: start, type: trigger.manual }\n"
                    "  - { id: shown, type: data.template, data: { text: \"{{ vars.used }}\" } }\n"
                    "  - { id: idle, type: data.template, data: { text: x } }\n"
                    "connections: [start -> shown, start -> idle]\noutputs: { x: \"{{ "
                    "nodes.shown.out }}\" }\n");
    const Finished finished = millrace({"validate", file});
    EXPECT_EQ(finished.status, 0);
    EXPECT_EQ(
        first_lines(finished.out),
        "warning: " + file +
            ":3:31: bad_value: no expression reads the variable `unused`\nwarning: " + file +
            ":7:5: bad_value: nothing uses what `idle` gives: nothing follows it, and neither "
            "`outputs` nor an expression reads it\n" +
            file + ": valid\n");
}

TEST_F(Validate, MarksExpressionsThatAreNotNative) {
    const std::string file =
        folder.file("mixed.workflow.yaml",
                    "millrace: 1\nid: mixed\nnodes:\n  - { id: start, type: trigger.manual }\n"
                    "  - { id: n, type: data.template, data: { text: \"{{ input?.x }}\" } }\n"
                    "  - { id: m, type: data.template, data: { text: \"{{ await input }}\" } }\n"
                    "connections: [start -> n -> m]\n");
    EXPECT_THAT(millrace({"validate", file}).err,
                HasSubstr("2 expressions, 1 beyond what is evaluated natively\n"));
    const Value result = json(millrace({"validate", file, "--json"}).out);
    EXPECT_EQ(at(result, "expressions.0.native"), true);
    EXPECT_EQ(at(result, "expressions.1.native"), false);
    EXPECT_EQ(at(result, "expressions.1.line"), 6);
    EXPECT_THAT(at(result, "expressions.1.reason").as_string(), HasSubstr("await"));
}

TEST_F(Validate, OfAFileThatIsNotThereIsWrongUse) {
    const Finished finished = millrace({"validate", "nosuch.yaml", example("hello")});
    EXPECT_EQ(finished.status, 2);
    EXPECT_THAT(finished.err,
                StartsWith("error: cannot read nosuch.yaml: No such file or directory\n"));
    EXPECT_EQ(finished.out, example("hello") + ": valid\n");
}

TEST_F(Validate, RefusesHostileFilesQuickly) {
    const std::string large = folder.file("large.workflow.json", std::string(100u << 20, '['));
    EXPECT_EQ(first_lines(millrace({"validate", large}).out),
              large + ":1:1: limit: the text has 16777217 bytes, more than the limit of 16MiB\n");
    const std::string deep =
        folder.file("deep.workflow.yaml", std::string(10'000, '[') + std::string(10'000, ']'));
    EXPECT_EQ(first_lines(millrace({"validate", deep}).out),
              deep + ":1:101: limit: nested deeper than the limit of 100 levels\n");
}

}  // namespace
}  // namespace millrace::testing
