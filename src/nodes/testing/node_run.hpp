// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "behaviours.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/node.hpp"

namespace millrace::nodes::testing {

/// The value of a JSON text that is known to be right.
inline core::Value json(std::string_view text) {
    return core::parse_json(text).value();
}

inline constexpr core::Time test_time{1'700'000'000'000};

/// Starts a behaviour as the engine would: `data` is evaluated already.
struct NodeRun {
    core::Value data = core::Value::object({});
    core::Value input;
    std::vector<std::string_view> labels;

    engine::NodeOutcome start(const Behaviour& behaviour) const {
        const engine::NodeCall call{
            .inputs = {&input, 1}, .labels = labels, .data = data, .now = test_time};
        return behaviour->start(call);
    }
};

/// The value at the first output; a null that is called so where the outcome is another.
inline core::Value out_of(const engine::NodeOutcome& outcome) {
    const auto* emit = std::get_if<engine::Emit>(&outcome);
    if (emit == nullptr || emit->ports.size() != 1 || emit->ports[0].port.value != 0) {
        return "the outcome is no value at the first output";
    }
    return emit->ports[0].value;
}

inline core::Failure failure_of(const engine::NodeOutcome& outcome) {
    const auto* failure = std::get_if<core::Failure>(&outcome);
    return failure == nullptr ? core::Failure{} : *failure;
}

/// `code path` of every problem that `check` finds.
inline std::vector<std::string> problems_of(const Behaviour& behaviour, std::string_view data) {
    core::Problems problems;
    behaviour->check(json(data), "/data", problems);
    std::vector<std::string> texts;
    for (const core::Problem& problem : problems) {
        texts.push_back(std::string{core::to_text(problem.code)} + " " + problem.path);
    }
    return texts;
}

}  // namespace millrace::nodes::testing
