// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "items.hpp"
#include "ordering.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;

/// One thing to sort by; the next ones decide between items that it finds equal.
struct SortKey {
    ItemExpression key;
    bool descending = false;
    bool nulls_first = false;
    Comparison comparison = Comparison::by_kind;
};

constexpr Word<bool> orders[]{{"asc", false}, {"desc", true}};
constexpr Word<bool> null_places[]{{"last", false}, {"first", true}};
constexpr Word<Comparison> comparisons[]{{"kind", Comparison::by_kind},
                                         {"natural", Comparison::natural},
                                         {"numeric", Comparison::numeric},
                                         {"text", Comparison::text}};

std::expected<std::vector<SortKey>, Failure> read_keys(const engine::NodeCall& call) {
    std::vector<SortKey> keys;
    if (auto alone = ItemExpression::find(call, "/by")) {
        keys.push_back({*std::move(alone)});
        return keys;
    }
    std::optional<Failure> failure;
    const Value& by = call.field("by");
    if (!by.is_array() || by.size() == 0) {
        FieldReader{call.data, {}, failure}.refuse(
            "by", "an expression over `item`, or an array of `{key, order, nulls, compare}`");
        return std::unexpected{*failure};
    }
    for (const Value& entry : by.as_array()) {
        const std::string here = core::pointer_child("/by", keys.size());
        auto expression = ItemExpression::require(call, here + "/key");
        if (!expression) return std::unexpected{std::move(expression.error())};
        FieldReader fields{entry, here, failure};
        keys.push_back({*std::move(expression), fields.word("order", orders, false),
                        fields.word("nulls", null_places, false),
                        fields.word("compare", comparisons, Comparison::by_kind)});
    }
    if (failure) return std::unexpected{*failure};
    return keys;
}

/// Less, by keys that lie side by side, one for each of `keys`.
bool precedes(const std::vector<SortKey>& keys, const Value* a, const Value* b) {
    for (std::size_t k = 0; k < keys.size(); ++k) {
        const SortKey& key = keys[k];
        if (a[k].is_null() || b[k].is_null()) {
            if (a[k].is_null() == b[k].is_null()) continue;
            return a[k].is_null() == key.nulls_first;
        }
        const auto order = compare_keys(a[k], b[k], key.comparison);
        if (order != 0) return key.descending ? order > 0 : order < 0;
    }
    return false;
}

class DataSort final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<Failure> failure;
        FieldReader fields{call.data, {}, failure};
        ItemErrors errors{fields, "last"};
        if (failure) return *failure;
        const auto items = item_list(call);
        if (!items) return items.error();
        auto keys = read_keys(call);
        if (!keys) return keys.error();

        std::vector<Value> values;  // of each item in turn, one for each key
        values.reserve(items->size() * keys->size());
        std::vector<std::size_t> order;
        std::vector<std::size_t> last;
        ResultWeight weight{call};
        for (std::size_t i = 0; i < items->size(); ++i) {
            const std::size_t before = values.size();
            if (auto failed = append_keys(*keys, (*items)[i], i, values)) {
                if (auto fatal = errors.take(*std::move(failed), i)) return *fatal;
                values.resize(before + keys->size());
                if (errors.rule() == ItemErrors::Rule::use_default) last.push_back(i);
            } else {
                order.push_back(i);
            }
            for (std::size_t k = before; k < values.size(); ++k)
                if (!weight.add(values[k])) return ResultWeight::failure(call);
        }
        std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
            return precedes(*keys, &values[a * keys->size()], &values[b * keys->size()]);
        });
        order.insert(order.end(), last.begin(), last.end());
        std::vector<Value> sorted;
        sorted.reserve(order.size());
        for (const std::size_t i : order)
            sorted.push_back((*items)[i]);
        return emit_items(Value::array(std::move(sorted)), errors, items->size());
    }

private:
    static std::optional<Failure> append_keys(std::vector<SortKey>& keys, const Value& item,
                                              std::size_t index, std::vector<Value>& into) {
        for (SortKey& key : keys) {
            auto value = key.key.evaluate(item, index);
            if (!value) return std::move(value.error());
            into.push_back(sort_key(*value, key.comparison));
        }
        return std::nullopt;
    }
};

}  // namespace

Behaviour data_sort() {
    return std::make_shared<DataSort>();
}

}  // namespace millrace::nodes
