// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "engine_run.hpp"
#include "interpreter.hpp"

namespace millrace::reference {

/// How many documents had what; a comparison that never meets a feature proves nothing about it.
class Statistics {
public:
    void count(const core::Document& document, const Expectation& expected, const EngineRun& run);
    void print(std::size_t documents) const;
    /// The features of which less than one document in two hundred had any, in one line.
    std::string rare(std::size_t documents) const;

private:
    void count_document(const core::Document& document);
    void count_outcome(const Expectation& expected, const Observation& seen);
    void note(const std::string& feature, bool is_there = true) {
        counts_[feature] += is_there ? 1 : 0;
    }

    std::map<std::string, std::size_t> counts_;  // documents by feature
    std::map<core::NodeStatus, std::size_t> runs_;
    std::size_t certain_runs_ = 0;
};

}  // namespace millrace::reference
