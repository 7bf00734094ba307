// SPDX-License-Identifier: Apache-2.0
#include "statistics.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

namespace millrace::reference {
namespace {

using OnError = core::NodeOnError::Kind;

bool has_key(const core::NodeSpec& node, const char* key) {
    return node.data.find(key) != nullptr;
}

std::string text_of(engine::ScopeOutcome outcome) {
    switch (outcome) {
        case engine::ScopeOutcome::completed: return "completed";
        case engine::ScopeOutcome::failed: return "failed";
        case engine::ScopeOutcome::canceled: return "canceled";
    }
    return {};
}

bool scope_is(const Observation& seen, const std::string& path, engine::ScopeOutcome outcome) {
    const auto scope = seen.scopes.find(path);
    return scope != seen.scopes.end() && scope->second.outcome == outcome;
}

void add_loop_features(const core::NodeSpec& node, std::set<std::string>& found) {
    found.insert("loops");
    for (const char* key : {"over", "times", "while", "break", "batch_size", "concurrency",
                            "continue_on_error", "aggregate", "max_iterations"})
        if (has_key(node, key)) found.insert(std::string{"loops with "} + key);
    if (node.retry) found.insert("containers with retry");
}

void add_failure_features(const core::NodeSpec& node, std::set<std::string>& found) {
    if (node.retry) found.insert("retries");
    if (node.timeout) found.insert("timeouts");
    if (!node.compensate.empty()) found.insert("nodes that may be undone");
    if (node.on_error.kind == OnError::fallback) found.insert("fallbacks");
    if (node.on_error.kind == OnError::default_value) found.insert("defaults");
    if (node.on_error.kind == OnError::proceed) found.insert("continue");
    if (node.on_error.kind == OnError::stop) found.insert("stop");
}

}  // namespace

void Statistics::count(const core::Document& document, const Expectation& expected,
                       const EngineRun& run) {
    count_document(document);
    count_outcome(expected, run.seen);
    note("executions that crashed", run.crashes > 0);
    note("executions that were parked", run.parkings > 0);
    note("executions that undid something", run.seen.undone > 0);
    note("executions that undid several runs", run.seen.undone > 1);
}

void Statistics::count_document(const core::Document& document) {
    std::set<std::string> found;
    std::set<std::string> containers;
    for (const core::NodeSpec& node : document.nodes) {
        add_failure_features(node, found);
        if (node.type == "flow.loop") add_loop_features(node, found);
        if (node.type == "flow.try") found.insert("tries");
        if (node.type == "flow.switch") found.insert("switches");
        if (node.type == "flow.switch" && has_key(node, "mode"))
            found.insert(*node.data.find("mode") == core::Value{"all"} ? "switches to all cases"
                                                                       : "switches to the first");
        if (node.type == "test.if") found.insert("ifs");
        if (node.type == "test.merge" || node.type == "test.labels") found.insert("merges");
        if (node.type == "test.effect") found.insert("effects");
        if (node.type == "test.delay") found.insert("delays");
        if (node.type == "flow.loop" || node.type == "flow.try") {
            containers.insert(node.id);
            if (node.retry) found.insert("containers with retry");
            if (!node.parent.empty()) found.insert("nested containers");
        }
    }
    for (const core::ConnectionSpec& connection : document.connections) {
        if (!connection.filter.empty()) found.insert("filters");
        if (!connection.transform.empty()) found.insert("transforms");
        if (connection.from.port == "finally") found.insert("clean-ups");
        if (connection.from.port == "error")
            found.insert(containers.contains(connection.from.node) ? "error ports of containers"
                                                                   : "error ports");
    }
    for (const std::string& feature : found)
        note(feature);
}

void Statistics::count_outcome(const Expectation& expected, const Observation& seen) {
    note("executions that completed", expected.status == core::ExecutionStatus::completed);
    note("executions that failed", expected.status == core::ExecutionStatus::failed);
    note("workflows tried again", seen.generations.size() > 1);
    std::set<std::string> found;
    for (const ExpectedRuns& runs : expected.generations) {
        for (const auto& [path, run] : runs) {
            if (path.find('#') != std::string::npos) found.insert("containers run again");
            if (!run.outcome) continue;
            if (run.outcome->attempts > 1) found.insert("runs tried again");
            if (!run.outcome->recovered_by.empty()) found.insert("runs recovered");
            if (run.outcome->status == core::NodeStatus::failed) found.insert("runs failed");
            if (run.is_certain) ++certain_runs_;
        }
    }
    for (const auto& runs : seen.generations)
        for (const auto& [path, run] : runs)
            ++runs_[run.status];
    for (const auto& [path, scope] : seen.scopes) {
        const std::string kind = path.ends_with(']')   ? "iterations "
                                 : path.ends_with('!') ? "clean-ups "
                                                       : "bodies of tries ";
        if (scope.outcome) found.insert(kind + text_of(*scope.outcome));
        if (path.ends_with('!') &&
            scope_is(seen, path.substr(0, path.size() - 1), engine::ScopeOutcome::canceled))
            found.insert("clean-ups of canceled bodies");
    }
    for (const std::string& feature : found)
        note(feature);
}

void Statistics::print(std::size_t documents) const {
    for (const auto& [feature, count] : counts_)
        std::printf("  %-30s %6zu  %3zu %%\n", feature.c_str(), count,
                    documents == 0 ? 0 : count * 100 / documents);
    std::printf("  runs:");
    for (const auto& [status, count] : runs_)
        std::printf(" %zu %s,", count, std::string{to_text(status)}.c_str());
    std::printf(" %zu certain whatever the timing\n", certain_runs_);
}

std::string Statistics::rare(std::size_t documents) const {
    std::string names;
    for (const auto& [feature, count] : counts_)
        if (count * 200 < documents) names += (names.empty() ? "" : ", ") + feature;
    return names;
}

}  // namespace millrace::reference
