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
/// Of one name. Each of them takes its turn when those before it fail.
constexpr std::size_t waiting_max = 64;
constexpr std::size_t put_off_max = 10'000;

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
    if (found && *found && (*found)->until < now) return std::nullopt;
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

SeenCalls::Outcome refused(SeenCalls::Refusal why) {
    SeenCalls::Outcome outcome;
    outcome.refusal = why;
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
    }
    if (!by_signature.empty()) {
        auto found = known(table, by_signature, claim.now);
        if (!found) return std::unexpected(found.error());
        signature = *std::move(found);
    }
    if (key && key->fate != Fate::not_started) {
        // Its sender has signed it anew; a copy of that is not to come under another key.
        if (by_signature.empty() || signature) return taken(*key);
        if (auto done = put(table, by_signature, key->execution, claim.now + claim.signature_window,
                            signature);
            !done)
            return std::unexpected(done.error());
        return taken(*key);
    }
    if (signature && signature->fate != Fate::not_started) {
        // Under another key it is somebody else's copy.
        if (!by_key.empty() || signature->is_answered) return refused(SeenCalls::Refusal::replayed);
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

/// Lets the names mean something new from now on.
core::Result<> forget(StartKeyTable& table, const std::vector<std::string>& names,
                      core::ExecutionId execution) {
    for (const std::string& name : names) {
        auto key = table.find(name);
        if (!key) return std::unexpected(key.error());
        const bool is_it =
            *key && (*key)->execution == execution && (*key)->fate == Fate::not_started;
        if (!is_it) continue;
        (*key)->until = {};
        if (auto done = table.put(**key); !done) return done;
    }
    return {};
}

core::Result<SeenCalls::Outcome> stopped() {
    return core::fail(runtime::RuntimeErrc::stopped, "the server stops");
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

SeenCalls::Turn::~Turn() {
    if (!names_.empty()) calls_->release(names_);
}

void SeenCalls::Turn::give_up() {
    calls_->give_up({std::exchange(names_, {}), execution_});
}

/// Sees to what has come meanwhile, whatever became of this batch.
class SeenCalls::Again {
public:
    explicit Again(SeenCalls& calls) : calls_{calls} {}
    ~Again() { calls_.run_again(); }
    Again(const Again&) = delete;
    Again& operator=(const Again&) = delete;

private:
    SeenCalls& calls_;
};

void SeenCalls::claim(Claim claim, Done done) {
    Waiting waiting{std::move(claim), {}, std::move(done)};
    if (!waiting.claim.key.empty()) waiting.names.push_back(key_name(waiting.claim));
    if (!waiting.claim.signature.empty()) waiting.names.push_back(signature_name(waiting.claim));
    bool is_late = false;
    {
        const std::scoped_lock lock{mutex_};
        is_late = is_stopped_;
        if (!is_late) waiting_.push_back(std::move(waiting));
    }
    if (is_late) return waiting.done(stopped());
    run_soon();
}

void SeenCalls::note_answered(const Claim& claim, core::ExecutionId execution) {
    {
        const std::scoped_lock lock{mutex_};
        answered_.push_back({signature_name(claim), execution});
    }
    run_soon();
}

void SeenCalls::stop() {
    std::vector<Waiting> waiting;
    {
        const std::scoped_lock lock{mutex_};
        is_stopped_ = true;
        waiting.swap(waiting_);
        for (auto& [name, those] : held_)
            std::ranges::move(std::exchange(those, {}), std::back_inserter(waiting));
    }
    for (Waiting& one : waiting)
        one.done(stopped());
}

void SeenCalls::run_soon() {
    {
        const std::scoped_lock lock{mutex_};
        if (std::exchange(is_running_, true)) return;
    }
    parts_.work([self = shared_from_this()] { self->run(); });
}

/// One batch at a time: others want their turn with the thread.
void SeenCalls::run() {
    const Again again{*this};
    do_batch(take());
}

void SeenCalls::run_again() {
    {
        const std::scoped_lock lock{mutex_};
        is_running_ = !waiting_.empty() || !answered_.empty() || !given_up_.empty();
        if (!is_running_) return;
    }
    parts_.work([self = shared_from_this()] { self->run(); });
}

bool SeenCalls::hold(Waiting& one) {
    const auto name = std::ranges::find_if(
        one.names, [&](const std::string& each) { return held_.contains(each); });
    std::vector<Waiting>& others = held_.at(*name);
    if (is_stopped_ || others.size() >= waiting_max) return false;
    others.push_back(std::move(one));
    return true;
}

SeenCalls::Batch SeenCalls::take() {
    const std::scoped_lock lock{mutex_};
    Batch batch;
    batch.answered.swap(put_off_);
    std::ranges::move(std::exchange(answered_, {}), std::back_inserter(batch.answered));
    batch.given_up.swap(given_up_);
    const auto end =
        waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), claims_at_once));
    for (auto one = waiting_.begin(); one != end; ++one) {
        const bool waits = std::ranges::any_of(
            one->names, [&](const std::string& name) { return held_.contains(name); });
        if (!waits) {
            batch.waiting.push_back(std::move(*one));
        } else if (!hold(*one)) {
            batch.crowded.push_back(std::move(*one));
        }
    }
    waiting_.erase(waiting_.begin(), end);
    return batch;
}

core::Result<std::vector<std::optional<SeenCalls::Outcome>>> SeenCalls::write(const Batch& batch) {
    std::vector<std::optional<Outcome>> outcomes;
    if (batch.waiting.empty() && batch.answered.empty() && batch.given_up.empty()) return outcomes;
    const auto written = parts_.write([&](store::StartKeys& keys) {
        return keys.change([&](StartKeyTable& table) -> core::Result<> {
            outcomes.clear();
            std::set<std::string_view> begun;
            for (const GivenUp& one : batch.given_up)
                if (auto gone = forget(table, one.names, one.execution); !gone) return gone;
            for (const Answered& one : batch.answered)
                if (auto noted = note(table, one.name, one.execution); !noted) return noted;
            for (const Waiting& one : batch.waiting) {
                const bool waits = std::ranges::any_of(
                    one.names, [&](const std::string& name) { return begun.contains(name); });
                outcomes.emplace_back();
                if (waits) continue;
                auto outcome = decide(table, one.claim);
                if (!outcome) return std::unexpected(outcome.error());
                if (outcome->refusal == Refusal::none && outcome->fate == Fate::not_started)
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
    for (const GivenUp& one : batch.given_up)
        release(one.names);
    for (const Waiting& one : batch.crowded)
        one.done(refused(Refusal::crowded));
    if (!outcomes) {
        {
            const std::scoped_lock lock{mutex_};
            if (put_off_.size() + batch.answered.size() <= put_off_max)
                std::ranges::move(batch.answered, std::back_inserter(put_off_));
        }
        for (const Waiting& one : batch.waiting)
            one.done(std::unexpected(outcomes.error()));
        return;
    }
    for (std::size_t i = 0; i < batch.waiting.size(); ++i) {
        std::optional<Outcome>& outcome = (*outcomes)[i];
        Waiting& one = batch.waiting[i];
        const std::scoped_lock lock{mutex_};
        if (!outcome) {
            // Whoever comes before it in the batch holds one of its names.
            if (!hold(one)) outcome = refused(Refusal::crowded);
        } else if (outcome->refusal == Refusal::none && outcome->fate == Fate::not_started) {
            for (const std::string& name : one.names)
                held_.try_emplace(name);
            outcome->turn =
                std::make_shared<Turn>(shared_from_this(), one.names, outcome->execution);
        }
    }
    for (std::size_t i = 0; i < batch.waiting.size(); ++i) {
        std::optional<Outcome>& outcome = (*outcomes)[i];
        if (!outcome) continue;
        // Whoever has a turn only starts something. The others may read for long.
        Done& done = batch.waiting[i].done;
        if (outcome->turn) {
            done(*std::exchange(outcome, {}));
        } else {
            parts_.work([done = std::move(done), outcome = *std::move(outcome)] { done(outcome); });
        }
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

void SeenCalls::give_up(GivenUp given_up) {
    {
        const std::scoped_lock lock{mutex_};
        given_up_.push_back(std::move(given_up));
    }
    run_soon();
}

}  // namespace millrace::server
