// SPDX-License-Identifier: Apache-2.0
#include "json/merge/merge_patch.hpp"

#include <utility>
#include <vector>

namespace millrace::nodes {
namespace {

using core::Value;

std::optional<Value> merged(const Value& target, const Value& patch, int levels) {
    if (!patch.is_object()) return patch;
    if (levels == 0) return std::nullopt;
    std::vector<core::Member> members;
    if (target.is_object()) {
        for (const core::Member& member : target.as_object()) {
            const Value* const change = patch.find(member.key);
            if (change == nullptr || !change->is_null()) members.push_back(member);
        }
    }
    for (const core::Member& member : patch.as_object()) {
        if (member.value.is_null()) continue;
        const Value* const before = target.find(member.key);
        auto after = merged(before == nullptr ? Value{} : *before, member.value, levels - 1);
        if (!after) return std::nullopt;
        // At the place of the field that it replaces, if there is one.
        members.push_back({member.key, *std::move(after)});
    }
    return Value::object(std::move(members));
}

}  // namespace

std::optional<Value> merge_patch(const Value& target, const Value& patch) {
    return merged(target, patch, merge_patch_depth_max);
}

}  // namespace millrace::nodes
