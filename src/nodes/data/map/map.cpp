// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "field.hpp"
#include "items.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

class DataMap final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_goes_with(data, pointer, "default_value", "on_item_error", "default", "fail",
                        problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<core::Failure> failure;
        FieldReader fields{call.data, {}, failure};
        ItemErrors errors{fields, "default"};
        if (failure) return *failure;
        const auto items = item_list(call);
        if (!items) return items.error();
        auto expression = ItemExpression::require(call, "/expression");
        if (!expression) return expression.error();

        std::vector<Value> results;
        results.reserve(items->size());
        ResultWeight weight{call};
        for (std::size_t i = 0; i < items->size(); ++i) {
            auto result = expression->evaluate((*items)[i], i);
            if (!result) {
                if (auto fatal = errors.take(std::move(result.error()), i)) return *fatal;
                if (errors.rule() == ItemErrors::Rule::skip) continue;
                result = call.field("default_value");
            }
            if (!weight.add(*result)) return ResultWeight::failure(call);
            results.push_back(*std::move(result));
        }
        return emit_items(Value::array(std::move(results)), errors, items->size());
    }
};

}  // namespace

Behaviour data_map() {
    return std::make_shared<DataMap>();
}

}  // namespace millrace::nodes
