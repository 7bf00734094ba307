// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "behaviours.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/expr/expression.hpp"

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

    /// The same with the `key`s of the elements of `data[list]` as deferred expressions, in which
    /// `input` is in scope. The behaviour sees `data` without them.
    engine::NodeOutcome start_with_deferred(const Behaviour& behaviour, std::string_view list,
                                            std::string_view key) const {
        std::vector<expr::Expression> code;
        std::vector<core::Value> kept;
        for (const core::Value& element : data.find(list)->as_array()) {
            std::vector<core::Member> members;
            for (const core::Member& member : element.as_object()) {
                if (member.key != key) {
                    members.push_back(member);
                    continue;
                }
                const std::string source = member.value.is_string()
                                               ? std::string{member.value.as_string()}
                                               : core::to_json(member.value);
                code.push_back(
                    expr::Expression::compile(source, expr::RootSet{expr::Root::input}).value());
            }
            kept.push_back(core::Value::object(std::move(members)));
        }
        core::ObjectBuilder seen;
        for (const core::Member& member : data.as_object())
            seen.set(member.key, member.key == list ? core::Value::array(kept) : member.value);
        const core::Value evaluated = std::move(seen).build();
        const std::vector<expr::Operand> operands{{input}};
        std::vector<engine::DeferredExpression> deferred;
        for (const expr::Expression& one : code)
            deferred.push_back({&one, std::span{operands}.first(one.references().size())});
        expr::Fuel fuel;
        return behaviour->start({.inputs = {&input, 1},
                                 .labels = labels,
                                 .data = evaluated,
                                 .now = test_time,
                                 .deferred = deferred,
                                 .fuel = &fuel});
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
