// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "effects.hpp"
#include "millrace/core/document.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/status.hpp"
#include "millrace/core/value.hpp"

// What a workflow document means, written for obviousness: recursive, without plan, records,
// time or anything else of the engine, which is compared with it. Each rule is one short function.
namespace millrace::reference {

/// Values by the name of the output port that they leave by.
using Outputs = std::map<std::string, core::Value>;

/// What became of one run.
struct Outcome {
    core::NodeStatus status = core::NodeStatus::completed;
    Outputs outputs;
    std::optional<core::Failure> failure;
    std::string recovered_by;  ///< `default` or the fallback's id
    std::uint32_t attempts = 0;
    /// Of each attempt that failed, also of those before the last.
    std::vector<core::Failure> attempt_failures;
    bool stops_scope = false;
};

/// What may be seen of one run.
struct ExpectedRun {
    /// None: something before it never ended, so that it was canceled without having started.
    std::optional<Outcome> outcome;
    /// False where a failure or a break elsewhere ended its scope, and time decides how far the
    /// run had come: it may be absent, canceled, or failed with any of its attempts' failures.
    bool is_certain = true;
    /// It undoes another run: nothing cuts that short.
    bool undoes = false;
    /// In a clean-up: what else may come out when the body was canceled.
    std::vector<Outcome> others;
};

/// By path: `charge`, `loop[3].charge`, `outer[2].guard#2.charge`.
using ExpectedRuns = std::map<std::string, ExpectedRun>;

struct Expectation {
    core::ExecutionStatus status = core::ExecutionStatus::completed;
    core::Value outputs;
    std::optional<core::Failure> failure;
    /// One for each time that the workflow as a whole was tried.
    std::vector<ExpectedRuns> generations;
};

/// Answers what depends on time alone, so that a document has one meaning given these answers.
/// Scopes are named by their paths: empty for the top level, `loop[3]`, `guard`; the clean-up part
/// of a try is `guard!`. Paths of later generations begin with `1:`, `2:`, ….
class Timing {
public:
    virtual ~Timing() = default;
    /// Which of these runs, each of which may stop their scope, did so first.
    virtual std::size_t first_to_stop(const std::string& scope,
                                      const std::vector<std::string>& runs) = 0;
    /// Which of these iterations, each of which may end its loop, did so first.
    virtual std::size_t first_to_end_loop(const std::string& loop,
                                          const std::vector<std::string>& iterations) = 0;
    /// Whether this iteration had come to its end before its loop was ended by another one.
    virtual bool had_ended(const std::string& iteration) = 0;
    /// Whether this run, which has something to be undone, had completed when its scope failed.
    virtual bool had_completed(const std::string& run) = 0;
};

/// All in the document's order; what can be complete by then, is.
class InOrder final : public Timing {
public:
    std::size_t first_to_stop(const std::string&, const std::vector<std::string>&) override {
        return 0;
    }
    std::size_t first_to_end_loop(const std::string&, const std::vector<std::string>&) override {
        return 0;
    }
    bool had_ended(const std::string&) override { return true; }
    bool had_completed(const std::string&) override { return true; }
};

/// What happens when the document, which compiles, is started at node `start` with this input.
Expectation interpret(const core::Document& document, const core::Value& input,
                      const Effects& effects, Timing& timing);

}  // namespace millrace::reference
