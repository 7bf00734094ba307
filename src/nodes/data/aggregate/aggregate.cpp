// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <vector>

#include "aggregates.hpp"
#include "behaviours.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

class DataAggregate final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_aggregates(data, pointer, problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<core::Failure> failure;
        FieldReader fields{call.data, {}, failure};
        ItemErrors errors{fields, {}};
        if (failure) return *failure;
        const auto items = item_list(call);
        if (!items) return items.error();
        auto list = AggregateList::read(call);
        if (!list) return list.error();

        std::vector<Accumulator> totals(list->all().size());
        for (std::size_t i = 0; i < items->size(); ++i) {
            const auto values = list->values_of((*items)[i], i);
            if (!values) {
                if (auto fatal = errors.take(values.error(), i)) return *fatal;
                continue;
            }
            for (std::size_t k = 0; k < totals.size(); ++k) {
                if (!totals[k].add(list->all()[k], (*values)[k], list->weight_of(k)))
                    return ResultWeight::failure(call);
            }
        }
        core::ObjectBuilder result;
        for (std::size_t k = 0; k < totals.size(); ++k) {
            const Aggregate& one = list->all()[k];
            result.set(one.name, std::move(totals[k]).result(one));
        }
        return emit_items(std::move(result).build(), errors, items->size());
    }
};

}  // namespace

Behaviour data_aggregate() {
    return std::make_shared<DataAggregate>();
}

}  // namespace millrace::nodes
