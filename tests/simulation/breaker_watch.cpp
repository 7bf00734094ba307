// SPDX-License-Identifier: Apache-2.0
#include "breaker_watch.hpp"

#include <algorithm>
#include <variant>

#include "history.hpp"

namespace millrace::simulation {
namespace {

using engine::BreakerState;

bool is_trouble(const core::Failure& failure) {
    using core::ErrorClass;
    constexpr ErrorClass classes[] = {ErrorClass::timeout, ErrorClass::connection,
                                      ErrorClass::http_5xx, ErrorClass::internal};
    return failure.code == "http_429" || std::ranges::count(classes, failure.error_class) > 0;
}

}  // namespace

BreakerWatch::Watched& BreakerWatch::watched(const engine::PlanBreaker& breaker) {
    Watched& known = all_[breaker.key];
    known.policy = breaker.policy;
    return known;
}

void BreakerWatch::feed(const engine::Plan& plan, const engine::Record& record) {
    const auto* const failed = std::get_if<engine::AttemptFailed>(&record.body);
    if (failed == nullptr) return;
    const engine::PlanNode& node = plan.node(failed->run.node);
    // A container fails with what failed in it.
    if (node.role() != core::NodeRole::effect) return;
    const auto& breaker = node.breaker;
    const bool is_refusal = failed->failure.code == "circuit_open";
    if (is_refusal && !breaker) violated("a call is refused that no breaker is asked about");
    if (!breaker) return;
    Watched& known = watched(*breaker);
    if (is_refusal) {
        ++known.refused;
    } else if (is_trouble(failed->failure)) {
        known.failures.push_back(record.at);
    }
}

void BreakerWatch::leave(const engine::PlanNode& node) {
    if (node.breaker) ++watched(*node.breaker).calls;
}

void BreakerWatch::check(const std::string& key, const Watched& before,
                         const engine::BreakerView& after, core::Time now) const {
    const core::CircuitBreaker& policy = before.policy;
    const bool stays_open = before.state == BreakerState::open && now < before.until;
    if (stays_open && before.calls > 0) violated("a call passes the open circuit of " + key);
    if (stays_open && after.state != BreakerState::open)
        violated("the circuit of " + key + " closes before its time");
    const bool begins_probing =
        before.state == BreakerState::open && after.state == BreakerState::half_open;
    if (begins_probing && before.calls > policy.probes)
        violated("more probes of " + key + " leave than allowed");
    const bool opens = before.state == BreakerState::closed && after.state == BreakerState::open;
    const auto recent = std::ranges::count_if(
        before.failures, [&](core::Time at) { return at + policy.window > now; });
    if (opens && recent < static_cast<std::ptrdiff_t>(policy.failures))
        violated("the circuit of " + key + " opens without reason");
    const bool was_closed = before.state == BreakerState::closed;
    if (was_closed && after.state == BreakerState::closed && before.refused > 0)
        violated("a call is refused by the closed circuit of " + key);
}

void BreakerWatch::commit(const engine::Frame& frame) {
    for (const engine::SharedRow& row : frame.shared) {
        rows_[row.key] = row;
        if (row.bytes.empty()) rows_.erase(row.key);
    }
    for (auto& [key, known] : all_) {
        engine::BreakerView after;
        if (const auto row = rows_.find(key); row != rows_.end()) {
            const auto read = engine::read_breaker(row->second);
            if (!read) violated("the row of a breaker cannot be read");
            after = *read;
        }
        if (after.probes > known.policy.probes)
            violated("more probes of " + key + " are under way than allowed");
        // Within one frame a circuit may go through all of its states; then nothing is certain.
        const bool may_have_turned =
            known.state == BreakerState::half_open ||
            (known.state == BreakerState::open && known.until <= frame.now && known.refused > 0);
        if (!may_have_turned) check(key, known, after, frame.now);
        if (after.state == BreakerState::closed && known.state != BreakerState::closed)
            known.failures.clear();
        std::erase_if(known.failures,
                      [&](core::Time at) { return at + known.policy.window <= frame.now; });
        known.state = after.state;
        known.until = after.until;
        known.calls = known.refused = 0;
    }
}

}  // namespace millrace::simulation
