// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "items.hpp"
#include "key_table.hpp"
#include "millrace/core/problem.hpp"

// The field `values` of data.aggregate and data.group: `[{name, op, of?, percent?, separator?}]`.
namespace millrace::nodes {

enum class AggregateOp : std::uint8_t {
    count,
    count_distinct,
    sum,
    avg,
    min,
    max,
    first,
    last,
    median,
    percentile,
    distinct,
    list,
    join,
};

/// One value that is made of many items.
struct Aggregate {
    std::string name;
    AggregateOp op = AggregateOp::count;
    double percent = 50;
    std::string separator;
    std::optional<ItemExpression> of;  ///< without it the items themselves
    std::string pointer;               ///< of `of`
};

/// Evaluates the expressions of all aggregates for one item. It is not shared between calls.
class AggregateList {
public:
    /// Reads `values` of evaluated data.
    static std::expected<AggregateList, core::Failure> read(const engine::NodeCall& call);

    /// One value for each aggregate, null where the item has none. The result lives until the next
    /// call. A value that the operation cannot take is a failure.
    std::expected<std::span<const core::Value>, core::Failure> values_of(const core::Value& item,
                                                                         std::size_t index);
    const std::vector<Aggregate>& all() const { return aggregates_; }
    /// What the accumulators of one aggregate may keep together.
    ResultWeight& weight_of(std::size_t aggregate) { return weights_[aggregate]; }

private:
    std::vector<Aggregate> aggregates_;
    std::vector<ResultWeight> weights_;
    std::vector<core::Value> values_;
};

/// One aggregate's running result over the items of one group.
class Accumulator {
public:
    /// Null counts for nothing, except for `count` without `of`, `first`, `last` and `list`. False:
    /// what is kept weighs too much.
    bool add(const Aggregate& aggregate, const core::Value& value, ResultWeight& weight);
    core::Value result(const Aggregate& aggregate) &&;

private:
    bool keep(const Aggregate& aggregate, const core::Value& value, ResultWeight& weight);
    void add_number(const core::Value& value);
    core::Value percentile(double percent);

    struct Many {
        std::vector<core::Value> values;
        KeyTable distinct;
    };
    Many& many();

    std::int64_t count_ = 0;
    std::int64_t integers_ = 0;
    double sum_ = 0;
    double lost_ = 0;  // what rounding took from sum_
    bool is_exact_ = true;
    core::Value value_;
    std::size_t kept_weight_ = 0;  // of value_, as far as it counts
    std::unique_ptr<Many> many_;
};

/// Finds names that stand twice and settings that an operation does not have.
void check_aggregates(const core::Value& data, const std::string& pointer,
                      core::Problems& problems);

}  // namespace millrace::nodes
