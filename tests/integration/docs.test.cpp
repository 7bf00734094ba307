// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>

#include "documentation.hpp"
#include "expr/builtins.hpp"
#include "expr/testing/evaluate.hpp"
#include "expr/testing/select.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/expression_host.hpp"
#include "support/command.hpp"

namespace millrace::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

const std::vector<std::string> pages{"README.md",
                                     "CONTRIBUTING.md",
                                     "CHANGELOG.md",
                                     "examples/README.md",
                                     "docs/getting-started.md",
                                     "docs/workflows.md",
                                     "docs/expressions.md",
                                     "docs/node-types.md",
                                     "docs/command-line.md",
                                     "docs/durability.md",
                                     "docs/secrets.md",
                                     "docs/protection.md",
                                     "docs/testing.md",
                                     "docs/permissions.md",
                                     "docs/server.md",
                                     "docs/sub-workflows.md",
                                     "docs/forms.md",
                                     "docs/schedules.md",
                                     "docs/waiting.md",
                                     "docs/configuration.md",
                                     "docs/metrics.md",
                                     "docs/tracing.md",
                                     "docs/analytics.md",
                                     "docs/retention.md",
                                     "docs/api.md"};

TEST(Docs, ExpressionsGiveWhatTheTablesSay) {
    const std::string text = page("docs/expressions.md");
    Value context;
    for (const Block& block : blocks_of(text)) {
        if (block.info == "json context") context = json(block.text);
    }
    ASSERT_TRUE(context.is_object());
    std::size_t evaluated = 0;
    const expr::Host* const host = &format::expression_host();
    const std::string input = core::to_json(*context.find("input"));
    for (const Row& row : rows_of(text)) {
        const std::string result = row.heading == "becomes" ? expr::rendered(row.first, context)
                                   : row.heading == "selects"
                                       ? expr::selected(row.first, input)
                                       : expr::result_of(row.first, context, host);
        EXPECT_EQ(result, row.second) << "docs/expressions.md:" << row.line << ": " << row.first
                                      << " " << expr::message_of(row.first, context, host);
        ++evaluated;
    }
    EXPECT_GE(evaluated, 300u);
}

TEST(Docs, ExpressionsNameEveryBuiltin) {
    const std::string text = page("docs/expressions.md");
    for (const expr::Builtin& builtin : expr::all_builtins()) {
        const std::string name{builtin.name};
        const bool is_called = text.find(name + "(") != std::string::npos;
        EXPECT_TRUE(is_called || text.find("`" + name + "`") != std::string::npos)
            << builtin.owner << "." << name;
    }
    for (const expr::BuiltinConstant& constant : expr::all_constants())
        EXPECT_TRUE(text.find(constant.name) != std::string::npos) << constant.name;
}

TEST(Docs, ShowFilesAsTheyAre) {
    std::size_t shown = 0;
    for (const std::string& name : pages) {
        for (const Block& block : blocks_of(page(name))) {
            const auto file = block.attribute("file");
            if (!file) continue;
            EXPECT_EQ(block.text, page(*file)) << name << ":" << block.line;
            ++shown;
        }
    }
    EXPECT_GE(shown, 1u);
}

TEST(Docs, LinksLeadToFiles) {
    for (const std::string& name : pages) {
        const std::string text = page(name);
        EXPECT_THAT(text, Not(IsEmpty())) << name;
        const auto folder = std::filesystem::path{MILLRACE_SOURCE_DIR} / name;
        for (const std::string& link : links_of(text))
            EXPECT_TRUE(std::filesystem::exists(folder.parent_path() / link))
                << name << " links to " << link;
    }
}

/// What differs from run to run, under one name for each kind.
std::string settled(std::string text) {
    static const std::vector<std::pair<std::regex, std::string>> changing{
        {std::regex{"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"}, "ID"},
        {std::regex{"\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}:\\d{2}(\\.\\d{3}Z?)?"}, "TIME"},
        {std::regex{"\\d{2}:\\d{2}:\\d{2}\\.\\d{3}"}, "TIME"},
        {std::regex{"\\b\\d+(\\.\\d+)? m?s\\b"}, "DURATION"},
        {std::regex{"[^\n]*: line \\d+: +\\d+ Killed [^\n]*\n"}, ""},
        {std::regex{" +"}, " "},
        {std::regex{" +\n"}, "\n"}};
    for (const auto& [pattern, name] : changing)
        text = std::regex_replace(text, pattern, name);
    return text;
}

/// A command as a page shows it, with what it prints.
struct Shown {
    std::string command;
    std::string output;
};

std::vector<Shown> commands_of(const Block& block) {
    std::vector<Shown> commands;
    std::istringstream lines{block.text};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("$ ")) {
            commands.push_back({line.substr(2), {}});
        } else if (!commands.empty()) {
            commands.back().output += line + "\n";
        }
    }
    return commands;
}

class DocsCommands : public CommandTest {
protected:
    static constexpr std::string_view mark = "---- next command ----\n";

    /// Runs the commands in one shell, as a reader would who has just built the program.
    std::string output_of(const std::vector<Shown>& commands) const {
        std::string script = "exec 2>&1\n";
        for (const Shown& shown : commands)
            script += shown.command + "\nprintf '%s\\n' '---- next command ----'\n";
        ProcessOptions shell;
        shell.arguments = {"-c", script};
        shell.folder = folder.path();
        const std::string bin = std::filesystem::path{binary()}.parent_path().string();
        shell.environment = {{"PATH", bin + ":" + std::getenv("PATH")},
                             {"HOME", folder.path().string()},
                             {"LC_ALL", "C.UTF-8"},
                             {"TZ", "UTC"}};
        return run_process("/bin/bash", shell).out;
    }
    void expect_console(const std::string& name, const Block& block) const {
        const std::vector<Shown> commands = commands_of(block);
        std::string output = output_of(commands);
        for (const Shown& shown : commands) {
            const std::size_t end = std::min(output.find(mark), output.size());
            EXPECT_EQ(settled(output.substr(0, end)), settled(shown.output))
                << name << ":" << block.line << ": " << shown.command << "\nprinted\n"
                << output.substr(0, end);
            output.erase(0, end + mark.size());
        }
    }
    std::size_t expect_page(const std::string& name) const {
        std::size_t run = 0;
        for (const Block& block : blocks_of(page(name))) {
            if (const auto file = block.attribute("save")) folder.file(*file, block.text);
            if (block.info != "console") continue;
            expect_console(name, block);
            ++run;
        }
        return run;
    }
};

TEST_F(DocsCommands, PrintWhatTheReadmeShows) {
    std::filesystem::create_directory_symlink(MILLRACE_EXAMPLES_DIR, folder / "examples");
    EXPECT_GE(expect_page("README.md"), 2u);
}

TEST_F(DocsCommands, PrintWhatTheFirstStepsShow) {
    std::filesystem::create_directory_symlink(MILLRACE_EXAMPLES_DIR, folder / "examples");
    EXPECT_GE(expect_page("docs/getting-started.md"), 3u);
}

TEST_F(DocsCommands, PrintWhatThePageOfTheCommandShows) {
    std::filesystem::create_directory_symlink(MILLRACE_EXAMPLES_DIR, folder / "examples");
    EXPECT_GE(expect_page("docs/command-line.md"), 1u);
}

TEST_F(DocsCommands, PrintWhatThePageOnDurabilityShows) {
    std::filesystem::create_directory_symlink(MILLRACE_EXAMPLES_DIR, folder / "examples");
    EXPECT_GE(expect_page("docs/durability.md"), 1u);
}

TEST_F(DocsCommands, PrintWhatThePageOnTestingShows) {
    std::filesystem::create_directory_symlink(MILLRACE_EXAMPLES_DIR, folder / "examples");
    EXPECT_GE(expect_page("docs/testing.md"), 4u);
}

TEST_F(DocsCommands, PrintWhatThePageOnSecretsShows) {
    EXPECT_GE(expect_page("docs/secrets.md"), 1u);
}

TEST_F(DocsCommands, WriteThePageOfNodeTypes) {
    const std::string written = millrace({"docs", "node-types"}).out;
    if (std::getenv("MILLRACE_UPDATE_DOCS") != nullptr) {
        write_file(MILLRACE_SOURCE_DIR "/docs/node-types.md", written);
    }
    EXPECT_TRUE(page("docs/node-types.md") == written)
        << "write it anew: millrace docs node-types > docs/node-types.md";
}

TEST_F(DocsCommands, WriteThePageOfTheApi) {
    const std::string written = millrace({"docs", "api"}).out;
    if (std::getenv("MILLRACE_UPDATE_DOCS") != nullptr) {
        write_file(MILLRACE_SOURCE_DIR "/docs/api.md", written);
    }
    EXPECT_TRUE(page("docs/api.md") == written) << "write it anew: millrace docs api > docs/api.md";
}

TEST_F(DocsCommands, WriteThePageOfTheConfiguration) {
    const std::string written = millrace({"docs", "configuration"}).out;
    if (std::getenv("MILLRACE_UPDATE_DOCS") != nullptr) {
        write_file(MILLRACE_SOURCE_DIR "/docs/configuration.md", written);
    }
    EXPECT_TRUE(page("docs/configuration.md") == written)
        << "write it anew: millrace docs configuration > docs/configuration.md";
}

/// Long options that `--help` of a command lists.
std::set<std::string> options_in(const std::string& help) {
    static const std::regex option{"\\n {2,}(?:-\\w,)?(--[a-z-]+)"};
    std::set<std::string> names;
    for (std::sregex_iterator it{help.begin(), help.end(), option}; it != std::sregex_iterator{};
         ++it) {
        names.insert((*it)[1]);
    }
    return names;
}

/// All that take options.
const std::vector<std::vector<std::string>> documented_commands{{"run"},
                                                                {"validate"},
                                                                {"test"},
                                                                {"executions", "export"},
                                                                {"node-types", "try"},
                                                                {"new"},
                                                                {"executions", "list"},
                                                                {"executions", "show"},
                                                                {"executions", "events"},
                                                                {"executions", "nodes"},
                                                                {"executions", "resume"},
                                                                {"executions", "pause"},
                                                                {"executions", "step"},
                                                                {"executions", "breakpoints"},
                                                                {"executions", "cancel"},
                                                                {"executions", "node", "skip"},
                                                                {"executions", "node", "cancel"},
                                                                {"executions", "node", "retry"},
                                                                {"executions", "retry"},
                                                                {"executions", "replay"},
                                                                {"node-types", "list"},
                                                                {"node-types", "show"},
                                                                {"cache", "list"},
                                                                {"cache", "clear"},
                                                                {"dead-letters", "list"},
                                                                {"dead-letters", "show"},
                                                                {"dead-letters", "replay"},
                                                                {"dead-letters", "discard"},
                                                                {"secrets", "set"},
                                                                {"secrets", "rotate-key"},
                                                                {"credentials", "set"},
                                                                {"credentials", "list"},
                                                                {"db", "status"},
                                                                {"db", "migrate"},
                                                                {"db", "rollback"},
                                                                {"db", "backup"},
                                                                {"apply"},
                                                                {"workflows", "list"},
                                                                {"workflows", "show"},
                                                                {"workflows", "export"},
                                                                {"workflows", "versions"},
                                                                {"workflows", "diff"},
                                                                {"workflows", "activate"},
                                                                {"workflows", "deactivate"},
                                                                {"workflows", "delete"},
                                                                {"docs"},
                                                                {"config", "show"},
                                                                {"serve"},
                                                                {"doctor"},
                                                                {"completion"},
                                                                {"version"}};

TEST_F(DocsCommands, HaveAllTheirOptionsOnTheirPage) {
    const std::string text = page("docs/command-line.md");
    for (Arguments command : documented_commands) {
        command.emplace_back("--help");
        const std::set<std::string> options = options_in(millrace(command).out);
        EXPECT_TRUE(options.contains("--help")) << command.front();
        for (const std::string& option : options)
            EXPECT_TRUE(text.find("`" + option) != std::string::npos)
                << option << " of " << command.front();
    }
}

TEST_F(DocsCommands, WorkflowsThatThePagesShowAreValid) {
    std::size_t checked = 0;
    for (const std::string& name : pages) {
        for (const Block& block : blocks_of(page(name))) {
            if (!block.info.starts_with("yaml") || !block.text.starts_with("millrace:")) continue;
            const Finished finished =
                millrace({"validate", folder.file("page.workflow.yaml", block.text)});
            EXPECT_EQ(finished.status, 0) << name << ":" << block.line << "\n" << finished.out;
            ++checked;
        }
    }
    EXPECT_GE(checked, 2u);
}

}  // namespace
}  // namespace millrace::testing
