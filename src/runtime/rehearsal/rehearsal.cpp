// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/rehearsal.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "files/allowed_folders.hpp"
#include "millrace/core/random.hpp"
#include "millrace/engine/shard.hpp"
#include "millrace/format/digest.hpp"
#include "perform.hpp"
#include "process/allowed_programs.hpp"
#include "rehearsal/rehearsal_stage.hpp"
#include "subworkflows/child_calls.hpp"

namespace millrace::runtime {
namespace {

constexpr std::size_t open_named_max = 5;

engine::ShardOptions shard_options(const RehearsalOptions& options) {
    engine::ShardOptions made;
    made.limits = options.limits;
    // There is no store to leave memory for.
    made.limits.parks_idle = false;
    made.digest = [](std::string_view key) { return format::blake2b_256_hex(key); };
    return made;
}

core::Result<engine::CreateExecution> creation_of(const StartRequest& request,
                                                  const RehearsalOptions& options) {
    const engine::Plan& plan = *request.plan;
    const auto trigger = engine::choose_trigger(plan, request.trigger);
    if (!trigger) return std::unexpected(trigger.error());
    if (const auto checked = engine::check_input(plan, request.input); !checked)
        return std::unexpected(checked.error());
    auto variables = engine::resolve_variables(plan, request.variables);
    if (!variables) return std::unexpected(variables.error());
    engine::CreateExecution create;
    create.seed_high = core::counter_random(options.seed, 0, 0, 0);
    create.seed_low = core::counter_random(options.seed, 0, 1, 0);
    create.id = {core::Uuid::v7(options.start_at, create.seed_high, create.seed_low)};
    create.plan = request.plan;
    create.trigger = *trigger;
    create.input = request.input;
    create.trigger_data =
        request.trigger_data
            ? *request.trigger_data
            : engine::emitted_by_hand(plan.node(*trigger), request.input, options.start_at);
    create.variables = std::move(*variables);
    create.options = request.options;
    return create;
}

/// For effects that are performed.
core::Result<ExecutorOptions> real_options(const RehearsalOptions& options) {
    ExecutorOptions made;
    auto egress =
        EgressPolicy::make({options.http.allow, options.http.deny, options.http.only_allowed});
    if (!egress) return std::unexpected(egress.error());
    made.egress = std::move(*egress);
    auto folders = AllowedFolders::make(options.files);
    if (!folders) return std::unexpected(folders.error());
    made.folders = std::make_shared<const AllowedFolders>(std::move(*folders));
    auto programs = AllowedPrograms::make(options.commands);
    if (!programs) return std::unexpected(programs.error());
    made.programs = std::make_shared<const AllowedPrograms>(std::move(*programs));
    return made;
}

/// An execution among the others of a rehearsal: the one that is rehearsed, or one that it has
/// started.
struct Rehearsing {
    engine::ExecutionView view;
    std::string workflow;  // empty: the rehearsed one
};

/// Executions among a shard, a stage and a clock that jumps.
class Rehearsal {
public:
    Rehearsal(engine::CreateExecution create, const RehearsalOptions& options, ExecutorOptions real)
        : options_{options},
          shard_{shard_options(options)},
          stage_{options, std::move(real)},
          rehearsed_{{create.id, create.plan, engine::ExecutionView::every_scope}, {}, {}, {}, {}},
          id_{create.id},
          now_{options.start_at} {
        if (options.cancel_after) cancel_at_ = now_ + *options.cancel_after;
        if (options.outsider != nullptr) options.outsider->begins(id_, now_);
        inbox_.emplace_back(std::move(create));
    }

    core::Result<Rehearsed> run() {
        while (!has_ended()) {
            if (auto moved = move_on(); !moved) {
                // What it has started and waits for no more may go on for ever.
                if (is_over() && moved.error().is(RehearsalErrc::did_not_end)) break;
                return std::unexpected(moved.error());
            }
            engine::Frame frame = shard_.advance(now_, inbox_);
            if (auto told = take(frame); !told) return std::unexpected(told.error());
        }
        rehearsed_.calls = std::move(stage_.calls);
        add_inputs();
        return std::move(rehearsed_);
    }

private:
    bool is_over() const { return core::is_terminal(rehearsed_.view.status()); }

    bool has_ended() const {
        return is_over() && std::ranges::all_of(children_, [](const auto& child) {
                   return core::is_terminal(child.second.view.status());
               });
    }

    /// Fills the inbox with what happens next, and moves the clock to it.
    core::Result<> move_on() {
        if (!inbox_.empty() || shard_.has_backlog()) return {};
        if (stage_.has_real()) {
            auto ended = stage_.await_real(now_);
            if (!ended) return std::unexpected(ended.error());
            std::ranges::move(*ended, std::back_inserter(inbox_));
            return {};
        }
        std::optional<core::Time> next = shard_.next_due();
        const std::optional<core::Time> outside =
            options_.outsider == nullptr ? std::nullopt : options_.outsider->next_due();
        for (const std::optional<core::Time>& other : {stage_.next_due(), cancel_at_, outside})
            if (other && (!next || *other < *next)) next = other;
        if (!next) return did_not_end("nothing can happen any more");
        now_ = std::max(now_, *next);
        if (now_ - options_.start_at > options_.time_max)
            return did_not_end("more than " + core::to_text(options_.time_max) +
                               " would pass on its clock");
        return take_due();
    }

    core::Result<> take_due() {
        auto due = stage_.take_due(now_);
        if (!due) return std::unexpected(due.error());
        std::ranges::move(*due, std::back_inserter(inbox_));
        if (options_.outsider != nullptr) {
            auto come = options_.outsider->take_due(now_);
            if (!come) return std::unexpected(come.error());
            std::ranges::move(*come, std::back_inserter(inbox_));
        }
        if (cancel_at_ && *cancel_at_ <= now_) {
            inbox_.emplace_back(engine::CancelExecution{0, id_, "canceled by the test"});
            cancel_at_.reset();
        }
        return {};
    }

    core::Result<> take(engine::Frame& frame) {
        for (const engine::Answer& answer : frame.answers)
            if (!answer.result) return std::unexpected(answer.result.error());
        for (const engine::JournalRow& row : frame.journal)
            if (const auto understood = read(row); !understood) return understood;
        std::ranges::move(frame.dead_letters, std::back_inserter(rehearsed_.dead_letters));
        if (records_ > options_.records_max)
            return did_not_end("it has made more than " + std::to_string(options_.records_max) +
                               " records");
        for (const engine::WaitRow& wait : frame.waits)
            note(wait);
        for (const engine::Abort& abort : frame.aborts) {
            if (abort.child) {
                inbox_.emplace_back(
                    engine::CancelExecution{0, *abort.child, "its parent has ended"});
            } else {
                stage_.abort(abort, now_);
            }
        }
        for (const engine::Effect& effect : frame.effects) {
            const auto begun =
                stage_.begin(effect, now_, {&view_of(effect.id), name_of(effect.id)});
            if (!begun) return begun;
        }
        for (const engine::ChildEnd& end : frame.child_ends)
            inbox_.emplace_back(end_of_child(end));
        return start_children();
    }

    core::Result<> read(const engine::JournalRow& row) {
        const auto records = engine::read_row(row.bytes);
        if (!records) return std::unexpected(records.error());
        engine::ExecutionView& view = view_of(row.id);
        for (const engine::Record& record : *records) {
            ++records_;
            std::optional<core::Event> event = view.feed(record);
            if (event && row.id == id_) rehearsed_.events.push_back(std::move(*event));
        }
        return {};
    }

    // ---- Waits ------------------------------------------------------------------------------

    void note(const engine::WaitRow& wait) {
        std::vector<OutsideWait>& waits = rehearsed_.waits;
        const auto open = std::ranges::find_if(waits, [&](const OutsideWait& one) {
            return one.wait.id == wait.id && one.wait.run == wait.run && !one.closed_at;
        });
        if (wait.state == engine::WaitRow::State::open) {
            if (wait.what == engine::WaitRow::What::child) return;
            waits.push_back({wait, {}, name_of(wait.id)});
            if (options_.outsider != nullptr) options_.outsider->sees(waits.back());
            return;
        }
        if (open == waits.end()) return;
        open->closed_at = wait.at;
        open->wait.state = wait.state;
        open->wait.answer = wait.answer;
        if (options_.outsider != nullptr) options_.outsider->sees(*open);
    }

    // ---- Sub-workflows ----------------------------------------------------------------------

    core::Result<> start_children() {
        for (const engine::Effect& effect : std::exchange(stage_.to_start, {})) {
            const auto& call = std::get<engine::SubworkflowCall>(effect.request);
            auto plan = options_.workflows ? options_.workflows(call.workflow) : nullptr;
            if (!plan)
                return core::fail(RehearsalErrc::refused,
                                  "nothing stands in for node " + effect.path);
            if (auto started = start_child(effect, call, std::move(plan)); !started) return started;
        }
        return {};
    }

    core::Result<> start_child(const engine::Effect& effect, const engine::SubworkflowCall& call,
                               std::shared_ptr<const engine::Plan> plan) {
        if (call.depth > subworkflow_depth_max) {
            inbox_.emplace_back(failed(effect, too_deep_failure()));
            return {};
        }
        StartRequest request;
        request.plan = std::move(plan);
        request.input = call.input;
        request.variables = call.variables;
        request.options = child_options(effect, call);
        auto create = creation_of(request, options_);
        if (!create) {
            inbox_.emplace_back(failed(effect, child_failure(create.error())));
            return {};
        }
        create->seed_high = core::counter_random(options_.seed, children_.size() + 1, 0, 0);
        create->seed_low = core::counter_random(options_.seed, children_.size() + 1, 1, 0);
        create->id = {core::Uuid::v7(now_, create->seed_high, create->seed_low)};
        children_.emplace(create->id,
                          Rehearsing{{create->id, create->plan, engine::ExecutionView::every_scope},
                                     call.workflow});
        inbox_.emplace_back(completion_of_start(effect, call, create->id));
        inbox_.emplace_back(std::move(*create));
        return {};
    }

    engine::ExecutionView& view_of(core::ExecutionId id) {
        const auto child = children_.find(id);
        return child == children_.end() ? rehearsed_.view : child->second.view;
    }

    std::string name_of(core::ExecutionId id) const {
        const auto child = children_.find(id);
        return child == children_.end() ? "" : child->second.workflow;
    }

    // ---- The end ----------------------------------------------------------------------------

    static std::vector<engine::NodeView> all_runs(const engine::ExecutionView& view) {
        std::vector<engine::NodeView> runs = view.nodes();
        std::ranges::move(view.scope_nodes(), std::back_inserter(runs));
        return runs;
    }

    void add_inputs() {
        std::map<std::string, core::Value> inputs;
        for (engine::NodeView& run : all_runs(rehearsed_.view))
            inputs[run.path] = std::move(run.input);
        for (OutsideCall& call : rehearsed_.calls)
            if (call.workflow.empty()) call.input = inputs[call.path];
    }

    std::unexpected<core::Error> did_not_end(const std::string& why) const {
        std::string open;
        std::size_t count = 0;
        for (const engine::NodeView& run : all_runs(rehearsed_.view)) {
            if (run.status != core::NodeStatus::running && run.status != core::NodeStatus::waiting)
                continue;
            if (++count <= open_named_max) open += (count == 1 ? "" : ", ") + run.path;
        }
        if (count > open_named_max) open += " and others";
        const std::string status{core::to_text(rehearsed_.view.status())};
        return core::fail(RehearsalErrc::did_not_end,
                          "the execution did not end: " + why + "; it is " + status + " after " +
                              core::to_text(now_ - options_.start_at) +
                              (open.empty() ? "" : ", and these nodes are open: " + open));
    }

    const RehearsalOptions& options_;
    engine::Shard shard_;
    RehearsalStage stage_;
    Rehearsed rehearsed_;
    std::map<core::ExecutionId, Rehearsing> children_;
    core::ExecutionId id_;
    core::Time now_;
    std::optional<core::Time> cancel_at_;
    std::deque<engine::Input> inbox_;
    std::uint64_t records_ = 0;
};

}  // namespace

std::string_view code_text(RehearsalErrc code) {
    switch (code) {
        case RehearsalErrc::did_not_end: return "did_not_end";
        case RehearsalErrc::refused: return "refused";
        case RehearsalErrc::effect_timed_out: return "effect_timed_out";
        case RehearsalErrc::bad_option: return "bad_option";
        case RehearsalErrc::internal: return "internal";
    }
    return "internal";
}

core::Result<Rehearsed> rehearse(const StartRequest& request, const RehearsalOptions& options) {
    if (!request.plan) return core::fail(RehearsalErrc::bad_option, "a rehearsal needs a plan");
    auto real = real_options(options);
    if (!real) return std::unexpected(real.error());
    auto create = creation_of(request, options);
    if (!create) return std::unexpected(create.error());
    return Rehearsal{std::move(*create), options, std::move(*real)}.run();
}

}  // namespace millrace::runtime
