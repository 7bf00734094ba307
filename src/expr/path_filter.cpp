// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "path_comparison.hpp"
#include "path_evaluator.hpp"

namespace millrace::expr {

using core::Value;

namespace {

/// Keeps the first nodes, up to as many as are wanted, and counts them.
class FirstNodes final : public PathSink {
public:
    explicit FirstNodes(std::int64_t wanted) : wanted_{wanted} {}

    bool take(const Value& node) override {
        if (count_++ == 0) first_ = &node;
        return count_ < wanted_;
    }
    std::int64_t count() const { return count_; }
    std::optional<Value> first() const {
        return first_ == nullptr ? std::nullopt : std::optional{*first_};
    }

private:
    std::int64_t wanted_;
    std::int64_t count_ = 0;
    const Value* first_ = nullptr;
};

const Value* pointer_to(const std::optional<Value>& value) {
    return value ? &*value : nullptr;
}

std::int64_t characters_of(std::string_view text) {
    return std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

}  // namespace

bool PathEvaluator::test(PathIndex index, const Value& current) {
    const PathTest& test = program_.tests[index];
    if (!pay(1)) return false;
    bool passes = false;
    switch (test.kind) {
        case PathTest::Kind::any:
            passes = std::ranges::any_of(
                test.parts, [&](PathIndex part) { return !failure_ && this->test(part, current); });
            break;
        case PathTest::Kind::all:
            passes = std::ranges::all_of(
                test.parts, [&](PathIndex part) { return !failure_ && this->test(part, current); });
            break;
        case PathTest::Kind::exists: {
            FirstNodes nodes{1};
            select(program_.queries[test.index], current, nodes);
            passes = nodes.count() > 0;
            break;
        }
        case PathTest::Kind::call: passes = matches(program_.calls[test.index], current); break;
        case PathTest::Kind::compare: passes = compare(test, current); break;
    }
    return passes != test.negated;
}

bool PathEvaluator::compare(const PathTest& test, const Value& current) {
    const std::optional<Value> left = value_of(test.left, current);
    const std::optional<Value> right = failure_ ? std::nullopt : value_of(test.right, current);
    const Value* const a = pointer_to(left);
    const Value* const b = pointer_to(right);
    if (failure_ || !pay(comparison_cost(a, b))) return false;
    switch (test.comparison) {
        case PathComparison::equal: return path_equal(a, b);
        case PathComparison::not_equal: return !path_equal(a, b);
        case PathComparison::less: return path_less(a, b);
        case PathComparison::less_equal: return path_less(a, b) || path_equal(a, b);
        case PathComparison::greater: return path_less(b, a);
        case PathComparison::greater_equal: return path_less(b, a) || path_equal(a, b);
    }
    return false;
}

std::optional<Value> PathEvaluator::value_of(const PathTerm& term, const Value& current) {
    switch (term.kind) {
        case PathTerm::Kind::literal: return term.literal;
        case PathTerm::Kind::query: {
            FirstNodes nodes{1};
            select(program_.queries[term.index], current, nodes);
            return nodes.first();
        }
        case PathTerm::Kind::call: return value_of(program_.calls[term.index], current);
    }
    return std::nullopt;
}

std::optional<Value> PathEvaluator::value_of(const PathCall& call, const Value& current) {
    const PathTerm& argument = call.arguments.front();
    switch (call.function) {
        case PathFunction::length: return length_of(argument, current);
        case PathFunction::count: {
            FirstNodes nodes{INT64_MAX};
            select(program_.queries[argument.index], current, nodes);
            return Value{nodes.count()};
        }
        case PathFunction::value: {
            FirstNodes nodes{2};
            select(program_.queries[argument.index], current, nodes);
            return nodes.count() == 1 ? nodes.first() : std::nullopt;
        }
        case PathFunction::match:
        case PathFunction::search: break;  // tests, never values: the parser sees to it
    }
    return std::nullopt;
}

std::optional<Value> PathEvaluator::length_of(const PathTerm& term, const Value& current) {
    const std::optional<Value> value = value_of(term, current);
    if (!value || !pay(1)) return std::nullopt;
    if (value->is_string()) {
        if (!pay(value->size() / 64)) return std::nullopt;
        return Value{characters_of(value->as_string())};
    }
    if (!value->is_array() && !value->is_object()) return std::nullopt;
    return Value{static_cast<std::int64_t>(value->size())};
}

bool PathEvaluator::matches(const PathCall& call, const Value& current) {
    const std::optional<Value> text = value_of(call.arguments[0], current);
    if (failure_ || !text || !text->is_string()) return false;
    if (call.pattern) return try_pattern(call, *call.pattern, text->as_string());
    const std::optional<Value> source = value_of(call.arguments[1], current);
    if (failure_ || !source || !source->is_string()) return false;
    return matches_given(call, text->as_string(), source->as_string());
}

/// With a pattern out of the data: one that is no I-Regexp matches nothing.
bool PathEvaluator::matches_given(const PathCall& call, std::string_view text,
                                  std::string_view source) {
    if (!pay(1 + source.size())) return false;
    const auto pattern = Pattern::compile(source);
    if (!pattern) {
        return pattern.error().code == ExprErrc::limit &&
               fail("pattern_limit", "a pattern in the data " + pattern.error().message);
    }
    return pay(pattern->size()) && try_pattern(call, *pattern, text);
}

bool PathEvaluator::try_pattern(const PathCall& call, const Pattern& pattern,
                                std::string_view text) {
    const Pattern::Outcome outcome = call.function == PathFunction::match
                                         ? pattern.matches(text, fuel_)
                                         : pattern.occurs_in(text, fuel_);
    if (outcome == Pattern::Outcome::out_of_fuel) return pay(1);
    return outcome == Pattern::Outcome::yes;
}

}  // namespace millrace::expr
