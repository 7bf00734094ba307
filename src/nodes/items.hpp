// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "field_reader.hpp"
#include "limit_failure.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/node.hpp"

// What the node types share that work on each item of an array.
namespace millrace::nodes {

using Items = std::span<const core::Value>;

/// What a node works on: what its deferred field `over` gives where it has one, else the input.
/// Undefined becomes null.
std::expected<core::Value, core::Failure> source_value(const engine::NodeCall& call);
/// How messages call it.
std::string source_name(const engine::NodeCall& call);

/// An array with its elements.
class ItemList {
public:
    explicit ItemList(core::Value array) : array_{std::move(array)}, items_{array_.as_array()} {}

    std::size_t size() const { return items_.size(); }
    const core::Value& operator[](std::size_t index) const { return items_[index]; }
    operator Items() const { return items_; }

private:
    core::Value array_;
    Items items_;  // what array_ shares, wherever it is moved to
};

/// The array that is to be worked on.
std::expected<ItemList, core::Failure> item_list(const engine::NodeCall& call);

/// The array at an input port of a node that has several.
std::expected<Items, core::Failure> item_list_at(const engine::NodeCall& call, std::size_t port,
                                                 std::string_view name);

/// A deferred expression of `data` that is evaluated for each item.
class ItemExpression {
public:
    /// Nothing where the data has no such expression.
    static std::optional<ItemExpression> find(const engine::NodeCall& call, std::string pointer);
    /// The failure `missing_field` where the data has no such expression.
    static std::expected<ItemExpression, core::Failure> require(const engine::NodeCall& call,
                                                                std::string pointer);

    /// Undefined becomes null. A failure has `details: {pointer, item}` and names both.
    std::expected<core::Value, core::Failure> evaluate(const core::Value& item, std::size_t index,
                                                       const core::Value& acc = {});
    const std::string& pointer() const { return pointer_; }

private:
    ItemExpression(const engine::DeferredExpression& expression, const engine::NodeCall& call,
                   std::string pointer)
        : code_{expression, call.fuel_each, call.items_fuel}, pointer_{std::move(pointer)} {}

    engine::LocalExpression code_;
    std::string pointer_;
};

/// The failure of one item, with its index in message and details.
core::Failure of_item(core::Failure failure, std::size_t index, std::string_view pointer);

/// What a node does about items that fail: its fields `on_item_error` and `default_value`.
class ItemErrors {
public:
    /// `skip` leaves the item out; `use_default` is `default`, or another word of that meaning.
    enum class Rule : std::uint8_t { fail, skip, use_default };

    /// Reads `on_item_error`; a `default_word` that is empty means that there is no such rule.
    ItemErrors(FieldReader& fields, std::string_view default_word);

    Rule rule() const { return rule_; }
    /// How many items failed.
    std::size_t count() const { return count_; }
    /// The item's own failure where the node fails with it; else nothing, and it is counted.
    std::optional<core::Failure> take(core::Failure failure, std::size_t index);
    /// A log line that counts the failures and names the first of them; null when there were none.
    core::Value note(std::size_t items) const;

private:
    Rule rule_ = Rule::fail;
    std::size_t count_ = 0;
    std::vector<core::Value> first_;
};

/// Keeps the results of one call within what a value may weigh.
class ResultWeight {
public:
    explicit ResultWeight(const engine::NodeCall& call) : left_{call.weight_max} {}

    /// False once there is too much.
    bool add(const core::Value& value) { return add(value.weight()); }
    bool add(std::size_t weight) {
        if (weight > left_) return false;
        left_ -= weight;
        return true;
    }
    /// What was added is no longer kept.
    void take_back(std::size_t weight) { left_ += weight; }
    static core::Failure failure(const engine::NodeCall& call) {
        return result_too_large(call.weight_max);
    }

private:
    std::size_t left_;
};

/// Emits at the first output, with the note of what went wrong with items.
engine::NodeOutcome emit_items(core::Value value, const ItemErrors& errors, std::size_t items);

}  // namespace millrace::nodes
