// SPDX-License-Identifier: Apache-2.0
#include "webhooks/call_counts.hpp"

#include <algorithm>

namespace millrace::server {

void CallCounter::note(CallEnd end, std::int64_t micros, core::Time at) {
    switch (end) {
        case CallEnd::succeeded: succeeded_.fetch_add(1, std::memory_order_relaxed); break;
        case CallEnd::failed: failed_.fetch_add(1, std::memory_order_relaxed); break;
        case CallEnd::refused: refused_.fetch_add(1, std::memory_order_relaxed); break;
    }
    total_us_.fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(micros, 0)),
                        std::memory_order_relaxed);
    last_ms_.store(at.ms, std::memory_order_relaxed);
    const bool is_set = alarm_->is_set.load(std::memory_order_relaxed);
    if (!is_set && !alarm_->is_set.exchange(true)) alarm_->set();
}

std::shared_ptr<CallCounts> CallCounts::make(Parts parts) {
    std::shared_ptr<CallCounts> made{new CallCounts{std::move(parts)}};
    made->alarm_->set = [weak = std::weak_ptr{made}, later = made->parts_.later] {
        later(interval, [weak] {
            if (const auto counts = weak.lock()) counts->flush();
        });
    };
    return made;
}

std::shared_ptr<CallCounter> CallCounts::counter(const std::string& workflow_id,
                                                 const std::string& node_id) {
    const std::scoped_lock lock{mutex_};
    std::shared_ptr<CallCounter>& counter = counters_[{workflow_id, node_id}];
    if (!counter) counter.reset(new CallCounter{alarm_});
    return counter;
}

store::TriggerCount CallCounts::read(const Name& name, CallCounter& counter, bool takes) {
    const auto value = [&](std::atomic<std::uint64_t>& field) {
        return takes ? field.exchange(0) : field.load();
    };
    store::TriggerCount count;
    count.workflow_id = name.first;
    count.node_id = name.second;
    count.succeeded = value(counter.succeeded_);
    count.failed = value(counter.failed_);
    count.refused = value(counter.refused_);
    count.total_us = value(counter.total_us_);
    count.calls = count.succeeded + count.failed + count.refused;
    count.last_at = core::Time{counter.last_ms_.load()};
    return count;
}

void CallCounts::flush() {
    alarm_->is_set.store(false);
    std::vector<store::TriggerCount> counts;
    std::vector<std::shared_ptr<CallCounter>> counters;
    {
        const std::scoped_lock lock{mutex_};
        for (const auto& [name, counter] : counters_) {
            store::TriggerCount count = read(name, *counter, true);
            if (count.calls == 0) continue;
            counts.push_back(std::move(count));
            counters.push_back(counter);
        }
    }
    if (counts.empty() || parts_.add(counts)) return;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        counters[i]->succeeded_ += counts[i].succeeded;
        counters[i]->failed_ += counts[i].failed;
        counters[i]->refused_ += counts[i].refused;
        counters[i]->total_us_ += counts[i].total_us;
    }
    if (!alarm_->is_set.exchange(true)) alarm_->set();
}

core::Result<std::vector<store::TriggerCount>> CallCounts::list(
    const std::optional<std::string>& workflow_id) {
    auto counts = parts_.list(workflow_id);
    if (!counts) return counts;
    const std::scoped_lock lock{mutex_};
    for (const auto& [name, counter] : counters_) {
        if (workflow_id && name.first != *workflow_id) continue;
        const store::TriggerCount more = read(name, *counter, false);
        if (more.calls == 0) continue;
        const auto known = std::ranges::find_if(*counts, [&](const store::TriggerCount& count) {
            return count.workflow_id == name.first && count.node_id == name.second;
        });
        if (known == counts->end()) {
            counts->push_back(more);
            continue;
        }
        known->calls += more.calls;
        known->succeeded += more.succeeded;
        known->failed += more.failed;
        known->refused += more.refused;
        known->total_us += more.total_us;
        known->last_at = std::max(known->last_at, more.last_at);
    }
    return counts;
}

core::Value statistics_value(const store::TriggerCount& count) {
    using core::Value;
    const auto number = [](std::uint64_t value) { return Value{static_cast<std::int64_t>(value)}; };
    const auto ratio = [](std::uint64_t a, double b) { return static_cast<double>(a) / b; };
    Value rate;
    Value average;
    if (count.calls > 0) {
        rate = ratio(count.succeeded, static_cast<double>(count.calls));
        average = ratio(count.total_us, 1e3 * static_cast<double>(count.calls));
    }
    return Value::object(
        {{"calls", number(count.calls)},
         {"succeeded", number(count.succeeded)},
         {"failed", number(count.failed)},
         {"refused", number(count.refused)},
         {"success_rate", rate},
         {"average_ms", average},
         {"last_called_at", count.calls == 0 ? Value{} : Value{count.last_at.text()}}});
}

}  // namespace millrace::server
