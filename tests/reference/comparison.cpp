// SPDX-License-Identifier: Apache-2.0
#include "comparison.hpp"

#include <algorithm>

#include "effects.hpp"
#include "millrace/core/json.hpp"

namespace millrace::reference {
namespace {

using core::Failure;
using core::NodeStatus;
using core::Value;

constexpr std::size_t text_max = 300;

std::string shortened(std::string text) {
    if (text.size() > text_max) text = text.substr(0, text_max) + "…";
    return text;
}

Value value_of(const Outputs& outputs) {
    std::vector<core::Member> members;
    for (const auto& [port, value] : outputs)
        members.push_back({port, comparable(value)});
    return Value::object(std::move(members));
}

Value value_of(const std::optional<Failure>& failure) {
    return failure ? comparable(failure->to_value()) : Value{};
}

std::string text_of(NodeStatus status, std::uint32_t attempts, const Outputs& outputs,
                    const std::optional<Failure>& failure, const std::string& recovered_by) {
    std::string text = std::string{to_text(status)} + " #" + std::to_string(attempts);
    if (!recovered_by.empty()) text += " by " + recovered_by;
    if (failure) text += " " + shortened(core::to_json(value_of(failure)));
    if (failure && outputs.empty()) return text;
    return text + " " + shortened(core::to_json(value_of(outputs)));
}

std::string text_of(const Outcome& outcome) {
    return text_of(outcome.status, outcome.attempts, outcome.outputs, outcome.failure,
                   outcome.recovered_by);
}

std::string text_of(const ObservedRun& run) {
    return text_of(run.status, run.attempts, run.outputs, run.failure, run.recovered_by);
}

std::string text_of(const ExpectedRun& expected) {
    std::string text = expected.is_certain ? "" : "perhaps ";
    text += expected.outcome ? text_of(*expected.outcome) : "canceled";
    for (const Outcome& other : expected.others)
        text += " or " + text_of(other);
    return text;
}

bool is_equal(const Outcome& expected, const ObservedRun& seen) {
    if (expected.status != seen.status || expected.attempts != seen.attempts) return false;
    if (expected.recovered_by != seen.recovered_by) return false;
    if (value_of(expected.failure) != value_of(seen.failure)) return false;
    return !seen.has_outputs || value_of(expected.outputs) == value_of(seen.outputs);
}

/// How far a run may have come that was ended in the middle.
bool may_be_cut(const Outcome& expected, const ObservedRun& seen) {
    if (seen.attempts > expected.attempts) return false;
    if (seen.status == NodeStatus::canceled) return true;
    return seen.status == NodeStatus::failed &&
           std::ranges::any_of(expected.attempt_failures, [&](const Failure& failure) {
               return value_of(std::optional{failure}) == value_of(seen.failure);
           });
}

bool is_allowed(const ExpectedRun& expected, const ObservedRun& seen) {
    if (expected.is_certain) return expected.outcome && is_equal(*expected.outcome, seen);
    if (!expected.outcome && seen.status == NodeStatus::canceled) return true;
    const auto fits = [&](const Outcome& outcome) {
        return is_equal(outcome, seen) || may_be_cut(outcome, seen);
    };
    return (expected.outcome && fits(*expected.outcome)) ||
           std::ranges::any_of(expected.others, fits);
}

void compare_runs(const ExpectedRuns& expected, const std::map<std::string, ObservedRun>& seen,
                  const std::string& where, std::vector<std::string>& lines) {
    for (const auto& [path, run] : seen) {
        const auto found = expected.find(path);
        if (found == expected.end()) {
            lines.push_back(where + path + ": expected no run, got " + text_of(run));
        } else if (!is_allowed(found->second, run)) {
            lines.push_back(where + path + ": expected " + text_of(found->second) + ", got " +
                            text_of(run));
        }
    }
    for (const auto& [path, run] : expected)
        if (run.is_certain && !seen.contains(path))
            lines.push_back(where + path + ": expected " + text_of(run) + ", got no run");
}

/// The id of the container that a path or the path of its scope ends with.
std::string container_of(const std::string& path) {
    const std::string id = path.substr(path.find_last_of(".:") + 1);
    return id.substr(0, id.find('#'));
}

void require_bounds(const core::Document& document, const Observation& seen,
                    std::vector<std::string>& lines) {
    for (const auto& [path, most] : seen.most_live) {
        const auto loop =
            std::ranges::find(document.nodes, container_of(path), &core::NodeSpec::id);
        const Value* const given = loop->data.find("concurrency");
        const std::int64_t bound = given == nullptr ? 1 : given->as_integer();
        if (most > bound)
            lines.push_back(path + ": expected at most " + std::to_string(bound) +
                            " iterations at once, got " + std::to_string(most));
    }
}

/// A body that has begun is cleaned up after, however it ends.
void require_cleanups(const core::Document& document, const Observation& seen,
                      std::vector<std::string>& lines) {
    for (const auto& [path, scope] : seen.scopes) {
        if (!scope.outcome) lines.push_back("scope " + path + " never closed");
        if (path.ends_with(']') || path.ends_with('!')) continue;
        const std::string id = container_of(path);
        const bool has_cleanup =
            std::ranges::any_of(document.connections, [&](const core::ConnectionSpec& connection) {
                return connection.from == core::PortRef{id, "finally"};
            });
        if (has_cleanup && !seen.scopes.contains(path + "!"))
            lines.push_back("scope " + path + " was never cleaned up after");
    }
}

}  // namespace

std::vector<std::string> differences(const core::Document& document, const Expectation& expected,
                                     const EngineRun& run) {
    const Observation& seen = run.seen;
    std::vector<std::string> lines;
    const std::string status{to_text(expected.status)};
    if (seen.status != expected.status)
        lines.push_back("the execution: expected " + status + ", got " +
                        std::string{to_text(seen.status.value_or(core::ExecutionStatus::running))});
    if (value_of(expected.failure) != value_of(seen.failure))
        lines.push_back("its failure: expected " + core::to_json(value_of(expected.failure)) +
                        ", got " + core::to_json(value_of(seen.failure)));
    if (comparable(expected.outputs) != comparable(seen.outputs))
        lines.push_back("its outputs: expected " +
                        shortened(core::to_json(comparable(expected.outputs))) + ", got " +
                        shortened(core::to_json(comparable(seen.outputs))));
    if (expected.generations.size() != seen.generations.size())
        lines.push_back("tries: expected " + std::to_string(expected.generations.size()) +
                        ", got " + std::to_string(seen.generations.size()));
    const std::size_t tries = std::min(expected.generations.size(), seen.generations.size());
    for (std::size_t i = 0; i < tries; ++i)
        compare_runs(expected.generations[i], seen.generations[i], "", lines);
    compare_runs(expected.generations.back(), run.viewed, "in the view ", lines);
    for (const std::string& path : seen.misordered)
        lines.push_back(path + ": expected to be undone after what completed later");
    require_cleanups(document, seen, lines);
    require_bounds(document, seen, lines);
    return lines;
}

}  // namespace millrace::reference
