// SPDX-License-Identifier: Apache-2.0
#include "testing/library.hpp"

#include <cstdio>
#include <map>
#include <span>
#include <utility>

#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "testing/requesting.hpp"

namespace millrace::engine {
namespace {

using core::NodeRole;
using core::Value;

/// A behaviour that is one function.
class Behaviour final : public NodeBehaviour {
public:
    using Start = NodeOutcome (*)(const NodeCall&);
    explicit Behaviour(Start function) : start_{function} {}
    NodeOutcome start(const NodeCall& call) const override { return start_(call); }

private:
    Start start_;
};

class CheckedBehaviour final : public NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        const Value* const size = data.find("size");
        if (size == nullptr || *size != Value{13}) return;
        problems.push_back({core::ProblemCode::bad_value, core::pointer_child(pointer, "size"),
                            "13 is out of luck", "12"});
    }
    NodeOutcome start(const NodeCall& call) const override { return Emit::out(call.input()); }
};

class SizeCheck final : public core::SchemaCheck {
public:
    std::vector<core::SchemaViolation> violations(const Value& data) const override {
        std::vector<core::SchemaViolation> found;
        const Value* const size = data.find("size");
        if (size == nullptr) found.push_back({"", "`size` is required"});
        if (size != nullptr && !size->is_integer())
            found.push_back({"/size", "must be an integer"});
        for (const core::Member& member : data.as_object()) {
            if (member.key != "size" && member.key != "note")
                found.push_back({"", "`" + member.key + "` is not known"});
        }
        return found;
    }
};

/// `type` and `required`, at the top level.
class SmallCheck final : public core::SchemaCheck {
public:
    explicit SmallCheck(Value schema) : schema_{std::move(schema)} {}
    std::vector<core::SchemaViolation> violations(const Value& value) const override {
        const Value* const type = schema_.find("type");
        if (type != nullptr && type->as_string() != core::kind_name(value))
            return {{"", "must be " + std::string{type->as_string()}}};
        std::vector<core::SchemaViolation> found;
        const Value* const required = schema_.find("required");
        if (required == nullptr) return found;
        for (const Value& key : required->as_array()) {
            if (value.find(key.as_string()) == nullptr)
                found.push_back({"", "`" + std::string{key.as_string()} + "` is required"});
        }
        return found;
    }

private:
    Value schema_;
};

NodeOutcome pass(const NodeCall& call) {
    return Emit::out(call.input());
}

NodeOutcome emit_on(std::uint32_t port, Value value) {
    Emit emit;
    emit.ports.push_back({core::PortIndex{port}, std::move(value)});
    return emit;
}

NodeOutcome decide(const NodeCall& call) {
    const bool is_true = expr::is_truthy({call.field("condition"), false});
    return emit_on(is_true ? 0 : 1, call.input());
}

NodeOutcome pick(const NodeCall& call) {
    const Value& port = call.field("pick");
    const bool is_named = port.is_string() && port.as_string().size() == 1;
    const unsigned index = is_named ? static_cast<unsigned>(port.as_string()[0] - 'a') : 3;
    if (index > 2) return validation_failure("bad_pick", "`pick` must be a, b or c");
    return emit_on(index, call.input());
}

NodeOutcome labels(const NodeCall& call) {
    std::vector<Value> names;
    for (const std::string_view label : call.labels)
        names.emplace_back(label);
    return Emit::out(Value::array(std::move(names)));
}

NodeOutcome pair(const NodeCall& call) {
    return Emit::out(Value::object({{"left", call.inputs[0]}, {"right", call.inputs[1]}}));
}

NodeOutcome wrap(const NodeCall& call) {
    return Emit::out(Value::object({{"in", call.input()}}));
}

NodeOutcome extra(const NodeCall& call) {
    return Emit::out(Value::object({{"in", call.inputs[0]}, {"more", call.inputs[1]}}));
}

NodeOutcome delay(const NodeCall& call) {
    const Value& ms = call.field("ms");
    const core::Duration wait{ms.is_integer() ? ms.as_integer() : 1'000};
    return WaitUntil{call.now + wait, Emit::out(call.input())};
}

NodeOutcome fail_on_purpose(const NodeCall& call) {
    const auto text = [&](std::string_view key, std::string_view otherwise) {
        const Value& value = call.field(key);
        return std::string{value.is_string() ? value.as_string() : otherwise};
    };
    core::Failure failure =
        validation_failure(text("code", "on_purpose"), text("message", "failed as it was told to"));
    failure.error_class =
        core::parse_error_class(text("class", "validation")).value_or(core::ErrorClass::internal);
    return failure;
}

/// Emits its input on the outputs that the conditions name.
class CasesBehaviour final : public NodeBehaviour {
public:
    std::shared_ptr<const NodeDefinition> specialise(const NodeDefinition& self,
                                                     const Value& data) const override {
        auto special = std::make_shared<NodeDefinition>(self);
        special->type.outputs.clear();
        const Value* const cases = data.find("cases");
        for (const Value& branch :
             cases == nullptr ? std::span<const Value>{} : cases->as_array()) {
            core::PortDescriptor port;
            port.name = branch.find("name")->as_string();
            special->type.outputs.push_back(std::move(port));
        }
        core::PortDescriptor otherwise;
        otherwise.name = "default";
        special->type.outputs.push_back(std::move(otherwise));
        const Value* const mode = data.find("mode");
        if (mode != nullptr && *mode == Value{"all"})
            special->type.choice = core::ChoiceKind::default_or_others;
        return special;
    }

    NodeOutcome start(const NodeCall& call) const override {
        const bool takes_all = call.field("mode") == Value{"all"};
        Emit emit;
        for (std::uint32_t i = 0; i < call.deferred_count(); ++i) {
            if (!emit.ports.empty() && !takes_all) break;
            auto holds = call.evaluate(i);
            if (!holds) return std::move(holds.error());
            if (expr::is_truthy(*holds)) emit.ports.push_back({core::PortIndex{i}, call.input()});
        }
        if (emit.ports.empty()) {
            const auto otherwise = static_cast<std::uint32_t>(call.deferred_count());
            emit.ports.push_back({core::PortIndex{otherwise}, call.input()});
        }
        return emit;
    }
};

NodeOutcome nothing(const NodeCall&) {
    return Emit{};
}

core::PortDescriptor port(std::string_view name, std::string_view schema = {}) {
    core::PortDescriptor descriptor;
    descriptor.name = name;
    if (!schema.empty()) descriptor.schema = json(schema);
    return descriptor;
}

core::PortDescriptor optional_port(std::string_view name) {
    core::PortDescriptor descriptor = port(name);
    descriptor.required = false;
    return descriptor;
}

core::PortDescriptor inner_port(std::string_view name) {
    core::PortDescriptor descriptor = optional_port(name);
    descriptor.inner = true;
    return descriptor;
}

core::PortDescriptor many_port(std::string_view name) {
    core::PortDescriptor descriptor = port(name);
    descriptor.many = true;
    return descriptor;
}

core::PortDescriptor stream_port(std::string_view name) {
    core::PortDescriptor descriptor = port(name);
    descriptor.kind = core::PortKind::stream;
    return descriptor;
}

class TestLibrary final : public NodeLibrary {
public:
    TestLibrary() {
        const auto in = port("in");
        const auto out = port("out");
        add("trigger.manual", NodeRole::trigger, {}, {out}, pass);
        add("trigger.other", NodeRole::trigger, {}, {out}, pass);
        add("test.pass", NodeRole::pure, {in}, {out}, pass);
        add("test.pass", NodeRole::pure, {in}, {out}, pass).version = 2;
        add("test.note", NodeRole::pure, {in}, {out}, [](const NodeCall& call) -> NodeOutcome {
            Emit emit = Emit::out(call.input());
            emit.note = call.field("note");
            return emit;
        });
        add("test.set", NodeRole::pure, {in}, {out},
            [](const NodeCall& call) -> NodeOutcome { return Emit::out(call.field("value")); });
        add("test.if", NodeRole::decision, {in}, {port("true"), port("false")}, decide).fields = {
            {"condition", core::FieldMode::expression}};
        add("test.switch", NodeRole::decision, {in}, {port("a"), port("b"), port("c")}, pick);
        add("test.effect", NodeRole::effect, {in}, {out}, call_function);
        add("test.send", NodeRole::effect, {in}, {out}, send).fields = {
            {"url", core::FieldMode::confidential, {}},
            {"body", core::FieldMode::confidential, {}}};
        add("test.merge", NodeRole::pure, {many_port("in")}, {out}, pass);
        add("test.labels", NodeRole::pure, {many_port("in")}, {out}, labels);
        add("test.pair", NodeRole::pure, {port("left"), port("right")}, {out}, pair);
        add("test.optional", NodeRole::pure, {optional_port("in")}, {out}, wrap);
        add("test.extra", NodeRole::pure, {in, optional_port("more")}, {out}, extra);
        add("test.delay", NodeRole::delay, {in}, {out}, delay);
        add("test.fail", NodeRole::pure, {in}, {out}, fail_on_purpose);
        const std::string_view text = R"({"type": "string"})";
        const std::string_view number = R"({"type": ["number", "null"]})";
        add("test.text", NodeRole::pure, {port("in", text)}, {port("out", text)}, pass);
        add("test.number", NodeRole::pure, {port("in", number)}, {port("out", number)}, pass);
        add("test.stream", NodeRole::pure, {in}, {stream_port("items")}, pass);
        add("test.wait", NodeRole::wait, {in}, {out, port("timeout")}, wait_for_answer);
        add("test.respond", NodeRole::pure, {in}, {out}, respond).stays_inline = true;
        add("test.child", NodeRole::effect, {in}, {out}, start_child);
        add("test.sink", NodeRole::effect, {in}, {}, nothing);
        core::NodeType& checked = add("test.checked", NodeRole::pure, {in}, {out}, pass);
        checked.data_check = std::make_shared<SizeCheck>();
        checked.fields = {{"note", core::FieldMode::literal}};
        pending_.back()->behaviour = std::make_shared<CheckedBehaviour>();
        add_containers();
        for (auto& definition : pending_)
            definitions_.emplace(std::pair{definition->type.type, definition->type.version},
                                 std::move(definition));
        pending_.clear();
    }

    std::shared_ptr<const NodeDefinition> find(std::string_view type,
                                               std::uint32_t version) const override {
        const auto found = definitions_.find({std::string{type}, version});
        return found == definitions_.end() ? nullptr : found->second;
    }

    std::vector<std::string> names() const override {
        std::vector<std::string> names;
        for (const auto& [key, definition] : definitions_) {
            if (names.empty() || names.back() != key.first) names.push_back(key.first);
        }
        return names;
    }

private:
    void add_containers() {
        using core::FieldMode;
        add("test.cases", NodeRole::decision, {port("in")}, {port("default")}, nothing).fields = {
            {"cases", FieldMode::literal}, {"cases[].when", FieldMode::deferred}};
        pending_.back()->behaviour = std::make_shared<CasesBehaviour>();
        core::NodeType& loop =
            add("test.loop", NodeRole::container, {port("in"), inner_port("result")},
                {inner_port("item"), port("done")}, nothing);
        loop.container = core::ContainerKind::loop;
        loop.fields = {{"over", FieldMode::expression},
                       {"times", FieldMode::expression},
                       {"while", FieldMode::deferred},
                       {"break", FieldMode::deferred}};
        add("test.try", NodeRole::container, {port("in"), inner_port("result")},
            {inner_port("item"), inner_port("finally"), port("done")}, nothing)
            .container = core::ContainerKind::attempt;
    }

    core::NodeType& add(std::string_view name, NodeRole role,
                        std::vector<core::PortDescriptor> inputs,
                        std::vector<core::PortDescriptor> outputs, Behaviour::Start start) {
        auto definition = std::make_shared<NodeDefinition>();
        core::NodeType& type = definition->type;
        type.type = name;
        type.role = role;
        type.inputs = std::move(inputs);
        type.outputs = std::move(outputs);
        definition->behaviour = std::make_shared<Behaviour>(start);
        pending_.push_back(std::move(definition));
        return pending_.back()->type;
    }

    std::vector<std::shared_ptr<NodeDefinition>> pending_;
    std::map<std::pair<std::string, std::uint32_t>, std::shared_ptr<const NodeDefinition>>
        definitions_;
};

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

core::PortRef port_ref(std::string_view text, std::string_view port) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return {std::string{text}, std::string{port}};
    return {std::string{text.substr(0, dot)}, std::string{text.substr(dot + 1)}};
}

}  // namespace

std::shared_ptr<const NodeLibrary> test_library() {
    static const auto library = std::make_shared<const TestLibrary>();
    return library;
}

SchemaCompiler test_schemas() {
    return [](const Value& schema) -> core::Result<std::shared_ptr<const core::SchemaCheck>> {
        if (!schema.is_object())
            return core::fail(core::JsonErrc::syntax, "a schema must be an object");
        return std::make_shared<SmallCheck>(schema);
    };
}

core::Value json(std::string_view text) {
    auto value = core::parse_json(text);
    if (!value) std::fprintf(stderr, "%s\n", value.error().message().c_str());
    MR_CHECK(value.has_value());
    return *std::move(value);
}

PlanBuilder::PlanBuilder(std::string_view id) {
    document_.id = id;
    document_.name = id;
}

PlanBuilder& PlanBuilder::node(std::string_view id, std::string_view type, std::string_view data) {
    core::NodeSpec node;
    const std::size_t at = type.find('@');
    node.id = id;
    node.type = type.substr(0, at);
    if (at != std::string_view::npos)
        node.type_version =
            static_cast<std::uint32_t>(std::stoul(std::string{type.substr(at + 1)}));
    if (!data.empty()) node.data = json(data);
    node.parent = parent_;
    document_.nodes.push_back(std::move(node));
    return *this;
}

PlanBuilder& PlanBuilder::within(std::string_view container) {
    parent_ = container;
    return *this;
}

PlanBuilder& PlanBuilder::connect(std::string_view chain) {
    std::string_view from;
    while (true) {
        const std::size_t arrow = chain.find("->");
        const std::string_view to = trimmed(chain.substr(0, arrow));
        if (!from.empty()) {
            core::ConnectionSpec connection;
            connection.from = port_ref(from, "out");
            connection.to = port_ref(to, "in");
            document_.connections.push_back(std::move(connection));
        }
        if (arrow == std::string_view::npos) return *this;
        from = to;
        chain.remove_prefix(arrow + 2);
    }
}

PlanBuilder& PlanBuilder::variable(std::string_view name, core::Value value) {
    document_.variables.push_back({std::string{name}, std::move(value)});
    return *this;
}

PlanBuilder& PlanBuilder::outputs(std::string_view text) {
    document_.outputs = json(text);
    return *this;
}

PlanBuilder& PlanBuilder::inputs(std::string_view text) {
    document_.inputs = json(text);
    return *this;
}

PlanBuilder& PlanBuilder::retry(core::RetryPolicy policy) {
    last_node().retry = std::move(policy);
    return *this;
}

PlanBuilder& PlanBuilder::on_error(core::NodeOnError::Kind kind) {
    last_node().on_error.kind = kind;
    return *this;
}

PlanBuilder& PlanBuilder::default_value(core::Value value) {
    last_node().on_error = {core::NodeOnError::Kind::default_value, std::move(value), {}};
    return *this;
}

PlanBuilder& PlanBuilder::fallback(std::string_view node) {
    last_node().on_error = {core::NodeOnError::Kind::fallback, {}, std::string{node}};
    return *this;
}

PlanBuilder& PlanBuilder::breaker(core::CircuitBreaker breaker) {
    last_node().circuit_breaker = std::move(breaker);
    return *this;
}

PlanBuilder& PlanBuilder::cache(core::NodeCache cache) {
    last_node().cache = std::move(cache);
    return *this;
}

PlanBuilder& PlanBuilder::compensate(std::string_view node) {
    last_node().compensate = node;
    return *this;
}

PlanBuilder& PlanBuilder::filter(std::string_view expression) {
    last_connection().filter = expression;
    return *this;
}

PlanBuilder& PlanBuilder::transform(std::string_view expression) {
    last_connection().transform = expression;
    return *this;
}

PlanBuilder& PlanBuilder::priority(std::int32_t priority) {
    last_connection().priority = priority;
    return *this;
}

PlanBuilder& PlanBuilder::tag(std::string_view tag) {
    last_connection().tag = tag;
    return *this;
}

CompileResult PlanBuilder::compile() const {
    return compile_test(document_);
}

std::shared_ptr<const Plan> PlanBuilder::plan() const {
    return plan_of(document_);
}

CompileResult compile_test(const core::Document& document) {
    return compile(document, {document.id, 1, "hash-of-" + document.id}, *test_library(),
                   test_schemas());
}

std::shared_ptr<const Plan> plan_of(const core::Document& document) {
    CompileResult result = compile_test(document);
    for (const core::Problem& problem : result.problems) {
        std::fprintf(stderr, "%s: %s: %s\n", problem.path.c_str(),
                     std::string{core::to_text(problem.code)}.c_str(), problem.message.c_str());
    }
    MR_CHECK(result.plan != nullptr);
    return std::move(result.plan);
}

std::vector<std::string> places(const core::Problems& problems) {
    std::vector<std::string> texts;
    for (const core::Problem& problem : problems)
        texts.push_back(std::string{core::to_text(problem.code)} + " " + problem.path);
    return texts;
}

core::NodeIndex index_of(const Plan& plan, std::string_view node_id) {
    const std::optional<core::NodeIndex> found = plan.find(node_id);
    MR_CHECK(found.has_value());
    return *found;
}

}  // namespace millrace::engine
