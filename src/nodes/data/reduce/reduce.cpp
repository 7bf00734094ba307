// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "behaviours.hpp"
#include "items.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

class DataReduce final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<core::Failure> failure;
        FieldReader fields{call.data, {}, failure};
        ItemErrors errors{fields, {}};
        if (failure) return *failure;
        const auto items = item_list(call);
        if (!items) return items.error();
        auto expression = ItemExpression::require(call, "/expression");
        if (!expression) return expression.error();

        Value total = call.field("initial");
        for (std::size_t i = 0; i < items->size(); ++i) {
            auto result = expression->evaluate((*items)[i], i, total);
            if (result) {
                if (result->weight() > call.weight_max) return ResultWeight::failure(call);
                total = *std::move(result);
            } else if (auto fatal = errors.take(std::move(result.error()), i)) {
                return *fatal;
            }
        }
        return emit_items(std::move(total), errors, items->size());
    }
};

}  // namespace

Behaviour data_reduce() {
    return std::make_shared<DataReduce>();
}

}  // namespace millrace::nodes
