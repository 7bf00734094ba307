// SPDX-License-Identifier: Apache-2.0
#include "snapshot.hpp"

#include <memory>
#include <utility>

#include "millrace/core/binary.hpp"
#include "record_fields.hpp"

namespace millrace::engine {
namespace {

using core::BinaryReader;
using core::BinaryWriter;

constexpr std::uint8_t snapshot_format = 1;

/// Goes through the same fields in the same order for writing and for reading.
class Fields {
public:
    explicit Fields(BinaryWriter& out) : out_{&out} {}
    explicit Fields(BinaryReader& in) : in_{&in} {}

    bool reading() const { return in_ != nullptr; }

    void number(std::uint64_t& v) { in_ ? void(v = in_->varint()) : out_->varint(v); }
    void number(std::uint32_t& v) {
        std::uint64_t wide = v;
        number(wide);
        if (wide > 0xFFFF'FFFF) in_->fail();
        v = static_cast<std::uint32_t>(wide);
    }
    void fixed(std::uint64_t& v) { in_ ? void(v = in_->fixed64()) : out_->fixed64(v); }
    void time(core::Time& v) {
        in_ ? void(v.ms = in_->zigzag()) : out_->zigzag(v.ms);
        if (in_ && !is_possible(v)) in_->fail();
    }
    void flag(bool& v) { in_ ? void(v = in_->boolean()) : out_->boolean(v); }
    void text(std::string& v) { in_ ? void(v = in_->text()) : out_->text(v); }
    void value(core::Value& v) { in_ ? void(v = in_->value()) : out_->value(v); }
    void failure(core::Failure& v) { in_ ? void(v = in_->failure()) : out_->failure(v); }
    template <class Enum>
    void enumerator(Enum& v, Enum last) {
        in_ ? void(v = in_->enumerator(last)) : out_->u8(static_cast<std::uint8_t>(v));
    }

    void ports(std::vector<PortValue>& list) {
        std::size_t count = list.size();
        size(count, 2);
        list.resize(count);
        for (PortValue& item : list) {
            number(item.port.value);
            value(item.value);
        }
    }
    template <class Index>
    void queue(Fifo<Index>& fifo, std::size_t limit) {
        std::size_t count = fifo.size();
        size(count, 1);
        std::vector<Index> items{fifo.items().begin(), fifo.items().end()};
        items.resize(count);
        for (Index& item : items) {
            number(item.value);
            if (in_ && item.value >= limit) in_->fail();
            if (in_ && in_->ok()) fifo.push(item);
        }
    }

private:
    void size(std::size_t& count, std::size_t bytes_each) {
        in_ ? void(count = in_->count(bytes_each)) : out_->varint(count);
    }

    BinaryWriter* out_ = nullptr;
    BinaryReader* in_ = nullptr;
};

void visit_execution(Fields& f, ExecutionState& x) {
    f.enumerator(x.status, core::ExecutionStatus::canceled);
    f.number(x.next_seq);
    f.time(x.created_at), f.time(x.started_at), f.time(x.last_at), f.number(x.continued);
    f.number(x.semantics), f.number(x.trigger.value);
    f.value(x.input), f.value(x.trigger_data), f.value(x.variables);
    f.fixed(x.seed_high), f.fixed(x.seed_low);
    f.number(x.unfinished), f.number(x.open), f.number(x.open_effects), f.number(x.timed);
    f.enumerator(x.ending, Ending::canceling);
    f.failure(x.failure), f.text(x.cancel_reason);
    bool graced = x.cancel_grace_due.has_value();
    f.flag(graced);
    core::Time due = x.cancel_grace_due.value_or(core::Time{});
    f.time(due);
    if (graced) x.cancel_grace_due = due;
    f.flag(x.cancel_forced);

    const std::size_t runs = x.runs.size();
    f.queue(x.agenda.links, x.links.size());
    for (Fifo<core::NodeIndex>* queue :
         {&x.agenda.skips, &x.agenda.outcomes, &x.agenda.expired, &x.agenda.failures,
          &x.agenda.interrupted, &x.agenda.pure_starts, &x.agenda.effect_starts})
        f.queue(*queue, runs);
}

void visit_run(Fields& f, RunState& run, RunData& data) {
    f.enumerator(run.phase, phase_last);
    f.number(run.unsettled);
    if (run.phase != Phase::blocked) {
        f.enumerator(run.status, core::NodeStatus::canceled);
        f.number(run.attempt), f.number(run.reissued);
        f.enumerator(run.expired, TimerPurpose::cancel_grace);
        f.time(run.first_started), f.time(run.attempt_started), f.time(run.wait_due);
        f.ports(data.outputs), f.ports(data.pending);
    }
    bool failed = data.failure != nullptr;
    f.flag(failed);
    if (!failed) return;
    core::Failure failure = data.failure ? *data.failure : core::Failure{};
    f.failure(failure);
    if (f.reading()) data.failure = std::make_shared<const core::Failure>(std::move(failure));
}

void visit_link(Fields& f, LinkState& link, const PlanConnection& connection,
                const RunData& source) {
    f.enumerator(link.settled, LinkState::Settled::dead);
    if (!connection.is_plain()) {
        f.value(link.value);
    } else if (f.reading() && link.settled == LinkState::Settled::live) {
        for (const PortValue& output : source.outputs)
            if (output.port == connection.from_port) link.value = output.value;
    }
}

void visit_all(Fields& f, Executions& executions, ExecutionState& x) {
    visit_execution(f, x);
    for (std::uint32_t i = 0; i < x.runs.size(); ++i)
        visit_run(f, executions.run(x, {i}), executions.data(x, {i}));
    for (std::uint32_t i = 0; i < x.links.size(); ++i) {
        const PlanConnection& connection = x.plan->connection({i});
        visit_link(f, executions.link(x, {i}), connection, executions.data(x, connection.from));
    }
}

}  // namespace

bool snapshot_exceeds(const Executions& executions, const ExecutionState& x,
                      std::size_t weight_max) {
    std::size_t left = weight_max;
    const auto exceeds = [&](const core::Value& value) {
        if (value.weight() > left) return true;
        left -= value.weight();
        return false;
    };
    if (exceeds(x.input) || exceeds(x.trigger_data) || exceeds(x.variables)) return true;
    for (std::uint32_t i = 0; i < x.runs.size(); ++i) {
        const RunData& data = executions.data(x, {i});
        for (const auto* list : {&data.outputs, &data.pending})
            for (const PortValue& output : *list)
                if (exceeds(output.value)) return true;
    }
    for (std::uint32_t i = 0; i < x.links.size(); ++i)
        if (!x.plan->connection({i}).is_plain() && exceeds(executions.link(x, {i}).value))
            return true;
    return false;
}

std::string write_snapshot(const Executions& executions, const ExecutionState& x) {
    std::string bytes;
    BinaryWriter writer{bytes};
    writer.u8(snapshot_format);
    Fields fields{writer};
    // Writing only reads; one list of fields for both directions is worth the cast.
    visit_all(fields, const_cast<Executions&>(executions), const_cast<ExecutionState&>(x));
    return bytes;
}

core::Result<> read_snapshot(Executions& executions, ExecutionState& x, std::string_view bytes) {
    if (bytes.empty()) return {};
    BinaryReader reader{bytes};
    const std::uint8_t format = reader.u8();
    if (reader.ok() && format != snapshot_format) {
        return core::fail(
            JournalErrc::unknown_schema,
            "snapshot format " + std::to_string(format) +
                " is unknown; a newer version of Millrace wrote it: upgrade this one");
    }
    Fields fields{reader};
    visit_all(fields, executions, x);
    if (!reader.at_end() || x.next_seq < 2)
        return core::fail(JournalErrc::corrupt, "the snapshot is damaged");
    x.snapshot_seq = x.next_seq - 1;
    return {};
}

}  // namespace millrace::engine
