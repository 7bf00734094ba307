// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "compile_draft.hpp"
#include "compile_expressions.hpp"
#include "compile_graph.hpp"
#include "must_sets.hpp"
#include "shape.hpp"

namespace millrace::engine {
namespace {

const std::vector<std::string>& default_retry_on() {
    static const std::vector<std::string> classes{"timeout", "connection", "http_5xx", "http_429"};
    return classes;
}

std::optional<core::RetryPolicy> with_defaults(std::optional<core::RetryPolicy> retry) {
    if (retry && retry->retry_on.empty()) retry->retry_on = default_retry_on();
    return retry;
}

std::shared_ptr<const core::SchemaCheck> compile_input_schema(Draft& draft,
                                                              const SchemaCompiler& schemas) {
    if (draft.document.inputs.is_null()) return nullptr;
    auto check = schemas(draft.document.inputs);
    if (check) return *std::move(check);
    draft.problem(core::ProblemCode::schema, "/inputs",
                  "`inputs` is no JSON Schema: " + check.error().message());
    return nullptr;
}

}  // namespace

/// Runs the passes and, when none has found a problem, puts their results together.
class PlanCompiler {
public:
    PlanCompiler(const core::Document& document, const NodeLibrary& library)
        : draft_{document, library} {}

    CompileResult run(const PlanIdentity& identity, const SchemaCompiler& schemas) {
        auto input_check = compile_input_schema(draft_, schemas);
        resolve_nodes(draft_);
        resolve_parents(draft_);
        resolve_connections(draft_);
        resolve_failures(draft_);
        resolve_undos(draft_);
        resolve_scopes(draft_);
        const CompileGraph graph = make_graph(draft_);
        report_cycles(draft_, graph);
        check_fan_in(draft_, graph);
        BoundCode code = bind_expressions(draft_, graph);
        if (!draft_.problems.empty())
            return {nullptr, draft_.take_problems(), std::move(draft_.warnings)};
        auto plan = std::make_shared<Plan>();
        plan->identity_ = identity;
        plan->settings_ = draft_.document.settings;
        plan->variables_ = draft_.document.variables;
        plan->outputs_ = std::move(code.outputs);
        plan->input_check_ = std::move(input_check);
        plan->shape_ = shape_of(draft_, graph);
        for (const ScopeDraft& scope : draft_.scopes)
            plan->scopes_.push_back(
                {scope.container, scope.part, scope.parent, scope.loop, {}, {}, {}, {}, {}});
        add_connections(*plan, code);
        add_nodes(*plan, code);
        for (PlanNode& node : plan->nodes_)
            if (node.undone_by) keep_what_is_seen(node, plan->nodes_[node.undone_by->value]);
        return {std::move(plan), {}, std::move(draft_.warnings)};
    }

private:
    /// What passes between a container and its body belongs to the body, not to the node.
    std::vector<PlanInput> inputs_of(const NodeDraft& node) const {
        std::vector<PlanInput> inputs;
        for (std::size_t port = 0; port < node.inputs.size(); ++port) {
            const core::PortDescriptor& type = node.definition->type.inputs[port];
            inputs.push_back({type.required, type.many, {}});
            if (!type.inner) inputs.back().connections = node.inputs[port];
        }
        return inputs;
    }
    static std::vector<std::vector<core::ConnectionIndex>> outputs_of(const NodeDraft& node) {
        std::vector<std::vector<core::ConnectionIndex>> outputs = node.outputs;
        const auto& types = node.definition->type.outputs;
        for (std::size_t port = 0; port < types.size(); ++port)
            if (types[port].inner) outputs[port].clear();
        return outputs;
    }

    std::shared_ptr<const PlanContainer> container_of(std::uint32_t index, BoundCode::Node& code) {
        if (!draft_.nodes[index].is_container()) return nullptr;
        auto container = std::make_shared<PlanContainer>();
        container->kind = draft_.nodes[index].definition->type.container;
        container->condition = std::move(code.condition);
        container->leave = std::move(code.leave);
        for (std::uint32_t i = 1; i < draft_.scopes.size(); ++i) {
            if (draft_.scopes[i].container != core::NodeIndex{index}) continue;
            if (draft_.scopes[i].part == ScopePart::body) container->body = i;
            if (draft_.scopes[i].part == ScopePart::cleanup) container->cleanup = i;
        }
        return container;
    }

    /// A literal of the data that is the engine's to obey.
    static bool flag_of(const core::NodeSpec& spec, std::string_view key, bool otherwise) {
        const core::Value* const value = spec.data.find(key);
        return value != nullptr && value->is_bool() ? value->as_bool() : otherwise;
    }
    static std::optional<PlanCache> cache_of(const core::NodeSpec& spec, BoundCode::Node& code) {
        if (!spec.cache) return std::nullopt;
        return PlanCache{spec.cache->ttl, std::move(code.cache_key), spec.cache->tags};
    }
    std::optional<PlanBreaker> breaker_of(const core::NodeSpec& spec) const {
        if (!spec.circuit_breaker) return std::nullopt;
        const std::string& name = spec.circuit_breaker->name;
        return PlanBreaker{*spec.circuit_breaker, name.empty()
                                                      ? "node/" + draft_.document.id + "/" + spec.id
                                                      : "dependency/" + name};
    }

    /// The scope that the node runs in.
    std::uint32_t scope_for(Plan& plan, core::NodeIndex index) const {
        const NodeDraft& node = draft_[index];
        if (!node.undoes) return node.scope;
        plan.scopes_[node.scope].undoing.push_back(index);
        const std::uint32_t loop = plan.scopes_[node.scope].loop;
        plan.scopes_.push_back(
            {std::nullopt, ScopePart::undo, node.scope, loop, {}, {}, {}, {}, {}});
        return static_cast<std::uint32_t>(plan.scopes_.size() - 1);
    }

    /// What undoes a run reads of others what they were when that run completed: by the time that
    /// it is undone they may be gone.
    static void keep_what_is_seen(PlanNode& undone, PlanNode& undoing) {
        const auto keep = [&](std::vector<SlotSource>& slots) {
            for (SlotSource& slot : slots) {
                const bool is_of_runs = slot.kind == SlotSource::Kind::node_output ||
                                        slot.kind == SlotSource::Kind::item ||
                                        slot.kind == SlotSource::Kind::index;
                if (!is_of_runs) continue;
                undone.undo_reads.push_back(slot);
                slot = {};
                slot.kind = SlotSource::Kind::seen;
                slot.index = static_cast<std::uint32_t>(undone.undo_reads.size() - 1);
            }
        };
        keep(undoing.data.slots);
        for (BoundExpression& expression : undoing.deferred)
            keep(expression.slots);
    }

    void add_nodes(Plan& plan, BoundCode& code) {
        plan.nodes_.reserve(draft_.nodes.size());
        plan.by_id_.reserve(draft_.nodes.size());
        for (std::uint32_t i = 0; i < draft_.nodes.size(); ++i) {
            NodeDraft& node = draft_.nodes[i];
            const core::NodeSpec& spec = draft_.document.nodes[i];
            const std::uint32_t index = scope_for(plan, {i});
            PlanScope& scope = plan.scopes_[index];
            plan.nodes_.push_back(
                {.id = spec.id,
                 .definition = node.definition,
                 .data = *std::move(code.nodes[i].data),
                 .inputs = inputs_of(node),
                 .outputs = outputs_of(node),
                 .retry = with_defaults(spec.retry),
                 .timeout = spec.timeout,
                 .deadline = spec.deadline,
                 .on_failure = node.on_failure,
                 .default_value = spec.on_error.value,
                 .fallback = node.fallback,
                 .fallback_for = node.fallback_for,
                 .undone_by = node.undone_by,
                 .undoes = node.undoes,
                 .undo_reads = {},
                 .on_interrupt = spec.on_interrupt.value_or(core::OnInterrupt::rerun),
                 .cache = cache_of(spec, code.nodes[i]),
                 .breaker = breaker_of(spec),
                 .credential = spec.credential,
                 .secrets = node.secrets,
                 .is_cancelable = flag_of(spec, "cancelable", true),
                 .skips_on_resume = flag_of(spec, "skip_on_resume", false),
                 .scope = index,
                 .local = static_cast<std::uint32_t>(scope.nodes.size()),
                 .primary = primary_output(node.definition->type),
                 .deferred = std::move(code.nodes[i].deferred),
                 .container = container_of(i, code.nodes[i])});
            scope.nodes.push_back({i});
            plan.by_id_.push_back({i});
        }
        std::ranges::sort(plan.by_id_, {},
                          [&](core::NodeIndex i) -> const std::string& { return plan.node(i).id; });
    }

    void add_connections(Plan& plan, BoundCode& code) {
        plan.connections_.reserve(draft_.links.size());
        for (std::uint32_t i = 0; i < draft_.links.size(); ++i) {
            const LinkDraft& link = draft_.links[i];
            const core::ConnectionSpec& spec = draft_.document.connections[i];
            const std::uint32_t index = scope_of(draft_, core::ConnectionIndex{i});
            PlanScope& scope = plan.scopes_[index];
            plan.connections_.push_back(
                {.from = *link.from,
                 .from_port = *link.from_port,
                 .to = *link.to,
                 .to_port = *link.to_port,
                 .filter = std::move(code.links[i].filter),
                 .transform = std::move(code.links[i].transform),
                 .on_error = spec.on_error,
                 .label = spec.tag.empty() ? spec.from.node : spec.tag,
                 .scope = index,
                 .local = static_cast<std::uint32_t>(scope.connections.size()),
                 .is_result = link.is_result});
            scope.connections.push_back({i});
            if (link.is_entry) scope.entries.push_back({i});
            if (link.is_result) scope.results.push_back({i});
        }
    }

    Draft draft_;
};

CompileResult compile(const core::Document& document, const PlanIdentity& identity,
                      const NodeLibrary& library, const SchemaCompiler& schemas) {
    return PlanCompiler{document, library}.run(identity, schemas);
}

}  // namespace millrace::engine
