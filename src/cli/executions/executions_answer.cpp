// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "documents/document_file.hpp"
#include "executions/execution_control.hpp"
#include "executions/executions_commands.hpp"
#include "millrace/server/wait_answers.hpp"
#include "millrace/store/store.hpp"
#include "on_call.hpp"
#include "run/given_values.hpp"
#include "terminal/styled.hpp"

// `millrace executions answer`: what the link of a run that waits does, without the link.

namespace millrace::cli {
namespace {

struct AnswerOptions {
    ControlOptions control;
    bool approve = false;
    bool reject = false;
    std::string by;
    std::optional<std::string> data;
};

/// As the API takes it: a decision, or what the call of a link would have brought.
core::Result<core::Value> body_of(const Context& context, const AnswerOptions& options) {
    core::Value data;
    if (options.data) {
        auto read = given_input(context.console, *options.data);
        if (!read) return std::unexpected(read.error());
        data = std::move(*read);
    }
    const bool is_decision = options.approve || options.reject;
    if (!is_decision && (!options.by.empty() || !options.control.reason.empty()))
        return core::fail(FileErrc::bad_argument,
                          "--by and --reason belong to a decision; add --approve or --reject");
    if (!is_decision) return data;
    core::ObjectBuilder decision;
    decision.set("approved", options.approve);
    if (!options.by.empty()) decision.set("by", options.by);
    if (!options.control.reason.empty()) decision.set("reason", options.control.reason);
    if (!data.is_null()) decision.set("values", data);
    return std::move(decision).build();
}

/// The newest wait of that run.
core::Result<store::Wait> find_wait(store::Store& store, core::ExecutionId id,
                                    const std::string& path) {
    constexpr std::size_t searched_max = 1'000;
    store::WaitFilter filter;
    filter.id = id;
    auto page = store.waits().list(filter, searched_max, {});
    if (!page) return std::unexpected(page.error());
    for (store::Wait& wait : page->items)
        if (wait.path == path) return std::move(wait);
    return core::fail(engine::CommandErrc::unknown_node,
                      "execution " + id.text() + " has no run " + one_line(path) +
                          " that waits; see millrace waits list --execution " + id.text());
}

/// On the store of this machine.
core::Result<> answer_here(runtime::Runtime& runtime, core::ExecutionId id,
                           const AnswerOptions& options, const core::Value& body, core::Time now) {
    const auto wait = find_wait(runtime.store(), id, options.control.path);
    if (!wait) return std::unexpected(wait.error());
    auto answer = server::operator_answer(*wait, body, "operator", now);
    if (!answer) return core::fail(FileErrc::bad_argument, std::move(answer.error()));
    return runtime.answer_wait(id, wait->run, std::move(*answer), false);
}

core::Result<Exit> answer(const Context& context, const AnswerOptions& options) {
    const auto body = body_of(context, options);
    if (!body) return std::unexpected(body.error());
    const Control what{[&](runtime::Runtime& runtime, core::ExecutionId id) {
                           return answer_here(runtime, id, options, *body, context.console.now());
                       },
                       Until::rests,
                       {"waits", options.control.path, "answer"},
                       *body};
    return control(context, options.control, what);
}

}  // namespace

void add_executions_answer(CLI::App& group, Action& chosen) {
    CLI::App* const command =
        group.add_subcommand("answer", "Answer a run that waits, instead of using its link");
    const auto options = std::make_shared<AnswerOptions>();
    add_execution_id(*command, options->control);
    command
        ->add_option("PATH", options->control.path,
                     "The node that waits, or loop[3].decide for one inside a container")
        ->required();
    CLI::Option* const approve =
        command->add_flag("--approve", options->approve, "Approve what is asked");
    command->add_flag("--reject", options->reject, "Reject it")->excludes(approve);
    command->add_option("--by", options->by, "Who decides; recorded")->type_name("NAME");
    command->add_option("--reason", options->control.reason, "Why; it is recorded")
        ->type_name("TEXT");
    command
        ->add_option("--input,-i", options->data,
                     "What comes with it: JSON, @FILE, or -; of an approval its fields")
        ->type_name("JSON");
    add_node_rights(*command, options->control);
    command->footer(
        "What waits, and for what: millrace waits list\n"
        "Example: millrace executions answer 5f1c decide --approve --by Ada --reason 'it is due'");
    on_call(*command, chosen, options, answer);
}

}  // namespace millrace::cli
