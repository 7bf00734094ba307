// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "data/join/row_merge.hpp"
#include "field.hpp"
#include "items.hpp"
#include "key_table.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;

enum class JoinKind : std::uint8_t { inner, left, right, full };

constexpr Word<JoinKind> kinds[]{{"inner", JoinKind::inner},
                                 {"left", JoinKind::left},
                                 {"right", JoinKind::right},
                                 {"full", JoinKind::full}};
constexpr std::int64_t rows_default = 1'000'000;
constexpr std::int64_t rows_limit = 10'000'000;
constexpr std::size_t none = static_cast<std::size_t>(-1);

/// The right items of each key, as chains through their indexes.
class RightSide {
public:
    static std::expected<RightSide, Failure> read(const engine::NodeCall& call, Items items,
                                                  ItemExpression& key) {
        RightSide side;
        ResultWeight weight{call};
        side.next_.assign(items.size(), none);
        side.is_used_.assign(items.size(), 0);
        for (std::size_t i = 0; i < items.size(); ++i) {
            const auto value = key.evaluate(items[i], i);
            if (!value) return std::unexpected{value.error()};
            if (value->is_null()) continue;  // is equal to nothing
            const auto [place, is_new] = side.table_.add(*value);
            if (is_new) {
                if (!weight.add(*value)) return std::unexpected{ResultWeight::failure(call)};
                side.first_.push_back(i);
                side.last_.push_back(i);
            } else {
                side.next_[std::exchange(side.last_[place], i)] = i;
            }
        }
        return side;
    }

    /// The first item with this key, or `none`.
    std::size_t first(const Value& key) const {
        if (key.is_null()) return none;
        const auto place = table_.find(key);
        return place ? first_[*place] : none;
    }
    std::size_t next(std::size_t item) const { return next_[item]; }
    void use(std::size_t item) { is_used_[item] = 1; }
    bool is_used(std::size_t item) const { return is_used_[item] != 0; }

private:
    KeyTable table_;
    std::vector<std::size_t> first_;
    std::vector<std::size_t> last_;
    std::vector<std::size_t> next_;
    std::vector<char> is_used_;
};

struct JoinSettings {
    JoinKind kind;
    std::size_t rows_max;
    RowMerge merge;
};

class Join {
public:
    Join(const engine::NodeCall& call, JoinSettings settings, Items left, Items right)
        : call_{call}, settings_{std::move(settings)}, left_{left}, right_{right}, weight_{call} {}

    engine::NodeOutcome run(ItemExpression& left_key, ItemExpression& right_key) {
        auto side = RightSide::read(call_, right_, right_key);
        if (!side) return side.error();
        const bool keeps_left =
            settings_.kind == JoinKind::left || settings_.kind == JoinKind::full;
        const bool keeps_right =
            settings_.kind == JoinKind::right || settings_.kind == JoinKind::full;
        for (std::size_t i = 0; i < left_.size(); ++i) {
            const auto key = left_key.evaluate(left_[i], i);
            if (!key) return key.error();
            std::size_t match = side->first(*key);
            if (match == none && keeps_left && !add(i, none)) return *failure_;
            for (; match != none; match = side->next(match)) {
                side->use(match);
                if (!add(i, match)) return *failure_;
            }
        }
        for (std::size_t i = 0; keeps_right && i < right_.size(); ++i) {
            if (!side->is_used(i) && !add(none, i)) return *failure_;
        }
        return engine::Emit::out(Value::array(std::move(rows_)));
    }

private:
    bool add(std::size_t left, std::size_t right) {
        if (rows_.size() >= settings_.rows_max) {
            failure_ = limit_failure(
                "too_many_rows",
                "the join gives more than " + std::to_string(settings_.rows_max) +
                    " rows; keys that many items of both sides share multiply them: choose keys "
                    "that tell items apart, or raise `max_rows`");
            return false;
        }
        auto row = settings_.merge.row(left == none ? nullptr : &left_[left],
                                       right == none ? nullptr : &right_[right]);
        if (!row) {
            const bool is_left = row.error() == RowMerge::Side::left;
            failure_ = engine::validation_failure(
                "not_an_object", "item " + std::to_string(is_left ? left : right) + " of `" +
                                     (is_left ? "left" : "right") +
                                     "` is no object, so its fields cannot be merged; use "
                                     "`combine: nest`");
            return false;
        }
        if (!weight_.add(*row)) {
            failure_ = ResultWeight::failure(call_);
            return false;
        }
        rows_.push_back(*std::move(row));
        return true;
    }

    const engine::NodeCall& call_;
    JoinSettings settings_;
    Items left_;
    Items right_;
    ResultWeight weight_;
    std::vector<Value> rows_;
    std::optional<Failure> failure_;
};

std::expected<ItemExpression, Failure> key_of(const engine::NodeCall& call, std::string pointer) {
    if (auto own = ItemExpression::find(call, std::move(pointer))) return *std::move(own);
    return ItemExpression::require(call, "/key");
}

class DataJoin final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        for (const char* const field : {"prefer", "left_prefix", "right_prefix"})
            check_goes_with(data, pointer, field, "combine", "merge", "merge", problems);
        const bool has_key = data.find("key") != nullptr;
        for (const char* const side : {"left_key", "right_key"}) {
            if (has_key || data.find(side) != nullptr) continue;
            add_problem(problems, core::ProblemCode::missing_key,
                        core::pointer_child(pointer, side),
                        "give `key`, an expression over `item` for both sides, or both `left_key` "
                        "and `right_key`");
        }
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<Failure> failure;
        FieldReader fields{call.data, {}, failure};
        JoinSettings settings{
            fields.word("kind", kinds, JoinKind::inner),
            static_cast<std::size_t>(fields.integer("max_rows", rows_default, 1, rows_limit)),
            RowMerge{fields}};
        if (failure) return *failure;
        const auto left = item_list_at(call, 0, "left");
        if (!left) return left.error();
        const auto right = item_list_at(call, 1, "right");
        if (!right) return right.error();
        auto left_key = key_of(call, "/left_key");
        if (!left_key) return left_key.error();
        auto right_key = key_of(call, "/right_key");
        if (!right_key) return right_key.error();
        return Join{call, std::move(settings), *left, *right}.run(*left_key, *right_key);
    }
};

}  // namespace

Behaviour data_join() {
    return std::make_shared<DataJoin>();
}

}  // namespace millrace::nodes
