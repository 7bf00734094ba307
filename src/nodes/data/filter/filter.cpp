// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "items.hpp"
#include "millrace/expr/expression.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

class DataFilter final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<core::Failure> failure;
        FieldReader fields{call.data, {}, failure};
        ItemErrors errors{fields, "keep"};
        if (failure) return *failure;
        const auto items = item_list(call);
        if (!items) return items.error();
        auto expression = ItemExpression::require(call, "/expression");
        if (!expression) return expression.error();

        std::vector<Value> kept;
        for (std::size_t i = 0; i < items->size(); ++i) {
            const Value& item = (*items)[i];
            auto result = expression->evaluate(item, i);
            bool holds = false;
            if (result) {
                holds = expr::is_truthy({*result});
            } else {
                if (auto fatal = errors.take(std::move(result.error()), i)) return *fatal;
                holds = errors.rule() == ItemErrors::Rule::use_default;
            }
            if (holds) kept.push_back(item);
        }
        return emit_items(Value::array(std::move(kept)), errors, items->size());
    }
};

}  // namespace

Behaviour data_filter() {
    return std::make_shared<DataFilter>();
}

}  // namespace millrace::nodes
