// SPDX-License-Identifier: Apache-2.0
#include "breakers.hpp"

#include <algorithm>
#include <utility>

#include "millrace/core/binary.hpp"

namespace millrace::engine {
namespace {

constexpr std::string_view row_kind = "breaker";
constexpr std::uint8_t row_form = 1;

}  // namespace

void Breakers::turn(Breaker& breaker, State state, core::Time until) {
    breaker = Breaker{};
    breaker.state = state;
    breaker.until = until;
}

std::optional<core::Time> Breakers::refuse(const PlanBreaker& breaker, const Call& call,
                                           core::Time now) {
    const auto found = breakers_.find(breaker.key);
    if (found == breakers_.end() || found->second.state == State::closed) return std::nullopt;
    Breaker& state = found->second;
    const core::CircuitBreaker& policy = breaker.policy;
    const bool is_wait_over = now >= state.until;
    if (state.state == State::open) {
        if (!is_wait_over) return state.until;
        turn(state, State::half_open, now + policy.reset);
    } else if (std::ranges::find(state.probes, call) != state.probes.end()) {
        return std::nullopt;  // handed out again after a crash
    } else if (state.probes.size() + state.successes >= policy.probes) {
        if (!is_wait_over) return state.until;
        // Probes that were given up never answer; others take their place in time.
        state.probes.clear();
        state.until = now + policy.reset;
    }
    state.probes.push_back(call);
    changed_.insert(breaker.key);
    return std::nullopt;
}

void Breakers::succeeded(const PlanBreaker& breaker, const Call& call) {
    const auto found = breakers_.find(breaker.key);
    if (found == breakers_.end() || found->second.state != State::half_open) return;
    Breaker& state = found->second;
    // Calls from before the circuit opened say nothing about now.
    if (std::erase(state.probes, call) == 0) return;
    changed_.insert(breaker.key);
    if (++state.successes >= breaker.policy.probes) breakers_.erase(found);
}

void Breakers::failed(const PlanBreaker& breaker, const Call& call, core::Time now) {
    const core::CircuitBreaker& policy = breaker.policy;
    Breaker& state = breakers_[breaker.key];
    if (state.state == State::open) return;
    if (state.state == State::half_open) {
        if (std::erase(state.probes, call) == 0) return;
        turn(state, State::open, now + policy.reset);
    } else {
        std::erase_if(state.failures, [&](core::Time at) { return at + policy.window <= now; });
        state.failures.push_back(now);
        if (state.failures.size() >= policy.failures) turn(state, State::open, now + policy.reset);
    }
    changed_.insert(breaker.key);
}

void Breakers::abandoned(const PlanBreaker& breaker, const Call& call) {
    const auto found = breakers_.find(breaker.key);
    if (found == breakers_.end()) return;
    if (std::erase(found->second.probes, call) > 0) changed_.insert(breaker.key);
}

std::string Breakers::write(const Breaker& breaker) {
    std::string bytes;
    core::BinaryWriter writer{bytes};
    writer.u8(row_form);
    writer.u8(static_cast<std::uint8_t>(breaker.state));
    writer.zigzag(breaker.until.ms);
    writer.varint(breaker.successes);
    writer.varint(breaker.failures.size());
    for (const core::Time at : breaker.failures)
        writer.zigzag(at.ms);
    writer.varint(breaker.probes.size());
    for (const Call& probe : breaker.probes) {
        writer.uuid(probe.execution.uuid);
        writer.varint(probe.run.scope);
        writer.varint(probe.run.node.value);
        writer.varint(probe.run.generation);
        writer.varint(probe.attempt);
    }
    return bytes;
}

std::optional<Breakers::Breaker> Breakers::read(std::string_view bytes) {
    core::BinaryReader reader{bytes};
    Breaker breaker;
    if (reader.u8() != row_form) return std::nullopt;
    const auto number = [&] { return static_cast<std::uint32_t>(reader.varint()); };
    breaker.state = reader.enumerator(State::half_open);
    breaker.until.ms = reader.zigzag();
    breaker.successes = number();
    const std::size_t failures = reader.count();
    for (std::size_t i = 0; i < failures; ++i)
        breaker.failures.push_back({reader.zigzag()});
    const std::size_t probes = reader.count();
    for (std::size_t i = 0; i < probes; ++i) {
        Call call;
        call.execution = core::ExecutionId{reader.uuid()};
        call.run.scope = number();
        call.run.node.value = number();
        call.run.generation = number();
        call.attempt = number();
        breaker.probes.push_back(call);
    }
    if (!reader.at_end()) return std::nullopt;
    return breaker;
}

void Breakers::restore(const SharedRow& row) {
    if (row.kind != row_kind) return;
    // What cannot be read counts as closed: calls are made, and fail if they must.
    if (auto breaker = read(row.bytes)) breakers_.insert_or_assign(row.key, *std::move(breaker));
}

std::vector<SharedRow> Breakers::take_changes() {
    std::vector<SharedRow> rows;
    rows.reserve(changed_.size());
    for (const std::string& key : changed_) {
        const auto found = breakers_.find(key);
        const bool is_gone = found == breakers_.end();
        rows.push_back(
            {std::string{row_kind}, key, is_gone ? std::string{} : write(found->second)});
    }
    changed_.clear();
    return rows;
}

std::string_view to_text(BreakerState state) {
    switch (state) {
        case BreakerState::closed: return "closed";
        case BreakerState::open: return "open";
        case BreakerState::half_open: return "half_open";
    }
    return "closed";
}

std::optional<BreakerView> read_breaker(const SharedRow& row) {
    if (row.kind != row_kind) return std::nullopt;
    const auto breaker = Breakers::read(row.bytes);
    if (!breaker) return std::nullopt;
    return BreakerView{row.key, breaker->state, breaker->until, breaker->failures.size(),
                       breaker->probes.size()};
}

bool counts_against(const core::Failure& failure) {
    switch (failure.error_class) {
        case core::ErrorClass::timeout:
        case core::ErrorClass::connection:
        case core::ErrorClass::http_5xx:
        case core::ErrorClass::internal: return true;
        case core::ErrorClass::http_4xx: return failure.code == "http_429";
        case core::ErrorClass::validation:
        case core::ErrorClass::expression:
        case core::ErrorClass::script:
        case core::ErrorClass::limit:
        case core::ErrorClass::canceled: return false;
    }
    return false;
}

core::Failure circuit_open_failure(const PlanNode& node, core::Time until, core::Time now) {
    const core::CircuitBreaker& policy = node.breaker->policy;
    core::Failure failure;
    failure.code = circuit_open_code;
    failure.error_class = core::ErrorClass::limit;
    failure.message = "the circuit breaker " +
                      (policy.name.empty() ? "of \"" + node.id + "\"" : "\"" + policy.name + "\"") +
                      " is open after too many failures; the call was not made";
    failure.node_id = node.id;
    failure.recoverable = true;
    failure.details =
        core::Value::object({{"breaker", node.breaker->key}, {"until", until.text()}});
    failure.retry_after_ms = (until - now).ms;
    return failure;
}

}  // namespace millrace::engine
