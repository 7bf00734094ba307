// SPDX-License-Identifier: Apache-2.0
#include "limiter.hpp"

#include <iterator>

namespace millrace::engine {

bool Limiter::is_taken(const std::string& workflow, std::uint32_t limit) const {
    const auto found = flows_.find(workflow);
    if (found == flows_.end()) return limit == 0;
    return found->second.running.size() + found->second.waiting.size() >= limit;
}

void Limiter::enqueue(const std::string& workflow, std::uint32_t limit, const Place& place) {
    Flow& flow = flows_[workflow];
    flow.limit = limit;
    // One that was let in while it was parked is not to wait again.
    if (!flow.running.contains(place.id)) flow.waiting.insert(place);
    update(workflow, flow);
}

void Limiter::hold(const std::string& workflow, std::uint32_t limit, core::ExecutionId id) {
    Flow& flow = flows_[workflow];
    flow.limit = limit;
    flow.running.insert(id);
    update(workflow, flow);
}

void Limiter::release(const std::string& workflow, const Place& place) {
    const auto found = flows_.find(workflow);
    if (found == flows_.end()) return;
    Flow& flow = found->second;
    flow.running.erase(place.id);
    flow.waiting.erase(place);
    update(workflow, flow);
    if (flow.running.empty() && flow.waiting.empty()) flows_.erase(found);
}

void Limiter::forget(core::ExecutionId id) {
    for (auto flow = flows_.begin(); flow != flows_.end();) {
        flow->second.running.erase(id);
        std::erase_if(flow->second.waiting, [&](const Place& place) { return place.id == id; });
        update(flow->first, flow->second);
        const bool is_empty = flow->second.running.empty() && flow->second.waiting.empty();
        flow = is_empty ? flows_.erase(flow) : std::next(flow);
    }
}

void Limiter::update(const std::string& workflow, const Flow& flow) {
    if (!flow.waiting.empty() && flow.running.size() < flow.limit) {
        ready_.insert(workflow);
    } else {
        ready_.erase(workflow);
    }
}

std::size_t Limiter::waiting(const std::string& workflow) const {
    const auto flow = flows_.find(workflow);
    return flow == flows_.end() ? 0 : flow->second.waiting.size();
}

std::size_t Limiter::waiting() const {
    std::size_t count = 0;
    for (const auto& [workflow, flow] : flows_)
        count += flow.waiting.size();
    return count;
}

bool Limiter::is_running(const std::string& workflow, core::ExecutionId id) const {
    const auto found = flows_.find(workflow);
    return found != flows_.end() && found->second.running.contains(id);
}

std::optional<core::ExecutionId> Limiter::next() {
    if (ready_.empty()) return std::nullopt;
    const std::string workflow = *ready_.begin();
    Flow& flow = flows_.at(workflow);
    const core::ExecutionId id = flow.waiting.begin()->id;
    flow.waiting.erase(flow.waiting.begin());
    flow.running.insert(id);
    update(workflow, flow);
    return id;
}

bool Limiter::admit(const std::string& workflow, core::ExecutionId id) {
    if (!ready_.contains(workflow)) return false;
    Flow& flow = flows_.at(workflow);
    if (flow.waiting.begin()->id != id) return false;
    flow.waiting.erase(flow.waiting.begin());
    flow.running.insert(id);
    update(workflow, flow);
    return true;
}

}  // namespace millrace::engine
