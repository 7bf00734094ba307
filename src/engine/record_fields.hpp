// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "millrace/core/binary.hpp"
#include "millrace/engine/record.hpp"

namespace millrace::engine {

// One list of fields per record serves writing and reading, so that they cannot drift apart. Once
// released, a list does not change; a new form of a kind gets a new schema number.

/// Kinds that may be inputs; all others are always derived.
inline constexpr bool may_be_input(std::uint16_t kind) {
    return kind < 20 || (kind >= 100 && kind < 200);
}

/// Of a connection's records: the scope instance follows.
inline constexpr std::uint64_t schema_scoped = 2;

/// Instants that a stored record may hold: those of ECMAScript, 100 million days around 1970. Any
/// span between two of them can be computed.
inline constexpr core::Time time_max{8'640'000'000'000'000};
inline constexpr core::Time time_min{-time_max.ms};
inline bool is_possible(core::Time time) {
    return time_min <= time && time <= time_max;
}

/// Writes each field that it is called with.
class FieldWriter {
public:
    explicit FieldWriter(core::BinaryWriter& out) : out_{out} {}

    void operator()(const std::string& v) { out_.text(v); }
    void operator()(std::uint32_t v) { out_.varint(v); }
    void operator()(std::int32_t v) { out_.zigzag(v); }
    void operator()(std::int64_t v) { out_.zigzag(v); }
    void operator()(bool v) { out_.boolean(v); }
    void operator()(core::Time v) { out_.zigzag(v.ms); }
    void operator()(const core::Value& v) { out_.value(v); }
    void operator()(const core::Failure& v) { out_.failure(v); }
    void operator()(core::NodeIndex v) { out_.varint(v.value); }
    void operator()(core::ConnectionIndex v) { out_.varint(v.value); }
    void operator()(const RunKey& v) {
        out_.varint(v.scope);
        out_.varint(v.node.value);
        out_.varint(v.generation);
    }
    void operator()(const std::vector<PortValue>& v) {
        out_.varint(v.size());
        for (const PortValue& item : v) {
            out_.varint(item.port.value);
            out_.value(item.value);
        }
    }
    void fixed(std::uint64_t v) { out_.fixed64(v); }
    void unless_equal(const core::Value& v, const core::Value& other) {
        const bool equal = v == other;
        out_.boolean(equal);
        if (!equal) out_.value(v);
    }
    template <class Enum>
    void enumerator(Enum v, Enum /*last*/) {
        out_.u8(static_cast<std::uint8_t>(v));
    }

private:
    core::BinaryWriter& out_;
};

/// Fills each field that it is called with; the reader underneath remembers failure.
class FieldReader {
public:
    explicit FieldReader(core::BinaryReader& in) : in_{in} {}

    void operator()(std::string& v) { v = in_.text(); }
    void operator()(std::uint32_t& v) { v = small(); }
    void operator()(std::int32_t& v) {
        const std::int64_t wide = in_.zigzag();
        if (wide < INT32_MIN || wide > INT32_MAX) in_.fail();
        v = static_cast<std::int32_t>(wide);
    }
    void operator()(std::int64_t& v) { v = in_.zigzag(); }
    void operator()(bool& v) { v = in_.boolean(); }
    void operator()(core::Time& v) {
        v.ms = in_.zigzag();
        if (!is_possible(v)) in_.fail();
    }
    void operator()(core::Value& v) { v = in_.value(); }
    void operator()(core::Failure& v) { v = in_.failure(); }
    void operator()(core::NodeIndex& v) { v.value = small(); }
    void operator()(core::ConnectionIndex& v) { v.value = small(); }
    void operator()(RunKey& v) {
        v.scope = small();
        v.node.value = small();
        v.generation = small();
    }
    void operator()(std::vector<PortValue>& v) {
        const std::size_t count = in_.count(2);
        v.clear();
        for (std::size_t i = 0; i < count && in_.ok(); ++i) {
            const core::PortIndex port{small()};
            v.push_back({port, in_.value()});
        }
    }
    void fixed(std::uint64_t& v) { v = in_.fixed64(); }
    void unless_equal(core::Value& v, const core::Value& other) {
        v = in_.boolean() ? other : in_.value();
    }
    template <class Enum>
    void enumerator(Enum& v, Enum last) {
        v = in_.enumerator(last);
    }

private:
    std::uint32_t small() {
        const std::uint64_t v = in_.varint();
        if (v > 0xFFFF'FFFF) in_.fail();
        return static_cast<std::uint32_t>(v);
    }

    core::BinaryReader& in_;
};

/// Fills each field but values, which stay null.
class FieldSkimmer : public FieldReader {
public:
    explicit FieldSkimmer(core::BinaryReader& in) : FieldReader{in}, in_{in} {}

    using FieldReader::operator();
    void operator()(core::Value&) { in_.skip_value(); }
    void operator()(std::vector<PortValue>&) {
        for (std::size_t left = in_.count(2); left > 0 && in_.ok(); --left) {
            if (in_.varint() > 0xFFFF'FFFF) in_.fail();
            in_.skip_value();
        }
    }
    void unless_equal(core::Value&, const core::Value&) {
        if (!in_.boolean()) in_.skip_value();
    }

private:
    core::BinaryReader& in_;
};

// `R` is the record type, const when it is written.

/// What operators ask for, and what containers do.
template <class F, class R>
void visit_control_fields(F& f, R& r) {
    using T = std::remove_const_t<R>;
    if constexpr (std::same_as<T, ExecutionConfigured>) {
        f(r.priority), f(r.mock_external), f(r.labels), f(r.pins), f(r.breakpoints), f(r.inputs);
        f(r.forked_from), f(r.from_path);
    } else if constexpr (std::same_as<T, StartDelayed>) {
        f(r.until);
    } else if constexpr (std::same_as<T, PauseRequested>) {
        f(r.reason);
    } else if constexpr (std::same_as<T, VariablesChanged>) {
        f(r.variables);
    } else if constexpr (std::same_as<T, BreakpointsSet>) {
        f(r.nodes);
    } else if constexpr (std::same_as<T, NodeCommanded>) {
        f(r.run), f.enumerator(r.action, NodeAction::retry);
    } else if constexpr (std::same_as<T, ExecutionPaused>) {
        f(r.at_breakpoint), f(r.run);
    } else if constexpr (std::same_as<T, ExecutionRestarted>) {
        f(r.generation), f(r.due), f(r.failure);
    } else if constexpr (std::same_as<T, ContainerOpened>) {
        f(r.run), f(r.items), f(r.total), f(r.concurrency), f(r.batch_size);
        f(r.is_conditional), f(r.continues_on_error), f(r.aggregates);
    } else if constexpr (std::same_as<T, ScopeOpened>) {
        f(r.scope), f(r.container), f(r.index), f.enumerator(r.part, ScopePart::cleanup);
    } else if constexpr (std::same_as<T, ScopeClosed>) {
        f(r.scope), f.enumerator(r.outcome, ScopeOutcome::canceled);
    } else if constexpr (std::same_as<T, IterationChecked>) {
        f(r.container);
    } else if constexpr (std::same_as<T, ContainerStopped>) {
        f(r.run), f.enumerator(r.why, ContainerStop::failed), f(r.failure);
    } else if constexpr (std::same_as<T, UndoStarted>) {
        f(r.scope), f(r.run), f(r.owner);
    } else if constexpr (std::same_as<T, UndoEnded>) {
        f(r.scope);
    } else if constexpr (std::same_as<T, UndoSkipped>) {
        f(r.run), f(r.owner);
    } else if constexpr (std::same_as<T, OutputsFailed>) {
        f(r.failure);
    } else if constexpr (std::same_as<T, ExecutionLinked>) {
        f(r.parent), f(r.parent_run), f(r.attempt), f(r.path), f(r.depth), f(r.waits);
    } else if constexpr (std::same_as<T, ExecutionTraced>) {
        f(r.trace_id), f(r.parent_span), f(r.state), f(r.is_sampled);
    } else if constexpr (std::same_as<T, SignalReceived>) {
        f(r.name), f(r.data);
    } else if constexpr (std::same_as<T, AnswerReceived>) {
        f(r.run), f(r.answer);
    } else if constexpr (std::same_as<T, AttemptDetached>) {
        f(r.run), f(r.attempt), f(r.child), f(r.abandons), f(r.executor);
    } else if constexpr (std::same_as<T, WaitOpened>) {
        f(r.run), f.enumerator(r.kind, wait_kind_last), f(r.name), f(r.details);
        f(r.is_limited), f(r.until), f(r.then);
    } else if constexpr (std::same_as<T, Responded>) {
        f(r.run), f(r.response);
    } else {
        // Recovered, ExecutionStarted and their like say all by their kind.
        static_assert(std::is_empty_v<T>);
    }
}

template <class F, class R>
void visit_fields(F& f, R& r, std::uint64_t schema = 1) {
    using T = std::remove_const_t<R>;
    if constexpr (std::same_as<T, ExecutionCreated>) {
        f(r.workflow_id), f(r.workflow_version), f(r.workflow_hash), f(r.semantics), f(r.trigger);
        f(r.input), f.unless_equal(r.trigger_data, r.input), f(r.variables), f.fixed(r.seed_high),
            f.fixed(r.seed_low);
    } else if constexpr (std::same_as<T, CancelRequested>) {
        f(r.reason), f(r.grace_due);
    } else if constexpr (std::same_as<T, ExecutionCanceled>) {
        f(r.reason);
    } else if constexpr (std::same_as<T, AttemptSucceeded>) {
        f(r.run), f(r.attempt), f(r.outputs), f(r.executor), f(r.note);
    } else if constexpr (std::same_as<T, AttemptFailed>) {
        f(r.run), f(r.attempt), f(r.failure), f(r.executor);
    } else if constexpr (std::same_as<T, TimerFired>) {
        f(r.run), f.enumerator(r.purpose, timer_purpose_last), f(r.attempt), f(r.due);
    } else if constexpr (std::same_as<T, AttemptStarted>) {
        f(r.run), f(r.attempt);
    } else if constexpr (std::same_as<T, AttemptReissued>) {
        f(r.run), f(r.attempt), f(r.reissued);
    } else if constexpr (std::same_as<T, RetryScheduled>) {
        f(r.run), f(r.next_attempt), f(r.due), f(r.backoff_ms);
    } else if constexpr (std::same_as<T, RunWaiting>) {
        f(r.run), f(r.due), f(r.then);
    } else if constexpr (std::same_as<T, RunCompleted>) {
        f(r.run), f.enumerator(r.by, completed_by_last), f(r.outputs);
    } else if constexpr (std::same_as<T, RunFailed>) {
        f(r.run), f.enumerator(r.then, FailedThen::fallback), f(r.failure);
    } else if constexpr (std::same_as<T, RunSkipped> || std::same_as<T, RunCanceled>) {
        f(r.run);
    } else if constexpr (std::same_as<T, LinkSettled>) {
        f(r.connection), f.enumerator(r.outcome, LinkOutcome::value), f(r.value);
        if (schema >= schema_scoped) f(r.scope);
    } else if constexpr (std::same_as<T, LinkFailed>) {
        f(r.connection), f(r.failure);
        if (schema >= schema_scoped) f(r.scope);
    } else if constexpr (std::same_as<T, RunNoted>) {
        f(r.run), f(r.data);
    } else if constexpr (std::same_as<T, ExecutionCompleted>) {
        f(r.outputs);
    } else if constexpr (std::same_as<T, ExecutionFailed>) {
        f(r.failure);
    } else {
        visit_control_fields(f, r);
    }
}

}  // namespace millrace::engine
