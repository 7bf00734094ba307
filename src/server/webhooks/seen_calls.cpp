// SPDX-License-Identifier: Apache-2.0
#include "webhooks/seen_calls.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "millrace/format/digest.hpp"

namespace millrace::server {
namespace {

using store::StartKey;
using store::StartKeyTable;
using Fate = StartKey::Fate;

/// Frames wait while claims are written.
constexpr std::size_t claims_at_once = 256;

std::string name_of(std::string_view kind, const std::string& scope, const std::string& key) {
    std::string text{kind};
    text.append(" ").append(std::to_string(scope.size())).append(" ").append(scope);
    return format::blake2b_256_hex(text.append(key));
}

std::string key_name(const SeenCalls::Claim& claim) {
    return name_of("key", claim.scope, claim.key);
}

std::string signature_name(const SeenCalls::Claim& claim) {
    return name_of("signature", claim.scope, claim.signature);
}

/// None: the name is unknown, or means something new by now.
core::Result<std::optional<StartKey>> known(StartKeyTable& table, const std::string& name,
                                            core::Time now) {
    auto found = table.find(name);
    if (found && *found && (*found)->until <= now) return std::nullopt;
    return found;
}

/// Every call that is yet to be started begins the time of its names anew.
core::Result<> put(StartKeyTable& table, std::string name, core::ExecutionId execution,
                   core::Time until, const std::optional<StartKey>& before) {
    StartKey key{std::move(name), execution, until};
    if (before && before->execution == execution) key.until = std::max(until, before->until);
    return table.put(key);
}

SeenCalls::Outcome taken(const StartKey& key) {
    SeenCalls::Outcome outcome;
    outcome.execution = key.execution;
    outcome.fate = key.fate;
    return outcome;
}

SeenCalls::Outcome replayed() {
    SeenCalls::Outcome outcome;
    outcome.is_replayed = true;
    return outcome;
}

core::Result<SeenCalls::Outcome> decide(StartKeyTable& table, const SeenCalls::Claim& claim) {
    const std::string by_key = claim.key.empty() ? std::string{} : key_name(claim);
    const std::string by_signature =
        claim.signature.empty() ? std::string{} : signature_name(claim);
    std::optional<StartKey> key;
    std::optional<StartKey> signature;
    if (!by_key.empty()) {
        auto found = known(table, by_key, claim.now);
        if (!found) return std::unexpected(found.error());
        key = *std::move(found);
        if (key && key->fate != Fate::not_started) return taken(*key);
    }
    if (!by_signature.empty()) {
        auto found = known(table, by_signature, claim.now);
        if (!found) return std::unexpected(found.error());
        signature = *std::move(found);
    }
    if (signature && signature->fate != Fate::not_started) {
        // Under another key it is somebody else's copy.
        if (!by_key.empty() || signature->is_answered) return replayed();
        return taken(*signature);
    }
    SeenCalls::Outcome outcome;
    if (key) {
        outcome.execution = key->execution;
    } else if (signature && by_key.empty()) {
        outcome.execution = signature->execution;
    } else {
        outcome.execution = {
            format::named_uuid(claim.now, {"call", by_key.empty() ? by_signature : by_key})};
    }
    if (!by_key.empty()) {
        if (auto done = put(table, by_key, outcome.execution, claim.now + claim.key_window, key);
            !done)
            return std::unexpected(done.error());
    }
    if (by_signature.empty()) return outcome;
    if (auto done = put(table, by_signature, outcome.execution, claim.now + claim.signature_window,
                        signature);
        !done)
        return std::unexpected(done.error());
    return outcome;
}

core::Result<> note(StartKeyTable& table, const std::string& name, core::ExecutionId execution) {
    auto key = table.find(name);
    if (!key) return std::unexpected(key.error());
    if (!*key || (*key)->execution != execution) return {};
    (*key)->is_answered = true;
    return table.put(**key);
}

}  // namespace

SeenCalls::Parts seen_calls_parts(runtime::Runtime& runtime,
                                  std::function<void(std::function<void()>)> work) {
    return {
        .write =
            [&runtime](const auto& task) {
                return runtime.write([&](store::Store& store) { return task(store.start_keys()); });
            },
        .work = std::move(work)};
}

class SeenCalls::Held {
public:
    Held(std::shared_ptr<SeenCalls> calls, Names names)
        : calls_{std::move(calls)}, names_{std::move(names)} {}
    ~Held() { calls_->release(names_); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

private:
    const std::shared_ptr<SeenCalls> calls_;
    const Names names_;
};

void SeenCalls::claim(Claim claim, Done done) {
    Waiting waiting{std::move(claim), {}, std::move(done)};
    if (!waiting.claim.key.empty()) waiting.names.push_back(key_name(waiting.claim));
    if (!waiting.claim.signature.empty()) waiting.names.push_back(signature_name(waiting.claim));
    {
        const std::scoped_lock lock{mutex_};
        waiting_.push_back(std::move(waiting));
    }
    run_soon();
}

void SeenCalls::note_answered(const Claim& claim, core::ExecutionId execution) {
    {
        const std::scoped_lock lock{mutex_};
        answered_.push_back({signature_name(claim), execution});
    }
    run_soon();
}

void SeenCalls::run_soon() {
    {
        const std::scoped_lock lock{mutex_};
        if (std::exchange(is_running_, true)) return;
    }
    parts_.work([self = shared_from_this()] { self->run(); });
}

void SeenCalls::run() {
    while (auto batch = take())
        do_batch(*std::move(batch));
}

std::optional<SeenCalls::Batch> SeenCalls::take() {
    const std::scoped_lock lock{mutex_};
    is_running_ = !waiting_.empty() || !answered_.empty();
    if (!is_running_) return std::nullopt;
    Batch batch;
    batch.answered.swap(answered_);
    const auto end =
        waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), claims_at_once));
    for (auto one = waiting_.begin(); one != end; ++one) {
        const auto name = std::ranges::find_if(
            one->names, [&](const std::string& each) { return held_.contains(each); });
        auto& to = name == one->names.end() ? batch.waiting : held_.at(*name);
        to.push_back(std::move(*one));
    }
    waiting_.erase(waiting_.begin(), end);
    return batch;
}

core::Result<std::vector<std::optional<SeenCalls::Outcome>>> SeenCalls::write(const Batch& batch) {
    std::vector<std::optional<Outcome>> outcomes;
    if (batch.waiting.empty() && batch.answered.empty()) return outcomes;
    const auto written = parts_.write([&](store::StartKeys& keys) {
        return keys.change([&](StartKeyTable& table) -> core::Result<> {
            outcomes.clear();
            std::set<std::string_view> begun;
            for (const Answered& one : batch.answered)
                if (auto noted = note(table, one.name, one.execution); !noted) return noted;
            for (const Waiting& one : batch.waiting) {
                const bool waits = std::ranges::any_of(
                    one.names, [&](const std::string& name) { return begun.contains(name); });
                outcomes.emplace_back();
                if (waits) continue;
                auto outcome = decide(table, one.claim);
                if (!outcome) return std::unexpected(outcome.error());
                if (!outcome->is_replayed && outcome->fate == Fate::not_started)
                    begun.insert(one.names.begin(), one.names.end());
                outcomes.back() = *std::move(outcome);
            }
            return {};
        });
    });
    if (!written) return std::unexpected(written.error());
    return outcomes;
}

void SeenCalls::do_batch(Batch batch) {
    auto outcomes = write(batch);
    if (!outcomes) {
        for (Waiting& one : batch.waiting)
            one.done(std::unexpected(outcomes.error()));
        return;
    }
    for (std::size_t i = 0; i < batch.waiting.size(); ++i) {
        std::optional<Outcome>& outcome = (*outcomes)[i];
        Waiting& one = batch.waiting[i];
        const std::scoped_lock lock{mutex_};
        if (!outcome) {
            // Whoever comes before it in the batch holds one of its names.
            const auto name = std::ranges::find_if(
                one.names, [&](const std::string& each) { return held_.contains(each); });
            held_.at(*name).push_back(std::move(one));
        } else if (!outcome->is_replayed && outcome->fate == Fate::not_started) {
            for (const std::string& name : one.names)
                held_.try_emplace(name);
            outcome->turn = std::make_shared<Held>(shared_from_this(), one.names);
        }
    }
    for (std::size_t i = 0; i < batch.waiting.size(); ++i) {
        if ((*outcomes)[i]) batch.waiting[i].done(*std::exchange((*outcomes)[i], {}));
    }
}

void SeenCalls::release(const Names& names) {
    {
        const std::scoped_lock lock{mutex_};
        for (const std::string& name : names) {
            auto held = held_.extract(name);
            if (held.empty()) continue;
            std::ranges::move(held.mapped(), std::back_inserter(waiting_));
        }
        if (waiting_.empty()) return;
    }
    run_soon();
}

}  // namespace millrace::server
