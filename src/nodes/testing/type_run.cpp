// SPDX-License-Identifier: Apache-2.0
#include "testing/type_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "millrace/expr/template.hpp"
#include "millrace/nodes/standard.hpp"
#include "testing/node_run.hpp"

namespace millrace::nodes::testing {
namespace {

using core::Value;

struct Source {
    std::string pointer;
    std::string text;
    const core::DataField* field;
};

/// What the engine takes out of the data to hand it over as a deferred expression.
class Parting {
public:
    explicit Parting(const core::NodeType& type) : type_{type} {}

    Value part(const Value& data) {
        std::vector<core::Member> kept;
        for (const core::Member& member : data.as_object()) {
            const std::string pointer = core::pointer_child("", member.key);
            if (take(member.key, member.value, pointer)) continue;
            kept.push_back({member.key, elements(member, pointer)});
        }
        return Value::object(std::move(kept));
    }
    std::vector<Source> sources;

private:
    bool take(const std::string& name, const Value& value, const std::string& pointer) {
        const auto field = std::ranges::find(type_.fields, name, &core::DataField::name);
        if (field == type_.fields.end() || field->mode != core::FieldMode::deferred) return false;
        if (!value.is_string() && !value.is_bool()) return false;
        const std::string text =
            value.is_string() ? std::string{value.as_string()} : core::to_json(value);
        sources.push_back({pointer, text, &*field});
        return true;
    }

    Value elements(const core::Member& list, const std::string& pointer) {
        if (!list.value.is_array()) return list.value;
        std::vector<Value> kept;
        for (const Value& element : list.value.as_array()) {
            const std::string here = core::pointer_child(pointer, kept.size());
            std::vector<core::Member> members;
            if (element.is_object()) {
                for (const core::Member& member : element.as_object()) {
                    if (!take(list.key + "[]." + member.key, member.value,
                              core::pointer_child(here, member.key))) {
                        members.push_back(member);
                    }
                }
            }
            kept.push_back(element.is_object() ? Value::object(std::move(members)) : element);
        }
        return Value::array(std::move(kept));
    }

    const core::NodeType& type_;
};

expr::RootSet roots_of(const core::DataField& field) {
    expr::RootSet roots{expr::Root::input};
    for (const std::string& local : field.locals)
        roots.add(*expr::parse_root(local));
    return roots;
}

struct Deferred {
    expr::Expression code;
    std::vector<expr::Operand> operands;
};

core::Failure told(std::string message) {
    return engine::validation_failure("no_expression", std::move(message));
}

}  // namespace

const Registry& standard_types() {
    static const Registry* const registry = [] {
        auto* made = new Registry;
        const core::Result<> registered = register_standard(*made);
        EXPECT_TRUE(registered) << registered.error().message();
        return made;
    }();
    return *registry;
}

TypeRun::TypeRun(std::string_view type, Value data)
    : definition_{standard_types().find(type, 1)}, data_{std::move(data)}, inputs_(1) {
    if (auto special = definition_->behaviour->specialise(*definition_, data_)) {
        definition_ = std::move(special);
    }
    // A trigger has no port, but gets what the execution was given.
    inputs_.resize(std::max<std::size_t>(1, definition_->type.inputs.size()));
}

TypeRun::TypeRun(std::string_view type, std::string_view data, std::string_view input)
    : TypeRun{type, json(data)} {
    with_input(json(input));
}

TypeRun& TypeRun::with_input(Value input) {
    inputs_.at(0) = std::move(input);
    return *this;
}

TypeRun& TypeRun::with_inputs(std::vector<Value> inputs) {
    inputs_ = std::move(inputs);
    return *this;
}

TypeRun& TypeRun::with_weight_max(std::size_t weight_max) {
    weight_max_ = weight_max;
    return *this;
}

Value TypeRun::evaluated_data() const {
    const Value kept = Parting{type()}.part(data_);
    const auto compiled =
        expr::Template::compile(kept, expr::RootSet{expr::Root::input}, type().fields);
    if (!compiled) return compiled.error().front().message;
    const Value input = inputs_.empty() ? Value{} : inputs_.front();
    const std::vector<expr::Operand> operands(compiled->references().size(), {input});
    expr::Fuel fuel;
    const auto value = compiled->evaluate(operands, fuel);
    return value ? *value : Value{value.error().message};
}

engine::NodeOutcome TypeRun::start() const {
    Parting parting{type()};
    parting.part(data_);
    const Value data = evaluated_data();
    if (!data.is_object()) return told(std::string{data.as_string()});
    std::vector<Deferred> code;
    for (const Source& source : parting.sources) {
        auto compiled = expr::Expression::compile(source.text, roots_of(*source.field));
        if (!compiled) return told(compiled.error().message());
        code.push_back({*compiled, {}});
        for (const expr::Reference& reference : compiled->references()) {
            const bool is_input = reference.root == expr::Root::input;
            code.back().operands.push_back({is_input ? inputs_.front() : Value{}});
        }
    }
    std::vector<engine::DeferredExpression> deferred;
    for (std::size_t i = 0; i < code.size(); ++i)
        deferred.push_back({&code[i].code, code[i].operands, parting.sources[i].pointer});
    const std::vector<std::string_view> labels{"a", "b", "c"};
    expr::Fuel fuel;
    return definition_->behaviour->start({.inputs = inputs_,
                                          .labels = labels,
                                          .data = data,
                                          .now = test_time,
                                          .deferred = deferred,
                                          .fuel = &fuel,
                                          .weight_max = weight_max_});
}

Value TypeRun::out() const {
    const Value all = ports();
    if (!all.is_object()) return all;
    const Value* const first = all.find(type().outputs.front().name);
    return first == nullptr ? Value{"nothing at the first output"} : *first;
}

Value TypeRun::ports() const {
    const engine::NodeOutcome outcome = start();
    if (const auto* failure = std::get_if<core::Failure>(&outcome)) {
        return failure->code + ": " + failure->message;
    }
    const auto* emit = std::get_if<engine::Emit>(&outcome);
    if (emit == nullptr) return "neither a result nor a failure";
    core::ObjectBuilder ports;
    for (const engine::PortValue& port : emit->ports)
        ports.set(type().outputs.at(port.port.value).name, port.value);
    return std::move(ports).build();
}

core::Failure TypeRun::failure() const {
    return failure_of(start());
}

Value TypeRun::note() const {
    const engine::NodeOutcome outcome = start();
    const auto* emit = std::get_if<engine::Emit>(&outcome);
    return emit == nullptr ? Value{"no result"} : emit->note;
}

}  // namespace millrace::nodes::testing
