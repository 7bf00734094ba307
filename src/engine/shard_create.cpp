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
    const auto& limit = input.plan->settings().max_concurrent_executions;
    const bool rejects = limit && !is_delayed(input) &&
                         limit->when_exceeded == core::ConcurrencyLimit::WhenExceeded::reject;
    if (rejects && limiter_.is_taken(input.plan->identity().workflow_id, limit->limit)) {
        return refuse(CommandErrc::too_many_executions,
                      "workflow `" + input.plan->identity().workflow_id + "` allows " +
                          std::to_string(limit->limit) +
                          " executions at once and rejects further ones; try again later");
    }
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
    std::optional<StartDelayed> delayed;
    if (is_delayed(input)) delayed = StartDelayed{*input.options.start_at};
    ExecutionState& x = executions_.create(input.id, std::move(input.plan));
    open_share(x);
    x.share.created = true;
    answer(input.token, {});
    turn(x, [&](Turn& t) {
        t.input(std::move(record));
        if (configured) t.input(*std::move(configured));
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
    if (turn.x.plan->settings().max_concurrent_executions &&
        limiter_.admit(turn.x.plan->identity().workflow_id, turn.x.id))
        turn.input(PermitGranted{});
}

/// Makes it count against its workflow's limit, if it has one.
void Shard::Impl::count(const ExecutionState& x) {
    const auto& limit = x.plan->settings().max_concurrent_executions;
    if (!limit || x.is_delayed()) return;
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
