// SPDX-License-Identifier: Apache-2.0
#include "aggregates.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "field.hpp"
#include "ordering.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;

constexpr Word<AggregateOp> ops[]{
    {"count", AggregateOp::count},       {"count_distinct", AggregateOp::count_distinct},
    {"sum", AggregateOp::sum},           {"avg", AggregateOp::avg},
    {"min", AggregateOp::min},           {"max", AggregateOp::max},
    {"first", AggregateOp::first},       {"last", AggregateOp::last},
    {"median", AggregateOp::median},     {"percentile", AggregateOp::percentile},
    {"distinct", AggregateOp::distinct}, {"list", AggregateOp::list},
    {"join", AggregateOp::join},
};

bool wants_numbers(AggregateOp op) {
    return op == AggregateOp::sum || op == AggregateOp::avg || op == AggregateOp::median ||
           op == AggregateOp::percentile;
}

Failure not_a_number(const Value& value) {
    return engine::validation_failure(
        "not_a_number", shown(value) +
                            " is no number; convert it, as in `Number(item.price)`, or let the "
                            "expression give null for what does not count");
}

Aggregate read_one(const engine::NodeCall& call, const Value& entry, std::size_t place,
                   std::optional<Failure>& failure) {
    const std::string here = core::pointer_child("/values", place);
    FieldReader fields{entry, here, failure};
    Aggregate one;
    one.name = fields.text("name");
    if (!fields.has("name")) fields.refuse("name", "the name of the result");
    if (!fields.has("op")) fields.refuse("op", "an operation, such as sum");
    one.op = fields.word("op", ops, AggregateOp::count);
    one.percent = fields.number("percent", one.percent, 0, 100);
    one.separator = fields.text("separator", ", ");
    one.pointer = core::pointer_child(here, "of");
    if (auto found = ItemExpression::find(call, one.pointer)) one.of.emplace(*std::move(found));
    return one;
}

}  // namespace

std::expected<AggregateList, Failure> AggregateList::read(const engine::NodeCall& call) {
    AggregateList list;
    const Value& values = call.field("values");
    if (values.is_null()) return list;
    std::optional<Failure> failure;
    if (!values.is_array()) {
        FieldReader{call.data, {}, failure}.refuse("values", "an array");
        return std::unexpected{*failure};
    }
    for (const Value& entry : values.as_array())
        list.aggregates_.push_back(read_one(call, entry, list.aggregates_.size(), failure));
    if (failure) return std::unexpected{*failure};
    list.values_.resize(list.aggregates_.size());
    list.weights_.assign(list.aggregates_.size(), ResultWeight{call});
    return list;
}

std::expected<std::span<const Value>, Failure> AggregateList::values_of(const Value& item,
                                                                        std::size_t index) {
    for (std::size_t i = 0; i < aggregates_.size(); ++i) {
        Aggregate& one = aggregates_[i];
        if (one.of) {
            auto value = one.of->evaluate(item, index);
            if (!value) return std::unexpected{std::move(value.error())};
            values_[i] = *std::move(value);
        } else {
            values_[i] = item;
        }
        if (wants_numbers(one.op) && !values_[i].is_null() && !values_[i].is_number()) {
            return std::unexpected{of_item(not_a_number(values_[i]), index, one.pointer)};
        }
    }
    return std::span<const Value>{values_};
}

Accumulator::Many& Accumulator::many() {
    if (!many_) many_ = std::make_unique<Many>();
    return *many_;
}

/// Integers are added exactly as long as they fit, all else by Neumaier's compensated sum, whose
/// result does not depend on how many small numbers follow a large one.
void Accumulator::add_number(const Value& value) {
    std::int64_t exact = 0;
    if (value.is_integer() && is_exact_ &&
        !__builtin_add_overflow(integers_, value.as_integer(), &exact)) {
        integers_ = exact;
        return;
    }
    if (is_exact_) {
        is_exact_ = false;
        sum_ = static_cast<double>(integers_);
    }
    const double next = value.as_double();
    const double sum = sum_ + next;
    lost_ += std::abs(sum_) >= std::abs(next) ? (sum_ - sum) + next : (next - sum) + sum_;
    sum_ = sum;
}

/// In place of the value that was kept before. Items themselves weigh nothing: they are there
/// anyway.
bool Accumulator::keep(const Aggregate& aggregate, const Value& value, ResultWeight& weight) {
    if (aggregate.of) {
        weight.take_back(std::exchange(kept_weight_, 0));
        if (!weight.add(value)) return false;
        kept_weight_ = value.weight();
    }
    value_ = value;
    return true;
}

bool Accumulator::add(const Aggregate& aggregate, const Value& value, ResultWeight& weight) {
    const bool takes_null =
        aggregate.op == AggregateOp::list || aggregate.op == AggregateOp::first ||
        aggregate.op == AggregateOp::last || (aggregate.op == AggregateOp::count && !aggregate.of);
    if (value.is_null() && !takes_null) return true;
    const bool is_first = count_++ == 0;
    const auto beats = [&](bool wanted) {
        const auto order = compare_keys(value, value_, Comparison::by_kind);
        return is_first || (wanted ? order < 0 : order > 0);
    };
    switch (aggregate.op) {
        case AggregateOp::count: return true;
        case AggregateOp::sum:
        case AggregateOp::avg: add_number(value); return true;
        case AggregateOp::min: return !beats(true) || keep(aggregate, value, weight);
        case AggregateOp::max: return !beats(false) || keep(aggregate, value, weight);
        case AggregateOp::first: return !is_first || keep(aggregate, value, weight);
        case AggregateOp::last: return keep(aggregate, value, weight);
        case AggregateOp::count_distinct:
        case AggregateOp::distinct:
            return !many().distinct.add(value).is_new || !aggregate.of || weight.add(value);
        case AggregateOp::median:
        case AggregateOp::percentile:
        case AggregateOp::list:
            many().values.push_back(value);
            return !aggregate.of || weight.add(value);
        case AggregateOp::join: break;
    }
    // Each text has a place of its own in the one that is made, also where items share it.
    many().values.push_back(text_value(value));
    return weight.add(many().values.back().weight() + aggregate.separator.size());
}

/// Between two numbers it lies where the percent says, as spreadsheets and SQL's PERCENTILE_CONT
/// do.
Value Accumulator::percentile(double percent) {
    if (!many_) return {};
    std::vector<Value>& values = many_->values;
    const auto less = [](const Value& a, const Value& b) {
        return compare_keys(a, b, Comparison::by_kind) < 0;
    };
    const double place = percent / 100 * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::ptrdiff_t>(place);
    std::nth_element(values.begin(), values.begin() + below, values.end(), less);
    const Value low = values[static_cast<std::size_t>(below)];
    const double fraction = place - static_cast<double>(below);
    if (fraction == 0) return low;
    const Value high = *std::min_element(values.begin() + below + 1, values.end(), less);
    return low.as_double() + fraction * (high.as_double() - low.as_double());
}

Value Accumulator::result(const Aggregate& aggregate) && {
    const auto total = [this] { return is_exact_ ? Value{integers_} : Value{sum_ + lost_}; };
    switch (aggregate.op) {
        case AggregateOp::count: return count_;
        case AggregateOp::sum: return total();
        case AggregateOp::avg:
            if (count_ == 0) return {};
            return total().as_double() / static_cast<double>(count_);
        case AggregateOp::min:
        case AggregateOp::max:
        case AggregateOp::first:
        case AggregateOp::last: return std::move(value_);
        case AggregateOp::median:
        case AggregateOp::percentile: return percentile(aggregate.percent);
        case AggregateOp::count_distinct: return static_cast<std::int64_t>(many().distinct.size());
        case AggregateOp::distinct: return Value::array(std::move(many().distinct).take_keys());
        case AggregateOp::list: return Value::array(std::move(many().values));
        case AggregateOp::join: break;
    }
    std::string text;
    for (const Value& value : many().values) {
        if (&value != many().values.data()) text += aggregate.separator;
        text += value.as_string();
    }
    return text;
}

void check_aggregates(const Value& data, const std::string& pointer, core::Problems& problems) {
    const Value* const values = data.find("values");
    if (values == nullptr || !values->is_array()) return;
    const std::string above = core::pointer_child(pointer, "values");
    std::set<std::string_view> seen;
    std::size_t place = 0;
    for (const Value& entry : values->as_array()) {
        const std::string here = core::pointer_child(above, place++);
        const auto name = fixed_text(entry, "name");
        if (name && !seen.insert(*name).second) {
            add_problem(problems, core::ProblemCode::bad_value, core::pointer_child(here, "name"),
                        "\"" + std::string{*name} + "\" is the name of another value already");
        }
        const auto op = fixed_text(entry, "op");
        if (!op) continue;
        const auto only = [&](std::string_view key, std::string_view wanted) {
            if (entry.find(key) == nullptr || *op == wanted) return;
            add_problem(problems, core::ProblemCode::bad_value, core::pointer_child(here, key),
                        "`" + std::string{key} + "` goes with `op: " + std::string{wanted} +
                            "` only; remove it");
        };
        only("percent", "percentile");
        only("separator", "join");
        if (entry.find("of") == nullptr && *op != "count" && *op != "list" && *op != "first" &&
            *op != "last" && *op != "distinct" && *op != "count_distinct" && *op != "join") {
            add_problem(problems, core::ProblemCode::missing_key, core::pointer_child(here, "of"),
                        "`op: " + std::string{*op} +
                            "` needs `of`, an expression over `item`; "
                            "write `of: item` where the items are what it works on");
        }
    }
}

}  // namespace millrace::nodes
