// SPDX-License-Identifier: Apache-2.0
#include "snapshot.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "inputs_of.hpp"
#include "millrace/core/binary.hpp"
#include "record_fields.hpp"

namespace millrace::engine {
namespace {

using core::BinaryReader;
using core::BinaryWriter;

/// The first form knew no scopes but the top level, the second nothing to undo. The second is still
/// written where a workflow undoes nothing.
constexpr std::uint8_t format_flat = 1;
constexpr std::uint8_t format_scoped = 2;
constexpr std::uint8_t format_undoing = 3;
constexpr std::uint8_t format_delayed = 4;  // of one that is not to start yet
constexpr std::uint8_t format_linked = 5;   // of one that waits for others, or belongs to them

bool undoes_anything(const Plan& plan) {
    return std::ranges::any_of(plan.scopes(),
                               [](const PlanScope& scope) { return !scope.undoing.empty(); });
}

/// Goes through the same fields in the same order for writing and for reading.
class Fields {
public:
    Fields(BinaryWriter& out, std::uint8_t format) : out_{&out}, format_{format} {}
    Fields(BinaryReader& in, std::uint8_t format) : in_{&in}, format_{format} {}

    bool reading() const { return in_ != nullptr; }
    bool ok() const { return in_ == nullptr || in_->ok(); }
    bool is_scoped() const { return format_ >= format_scoped; }
    bool is_undoing() const { return format_ >= format_undoing; }
    bool is_delayed() const { return format_ >= format_delayed; }
    bool is_linked() const { return format_ >= format_linked; }
    void fail() { in_->fail(); }

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
    void number(std::int32_t& v) {
        std::int64_t wide = v;
        in_ ? void(wide = in_->zigzag()) : out_->zigzag(wide);
        if (wide < INT32_MIN || wide > INT32_MAX) in_->fail();
        v = static_cast<std::int32_t>(wide);
    }
    void place(RunRef& v) {
        if (is_scoped()) number(v.scope);
        number(v.node.value);
    }
    void place(LinkRef& v) {
        if (is_scoped()) number(v.scope);
        number(v.connection.value);
    }
    void place(std::uint32_t& v) { number(v); }
    template <class Item, class Visit>
    void list(std::vector<Item>& items, Visit visit) {
        std::size_t count = items.size();
        size(count, 1);
        items.resize(count);
        for (Item& item : items)
            if (ok()) visit(item);
    }
    template <class Open, class Visit>
    void open(OpenRuns<Open>& runs, Visit visit) {
        std::vector<Open> items;
        for (const Open& run : runs.items())
            items.push_back(run);
        list(items, visit);
        for (Open& item : items)
            if (reading() && ok() && !runs.push(std::move(item))) fail();
    }
    template <class Item>
    void queue(Fifo<Item>& fifo) {
        std::vector<Item> items{fifo.items().begin(), fifo.items().end()};
        list(items, [&](Item& item) { place(item); });
        if (!in_ || !in_->ok()) return;
        for (Item& item : items)
            fifo.push(std::move(item));
    }
    void cause(std::shared_ptr<const core::Failure>& v) {
        bool failed = v != nullptr;
        flag(failed);
        if (!failed) return;
        core::Failure copy = v ? *v : core::Failure{};
        failure(copy);
        if (in_) v = std::make_shared<const core::Failure>(std::move(copy));
    }
    void instant(std::optional<core::Time>& v) {
        bool given = v.has_value();
        flag(given);
        core::Time at = v.value_or(core::Time{});
        time(at);
        if (given) v = at;
    }

private:
    void size(std::size_t& count, std::size_t bytes_each) {
        in_ ? void(count = in_->count(bytes_each)) : out_->varint(count);
    }

    BinaryWriter* out_ = nullptr;
    BinaryReader* in_ = nullptr;
    std::uint8_t format_;
};

bool is_linked(const ExecutionState& x) {
    const bool has_origin = x.control && (x.control->parent || x.control->trace);
    return has_origin || x.has_responded || !x.waits.empty() || !x.letters.empty() ||
           !x.children.empty();
}

template <class Part>
bool visit_optional(Fields& f, std::optional<Part>& part) {
    bool is_there = part.has_value();
    f.flag(is_there);
    if (is_there && !part) part.emplace();
    return is_there;
}

void visit_origin(Fields& f, Control& c) {
    if (visit_optional(f, c.parent)) {
        std::string id = f.reading() ? std::string{} : c.parent->id.text();
        f.text(id);
        const auto parsed = core::ExecutionId::parse(id);
        if (f.reading() && !parsed) return f.fail();
        if (f.reading()) c.parent->id = *parsed;
        f.number(c.parent->run.scope), f.number(c.parent->run.node.value);
        f.number(c.parent->run.generation), f.number(c.parent->attempt);
        f.text(c.parent->path), f.number(c.parent->depth), f.flag(c.parent->waits);
    }
    if (!visit_optional(f, c.trace)) return;
    f.text(c.trace->trace_id), f.text(c.trace->parent_span), f.text(c.trace->state);
    f.flag(c.trace->is_sampled);
}

void visit_links(Fields& f, ExecutionState& x) {
    f.flag(x.has_responded);
    f.open(x.waits, [&](OpenWait& wait) {
        f.place(wait.run), f.enumerator(wait.kind, wait_kind_last), f.text(wait.signal);
    });
    f.list(x.letters, [&](Letter& letter) {
        f.text(letter.signal), f.place(letter.run), f.value(letter.content);
    });
    f.open(x.children,
           [&](OpenChild& child) { f.place(child.run), f.text(child.id), f.flag(child.abandons); });
}

void visit_control(Fields& f, ExecutionState& x) {
    bool is_there = x.control != nullptr;
    f.flag(is_there);
    if (!is_there) return;
    if (!x.control) x.control = std::make_unique<Control>();
    Control& c = *x.control;
    f.number(c.priority);
    f.flag(c.mock_external), f.flag(c.has_permit), f.flag(c.is_paused), f.flag(c.is_stepping);
    f.flag(c.may_start), f.time(c.paused_at);
    std::uint64_t paused_for = static_cast<std::uint64_t>(c.paused_for.ms);
    f.number(paused_for);
    if (f.reading() && paused_for > static_cast<std::uint64_t>(time_max.ms)) f.fail();
    c.paused_for.ms = static_cast<std::int64_t>(paused_for);
    f.value(c.labels), f.value(c.pins), f.value(c.inputs);
    f.list(c.breakpoints, [&](core::NodeIndex& node) { f.number(node.value); });
    f.text(c.forked_from), f.text(c.from_path);
    if (f.is_delayed()) f.instant(c.start_at);
    if (f.is_linked()) visit_origin(f, c);
}

void visit_agenda(Fields& f, Agenda& agenda) {
    f.queue(agenda.links);
    for (Fifo<RunRef>* queue : {&agenda.skips, &agenda.outcomes, &agenda.expired, &agenda.failures,
                                &agenda.interrupted, &agenda.pure_starts, &agenda.effect_starts})
        f.queue(*queue);
    if (!f.is_scoped()) return;
    f.queue(agenda.closings);
    f.queue(agenda.containers);
}

void visit_execution(Fields& f, ExecutionState& x) {
    f.enumerator(x.status, core::ExecutionStatus::canceled);
    f.number(x.next_seq);
    f.time(x.created_at), f.time(x.started_at), f.time(x.last_at), f.number(x.continued);
    f.number(x.semantics), f.number(x.trigger.value);
    f.value(x.input), f.value(x.trigger_data), f.value(x.variables);
    f.fixed(x.seed_high), f.fixed(x.seed_low);
    f.number(x.top.unfinished), f.number(x.open), f.number(x.open_effects), f.number(x.timed);
    f.enumerator(x.top.ending, ending_last);
    core::Failure failure = x.top.failure ? *x.top.failure : core::Failure{};
    f.failure(failure), f.text(x.cancel_reason);
    if (f.reading() && x.top.ending == Ending::failing)
        x.top.failure = std::make_shared<const core::Failure>(std::move(failure));
    f.instant(x.cancel_grace_due);
    f.flag(x.cancel_forced);
    visit_agenda(f, x.agenda);
    if (!f.is_scoped()) {
        x.top.open = x.open;
        x.cancel_seen = x.top.ending == Ending::canceling;
        return;
    }
    f.number(x.top.open), f.number(x.top.containing), f.number(x.generation);
    f.instant(x.restart_due), f.flag(x.fails_for_good), f.flag(x.skips_cleanup);
    f.flag(x.cancel_seen);
    f.number(x.last_scope);
    visit_control(f, x);
    if (f.is_undoing()) f.flag(x.skips_undos), f.number(x.undoing);
    if (f.is_linked()) visit_links(f, x);
}

void visit_container(Fields& f, RunData& data) {
    bool is_open = data.container != nullptr;
    f.flag(is_open);
    if (!is_open) return;
    if (!data.container) data.container = std::make_unique<ContainerState>();
    ContainerState& c = *data.container;
    const auto result = [&](ContainerState::Result& item) {
        f.number(item.index), f.value(item.value);
    };
    f.value(c.items), f.number(c.total), f.number(c.concurrency), f.number(c.batch_size);
    f.flag(c.is_conditional), f.flag(c.continues_on_error), f.flag(c.aggregates);
    f.number(c.next), f.number(c.live), f.number(c.completed), f.number(c.failed);
    f.list(c.results, result);
    if (f.reading()) {
        std::vector<ContainerState::Result> results = std::exchange(c.results, {});
        for (ContainerState::Result& item : results)
            c.keep(std::move(item));
    }
    f.value(c.last);
    std::vector<ContainerState::Result> checks{c.checks.items().begin(), c.checks.items().end()};
    f.list(checks, result);
    if (f.reading()) {
        for (ContainerState::Result& check : checks)
            c.checks.push(std::move(check));
    }
    f.enumerator(c.stop, ContainerStop::failed);
    f.cause(c.failure);
    bool commanded = c.commanded.has_value();
    f.flag(commanded);
    NodeAction action = c.commanded.value_or(NodeAction::skip);
    f.enumerator(action, NodeAction::retry);
    if (commanded) c.commanded = action;
    f.enumerator(c.body, ScopeOutcome::canceled);
    f.flag(c.cleanup_opened);
}

void visit_run(Fields& f, RunState& run, RunData& data) {
    f.enumerator(run.phase, phase_last);
    f.number(run.unsettled);
    if (run.phase != Phase::blocked) {
        f.enumerator(run.status, core::NodeStatus::canceled);
        f.number(run.attempt), f.number(run.reissued);
        f.enumerator(run.expired, timer_purpose_last);
        f.time(run.first_started), f.time(run.attempt_started), f.time(run.wait_due);
        f.ports(data.outputs), f.ports(data.pending);
    }
    f.cause(data.failure);
    if (!f.is_scoped()) return;
    f.flag(run.is_released), f.number(run.operator_retries);
    if (run.phase == Phase::containing) visit_container(f, data);
}

void visit_link(Fields& f, LinkState& link, const PlanConnection& connection,
                const core::Value* given) {
    f.enumerator(link.settled, LinkState::Settled::dead);
    if (!connection.is_plain()) {
        f.value(link.value);
    } else if (f.reading() && link.settled == LinkState::Settled::live && given != nullptr) {
        link.value = *given;
    }
}

/// What leaves the connection's source for it; null when nothing does.
const core::Value* given_to(const Executions& executions, const ExecutionState& x,
                            const ScopeState& scope, const PlanConnection& connection) {
    if (x.plan->scope(scope.scope).container == connection.from) return &scope.item;
    for (const PortValue& output : executions.data(x, {scope.id, connection.from}).outputs)
        if (output.port == connection.from_port) return &output.value;
    return nullptr;
}

void visit_parts(Fields& f, Executions& executions, ExecutionState& x, std::uint32_t number) {
    const PlanScope& shape = x.plan->scope(executions.scope(x, number).scope);
    for (const core::NodeIndex node : shape.nodes) {
        const RunRef run{number, node};
        visit_run(f, executions.run(x, run), executions.data(x, run));
    }
    for (const core::ConnectionIndex index : shape.connections) {
        const PlanConnection& connection = x.plan->connection(index);
        visit_link(f, executions.link(x, {number, index}), connection,
                   given_to(executions, x, executions.scope(x, number), connection));
    }
}

/// The scope instance to visit next; when reading it is made first.
ScopeState* next_scope(Fields& f, Executions& executions, ExecutionState& x, std::size_t index) {
    std::uint32_t number = f.reading() ? 0 : x.scopes[index].first;
    std::uint32_t shape = f.reading() ? 0 : executions.scope(x, number).scope;
    f.number(number), f.number(shape);
    if (!f.reading()) return &executions.scope(x, number);
    const std::uint32_t before = x.scopes.empty() ? 0 : x.scopes.back().first;
    if (!f.ok() || number <= before || shape == 0 || shape >= x.plan->scopes().size()) {
        f.fail();
        return nullptr;
    }
    return &executions.open_scope(x, number, shape);
}

/// What is around the instance is there, so that one can ask for it.
bool stands_somewhere(const Executions& executions, const ExecutionState& x,
                      const ScopeState& scope) {
    if (scope.container.scope >= scope.id || !executions.find_scope(x, scope.container.scope))
        return false;
    if (x.plan->scope(scope.scope).part == ScopePart::undo) return true;
    return executions.holds(x, scope.container) &&
           x.plan->node(scope.container.node).container != nullptr;
}

void visit_scopes(Fields& f, Executions& executions, ExecutionState& x) {
    std::uint32_t count = static_cast<std::uint32_t>(x.scopes.size());
    f.number(count);
    for (std::uint32_t i = 0; i < count && f.ok(); ++i) {
        ScopeState* const scope = next_scope(f, executions, x, i);
        if (scope == nullptr) return;
        f.place(scope->container), f.number(scope->index);
        if (f.reading() && !stands_somewhere(executions, x, *scope)) return f.fail();
        f.enumerator(scope->ending, ending_last);
        f.number(scope->unfinished), f.number(scope->open), f.number(scope->containing);
        f.number(scope->open_results);
        f.value(scope->item), f.cause(scope->failure);
        if (!f.ok()) return;
        visit_parts(f, executions, x, scope->id);
    }
    if (!f.reading()) return;
    x.endings.clear();
    if (x.is_ending()) x.endings.push_back(0);
    for (const auto& [number, entity] : x.scopes)
        if (executions.scope(x, number).ending != Ending::none) x.endings.push_back(number);
}

/// What is to be undone of an instance that is still there is told by that.
void visit_undo(Fields& f, const Executions& executions, const ExecutionState& x, Undo& undo) {
    f.number(undo.seq), f.place(undo.run);
    if (!f.ok()) return;
    const bool is_known = undo.run.node.value < x.plan->nodes().size() &&
                          x.plan->node(undo.run.node).undone_by.has_value();
    if (!is_known) return f.fail();
    if (executions.holds(x, undo.run)) {
        if (f.reading()) undo = undo_for(executions, x, undo.run, undo.seq);
        return;
    }
    f.text(undo.place), f.value(undo.input), f.value(undo.output);
    f.list(undo.reads, [&](core::Value& value) { f.value(value); });
}

void visit_undos(Fields& f, Executions& executions, ExecutionState& x) {
    const auto visit = [&](ScopeState& scope) {
        f.list(scope.undos, [&](Undo& undo) { visit_undo(f, executions, x, undo); });
    };
    visit(x.top);
    for (const auto& [number, entity] : x.scopes)
        if (f.ok()) visit(executions.scope(x, number));
}

void visit_all(Fields& f, Executions& executions, ExecutionState& x) {
    visit_execution(f, x);
    visit_parts(f, executions, x, 0);
    if (f.is_scoped()) {
        visit_scopes(f, executions, x);
    } else if (x.is_ending()) {
        x.endings.push_back(0);
    }
    if (f.is_undoing() && f.ok()) visit_undos(f, executions, x);
}

/// Adds up weights, and stops where there are too many.
class Scales {
public:
    explicit Scales(std::size_t most) : left_{most} {}

    void add(const core::Value& value) {
        is_over_ = is_over_ || value.weight() > left_;
        if (!is_over_) left_ -= value.weight();
    }
    void add(const RunData& data) {
        for (const auto* list : {&data.outputs, &data.pending})
            for (const PortValue& output : *list)
                add(output.value);
        if (data.container == nullptr) return;
        add(data.container->items);
        for (const ContainerState::Result& result : data.container->results)
            add(result.value);
    }
    void add(const Undo& undo) {
        add(undo.input), add(undo.output);
        for (const core::Value& value : undo.reads)
            add(value);
    }
    bool is_over() const { return is_over_; }

private:
    std::size_t left_;
    bool is_over_ = false;
};

}  // namespace

bool snapshot_exceeds(const Executions& executions, const ExecutionState& x,
                      std::size_t weight_max) {
    Scales scales{weight_max};
    scales.add(x.input), scales.add(x.trigger_data), scales.add(x.variables);
    for (const Letter& letter : x.letters)
        scales.add(letter.content);
    const auto add_scope = [&](const ScopeState& scope) {
        const PlanScope& shape = x.plan->scope(scope.scope);
        scales.add(scope.item);
        for (const Undo& undo : scope.undos)
            if (!executions.holds(x, undo.run)) scales.add(undo);
        for (const core::NodeIndex node : shape.nodes)
            scales.add(executions.data(x, {scope.id, node}));
        for (const core::ConnectionIndex link : shape.connections)
            if (!x.plan->connection(link).is_plain())
                scales.add(executions.link(x, {scope.id, link}).value);
    };
    add_scope(x.top);
    for (const auto& [number, entity] : x.scopes)
        add_scope(executions.scope(x, number));
    return scales.is_over();
}

std::string write_snapshot(const Executions& executions, const ExecutionState& x) {
    std::string bytes;
    BinaryWriter writer{bytes};
    const std::uint8_t format = is_linked(x)               ? format_linked
                                : x.is_delayed()           ? format_delayed
                                : undoes_anything(*x.plan) ? format_undoing
                                                           : format_scoped;
    writer.u8(format);
    Fields fields{writer, format};
    // Writing only reads; one list of fields for both directions is worth the cast.
    visit_all(fields, const_cast<Executions&>(executions), const_cast<ExecutionState&>(x));
    return bytes;
}

core::Result<> read_snapshot(Executions& executions, ExecutionState& x, std::string_view bytes) {
    if (bytes.empty()) return {};
    BinaryReader reader{bytes};
    const std::uint8_t format = reader.u8();
    if (reader.ok() && (format < format_flat || format > format_linked)) {
        return core::fail(
            JournalErrc::unknown_schema,
            "snapshot format " + std::to_string(format) +
                " is unknown; a newer version of Millrace wrote it: upgrade this one");
    }
    Fields fields{reader, format};
    visit_all(fields, executions, x);
    if (!reader.at_end() || x.next_seq < 2)
        return core::fail(JournalErrc::corrupt, "the snapshot is damaged");
    x.snapshot_seq = x.next_seq - 1;
    x.snapshot_bytes = bytes.size();
    return {};
}

}  // namespace millrace::engine
