// SPDX-License-Identifier: Apache-2.0
#include "items.hpp"

#include <utility>

namespace millrace::nodes {

using core::Failure;
using core::Value;

namespace {

/// Nobody reads more of them, and the note travels with the node's result.
constexpr std::size_t told_max = 5;

Failure not_an_array(const Value& value, const std::string& what, const std::string& remedy) {
    return engine::validation_failure(
        "not_an_array",
        what + " is no array but " + std::string{core::kind_name(value)} + "; " + remedy);
}

constexpr std::string_view over = "/over";

}  // namespace

std::expected<Value, Failure> source_value(const engine::NodeCall& call) {
    for (std::size_t k = 0; k < call.deferred_count(); ++k) {
        if (call.deferred[k].pointer != over) continue;
        auto result = call.evaluate(k);
        if (!result) return std::unexpected{at_pointer(std::move(result.error()), over)};
        return std::move(result->value);
    }
    return call.input();
}

std::string source_name(const engine::NodeCall& call) {
    return call.find_deferred(over) == nullptr ? "the input" : "`over`";
}

std::expected<ItemList, Failure> item_list(const engine::NodeCall& call) {
    std::expected<Value, Failure> source = source_value(call);
    if (!source) return std::unexpected{std::move(source.error())};
    if (source->is_array()) return ItemList{*std::move(source)};
    const bool is_input = call.find_deferred(over) == nullptr;
    Failure failure = not_an_array(*source, source_name(call),
                                   is_input ? "name the array in it by `over: input.NAME`"
                                            : "let it give an array, such as `input.rows`");
    return std::unexpected{is_input ? failure : at_pointer(std::move(failure), over)};
}

std::expected<Items, Failure> item_list_at(const engine::NodeCall& call, std::size_t port,
                                           std::string_view name) {
    const Value& value = call.inputs[port];
    if (value.is_array()) return value.as_array();
    return std::unexpected{
        not_an_array(value, "the input `" + std::string{name} + "`",
                     "give its connection a `transform` that takes the array out, such as "
                     "`value.rows`")};
}

std::optional<ItemExpression> ItemExpression::find(const engine::NodeCall& call,
                                                   std::string pointer) {
    const engine::DeferredExpression* const found = call.find_deferred(pointer);
    if (found == nullptr) return std::nullopt;
    return ItemExpression{*found, call, std::move(pointer)};
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
