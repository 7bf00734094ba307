// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "items.hpp"
#include "key_table.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

constexpr Word<bool> keeps[]{{"first", false}, {"last", true}};

class DataDedupe final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<core::Failure> failure;
        FieldReader fields{call.data, {}, failure};
        ItemErrors errors{fields, "keep"};
        const bool keeps_last = fields.word("keep", keeps, false);
        if (failure) return *failure;
        const auto items = item_list(call);
        if (!items) return items.error();
        auto by = ItemExpression::find(call, "/by");

        std::vector<char> is_kept(items->size(), 0);
        std::vector<std::size_t> place_of_key;  // where the item lies that is kept for a key
        KeyTable table;
        ResultWeight weight{call};
        for (std::size_t i = 0; i < items->size(); ++i) {
            std::expected<Value, core::Failure> key = (*items)[i];
            if (by) key = by->evaluate((*items)[i], i);
            if (!key) {
                if (auto fatal = errors.take(std::move(key.error()), i)) return *fatal;
                is_kept[i] = errors.rule() == ItemErrors::Rule::use_default ? 1 : 0;
                continue;
            }
            const auto [place, is_new] = table.add(*key);
            if (is_new && by && !weight.add(*key)) return ResultWeight::failure(call);
            if (is_new) {
                place_of_key.push_back(i);
                is_kept[i] = 1;
            } else if (keeps_last) {
                is_kept[std::exchange(place_of_key[place], i)] = 0;
                is_kept[i] = 1;
            }
        }
        std::vector<Value> kept;
        for (std::size_t i = 0; i < items->size(); ++i) {
            if (is_kept[i] != 0) kept.push_back((*items)[i]);
        }
        return emit_items(Value::array(std::move(kept)), errors, items->size());
    }
};

}  // namespace

Behaviour data_dedupe() {
    return std::make_shared<DataDedupe>();
}

}  // namespace millrace::nodes
