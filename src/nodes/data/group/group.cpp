// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <utility>
#include <vector>

#include "aggregates.hpp"
#include "behaviours.hpp"
#include "field.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;

/// What tells groups apart: the name of a field of the result, and where its value comes from.
struct GroupKey {
    std::string name;
    ItemExpression key;
};

std::expected<std::vector<GroupKey>, Failure> read_keys(const engine::NodeCall& call) {
    std::vector<GroupKey> keys;
    if (auto alone = ItemExpression::find(call, "/by")) {
        keys.push_back({"key", *std::move(alone)});
        return keys;
    }
    std::optional<Failure> failure;
    const Value& by = call.field("by");
    if (!by.is_array() || by.size() == 0) {
        FieldReader{call.data, {}, failure}.refuse(
            "by", "an expression over `item`, or an array of `{name, key}`");
        return std::unexpected{*failure};
    }
    for (const Value& entry : by.as_array()) {
        const std::string here = core::pointer_child("/by", keys.size());
        auto expression = ItemExpression::require(call, here + "/key");
        if (!expression) return std::unexpected{std::move(expression.error())};
        FieldReader fields{entry, here, failure};
        keys.push_back({fields.text("name"), *std::move(expression)});
        if (keys.back().name.empty()) fields.refuse("name", "the name of a field of the result");
    }
    if (failure) return std::unexpected{*failure};
    return keys;
}

struct Group {
    std::vector<Value> items;
    std::vector<Accumulator> totals;
};

class Grouping {
public:
    Grouping(const engine::NodeCall& call, std::vector<GroupKey> keys, AggregateList aggregates,
             bool keeps_items)
        : weight_{call},
          keys_{std::move(keys)},
          aggregates_{std::move(aggregates)},
          keeps_items_{keeps_items},
          parts_(keys_.size()) {}

    /// The failure of the item itself.
    std::optional<Failure> add(const Value& item, std::size_t index) {
        for (std::size_t k = 0; k < keys_.size(); ++k) {
            auto value = keys_[k].key.evaluate(item, index);
            if (!value) return std::move(value.error());
            parts_[k] = *std::move(value);
        }
        const auto values = aggregates_.values_of(item, index);
        if (!values) return values.error();
        const auto [place, is_new] =
            table_.add(parts_.size() == 1 ? parts_.front() : Value::array(parts_));
        if (is_new) {
            groups_.emplace_back().totals.resize(values->size());
            is_too_large_ |= !weight_.add(table_.keys().back());
        }
        Group& group = groups_[place];
        if (keeps_items_) group.items.push_back(item);
        for (std::size_t k = 0; k < values->size(); ++k)
            is_too_large_ |=
                !group.totals[k].add(aggregates_.all()[k], (*values)[k], aggregates_.weight_of(k));
        return std::nullopt;
    }
    bool is_too_large() const { return is_too_large_; }

    engine::NodeOutcome result(const engine::NodeCall& call, const ItemErrors& errors,
                               std::size_t items) && {
        std::vector<Value> list;
        list.reserve(groups_.size());
        ResultWeight weight{call};
        for (std::size_t place = 0; place < groups_.size(); ++place) {
            Value made = object_of(place);
            if (!weight.add(made)) return ResultWeight::failure(call);
            list.push_back(std::move(made));
        }
        return emit_items(Value::array(std::move(list)), errors, items);
    }

private:
    Value object_of(std::size_t place) {
        Group& group = groups_[place];
        const Value& key = table_.keys()[place];
        core::ObjectBuilder builder;
        for (std::size_t k = 0; k < keys_.size(); ++k)
            builder.set(keys_[k].name, keys_.size() == 1 ? key : key.as_array()[k]);
        for (std::size_t k = 0; k < group.totals.size(); ++k) {
            const Aggregate& one = aggregates_.all()[k];
            builder.set(one.name, std::move(group.totals[k]).result(one));
        }
        if (keeps_items_) builder.set("items", Value::array(std::move(group.items)));
        return std::move(builder).build();
    }

    ResultWeight weight_;  // of the groups' keys
    bool is_too_large_ = false;
    std::vector<GroupKey> keys_;
    AggregateList aggregates_;
    bool keeps_items_;
    std::vector<Value> parts_;
    KeyTable table_;
    std::vector<Group> groups_;
};

class DataGroup final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_aggregates(data, pointer, problems);
        check_names(data, pointer, problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<Failure> failure;
        FieldReader fields{call.data, {}, failure};
        ItemErrors errors{fields, {}};
        auto aggregates = AggregateList::read(call);
        if (!aggregates) return aggregates.error();
        const bool keeps_items = fields.flag("keep_items", aggregates->all().empty());
        if (failure) return *failure;
        const auto items = item_list(call);
        if (!items) return items.error();
        auto keys = read_keys(call);
        if (!keys) return keys.error();
        Grouping grouping{call, *std::move(keys), *std::move(aggregates), keeps_items};
        for (std::size_t i = 0; i < items->size(); ++i) {
            auto failed = grouping.add((*items)[i], i);
            if (grouping.is_too_large()) return ResultWeight::failure(call);
            if (!failed) continue;
            if (auto fatal = errors.take(*std::move(failed), i)) return *fatal;
        }
        return std::move(grouping).result(call, errors, items->size());
    }

private:
    /// Keys, values and `items` are fields of one object.
    static void check_names(const Value& data, const std::string& pointer,
                            core::Problems& problems) {
        std::set<std::string_view> taken{"items"};
        const Value* const by = data.find("by");
        if (by != nullptr && by->is_string()) taken.insert("key");
        const auto check_list = [&](std::string_view list, bool takes) {
            const Value* const entries = data.find(list);
            if (entries == nullptr || !entries->is_array()) return;
            const std::string above = core::pointer_child(pointer, list);
            std::size_t place = 0;
            for (const Value& entry : entries->as_array()) {
                const std::string here = core::pointer_child(above, place++);
                const auto name = fixed_text(entry, "name");
                if (!name) continue;
                if (taken.contains(*name)) {
                    add_problem(problems, core::ProblemCode::bad_value,
                                core::pointer_child(here, "name"),
                                "\"" + std::string{*name} +
                                    "\" is the name of another field of a group; rename one");
                } else if (takes) {
                    taken.insert(*name);
                }
            }
        };
        check_list("by", true);
        check_list("values", false);  // among themselves they have been compared
    }
};

}  // namespace

Behaviour data_group() {
    return std::make_shared<DataGroup>();
}

}  // namespace millrace::nodes
