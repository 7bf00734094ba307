// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/value.hpp"
#include "millrace/engine/node.hpp"

namespace millrace::nodes {

/// A behaviour that knows which fields the document gives. Evaluated data lacks a field also where
/// its template gives undefined, and that must not count as if nobody had asked: a signature that
/// is missing is not a signature that need not be verified.
template <class Self>
class GivenFields : public engine::NodeBehaviour {
public:
    std::shared_ptr<const engine::NodeDefinition> specialise(
        const engine::NodeDefinition& self, const core::Value& data) const override {
        auto behaviour = std::make_shared<Self>(static_cast<const Self&>(*this));
        behaviour->keys_.clear();
        if (data.is_object()) {
            for (const core::Member& member : data.as_object())
                behaviour->keys_.push_back(member.key);
        }
        static_cast<GivenFields&>(*behaviour).keep(data);
        auto made = std::make_shared<engine::NodeDefinition>(self);
        made->behaviour = std::move(behaviour);
        return made;
    }

protected:
    /// Null pointer where the document does not give the field; null for undefined.
    const core::Value* given(const engine::NodeCall& call, std::string_view key) const {
        static const core::Value null;
        const core::Value* const found = call.data.find(key);
        if (found != nullptr) return found;
        return std::ranges::find(keys_, key) == keys_.end() ? nullptr : &null;
    }
    /// The field, or the input where the document does not give it.
    const core::Value& given_or_input(const engine::NodeCall& call, std::string_view key) const {
        const core::Value* const field = given(call, key);
        return field == nullptr ? call.input() : *field;
    }
    /// How messages call that.
    std::string name_of(const engine::NodeCall& call, std::string_view key) const {
        if (given(call, key) == nullptr) return "the input";
        return "`" + std::string{key} + "`";
    }

private:
    /// Keeps of the document's data what can be read once.
    virtual void keep(const core::Value&) {}

    std::vector<std::string> keys_;
};

}  // namespace millrace::nodes
