// SPDX-License-Identifier: Apache-2.0
#include "json/patch/json_tree.hpp"

#include <utility>

namespace millrace::nodes {

using core::Value;

std::vector<JsonTree>& JsonTree::elements() {
    if (!elements_) {
        elements_ = std::make_unique<std::vector<JsonTree>>();
        elements_->reserve(value_.size());
        for (const Value& element : value_.as_array())
            elements_->emplace_back(element);
        value_ = {};
    }
    return *elements_;
}

JsonTree::Members& JsonTree::members() {
    if (!members_) {
        members_ = std::make_shared<Members>();
        members_->list.reserve(value_.size());
        for (const core::Member& member : value_.as_object()) {
            members_->places.emplace(member.key, members_->list.size());
            members_->list.push_back({member.key, JsonTree{member.value}});
        }
        value_ = {};
    }
    return *members_;
}

std::size_t JsonTree::size() const {
    if (elements_) return elements_->size();
    return is_array() ? value_.size() : 0;
}

JsonTree* JsonTree::element(std::size_t index) {
    return is_array() && index < size() ? &elements()[index] : nullptr;
}

JsonTree* JsonTree::member(std::string_view key) {
    if (!is_object()) return nullptr;
    Members& all = members();
    const auto found = all.places.find(key);
    return found == all.places.end() ? nullptr : &*all.list[found->second].tree;
}

void JsonTree::insert(std::size_t index, Value value) {
    std::vector<JsonTree>& all = elements();
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(index), JsonTree{std::move(value)});
}

void JsonTree::set(std::string_view key, Value value) {
    if (JsonTree* const before = member(key)) return before->replace(std::move(value));
    Members& all = members();
    all.places.emplace(key, all.list.size());
    all.list.push_back({std::string{key}, JsonTree{std::move(value)}});
}

void JsonTree::erase(std::size_t index) {
    std::vector<JsonTree>& all = elements();
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(index));
}

void JsonTree::erase(std::string_view key) {
    Members& all = members();
    const auto found = all.places.find(key);
    if (found == all.places.end()) return;
    all.list[found->second].tree.reset();
    all.places.erase(found);
}

void JsonTree::replace(Value value) {
    elements_.reset();
    members_.reset();
    value_ = std::move(value);
}

Value JsonTree::value() const {
    if (elements_) {
        std::vector<Value> list;
        list.reserve(elements_->size());
        for (const JsonTree& element : *elements_)
            list.push_back(element.value());
        return Value::array(std::move(list));
    }
    if (!members_) return value_;
    std::vector<core::Member> list;
    for (const Member& member : members_->list) {
        if (member.tree) list.push_back({member.key, member.tree->value()});
    }
    return Value::object(std::move(list));
}

}  // namespace millrace::nodes
