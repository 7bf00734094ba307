// SPDX-License-Identifier: Apache-2.0
#include "webhooks/seen_calls.hpp"

#include <algorithm>
#include <utility>

#include "millrace/format/digest.hpp"

namespace millrace::server {
namespace {

/// Frames wait while claims are written.
constexpr std::size_t claims_at_once = 256;

store::KeptAnswer row_of(const std::string& scope, const std::string& key, core::Time now) {
    store::KeptAnswer row;
    row.scope = scope;
    row.key = format::blake2b_256_hex(key);
    row.created_at = now;
    return row;
}

std::string key_scope(const SeenCalls::Claim& claim) {
    return "webhook " + claim.scope;
}

std::string signature_scope(const SeenCalls::Claim& claim) {
    return "webhook-signature " + claim.scope;
}

/// What is known of the row; when nothing is, or it is older than `window`, it is begun now.
core::Result<std::optional<store::KeptAnswer>> begin(store::Idempotency& keys,
                                                     const store::KeptAnswer& row,
                                                     core::Duration window) {
    auto known = keys.begin(row);
    if (!known || !*known || row.created_at - (*known)->created_at <= window) return known;
    if (auto gone = keys.forget(row.scope, row.key); !gone) return std::unexpected(gone.error());
    return keys.begin(row);
}

}  // namespace

core::Result<SeenCalls::Outcome> SeenCalls::decide(store::Idempotency& keys, const Claim& claim) {
    Outcome outcome;
    outcome.since = claim.now;
    const store::KeptAnswer row = row_of(key_scope(claim), claim.key, claim.now);
    if (!claim.key.empty()) {
        auto known = begin(keys, row, claim.key_window);
        if (!known) return std::unexpected(known.error());
        if (*known) {
            outcome.is_repeated = true;
            outcome.since = (*known)->created_at;
            return outcome;
        }
    }
    if (claim.signature.empty()) return outcome;
    const auto known = begin(keys, row_of(signature_scope(claim), claim.signature, claim.now),
                             claim.signature_window);
    if (!known) return std::unexpected(known.error());
    outcome.is_replayed = known->has_value();
    if (!outcome.is_replayed || claim.key.empty()) return outcome;
    if (auto gone = keys.forget(row.scope, row.key); !gone) return std::unexpected(gone.error());
    return outcome;
}

void SeenCalls::claim(Claim claim, Done done) {
    {
        const std::scoped_lock lock{mutex_};
        waiting_.push_back({std::move(claim), std::move(done)});
        if (std::exchange(is_running_, true)) return;
    }
    parts_.work([self = shared_from_this()] { self->run(); });
}

void SeenCalls::run() {
    while (true) {
        std::vector<Waiting> now;
        {
            const std::scoped_lock lock{mutex_};
            is_running_ = !waiting_.empty();
            if (!is_running_) return;
            const auto end = waiting_.begin() +
                             static_cast<std::ptrdiff_t>(std::min(waiting_.size(), claims_at_once));
            std::move(waiting_.begin(), end, std::back_inserter(now));
            waiting_.erase(waiting_.begin(), end);
        }
        std::vector<Outcome> outcomes;
        const auto written = parts_.write([&](store::Idempotency& keys) -> core::Result<> {
            outcomes.clear();
            for (const Waiting& one : now) {
                auto outcome = decide(keys, one.claim);
                if (!outcome) return std::unexpected(outcome.error());
                outcomes.push_back(*std::move(outcome));
            }
            return {};
        });
        for (std::size_t i = 0; i < now.size(); ++i) {
            if (written) {
                now[i].done(std::move(outcomes[i]));
            } else {
                now[i].done(std::unexpected(written.error()));
            }
        }
    }
}

void SeenCalls::release(const Claim& claim) {
    parts_.work([self = shared_from_this(), claim] {
        // What cannot be forgotten now is refused or repeated until it is forgotten anyway.
        (void)self->parts_.write([&](store::Idempotency& keys) -> core::Result<> {
            if (!claim.key.empty()) {
                const auto row = row_of(key_scope(claim), claim.key, claim.now);
                if (auto gone = keys.forget(row.scope, row.key); !gone) return gone;
            }
            if (claim.signature.empty()) return {};
            const auto row = row_of(signature_scope(claim), claim.signature, claim.now);
            return keys.forget(row.scope, row.key);
        });
    });
}

}  // namespace millrace::server
