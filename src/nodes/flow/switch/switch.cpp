// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "behaviours.hpp"
#include "flow/switch/case_list.hpp"
#include "millrace/expr/expression.hpp"

namespace millrace::nodes {
namespace {

using core::Value;
using Holds = std::expected<bool, core::Failure>;

/// Names the field of a failure, as the evaluation of templates does.
core::Failure placed(core::Failure failure, std::size_t place, std::string_view key) {
    if (failure.details.is_null()) {
        const std::string cases = core::pointer_child("", "cases");
        const std::string pointer = core::pointer_child(core::pointer_child(cases, place), key);
        failure.details = Value::object({{"pointer", pointer}});
    }
    return failure;
}

Holds holds(const CaseList& list, std::size_t place, const engine::NodeCall& call,
            expr::Fuel& fuel) {
    const SwitchCase& one = list.cases[place];
    if (one.path) {
        const Holds found = one.path->exists(call.input(), fuel);
        if (!found) return std::unexpected{placed(found.error(), place, "path")};
        return found;
    }
    const std::expected<expr::Operand, core::Failure> value = call.evaluate(one.deferred);
    if (!value) return std::unexpected{placed(value.error(), place, "when")};
    return expr::is_truthy(*value);
}

engine::NodeOutcome choose(const CaseList& list, const engine::NodeCall& call) {
    expr::Fuel own;  // of a call that has no expressions
    expr::Fuel& fuel = call.fuel == nullptr ? own : *call.fuel;
    engine::Emit emit;
    for (const std::size_t place : list.order) {
        const Holds found = holds(list, place, call, fuel);
        if (!found) return found.error();
        if (!*found) continue;
        emit.ports.push_back({core::PortIndex{static_cast<std::uint32_t>(place)}, call.input()});
        if (!list.takes_all) break;
    }
    if (emit.ports.empty()) {
        const core::PortIndex otherwise{static_cast<std::uint32_t>(list.cases.size())};
        emit.ports.push_back({otherwise, call.input()});
    }
    return emit;
}

/// The switch of one node, whose cases have been read.
class ReadSwitch final : public engine::NodeBehaviour {
public:
    explicit ReadSwitch(CaseList list) : list_{std::move(list)} {}

    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_cases(data, pointer, problems);
    }
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        return choose(list_, call);
    }

private:
    CaseList list_;
};

class FlowSwitch final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_cases(data, pointer, problems);
    }

    /// An output for each case, in their order, and `default` last.
    std::shared_ptr<const engine::NodeDefinition> specialise(const engine::NodeDefinition& self,
                                                             const Value& data) const override {
        auto made = std::make_shared<engine::NodeDefinition>(self);
        CaseList list = CaseList::of(data);
        made->type.choice =
            list.takes_all ? core::ChoiceKind::default_or_others : core::ChoiceKind::one_output;
        std::vector<core::PortDescriptor> outputs;
        for (std::string& name : case_names(data)) {
            core::PortDescriptor& port = outputs.emplace_back();
            port.name = std::move(name);
            port.description = "The input, when the case holds.";
        }
        outputs.push_back(self.type.outputs.back());
        made->type.outputs = std::move(outputs);
        made->behaviour = std::make_shared<ReadSwitch>(std::move(list));
        return made;
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        return choose(CaseList::of(call.data), call);
    }
};

}  // namespace

Behaviour flow_switch() {
    return std::make_shared<FlowSwitch>();
}

}  // namespace millrace::nodes
