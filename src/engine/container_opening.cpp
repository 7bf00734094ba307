// SPDX-License-Identifier: Apache-2.0
#include "container_opening.hpp"

#include <algorithm>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "size_limits.hpp"
#include "slots.hpp"

namespace millrace::engine {
namespace {

using core::Value;

constexpr std::uint32_t iterations_max_default = 100'000;
constexpr std::int64_t count_max = 100'000'000;

core::Failure bad_loop(std::string message) {
    return validation_failure("bad_loop", std::move(message));
}

core::Failure too_many(std::uint64_t count, std::uint32_t most) {
    core::Failure failure;
    failure.code = "max_iterations";
    failure.error_class = core::ErrorClass::limit;
    failure.message = "the loop has " + std::to_string(count) + " iterations, more than its " +
                      "max_iterations of " + std::to_string(most);
    return failure;
}

/// A whole number of the loop's data, at least `least`.
std::expected<std::uint32_t, core::Failure> number(const Value& data, std::string_view key,
                                                   std::uint32_t least, std::uint32_t otherwise) {
    const Value* const given = data.find(key);
    if (given == nullptr || given->is_null()) return otherwise;
    const bool fits =
        given->is_integer() && given->as_integer() >= least && given->as_integer() <= count_max;
    if (fits) return static_cast<std::uint32_t>(given->as_integer());
    return std::unexpected(bad_loop(
        "`" + std::string{key} + "` must be a whole number of at least " + std::to_string(least)));
}

bool flag(const Value& data, std::string_view key, bool otherwise) {
    const Value* const given = data.find(key);
    return given == nullptr || !given->is_bool() ? otherwise : given->as_bool();
}

std::expected<ContainerOpened, core::Failure> opening(const PlanNode& node, const Value& data) {
    ContainerOpened opened;
    if (node.container->kind == core::ContainerKind::attempt) return opened;
    const auto most = number(data, "max_iterations", 1, iterations_max_default);
    const auto concurrency = number(data, "concurrency", 1, 1);
    const auto batch_size = number(data, "batch_size", 1, 0);
    if (!most) return std::unexpected(most.error());
    if (!concurrency) return std::unexpected(concurrency.error());
    if (!batch_size) return std::unexpected(batch_size.error());
    opened.concurrency = *concurrency;
    opened.batch_size = *batch_size;
    opened.continues_on_error = flag(data, "continue_on_error", false);
    opened.aggregates = flag(data, "aggregate", true);
    if (node.container->condition) {
        opened.is_conditional = true;
        opened.total = *most;
        return opened;
    }
    std::uint64_t total = 0;
    if (const Value* items = data.find("over")) {
        if (!items->is_array()) {
            return std::unexpected(
                bad_loop("`over` must give an array, not " + std::string{core::kind_name(*items)}));
        }
        const std::size_t each = std::max<std::uint32_t>(*batch_size, 1);
        total = (items->size() + each - 1) / each;
        opened.items = *items;
    } else if (data.find("times") != nullptr) {
        const auto times = number(data, "times", 0, 0);
        if (!times) return std::unexpected(times.error());
        total = *times;
    } else {
        // The document has one of them; what is undefined leaves no trace in the data.
        return std::unexpected(bad_loop("`over` or `times` is undefined"));
    }
    if (total > *most) return std::unexpected(too_many(total, *most));
    opened.total = static_cast<std::uint32_t>(total);
    return opened;
}

std::expected<ContainerOpened, core::Failure> evaluate(Turn& turn, RunRef run) {
    const PlanNode& node = turn.node(run.node);
    turn.scratch.operands.clear();
    read_slots(turn, node.data.slots, SlotOwner::of(run), turn.scratch.operands);
    expr::Fuel fuel{turn.limits.expression_fuel};
    auto data = node.data.code.evaluate(turn.scratch.operands, fuel);
    if (!data) return std::unexpected(std::move(data.error()));
    if (is_too_large(*data, turn.limits)) return std::unexpected(too_large_failure(turn.limits));
    return opening(node, *data);
}

}  // namespace

void open_container(Turn& turn, RunRef run) {
    auto opened = evaluate(turn, run);
    if (opened) {
        opened->run = turn.key(run);
        turn.record(*std::move(opened));
        return;
    }
    core::Failure failure = std::move(opened.error());
    failure.node_id = turn.node(run.node).id;
    failure.attempt = turn.run(run).attempt;
    turn.record(AttemptFailed{turn.key(run), failure.attempt, failure, ""});
}

}  // namespace millrace::engine
