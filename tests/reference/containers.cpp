// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "interpretation.hpp"

// Loops and tries.

namespace millrace::reference {
namespace {

/// A later attempt of a container has paths of its own.
std::string element_of(const std::string& prefix, const NodeSpec& container,
                       std::uint32_t attempt) {
    return prefix + container.id + (attempt == 1 ? "" : "#" + std::to_string(attempt));
}

std::string iteration_path(const std::string& element, std::int64_t index) {
    return element + "[" + std::to_string(index) + "]";
}

Failure failure_of(core::ErrorClass error_class, std::string code, std::string message) {
    Failure failure;
    failure.error_class = error_class;
    failure.code = std::move(code);
    failure.message = std::move(message);
    return failure;
}

Value optional_value(const std::optional<Value>& value) {
    return value ? *value : Value{};
}

/// Elements in groups of `size`; zero: as they are.
std::vector<Value> in_batches(const std::vector<Value>& elements, std::size_t size) {
    if (size == 0) return elements;
    std::vector<Value> batches;
    for (std::size_t first = 0; first < elements.size(); first += size) {
        const std::size_t end = std::min(first + size, elements.size());
        batches.push_back(Value::array({elements.begin() + static_cast<std::ptrdiff_t>(first),
                                        elements.begin() + static_cast<std::ptrdiff_t>(end)}));
    }
    return batches;
}

/// The results by index, or how many there were.
Outputs done(const LoopPlan& plan, const std::map<std::int64_t, Iteration>& ended) {
    std::vector<Value> results;
    std::int64_t failed = 0;
    for (const auto& [index, iteration] : ended) {
        if (iteration.end.failure) ++failed;
        if (iteration.end.result) results.push_back(*iteration.end.result);
    }
    if (plan.aggregates) return {{"done", Value::array(std::move(results))}};
    const auto count = static_cast<std::int64_t>(ended.size());
    return {
        {"done", Value::object(
                     {{"iterations", count}, {"completed", count - failed}, {"failed", failed}})}};
}

std::string text_of(const Value& data, const std::string& key) {
    const Value* const found = data.find(key);
    if (found == nullptr) return {};
    if (found->is_bool()) return found->as_bool() ? "true" : "false";
    return std::string{found->as_string()};
}

}  // namespace

// ---- Loops ---------------------------------------------------------------------------------

AttemptResult Interpretation::run_loop(const NodeSpec& loop, Scope& scope, const Call& call,
                                       std::uint32_t number) {
    const auto planned = plan_loop(loop, call);
    if (const auto* failure = std::get_if<Failure>(&planned)) return *failure;
    const auto& plan = std::get<LoopPlan>(planned);
    const std::string element = element_of(scope.prefix, loop, number);
    return plan.condition.empty() ? run_items(plan, loop, scope, call, element)
                                  : run_while(plan, loop, scope, call, element);
}

std::variant<LoopPlan, Failure> Interpretation::plan_loop(const NodeSpec& loop,
                                                          const Call& call) const {
    LoopPlan plan;
    const auto number = [&](const char* key, std::int64_t otherwise) {
        const Value given = call.field(key);
        return given.is_null() ? otherwise : given.as_integer();
    };
    plan.condition = text_of(loop.data, "while");
    plan.leave = text_of(loop.data, "break");
    plan.iterations_max = number("max_iterations", plan.iterations_max);
    plan.concurrency = static_cast<std::size_t>(number("concurrency", 1));
    plan.continues_on_error = call.field("continue_on_error") == Value{true};
    plan.aggregates = call.field("aggregate") != Value{false};
    if (!plan.condition.empty()) return plan;
    const Value over = call.field("over");
    if (call.data.find("over") != nullptr && !over.is_array())
        return failure_of(core::ErrorClass::validation, "bad_loop",
                          "`over` must give an array, not " + std::string{core::kind_name(over)});
    if (over.is_array()) {
        const auto elements = over.as_array();
        plan.items = in_batches({elements.begin(), elements.end()},
                                static_cast<std::size_t>(number("batch_size", 0)));
    } else {
        const Value times = call.field("times");
        if (!times.is_integer() || times.as_integer() < 0)
            return failure_of(core::ErrorClass::validation, "bad_loop",
                              "`times` must be a whole number of at least 0");
        for (std::int64_t i = 0; i < times.as_integer(); ++i)
            plan.items.emplace_back(i);
    }
    const auto count = static_cast<std::int64_t>(plan.items.size());
    if (count > plan.iterations_max)
        return failure_of(core::ErrorClass::limit, "max_iterations",
                          "the loop has " + std::to_string(count) +
                              " iterations, more than its max_iterations of " +
                              std::to_string(plan.iterations_max));
    return plan;
}

/// One iteration; `item` is what it is about.
Iteration Interpretation::run_iteration(const LoopPlan& plan, const NodeSpec& loop,
                                        const Scope& scope, const Call& call,
                                        const std::string& element, std::int64_t index,
                                        const Value& item) {
    Scope body;
    body.path = iteration_path(element, index);
    body.prefix = body.path + ".";
    body.container = &loop;
    body.outer = &scope;
    body.entry = item;
    body.is_iteration = true;
    body.index = index;
    Iteration iteration;
    iteration.end = run_scope(body);
    if (iteration.end.failure) {
        iteration.ends_with_failure = !plan.continues_on_error;
    } else if (!plan.leave.empty()) {
        const Value value = optional_value(iteration.end.result);
        const auto leaves = ask_loop(plan.leave, scope, call, value, index);
        iteration.leaves = leaves && *leaves;
        if (!leaves) iteration.end.failure = leaves.error();
        iteration.ends_with_failure = !leaves;
    }
    return iteration;
}

/// The loop's own conditions stand in the scope around it; `value` is a result.
std::expected<bool, Failure> Interpretation::ask_loop(const std::string& condition,
                                                      const Scope& scope, const Call& call,
                                                      const Value& value,
                                                      std::int64_t index) const {
    const Names outside = names_of(scope, call, nullptr);
    return is_true(condition, [&](const expr::Reference& reference) {
        if (reference.root == expr::Root::value) return value;
        if (reference.root == expr::Root::index) return Value{index};
        return outside(reference);
    });
}

/// One after the other, as long as the condition is true of the last result, at first of `in`.
AttemptResult Interpretation::run_while(const LoopPlan& plan, const NodeSpec& loop, Scope& scope,
                                        const Call& call, const std::string& element) {
    std::map<std::int64_t, Iteration> ended;
    Value last = call.input();
    for (std::int64_t index = 0;; ++index) {
        const auto goes_on = ask_loop(plan.condition, scope, call, last, index);
        if (!goes_on) return goes_on.error();
        if (!*goes_on) return done(plan, ended);
        if (index == plan.iterations_max)
            return failure_of(core::ErrorClass::limit, "max_iterations",
                              "the loop's condition still holds after its max_iterations of " +
                                  std::to_string(plan.iterations_max));
        const Iteration iteration = run_iteration(plan, loop, scope, call, element, index, last);
        if (iteration.ends_with_failure) return *iteration.end.failure;
        ended[index] = iteration;
        if (iteration.leaves) return done(plan, ended);
        if (!iteration.end.failure) last = optional_value(iteration.end.result);
    }
}

/// Side by side, `concurrency` at most. Iterations start in order, and one that ends the loop
/// makes no room for another, so that so many of those can have begun. The first of them ends it;
/// of the others, those that had completed by then count.
AttemptResult Interpretation::run_items(const LoopPlan& plan, const NodeSpec& loop, Scope& scope,
                                        const Call& call, const std::string& element) {
    std::map<std::int64_t, Iteration> all;
    std::vector<std::int64_t> endings;
    std::vector<std::string> names;
    const auto total = static_cast<std::int64_t>(plan.items.size());
    for (std::int64_t i = 0; i < total && endings.size() < plan.concurrency; ++i) {
        all[i] = run_iteration(plan, loop, scope, call, element, i,
                               plan.items[static_cast<std::size_t>(i)]);
        if (!all[i].ends_loop()) continue;
        endings.push_back(i);
        names.push_back(timed(iteration_path(element, i)));
    }
    if (endings.empty()) return done(plan, all);
    const std::int64_t first = endings[timing_.first_to_end_loop(timed(element), names)];
    std::map<std::int64_t, Iteration> ended;
    for (const auto& [index, iteration] : all) {
        const std::string path = iteration_path(element, index);
        const bool may_count = index == first || !iteration.ends_with_failure;
        if (may_count && (index == first || timing_.had_ended(timed(path)))) {
            ended[index] = iteration;
        } else {
            mark_uncertain(path);
            if (!timing_.had_ended(timed(path))) undo_within(path);
        }
    }
    if (all[first].ends_with_failure) return *all[first].end.failure;
    return done(plan, ended);
}

// ---- Tries ---------------------------------------------------------------------------------

/// The body, then the clean-up, whatever became of the body; what the clean-up fails with counts
/// more than what the body failed with.
AttemptResult Interpretation::run_try(const NodeSpec& guard, Scope& scope, const Call& call,
                                      std::uint32_t number) {
    const std::string element = element_of(scope.prefix, guard, number);
    Scope body;
    body.path = element;
    body.prefix = element + ".";
    body.container = &guard;
    body.outer = &scope;
    body.entry = call.input();
    ScopeEnd end = run_scope(body);
    const auto given = [&](const char* status, const Value& result, const Value& error) {
        return Value::object(
            {{"status", status}, {"result", result}, {"error", error}, {"input", call.input()}});
    };
    if (!nodes_of_cleanup(guard).empty()) {
        const ExpectedRuns others = std::exchange(runs_, {});
        run_cleanup(guard, scope, element, given("canceled", {}, {}));
        canceled_cleanups_[element + "!"] = std::exchange(runs_, others);
        const ScopeEnd cleanup =
            run_cleanup(guard, scope, element,
                        end.failure ? given("failed", {}, end.failure->to_value())
                                    : given("completed", optional_value(end.result), {}));
        if (cleanup.failure) {
            Failure failure = *cleanup.failure;
            if (end.failure) failure.cause = std::make_shared<Failure>(*end.failure);
            end.failure = failure;
        }
    }
    if (end.failure) return *end.failure;
    return Outputs{{"done", optional_value(end.result)}};
}

ScopeEnd Interpretation::run_cleanup(const NodeSpec& guard, const Scope& scope,
                                     const std::string& element, const Value& given) {
    Scope cleanup;
    cleanup.path = element + "!";
    cleanup.prefix = element + ".";
    cleanup.container = &guard;
    cleanup.is_cleanup = true;
    cleanup.outer = &scope;
    cleanup.entry = given;
    return run_scope(cleanup);
}

}  // namespace millrace::reference
