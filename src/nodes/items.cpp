// SPDX-License-Identifier: Apache-2.0
#include "items.hpp"

#include <utility>

namespace millrace::nodes {

using core::Failure;
using core::Value;

namespace {

/// Nobody reads more of them, and the note travels with the node's result.
constexpr std::size_t told_max = 5;

std::expected<Items, Failure> as_items(const Value& value, const std::string& what,
                                       const std::string& remedy) {
    if (value.is_array()) return value.as_array();
    return std::unexpected{engine::validation_failure(
        "not_an_array",
        what + " is no array but " + std::string{core::kind_name(value)} + "; " + remedy)};
}

}  // namespace

std::expected<Items, Failure> item_list(const engine::NodeCall& call) {
    if (const Value* const over = call.data.find("over")) {
        auto items = as_items(*over, "`over`", "let it give an array, such as `input.rows`");
        if (!items) return std::unexpected{at_pointer(std::move(items.error()), "/over")};
        return items;
    }
    return as_items(call.input(), "the input", "name the array in it by `over: input.NAME`");
}

std::expected<Items, Failure> item_list_at(const engine::NodeCall& call, std::size_t port,
                                           std::string_view name) {
    const std::string what = "the input `" + std::string{name} + "`";
    return as_items(call.inputs[port], what,
                    "give its connection a `transform` that takes the array out, such as "
                    "`value.rows`");
}

std::optional<ItemExpression> ItemExpression::find(const engine::NodeCall& call,
                                                   std::string pointer) {
    const engine::DeferredExpression* const found = call.find_deferred(pointer);
    if (found == nullptr) return std::nullopt;
    return ItemExpression{*found, call.fuel_each, std::move(pointer)};
}

std::expected<ItemExpression, Failure> ItemExpression::require(const engine::NodeCall& call,
                                                               std::string pointer) {
    if (std::optional<ItemExpression> found = find(call, pointer)) return *std::move(found);
    Failure failure = engine::validation_failure("missing_field", pointer +
                                                                      " is missing; it needs "
                                                                      "an expression");
    return std::unexpected{at_pointer(std::move(failure), pointer)};
}

std::expected<Value, Failure> ItemExpression::evaluate(const Value& item, std::size_t index,
                                                       const Value& acc) {
    auto result = code_.evaluate(item, static_cast<std::int64_t>(index), acc);
    if (!result) return std::unexpected{of_item(std::move(result.error()), index, pointer_)};
    return std::move(result->value);
}

Failure of_item(Failure failure, std::size_t index, std::string_view pointer) {
    failure.message =
        "item " + std::to_string(index) + ", " + std::string{pointer} + ": " + failure.message;
    if (failure.details.is_null()) {
        failure.details =
            Value::object({{"pointer", pointer}, {"item", static_cast<std::int64_t>(index)}});
    }
    return failure;
}

ItemErrors::ItemErrors(FieldReader& fields, std::string_view default_word) {
    const std::string text = fields.text("on_item_error", "fail");
    if (text == "skip") {
        rule_ = Rule::skip;
    } else if (!default_word.empty() && text == default_word) {
        rule_ = Rule::use_default;
    } else if (text != "fail") {
        const std::string more = default_word.empty() ? "" : ", " + std::string{default_word};
        fields.refuse("on_item_error", "one of fail, skip" + more);
    }
}

std::optional<Failure> ItemErrors::take(Failure failure, std::size_t index) {
    if (rule_ == Rule::fail) return failure;
    ++count_;
    if (first_.size() < told_max) {
        first_.push_back(Value::object({{"item", static_cast<std::int64_t>(index)},
                                        {"code", failure.code},
                                        {"message", failure.message}}));
    }
    return std::nullopt;
}

Value ItemErrors::note(std::size_t items) const {
    if (count_ == 0) return {};
    const std::string done = rule_ == Rule::skip ? " were left out" : " got the default";
    return Value::object({{"level", "warn"},
                          {"message", std::to_string(count_) + " of " + std::to_string(items) +
                                          " items failed and" + done},
                          {"failed", static_cast<std::int64_t>(count_)},
                          {"first", Value::array(first_)}});
}

engine::NodeOutcome emit_items(Value value, const ItemErrors& errors, std::size_t items) {
    engine::Emit emit = engine::Emit::out(std::move(value));
    emit.note = errors.note(items);
    return emit;
}

}  // namespace millrace::nodes
