// SPDX-License-Identifier: Apache-2.0
#include "ledger.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace millrace::runtime {

void Ledger::News::tell_answers() {
    for (Answered& answered : std::exchange(answered_, {}))
        answered.accepted(std::move(answered.result));
}

void Ledger::News::tell() {
    tell_answers();
    for (Ended& ended : ended_)
        ended.finished(ended.id, std::move(ended.result));
}

Ledger::WatchId Ledger::new_watch() {
    const std::scoped_lock lock{mutex_};
    return ++last_watch_;
}

core::Result<engine::CallToken> Ledger::open_call(core::ExecutionId id,
                                                  Runtime::Accepted&& accepted,
                                                  Runtime::Finished&& finished,
                                                  std::optional<std::size_t> live_max,
                                                  WatchId watch) {
    const std::scoped_lock lock{mutex_};
    if (closed_) return std::unexpected(*closed_);
    if (live_max && live_.size() + creating_ >= *live_max) {
        return core::fail(RuntimeErrc::busy, "there are " + std::to_string(live_.size()) +
                                                 " unfinished executions, which is the limit");
    }
    if (live_max) ++creating_;
    const engine::CallToken token = ++last_token_;
    calls_.emplace(token,
                   Call{id, std::move(accepted), std::move(finished), live_max.has_value(), watch});
    return token;
}

Ledger::News Ledger::refuse(std::span<const engine::CallToken> tokens, const core::Error& error) {
    News news;
    const std::scoped_lock lock{mutex_};
    for (const engine::CallToken token : tokens) {
        auto call = calls_.extract(token);
        if (!call) continue;
        if (call.mapped().creates) --creating_;
        news.answered_.push_back({std::move(call.mapped().accepted), std::unexpected(error)});
    }
    return news;
}

Ledger::News Ledger::settle(engine::Frame& frame) {
    News news;
    const std::scoped_lock lock{mutex_};
    for (const engine::ExecutionRow& row : frame.inserted)
        if (!is_terminal(row.status)) live_.insert(row.id);
    // It is found in the store from now on, even if somebody waits for its end.
    for (const engine::ParkedRow& row : frame.parked)
        live_.erase(row.id);
    for (engine::Answer& answer : frame.answers) {
        auto call = calls_.extract(answer.token);
        if (!call) continue;
        Call& open = call.mapped();
        if (open.creates) --creating_;
        if (!answer.result) {
            news.answered_.push_back(
                {std::move(open.accepted), std::unexpected(std::move(answer.result.error()))});
            continue;
        }
        news.answered_.push_back({std::move(open.accepted), open.id});
        if (open.finished) begin(open.id, open.watch, std::move(open.finished));
    }
    for (const engine::ExecutionRow& row : frame.inserted)
        if (is_terminal(row.status)) end(row, news);
    for (const engine::ExecutionRow& row : frame.finished)
        end(row, news);
    return news;
}

void Ledger::end(const engine::ExecutionRow& row, News& news) {
    live_.erase(row.id);
    auto watches = watches_.extract(row.id);
    if (!watches) return;
    for (Watch& watch : watches.mapped())
        news.ended_.push_back({std::move(watch.finished), row.id, row.status});
}

Ledger::WatchId Ledger::begin(core::ExecutionId id, WatchId number, Runtime::Finished&& finished) {
    if (number == 0) number = ++last_watch_;
    watches_[id].push_back({number, std::move(finished)});
    return number;
}

std::optional<Ledger::WatchId> Ledger::watch(core::ExecutionId id, Runtime::Finished finished,
                                             bool is_parked, WatchId number) {
    const std::scoped_lock lock{mutex_};
    if (closed_ || (!is_parked && !live_.contains(id))) return std::nullopt;
    return begin(id, number, std::move(finished));
}

void Ledger::unwatch(core::ExecutionId id, WatchId watch) {
    // What the callback holds may call the runtime as it goes.
    Runtime::Finished forgotten;
    const std::scoped_lock lock{mutex_};
    const auto at = watches_.find(id);
    if (at == watches_.end()) return;
    const auto known = std::ranges::find(at->second, watch, &Watch::number);
    if (known == at->second.end()) return;
    forgotten = std::move(known->finished);
    at->second.erase(known);
    if (at->second.empty()) watches_.erase(at);
}

std::size_t Ledger::watch_count() const {
    const std::scoped_lock lock{mutex_};
    std::size_t count = 0;
    for (const auto& [id, watches] : watches_)
        count += watches.size();
    return count;
}

void Ledger::adopt(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    live_.insert(id);
}

Ledger::News Ledger::drop(core::ExecutionId id, const core::Error& error) {
    News news;
    const std::scoped_lock lock{mutex_};
    live_.erase(id);
    auto watches = watches_.extract(id);
    if (!watches) return news;
    for (Watch& watch : watches.mapped())
        news.ended_.push_back({std::move(watch.finished), id, std::unexpected(error)});
    return news;
}

bool Ledger::is_live(core::ExecutionId id) const {
    const std::scoped_lock lock{mutex_};
    return live_.contains(id);
}

std::size_t Ledger::live_count() const {
    const std::scoped_lock lock{mutex_};
    return live_.size();
}

std::vector<core::ExecutionId> Ledger::live() const {
    std::vector<core::ExecutionId> ids;
    {
        const std::scoped_lock lock{mutex_};
        ids.assign(live_.begin(), live_.end());
    }
    std::ranges::sort(ids);
    return ids;
}

Ledger::News Ledger::close(const core::Error& error) {
    News news;
    const std::scoped_lock lock{mutex_};
    if (!closed_) closed_ = error;
    for (auto& [token, call] : calls_)
        news.answered_.push_back({std::move(call.accepted), std::unexpected(*closed_)});
    for (auto& [id, watches] : watches_)
        for (Watch& watch : watches)
            news.ended_.push_back({std::move(watch.finished), id, std::unexpected(*closed_)});
    calls_.clear();
    watches_.clear();
    return news;
}

}  // namespace millrace::runtime
