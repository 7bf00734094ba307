// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "intake.hpp"
#include "size_limits.hpp"

// What people and programs outside say to runs that wait for them.

namespace millrace::engine {
namespace {

/// That an execution keeps until somebody waits for them.
constexpr std::size_t letters_max = 1'000;

bool refuse(Turn& turn, CallToken token, CommandErrc code, std::string message) {
    turn.frame.answers.push_back({token, core::fail(code, std::move(message))});
    return false;
}

bool granted(Turn& turn, CallToken token) {
    turn.frame.answers.push_back({token, {}});
    return true;
}

/// True when it may go on; the caller has its answer otherwise.
bool is_live(Turn& turn, CallToken token) {
    if (is_terminal(turn.x.status))
        return refuse(turn, token, CommandErrc::already_finished,
                      "execution " + turn.x.id.text() + " has already ended");
    if (turn.x.is_ending())
        return refuse(turn, token, CommandErrc::not_allowed,
                      "execution " + turn.x.id.text() + " is ending and waits for nothing more");
    return true;
}

bool fits(Turn& turn, CallToken token, const core::Value& content) {
    std::size_t weight = content.weight();
    const std::size_t weight_max = turn.limits.value_weight_max;
    for (const Letter& letter : turn.x.letters)
        weight = std::min(weight_max + 1, weight + letter.content.weight());
    if (weight > weight_max)
        return refuse(turn, token, CommandErrc::too_large,
                      "what waits to be taken would weigh more than " +
                          core::to_text(core::ByteSize{weight_max}));
    if (turn.x.letters.size() < letters_max) return true;
    return refuse(turn, token, CommandErrc::not_allowed,
                  "execution " + turn.x.id.text() + " has " + std::to_string(letters_max) +
                      " signals that nothing has waited for yet; try again later");
}

bool may_wait(const Plan& plan) {
    return std::ranges::any_of(
        plan.nodes(), [](const PlanNode& node) { return node.role() == core::NodeRole::wait; });
}

bool has_letter(const ExecutionState& x, RunRef run) {
    return std::ranges::any_of(x.letters, [&](const Letter& letter) {
        return letter.signal.empty() && letter.run == run;
    });
}

/// The run has not begun to wait, and may still do so.
bool is_to_come(const Turn& turn, RunRef run) {
    const Phase phase = turn.run(run).phase;
    return phase == Phase::blocked || phase == Phase::ready || phase == Phase::attempting;
}

}  // namespace

bool take_signal(Turn& turn, SendSignal signal) {
    if (!is_live(turn, signal.token)) return false;
    if (signal.name.empty())
        return refuse(turn, signal.token, CommandErrc::bad_option, "a signal needs a name");
    if (!may_wait(turn.plan())) {
        return refuse(turn, signal.token, CommandErrc::not_allowed,
                      "workflow `" + turn.plan().identity().workflow_id +
                          "` has no node that waits for signals");
    }
    if (!fits(turn, signal.token, signal.data)) return false;
    take_input(turn, SignalReceived{std::move(signal.name), std::move(signal.data)});
    return granted(turn, signal.token);
}

bool take_answer(Turn& turn, AnswerWait answer) {
    if (!is_live(turn, answer.token)) return false;
    const RunRef run{answer.run.scope, answer.run.node};
    const bool is_known = answer.run.generation == turn.x.generation &&
                          turn.all.holds(turn.x, run) &&
                          turn.node(run.node).role() == core::NodeRole::wait &&
                          turn.all.scope(turn.x, run.scope).ending == Ending::none;
    const bool is_waiting = is_known && turn.x.wait_of(run) != nullptr;
    const bool is_early = is_known && !is_waiting && is_to_come(turn, run);
    if (!is_waiting && !(is_early && answer.may_be_early && !has_letter(turn.x, run))) {
        return refuse(
            turn, answer.token, CommandErrc::not_allowed,
            std::string{"the run "} + (is_early ? "does not wait yet" : "waits no longer"));
    }
    if (!fits(turn, answer.token, answer.answer)) return false;
    take_input(turn, AnswerReceived{answer.run, std::move(answer.answer)});
    return granted(turn, answer.token);
}

}  // namespace millrace::engine
