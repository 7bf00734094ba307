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
        resolve_connections(draft_);
        resolve_failures(draft_);
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
        add_nodes(*plan, code);
        add_connections(*plan, code);
        return {std::move(plan), {}, std::move(draft_.warnings)};
    }

private:
    void add_nodes(Plan& plan, BoundCode& code) {
        plan.nodes_.reserve(draft_.nodes.size());
        plan.by_id_.reserve(draft_.nodes.size());
        for (std::uint32_t i = 0; i < draft_.nodes.size(); ++i) {
            NodeDraft& node = draft_.nodes[i];
            const core::NodeSpec& spec = draft_.document.nodes[i];
            std::vector<PlanInput> inputs;
            for (std::size_t port = 0; port < node.inputs.size(); ++port) {
                const core::PortDescriptor& type = node.definition->type.inputs[port];
                inputs.push_back({type.required, type.many, std::move(node.inputs[port])});
            }
            plan.nodes_.push_back(
                {.id = spec.id,
                 .definition = std::move(node.definition),
                 .data = *std::move(code.node_data[i]),
                 .inputs = std::move(inputs),
                 .outputs = std::move(node.outputs),
                 .retry = with_defaults(spec.retry),
                 .timeout = spec.timeout,
                 .deadline = spec.deadline,
                 .on_failure = node.on_failure,
                 .default_value = spec.on_error.value,
                 .fallback = node.fallback,
                 .fallback_for = node.fallback_for,
                 .on_interrupt = spec.on_interrupt.value_or(core::OnInterrupt::rerun)});
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
            plan.connections_.push_back({.from = *link.from,
                                         .from_port = *link.from_port,
                                         .to = *link.to,
                                         .to_port = *link.to_port,
                                         .filter = std::move(code.links[i].filter),
                                         .transform = std::move(code.links[i].transform),
                                         .on_error = spec.on_error,
                                         .label = spec.tag.empty() ? spec.from.node : spec.tag});
        }
    }

    Draft draft_;
};

CompileResult compile(const core::Document& document, const PlanIdentity& identity,
                      const NodeLibrary& library, const SchemaCompiler& schemas) {
    return PlanCompiler{document, library}.run(identity, schemas);
}

}  // namespace millrace::engine
