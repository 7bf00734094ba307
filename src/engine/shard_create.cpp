// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <utility>

#include "intake.hpp"
#include "shard_impl.hpp"
#include "size_limits.hpp"

namespace millrace::engine {

bool Shard::Impl::may_create(const CreateExecution& input) {
    const auto refuse = [&](CommandErrc code, std::string message) {
        answer(input.token, core::fail(code, std::move(message)));
        return false;
    };
    if (executions_.find(input.id) != nullptr) {
        return refuse(CommandErrc::already_exists,
                      "execution " + input.id.text() + " exists already");
    }
    const ExecutionOptions& options = input.options;
    const std::vector<PortValue> given{
        {{}, input.input}, {{}, input.trigger_data}, {{}, options.pins}, {{}, options.inputs}};
    if (is_too_large(given, input.variables, options_.limits)) {
        return refuse(CommandErrc::too_large,
                      "input and variables are larger than " +
                          core::to_text(core::ByteSize{options_.limits.value_weight_max}) +
                          "; keep large data outside and pass a reference to it");
    }
    if (auto fits = check_options(*input.plan, options); !fits) {
        answer(input.token, fits);
        return false;
    }
    return has_room(input);
}

bool Shard::Impl::has_room(const CreateExecution& input) {
    const auto& limit = input.plan->settings().max_concurrent_executions;
    const bool is_awaited = input.options.parent && input.options.parent->waits;
    if (!limit || is_delayed(input) || is_awaited) return true;
    const std::string& workflow = input.plan->identity().workflow_id;
    const auto refuse = [&](std::string message) {
        answer(input.token,
               core::fail(CommandErrc::too_many_executions,
                          "workflow `" + workflow + "` allows " + std::to_string(limit->limit) +
                              " executions at once" + message + "; try again later"));
        return false;
    };
    const bool rejects = limit->when_exceeded == core::ConcurrencyLimit::WhenExceeded::reject;
    if (rejects && limiter_.is_taken(workflow, limit->limit))
        return refuse(" and rejects further ones");
    const std::size_t most = options_.limits.pending_max;
    if (limiter_.waiting(workflow) >= most)
        return refuse(", and " + std::to_string(most) + " wait for their turn already");
    return true;
}

void Shard::Impl::create(CreateExecution& input) {
    if (!may_create(input)) return;
    const PlanIdentity& identity = input.plan->identity();
    ExecutionCreated record{identity.workflow_id,
                            identity.version,
                            identity.hash,
                            engine_semantics,
                            input.trigger,
                            std::move(input.input),
                            std::move(input.trigger_data),
                            std::move(input.variables),
                            input.seed_high,
                            input.seed_low};
    auto configured = configuration(*input.plan, input.options);
    const std::optional<ParentLink> parent = std::move(input.options.parent);
    const std::optional<TraceContext> trace = std::move(input.options.trace);
    std::optional<StartDelayed> delayed;
    if (is_delayed(input)) delayed = StartDelayed{*input.options.start_at};
    ExecutionState& x = executions_.create(input.id, std::move(input.plan));
    open_share(x);
    x.share.created = true;
    answer(input.token, {});
    turn(x, [&](Turn& t) {
        t.input(std::move(record));
        if (configured) t.input(*std::move(configured));
        if (parent)
            t.input(ExecutionLinked{parent->id.text(), parent->run, parent->attempt, parent->path,
                                    parent->depth, parent->waits});
        if (trace)
            t.input(ExecutionTraced{trace->trace_id, trace->parent_span, trace->state,
                                    trace->is_sampled});
        if (delayed) t.input(*delayed);
        enter_limit(t);
        return true;
    });
}

bool Shard::Impl::is_delayed(const CreateExecution& input) const {
    return input.options.start_at && *input.options.start_at > now_frame_.now;
}

/// It wants to start; its workflow's limit may hold it back.
void Shard::Impl::enter_limit(Turn& turn) {
    count(turn.x);
    if (turn.x.is_limited() && limiter_.admit(turn.x.plan->identity().workflow_id, turn.x.id))
        turn.input(PermitGranted{});
}

/// Makes it count against its workflow's limit, if it has one.
void Shard::Impl::count(const ExecutionState& x) {
    const auto& limit = x.plan->settings().max_concurrent_executions;
    if (!x.is_limited() || x.is_delayed()) return;
    const std::string& workflow = x.plan->identity().workflow_id;
    // One that has started takes part, whatever its journal says of a permit.
    const bool has_started = x.status != core::ExecutionStatus::pending;
    if (has_started || (x.control && x.control->has_permit)) {
        limiter_.hold(workflow, limit->limit, x.id);
    } else {
        limiter_.enqueue(workflow, limit->limit, {priority_of(x), x.created_at, x.id});
    }
}

}  // namespace millrace::engine
