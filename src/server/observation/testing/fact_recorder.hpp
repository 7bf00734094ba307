// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "millrace/core/status.hpp"
#include "observation/facts.hpp"

namespace millrace::server::testing {

/// Writes down what it is told, a line for each fact.
class FactRecorder final : public FactSink {
public:
    void on_created(const ObservedExecution& execution) override {
        lines.push_back("created " + std::string{execution.workflow_id} + " by " +
                        std::string{execution.trigger_type});
    }
    void on_node(const NodeFact& fact) override {
        std::string line = std::string{to_text(fact.status)} + " " + std::string{fact.path};
        if (fact.attempts > 0) line += " attempts " + std::to_string(fact.attempts);
        if (fact.retries > 0) line += " retries " + std::to_string(fact.retries);
        if (fact.duration().ms > 0) line += " ms " + std::to_string(fact.duration().ms);
        for (const AttemptFact& attempt : fact.finished)
            if (attempt.error) line += " after " + attempt.error->code;
        if (fact.error != nullptr) line += " error " + fact.error->code;
        lines.push_back(line);
    }
    void on_ended(const ExecutionFact& fact) override {
        std::string line = "ended " + std::string{to_text(fact.status)};
        if (fact.duration().ms > 0) line += " ms " + std::to_string(fact.duration().ms);
        if (fact.error != nullptr) line += " error " + fact.error->code;
        lines.push_back(line);
    }
    void on_position(store::FeedPosition position) override { place = position; }
    void on_gap(store::FeedPosition) override { lines.emplace_back("gap"); }

    std::vector<std::string> take() { return std::exchange(lines, {}); }

    std::vector<std::string> lines;
    store::FeedPosition place;
};

}  // namespace millrace::server::testing
