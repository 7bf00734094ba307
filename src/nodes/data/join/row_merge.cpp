// SPDX-License-Identifier: Apache-2.0
#include "data/join/row_merge.hpp"

#include <utility>
#include <vector>

namespace millrace::nodes {
namespace {

using core::Value;

constexpr Word<bool> combinations[]{{"merge", false}, {"nest", true}};
constexpr Word<bool> preferences[]{{"left", false}, {"right", true}};

/// Appends the fields of `item`, if there is one, with the prefix before their names.
void append(std::vector<core::Member>& members, const Value* item, const std::string& prefix) {
    if (item == nullptr) return;
    for (const core::Member& member : item->as_object())
        members.push_back({prefix + member.key, member.value});
}

/// Of two fields with one name an object keeps the first one's place and the last one's value.
Value merged(const Value* first, const std::string& first_prefix, const Value* second,
             const std::string& second_prefix, bool prefers_first) {
    std::vector<core::Member> members;
    members.reserve((first ? first->size() : 0) + (second ? second->size() : 0));
    append(members, first, first_prefix);
    append(members, second, second_prefix);
    if (prefers_first) append(members, first, first_prefix);
    return Value::object(std::move(members));
}

}  // namespace

RowMerge::RowMerge(FieldReader& fields)
    : nests_{fields.word("combine", combinations, false)},
      prefers_right_{fields.word("prefer", preferences, false)},
      left_prefix_{fields.text("left_prefix")},
      right_prefix_{fields.text("right_prefix")} {}

std::expected<Value, RowMerge::Side> RowMerge::row(const Value* left, const Value* right) const {
    if (nests_) {
        return Value::object(
            {{"left", left ? *left : Value{}}, {"right", right ? *right : Value{}}});
    }
    if (left != nullptr && !left->is_object()) return std::unexpected{Side::left};
    if (right != nullptr && !right->is_object()) return std::unexpected{Side::right};
    return merged(left, left_prefix_, right, right_prefix_, !prefers_right_);
}

}  // namespace millrace::nodes
