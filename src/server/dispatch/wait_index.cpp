// SPDX-License-Identifier: Apache-2.0
#include "dispatch/wait_index.hpp"

#include <algorithm>
#include <utility>

#include "millrace/core/json.hpp"

namespace millrace::server {
namespace {

/// What a wait asks, taken apart.
struct Asked {
    core::Value common;  ///< without the values that it matches
    std::vector<std::string> paths;
    core::Value values;
};

Asked take_apart(const core::Value& details) {
    core::ObjectBuilder common;
    Asked asked;
    std::vector<core::Value> paths;
    std::vector<core::Value> values;
    if (details.is_object()) {
        for (const core::Member& member : details.as_object())
            if (member.key != "match") common.set(member.key, member.value);
    }
    if (const core::Value* const match = details.find("match"); match && match->is_object()) {
        for (const core::Member& member : match->as_object()) {
            asked.paths.push_back(member.key);
            paths.emplace_back(member.key);
            values.push_back(member.value);
        }
    }
    common.set("paths", core::Value::array(std::move(paths)));
    asked.common = std::move(common).build();
    asked.values = core::Value::array(std::move(values));
    return asked;
}

/// What the event has at these paths, unless it lacks one.
std::optional<core::Value> values_at(const core::Value& event,
                                     const std::vector<std::string>& paths) {
    std::vector<core::Value> values;
    for (const std::string& path : paths) {
        const core::Value* const found = nodes::event_member(event, path);
        if (found == nullptr) return std::nullopt;
        values.push_back(*found);
    }
    return core::Value::array(std::move(values));
}

}  // namespace

void WaitIndex::put(const WaitKey& key, const core::Value& details, std::string path,
                    core::Time since) {
    erase(key);
    Asked asked = take_apart(details);
    const std::string name = core::to_json(asked.common);
    auto at = shapes_.find(name);
    if (at == shapes_.end()) {
        auto selector = nodes::EventSelector::make(asked.common, "type");
        // The node checks it before it begins to wait; such a wait ends by its timeout only.
        if (!selector) return;
        const EventTypes types = types_of(*selector);
        at = shapes_.emplace(name, Shape{*std::move(selector), types, std::move(asked.paths), {}})
                 .first;
    }
    at->second.waits.emplace(asked.values, key);
    waits_.emplace(key, Entry{name, std::move(asked.values), std::move(path), since});
}

void WaitIndex::add(const store::Wait& wait) {
    put({wait.id, wait.run}, wait.details, wait.path, wait.opened_at);
}

void WaitIndex::apply(const engine::WaitRow& row) {
    const WaitKey key{row.id, row.run};
    if (row.state == engine::WaitRow::State::open) {
        if (row.what == engine::WaitRow::What::event) put(key, row.details, row.path, row.at);
        return;
    }
    // What was read from the store may be newer than a row that is told late.
    const auto at = waits_.find(key);
    if (at != waits_.end() && at->second.since <= row.at) erase(key);
}

void WaitIndex::erase(const WaitKey& key) {
    const auto at = waits_.find(key);
    if (at == waits_.end()) return;
    const auto shape = shapes_.find(at->second.shape);
    const auto [first, last] = shape->second.waits.equal_range(at->second.values);
    const auto found =
        std::find_if(first, last, [&](const auto& one) { return one.second == key; });
    shape->second.waits.erase(found);
    if (shape->second.waits.empty()) shapes_.erase(shape);
    waits_.erase(at);
}

void WaitIndex::clear() {
    waits_.clear();
    shapes_.clear();
}

EventTypes WaitIndex::types() const {
    EventTypes types = 0;
    for (const auto& [name, shape] : shapes_)
        types |= shape.types;
    return types;
}

bool WaitIndex::wants_source(std::string_view source) const {
    return std::ranges::any_of(shapes_, [&](const auto& named) {
        return named.second.types != 0 && named.second.selector.takes_source(source);
    });
}

std::vector<WaitKey> WaitIndex::answered_by(const HappenedEvent& event, bool is_new) const {
    std::vector<WaitKey> answered;
    for (const auto& [name, shape] : shapes_) {
        if (!shape.selector.takes_type(event.type) || !shape.selector.takes_source(event.source))
            continue;
        const auto values = values_at(event.value, shape.paths);
        if (!values) continue;
        const auto [first, last] = shape.waits.equal_range(*values);
        if (first == last || !shape.selector.takes_content(event.value).value_or(false)) continue;
        for (auto at = first; at != last; ++at) {
            const WaitKey& key = at->second;
            const bool is_late = !is_new && event.time < waits_.at(key).since;
            if (!is_late && event.execution_id != key.id) answered.push_back(key);
        }
    }
    std::ranges::sort(answered);
    return answered;
}

std::string WaitIndex::path_of(const WaitKey& key) const {
    const auto at = waits_.find(key);
    return at == waits_.end() ? std::string{} : at->second.path;
}

}  // namespace millrace::server
