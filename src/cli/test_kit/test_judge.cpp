// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_judge.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/format/json.hpp"
#include "terminal/styled.hpp"
#include "terminal/wording.hpp"
#include "test_kit/test_expressions.hpp"
#include "test_kit/test_judge_outside.hpp"
#include "test_kit/test_mocks.hpp"
#include "test_kit/test_steps.hpp"

namespace millrace::cli {
namespace {

using core::Value;
using runtime::OutsideCall;
using runtime::Rehearsed;

std::string text_of(const Value& value) {
    return value_brief(value);
}

Value outputs_of(const engine::NodeView& node, const engine::Plan& plan) {
    const Value shown = engine::ExecutionView::node_value(node, plan);
    const Value* const outputs = shown.find("outputs");
    return outputs == nullptr ? Value{} : *outputs;
}

Value call_value(const OutsideCall& call) {
    return Value::object({{"path", call.path},
                          {"attempt", call.attempt},
                          {"at", call.at.text()},
                          {"input", call.input},
                          {"request", call.request}});
}

Value calls_by_node(const Rehearsed& rehearsed) {
    std::map<std::string, std::vector<Value>> by_node;
    for (const OutsideCall& call : rehearsed.calls)
        if (call.workflow.empty()) by_node[call.node_id].push_back(call_value(call));
    std::vector<core::Member> members;
    // A node that makes no call has none, so that tests may count them.
    for (const engine::PlanNode& node : rehearsed.view.plan().nodes())
        if (node.role() == core::NodeRole::effect)
            members.push_back({node.id, Value::array(by_node[node.id])});
    return Value::object(std::move(members));
}

core::Duration duration_of(const Rehearsed& rehearsed) {
    const core::Time begin = rehearsed.view.created_at();
    return rehearsed.view.completed_at().value_or(begin) - begin;
}

class Judgement {
public:
    Judgement(const format::Expectations& expect, const Rehearsed& rehearsed,
              const std::filesystem::path& folder, const expr::Host* host)
        : expect_{expect},
          rehearsed_{rehearsed},
          folder_{folder},
          host_{host},
          runs_{rehearsed.view.nodes()} {
        std::ranges::move(rehearsed.view.scope_nodes(), std::back_inserter(runs_));
    }

    std::vector<TestFailure> judge() {
        judge_end();
        for (const format::NodeExpectation& node : expect_.nodes)
            judge_node(node);
        judge_order();
        for (const format::CallsExpectation& calls : expect_.calls)
            judge_calls(calls);
        judge_duration();
        judge_dead_letters();
        std::ranges::move(judge_outside(expect_, rehearsed_), std::back_inserter(failures_));
        for (const format::FileExpectation& file : expect_.files)
            judge_file(file);
        judge_assertions();
        return std::move(failures_);
    }

private:
    void fail(std::string what, std::string expected = {}, std::string actual = {}) {
        failures_.push_back({std::move(what), std::move(expected), std::move(actual)});
    }

    void compare(const Value& expected, const Value& actual, Matching matching,
                 std::string_view place) {
        for (Difference& difference : differences(expected, actual, matching, place))
            fail(std::move(difference.place), std::move(difference.expected),
                 std::move(difference.actual));
    }

    void judge_end() {
        const engine::ExecutionView& view = rehearsed_.view;
        const core::ExecutionStatus expected = expect_.status.value_or(
            expect_.error ? core::ExecutionStatus::failed : core::ExecutionStatus::completed);
        if (view.status() != expected) {
            std::string actual{core::to_text(view.status())};
            if (view.error()) actual += ": " + failure_text(*view.error());
            fail("status", std::string{core::to_text(expected)}, std::move(actual));
        }
        if (expect_.error) judge_error(*expect_.error, view.error(), "error");
        if (expect_.outputs) compare(*expect_.outputs, view.outputs(), Matching::whole, "outputs");
        if (expect_.contains) compare(*expect_.contains, view.outputs(), Matching::part, "outputs");
    }

    static std::string failure_text(const core::Failure& failure) {
        const std::string place = failure.node_id.empty() ? "" : " at node " + failure.node_id;
        return one_line(failure.code + place + ": " + failure.message);
    }

    void judge_error(const format::ErrorExpectation& expected,
                     const std::optional<core::Failure>& actual, const std::string& place) {
        if (!actual) return fail(place, expected.code.empty() ? "an error" : expected.code, "none");
        const auto same = [&](const char* name, const std::string& wanted, std::string_view found) {
            if (!wanted.empty() && wanted != found)
                fail(place + "." + name, wanted, one_line(found));
        };
        same("code", expected.code, actual->code);
        same("class", expected.error_class, core::to_text(actual->error_class));
        same("node_id", expected.node_id, actual->node_id);
        if (actual->message.find(expected.message) == std::string::npos)
            fail(place + ".message", "a text with " + text_of(Value{expected.message}),
                 text_of(Value{actual->message}));
    }

    /// By its path, or the first one of a node.
    const engine::NodeView* find_run(std::string_view target) const {
        const auto exact = std::ranges::find(runs_, target, &engine::NodeView::path);
        if (exact != runs_.end()) return &*exact;
        const engine::NodeView* first = nullptr;
        for (const engine::NodeView& run : runs_)
            if (run.id == target && (first == nullptr || begins_before(run, *first))) first = &run;
        return first;
    }

    /// The runs that may have been meant.
    std::string runs_like(std::string_view target) const {
        constexpr std::size_t named_max = 3;
        std::string names;
        std::size_t count = 0;
        for (const engine::NodeView& run : runs_) {
            if (run.id != node_of_path(target)) continue;
            if (++count <= named_max) names += (count == 1 ? "; there is " : ", ") + run.path;
        }
        return count > named_max ? names + " and others" : names;
    }

    static bool begins_before(const engine::NodeView& a, const engine::NodeView& b) {
        return a.execution_order != 0 &&
               (b.execution_order == 0 || a.execution_order < b.execution_order);
    }

    void judge_node(const format::NodeExpectation& expected) {
        const std::string place = "nodes." + expected.target;
        const engine::NodeView* const run = find_run(expected.target);
        if (run == nullptr)
            return fail("there is no run " + expected.target + runs_like(expected.target));
        if (expected.status && *expected.status != run->status) {
            std::string actual{core::to_text(run->status)};
            if (run->error) actual += ": " + failure_text(*run->error);
            fail(place + ".status", std::string{core::to_text(*expected.status)},
                 std::move(actual));
        }
        const engine::Plan& plan = rehearsed_.view.plan();
        const std::string outputs = place + ".outputs";
        if (expected.outputs)
            compare(*expected.outputs, outputs_of(*run, plan), Matching::whole, outputs);
        if (expected.contains)
            compare(*expected.contains, outputs_of(*run, plan), Matching::part, outputs);
        if (expected.input) compare(*expected.input, run->input, Matching::whole, place + ".input");
        if (expected.attempts && *expected.attempts != run->attempts.size())
            fail(place + ".attempts", std::to_string(*expected.attempts),
                 std::to_string(run->attempts.size()));
        if (expected.error) judge_error(*expected.error, last_error(*run), place + ".error");
    }

    /// A failed run's, or that of the last attempt which did not succeed.
    static std::optional<core::Failure> last_error(const engine::NodeView& run) {
        if (run.error) return run.error;
        for (auto attempt = run.attempts.rbegin(); attempt != run.attempts.rend(); ++attempt)
            if (attempt->error) return attempt->error;
        return std::nullopt;
    }

    std::optional<std::uint64_t> begin_of(std::string_view target) const {
        for (const core::Event& event : rehearsed_.events)
            if (event.type == core::EventType::node_started &&
                (event.path == target || event.node_id == target))
                return event.seq;
        return std::nullopt;
    }

    void judge_order() {
        std::uint64_t last = 0;
        std::string last_name;
        for (const std::string& target : expect_.order) {
            const std::optional<std::uint64_t> begin = begin_of(target);
            if (!begin) {
                fail("order: " + target + " did not start");
            } else if (*begin < last) {
                fail("order: " + target + " starts before " + last_name);
            } else {
                last = *begin;
                last_name = target;
            }
        }
    }

    void judge_calls(const format::CallsExpectation& expected) {
        std::vector<const OutsideCall*> made;
        for (const OutsideCall& call : rehearsed_.calls)
            if (goes_by(expected.target, call.workflow, call.path, call.node_id))
                made.push_back(&call);
        const std::string place = "calls." + expected.target;
        if (made.size() != expected.count)
            fail(place, counted(expected.count, "call"), counted(made.size(), "call"));
        const std::size_t common = std::min(made.size(), expected.requests.size());
        for (std::size_t i = 0; i < common; ++i)
            compare(expected.requests[i], made[i]->request, Matching::part,
                    place + "[" + std::to_string(i) + "]");
    }

    void judge_duration() {
        if (!expect_.duration) return;
        const auto& [min, max] = *expect_.duration;
        const core::Duration actual = duration_of(rehearsed_);
        if (actual >= min && actual <= max) return;
        std::string wanted = core::to_text(min);
        if (min != max)
            wanted = actual < min ? "at least " + wanted : "at most " + core::to_text(max);
        fail("duration", std::move(wanted), core::to_text(actual));
    }

    void judge_dead_letters() {
        if (!expect_.dead_letters) return;
        const auto& letters = rehearsed_.dead_letters;
        if (letters.size() != expect_.dead_letters->size())
            fail("dead_letters", counted(expect_.dead_letters->size(), "dead letter"),
                 counted(letters.size(), "dead letter"));
        for (std::size_t i = 0; i < std::min(letters.size(), expect_.dead_letters->size()); ++i) {
            const format::DeadLetterExpectation& expected = (*expect_.dead_letters)[i];
            const std::string place = "dead_letters[" + std::to_string(i) + "]";
            if (expected.path != letters[i].path)
                fail(place + ".path", text_of(expected.path), text_of(letters[i].path));
            if (!expected.code.empty() && expected.code != letters[i].failure.code)
                fail(place + ".code", expected.code, letters[i].failure.code);
        }
    }

    void judge_file(const format::FileExpectation& expected) {
        const std::string place = "files." + expected.name;
        std::ifstream file{folder_ / expected.name, std::ios::binary};
        if (expected.absent) {
            if (file) fail(place, "no such file", "there is one");
            return;
        }
        if (!file) return fail(place, "a file", "there is none");
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        if (expected.text && *expected.text != text)
            fail(place, text_of(Value{*expected.text}), text_of(Value{text}));
        if (expected.contains && text.find(*expected.contains) == std::string::npos)
            fail(place, "a text with " + text_of(Value{*expected.contains}), text_of(Value{text}));
        if (expected.lines) {
            auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
            if (!text.empty() && text.back() != '\n') ++lines;
            if (lines != *expected.lines)
                fail(place, counted(*expected.lines, "line"), counted(lines, "line"));
        }
        if (!expected.json) return;
        const auto json = format::read_json(text);
        if (!json) return fail(place, "JSON", one_line(json.error().message()));
        compare(*expected.json, *json, Matching::whole, place);
    }

    Value roots() const {
        const engine::ExecutionView& view = rehearsed_.view;
        std::vector<core::Member> ports;
        for (const engine::NodeView& node : view.nodes())
            ports.push_back({node.id, outputs_of(node, view.plan())});
        std::vector<core::Member> runs;
        for (const engine::NodeView& run : runs_)
            runs.push_back({run.path, engine::ExecutionView::node_value(run, view.plan())});
        std::vector<core::Member> execution;
        const Value body = view.to_value();
        std::ranges::copy(body.as_object(), std::back_inserter(execution));
        execution.push_back({"runs", Value::object(std::move(runs))});
        execution.push_back({"calls", calls_by_node(rehearsed_)});
        execution.push_back({"duration_ms", duration_of(rehearsed_).ms});
        std::vector<Value> events;
        for (const core::Event& event : rehearsed_.events)
            events.push_back(event.to_value());
        execution.push_back({"events", Value::array(std::move(events))});
        return Value::object({{"value", view.outputs()},
                              {"error", view.error() ? view.error()->to_value() : Value{}},
                              {"nodes", Value::object(std::move(ports))},
                              {"inputs", view.inputs()},
                              {"vars", view.variables()},
                              {"execution", Value::object(std::move(execution))}});
    }

    void judge_assertions() {
        if (expect_.assertions.empty()) return;
        const Value all = roots();
        for (const format::Assertion& assertion : expect_.assertions) {
            const std::string what = "assert " + one_line(assertion.expression);
            const auto code = compile_assertion(assertion.expression, host_);
            if (!code) {
                fail(what, "an expression", one_line(code.error().message()));
                continue;
            }
            const auto result = evaluate(*code, all);
            if (!result) {
                fail(what, "true", one_line(result.error().message));
            } else if (!expr::is_truthy(*result)) {
                std::string actual = result->undefined ? "undefined" : value_brief(result->value);
                const std::string read = operands_text(*code, all);
                fail(what, "true", actual + (read.empty() ? "" : ", where " + read));
            }
        }
    }

    const format::Expectations& expect_;
    const Rehearsed& rehearsed_;
    const std::filesystem::path& folder_;
    const expr::Host* host_;
    std::vector<engine::NodeView> runs_;
    std::vector<TestFailure> failures_;
};

}  // namespace

std::vector<TestFailure> judge(const format::Expectations& expect, const Rehearsed& rehearsed,
                               const std::filesystem::path& folder, const expr::Host* host) {
    return Judgement{expect, rehearsed, folder, host}.judge();
}

Value snapshot_of(const Rehearsed& rehearsed) {
    const engine::ExecutionView& view = rehearsed.view;
    std::vector<engine::NodeView> runs = view.nodes();
    std::ranges::move(view.scope_nodes(), std::back_inserter(runs));
    std::vector<core::Member> nodes;
    for (const engine::NodeView& run : runs) {
        core::ObjectBuilder object;
        object.set("status", core::to_text(run.status))
            .set("outputs", outputs_of(run, view.plan()));
        if (run.error) object.set("error", run.error->code);
        if (run.attempts.size() > 1)
            object.set("attempts", static_cast<std::int64_t>(run.attempts.size()));
        nodes.push_back({run.path, std::move(object).build()});
    }
    core::ObjectBuilder snapshot;
    snapshot.set("status", core::to_text(view.status())).set("outputs", view.outputs());
    if (view.error()) snapshot.set("error", view.error()->to_value());
    std::vector<Value> calls;
    for (const OutsideCall& call : rehearsed.calls) {
        const std::string inner = call.workflow.empty() ? "" : call.workflow + "/";
        calls.push_back(Value::object({{"path", inner + call.path}, {"request", call.request}}));
    }
    snapshot.set("nodes", Value::object(std::move(nodes)))
        .set("calls", Value::array(std::move(calls)))
        .set("duration_ms", duration_of(rehearsed).ms);
    return std::move(snapshot).build();
}

}  // namespace millrace::cli
