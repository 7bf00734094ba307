// SPDX-License-Identifier: Apache-2.0
#include "compute.hpp"

#include <exception>
#include <utility>

#include "millrace/engine/pure_job.hpp"

namespace millrace::engine {

namespace {

/// What the expressions of a node over many items may burn together: `base` times what one
/// expression may, and so much more per element of what they work on.
struct ItemsFuel {
    std::uint64_t base;
    std::uint64_t per_element;
};
constexpr ItemsFuel inline_fuel{50, 1'000};  // half a second, in which the shard stands still
constexpr ItemsFuel job_fuel{1'000, 10'000};

std::uint64_t items_fuel(const Computation& computation) {
    std::uint64_t elements = 0;
    for (const core::Value& input : computation.inputs)
        elements += input.element_count();
    for (const expr::Operand& operand : computation.deferred)
        elements += operand.value.element_count();
    const ItemsFuel& given = computation.is_job ? job_fuel : inline_fuel;
    return computation.fuel * given.base + elements * given.per_element;
}

NodeOutcome evaluate(const Computation& computation) {
    expr::Fuel fuel{computation.fuel};
    auto data = computation.node.data.code.evaluate(computation.operands, fuel);
    if (!data) return std::move(data.error());
    std::vector<DeferredExpression> deferred;
    std::size_t first = 0;
    for (const BoundExpression& expression : computation.node.deferred) {
        const std::size_t count = expression.slots.size();
        deferred.push_back({&expression.code, computation.deferred.subspan(first, count),
                            expression.pointer, expression.locals});
        first += count;
    }
    expr::Fuel shared{deferred.empty() ? 0 : items_fuel(computation)};
    const NodeCall call{computation.inputs,
                        computation.labels,
                        *data,
                        computation.now,
                        deferred,
                        &fuel,
                        computation.fuel,
                        &shared,
                        computation.weight_max};
    return computation.node.definition->behaviour->start(call);
}

core::Failure exception_failure(const std::string& what) {
    core::Failure failure;
    failure.code = "exception";
    failure.message = "the node type threw an exception: " + what;
    return failure;
}

}  // namespace

NodeOutcome compute(const Computation& computation) {
    NodeOutcome outcome;
    // A node type may come from an embedding program; its exceptions end here.
    try {
        outcome = evaluate(computation);
    } catch (const std::exception& thrown) {
        outcome = exception_failure(thrown.what());
    } catch (...) {
        outcome = exception_failure("not a std::exception");
    }
    if (auto* failure = std::get_if<core::Failure>(&outcome))
        failure->node_id = computation.node.id;
    return outcome;
}

PureJob::PureJob(std::shared_ptr<const Plan> plan, core::NodeIndex node, core::Time now,
                 std::vector<expr::Operand> operands, std::vector<core::Value> inputs,
                 std::vector<std::string> labels, std::vector<expr::Operand> deferred,
                 std::uint64_t fuel, std::size_t weight_max)
    : plan_{std::move(plan)},
      node_{node},
      now_{now},
      operands_{std::move(operands)},
      inputs_{std::move(inputs)},
      labels_{std::move(labels)},
      deferred_{std::move(deferred)},
      fuel_{fuel},
      weight_max_{weight_max} {}

std::variant<Emit, core::Failure> PureJob::run() const {
    const std::vector<std::string_view> labels{labels_.begin(), labels_.end()};
    NodeOutcome outcome = compute({plan_->node(node_), operands_, inputs_, labels, deferred_, now_,
                                   fuel_, weight_max_, true});
    auto* emit = std::get_if<Emit>(&outcome);
    // A Completion holds no response: what it was would be lost without a word.
    const bool responds = emit != nullptr && !emit->response.is_null();
    if (emit != nullptr && !responds) return std::move(*emit);
    if (auto* failure = std::get_if<core::Failure>(&outcome)) return std::move(*failure);
    core::Failure failure;
    failure.code = "not_pure";
    failure.node_id = plan_->node(node_).id;
    failure.message = responds
                          ? "a node type that answers the caller must be declared `stays_inline`"
                          : "a node type that is declared pure may only emit values or fail";
    return failure;
}

}  // namespace millrace::engine
