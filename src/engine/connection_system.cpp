// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "size_limits.hpp"
#include "slots.hpp"
#include "systems.hpp"

namespace millrace::engine {
namespace {

std::expected<expr::Operand, core::Failure> evaluate(Turn& turn, const BoundExpression& expression,
                                                     const SlotOwner& owner, expr::Fuel& fuel) {
    turn.scratch.operands.clear();
    read_slots(turn, expression.slots, owner, turn.scratch.operands);
    return expr::evaluate(expression.code, turn.scratch.operands, fuel);
}

void settle_failed(Turn& turn, LinkRef link, core::Failure failure) {
    const core::ConnectionIndex index = link.connection;
    const PlanConnection& connection = turn.plan().connection(index);
    using Kind = core::ConnectionOnError::Kind;
    switch (connection.on_error.kind) {
        case Kind::drop: turn.record(LinkSettled{index, LinkOutcome::dead, {}, link.scope}); return;
        case Kind::default_value:
            turn.record(
                LinkSettled{index, LinkOutcome::value, connection.on_error.value, link.scope});
            return;
        case Kind::fail: break;
    }
    const PlanNode& from = turn.node(connection.from);
    const PlanNode& to = turn.node(connection.to);
    failure.message = "connection " + from.id + " -> " + to.id + ": " + failure.message;
    failure.node_id = to.id;
    failure.recoverable = false;
    turn.record(LinkFailed{index, std::move(failure), link.scope});
}

}  // namespace

bool ConnectionSystem::decide(Turn& turn) {
    if (turn.x.agenda.links.empty()) return false;
    const LinkRef link = turn.x.agenda.links.front();
    const core::ConnectionIndex index = link.connection;
    const PlanConnection& connection = turn.plan().connection(index);
    const SlotOwner owner{link.scope, std::nullopt, &connection, turn.all.link(turn.x, link).value,
                          0};
    expr::Fuel fuel{turn.limits.expression_fuel};
    if (connection.filter) {
        auto passes = evaluate(turn, *connection.filter, owner, fuel);
        if (!passes) {
            settle_failed(turn, link, std::move(passes.error()));
            return true;
        }
        if (!expr::is_truthy(*passes)) {
            turn.record(LinkSettled{index, LinkOutcome::dead, {}, link.scope});
            return true;
        }
    }
    if (!connection.transform) {
        turn.record(LinkSettled{index, LinkOutcome::passed, {}, link.scope});
        return true;
    }
    auto transformed = evaluate(turn, *connection.transform, owner, fuel);
    if (!transformed) {
        settle_failed(turn, link, std::move(transformed.error()));
    } else if (is_too_large(transformed->value, turn.limits)) {
        settle_failed(turn, link, too_large_failure(turn.limits));
    } else {
        turn.record(
            LinkSettled{index, LinkOutcome::value, std::move(transformed->value), link.scope});
    }
    return true;
}

}  // namespace millrace::engine
