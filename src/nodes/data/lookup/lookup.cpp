// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "field.hpp"
#include "items.hpp"
#include "key_table.hpp"
#include "ordering.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;

enum class Missing : std::uint8_t { keep, skip, fail, use_default };

constexpr Word<Missing> missing_words[]{{"keep", Missing::keep},
                                        {"skip", Missing::skip},
                                        {"fail", Missing::fail},
                                        {"default", Missing::use_default}};

/// Rows by their key; of several with one key the first.
class LookupTable {
public:
    /// An object is a table of its own: its names are the keys.
    static std::expected<LookupTable, Failure> read(const engine::NodeCall& call) {
        const bool is_connected = call.inputs.size() > 1 && !call.inputs[1].is_null();
        const Value& source = is_connected ? call.inputs[1] : call.field("table");
        LookupTable table;
        if (source.is_object()) {
            table.object_ = &source;
        } else if (source.is_array()) {
            table.rows_ = source.as_array();
        } else {
            return std::unexpected{engine::validation_failure(
                "no_table", "the table must be an array of rows or an object, not " +
                                std::string{core::kind_name(source)} +
                                "; connect one to the input `table` or give it as `table`")};
        }
        auto take = ItemExpression::find(call, "/take");
        if (take) table.take_.emplace(*std::move(take));
        auto failed = table.index_rows(call);
        if (failed) return std::unexpected{*std::move(failed)};
        return table;
    }

    /// What is taken from the row with this key; null pointer when there is none.
    std::expected<const Value*, Failure> find(const Value& key) {
        if (key.is_null()) return nullptr;
        if (object_ != nullptr) {
            const Value text = text_value(key);
            const Value* const row = object_->find(text.as_string());
            if (row == nullptr || !take_) return row;
            return taken(keys_.add(text), *row);
        }
        const auto place = keys_.find(key);
        if (!place) return nullptr;
        const Value& row = rows_[row_of_key_[*place]];
        if (!take_) return &row;
        return taken({*place, false}, row);
    }

private:
    std::optional<Failure> index_rows(const engine::NodeCall& call) {
        if (object_ != nullptr) return std::nullopt;
        auto key = ItemExpression::find(call, "/table_key");
        if (!key) {
            auto same = ItemExpression::require(call, "/key");
            if (!same) return std::move(same.error());
            key.emplace(*std::move(same));
        }
        ResultWeight weight{call};
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            auto value = key->evaluate(rows_[i], i);
            if (!value) {
                value.error().message = "row of the table: " + value.error().message;
                return std::move(value.error());
            }
            if (value->is_null() || !keys_.add(*value).is_new) continue;
            if (!weight.add(*value)) return ResultWeight::failure(call);
            row_of_key_.push_back(i);
        }
        return std::nullopt;
    }

    /// Evaluates once for each row that is wanted at all.
    std::expected<const Value*, Failure> taken(KeyTable::Added key, const Value& row) {
        const auto [found, is_new] = taken_.try_emplace(key.place);
        if (is_new) {
            auto value = take_->evaluate(row, key.place);
            if (!value) {
                taken_.erase(found);
                return std::unexpected{std::move(value.error())};
            }
            found->second = *std::move(value);
        }
        return &found->second;
    }

    const Value* object_ = nullptr;
    Items rows_;
    KeyTable keys_;
    std::vector<std::size_t> row_of_key_;
    std::optional<ItemExpression> take_;
    std::map<std::size_t, Value> taken_;
};

struct LookupSettings {
    std::string into;
    Missing missing;
    Value fallback;
};

/// The item with what was found: in the field `into`, or as further fields of its own.
std::expected<Value, Failure> enriched(const Value& item, const Value& found,
                                       const std::string& into) {
    if (!item.is_object()) {
        return std::unexpected{engine::validation_failure(
            "not_an_object", "it is no object but " + std::string{core::kind_name(item)} +
                                 ", so nothing can be added to it; use data.map before")};
    }
    std::vector<core::Member> members{item.as_object().begin(), item.as_object().end()};
    if (!into.empty()) {
        members.push_back({into, found});
        return Value::object(std::move(members));
    }
    if (!found.is_object()) {
        return std::unexpected{
            engine::validation_failure("not_an_object", "what was found is no object but " +
                                                            std::string{core::kind_name(found)} +
                                                            "; name the field for it by `into`")};
    }
    for (const core::Member& member : found.as_object()) {
        if (item.find(member.key) == nullptr) members.push_back(member);
    }
    return Value::object(std::move(members));
}

class DataLookup final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_goes_with(data, pointer, "default_value", "missing", "default", "keep", problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<Failure> failure;
        FieldReader fields{call.data, {}, failure};
        ItemErrors errors{fields, {}};
        LookupSettings settings{fields.text("into"),
                                fields.word("missing", missing_words, Missing::keep),
                                call.field("default_value")};
        if (failure) return *failure;
        const auto items = item_list(call);
        if (!items) return items.error();
        auto key = ItemExpression::require(call, "/key");
        if (!key) return key.error();
        auto table = LookupTable::read(call);
        if (!table) return table.error();

        std::vector<Value> results;
        results.reserve(items->size());
        ResultWeight weight{call};
        for (std::size_t i = 0; i < items->size(); ++i) {
            auto result = look_up((*items)[i], i, *key, *table, settings);
            if (!result) {
                if (auto fatal = errors.take(std::move(result.error()), i)) return *fatal;
                continue;
            }
            if (!*result) continue;
            if (!weight.add(**result)) return ResultWeight::failure(call);
            results.push_back(**std::move(result));
        }
        return emit_items(Value::array(std::move(results)), errors, items->size());
    }

private:
    /// Nothing where the item is to be left out.
    static std::expected<std::optional<Value>, Failure> look_up(const Value& item,
                                                                std::size_t index,
                                                                ItemExpression& key,
                                                                LookupTable& table,
                                                                const LookupSettings& settings) {
        const auto wanted = key.evaluate(item, index);
        if (!wanted) return std::unexpected{wanted.error()};
        const auto found = table.find(*wanted);
        if (!found) return std::unexpected{found.error()};
        const Value* value = *found;
        if (value == nullptr) {
            switch (settings.missing) {
                case Missing::keep: return item;
                case Missing::skip: return std::optional<Value>{};
                case Missing::fail:
                    return std::unexpected{of_item(
                        engine::validation_failure(
                            "not_found", "the table has no row with the key " + shown(*wanted)),
                        index, "/key")};
                case Missing::use_default: value = &settings.fallback; break;
            }
        }
        auto result = enriched(item, *value, settings.into);
        if (!result) return std::unexpected{of_item(std::move(result.error()), index, "/into")};
        return *std::move(result);
    }
};

}  // namespace

Behaviour data_lookup() {
    return std::make_shared<DataLookup>();
}

}  // namespace millrace::nodes
