// SPDX-License-Identifier: Apache-2.0
#include "behaviours.hpp"
#include "millrace/format/expression_host.hpp"
#include "millrace/nodes/schedule.hpp"

namespace millrace::nodes {
namespace {

/// The server starts executions when the schedule is due; see `Schedule`.
class TriggerSchedule final : public engine::NodeBehaviour {
public:
    void check(const core::Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        (void)Schedule::read(data, format::expression_host(), pointer, problems);
    }

    /// Only of a run by hand, which may say for when it is; else it is due now.
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        const core::Value now{call.now.text()};
        const auto said = [&](std::string_view key) {
            const core::Value* const given = call.input().find(key);
            return given != nullptr && given->is_string() ? *given : now;
        };
        return engine::Emit::out(
            core::Value::object({{"due_at", said("due_at")}, {"fired_at", said("fired_at")}}));
    }
};

}  // namespace

Behaviour trigger_schedule() {
    return std::make_shared<TriggerSchedule>();
}

}  // namespace millrace::nodes
