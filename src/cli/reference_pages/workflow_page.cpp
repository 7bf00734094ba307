// SPDX-License-Identifier: Apache-2.0
#include "reference_pages/workflow_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "millrace/core/json.hpp"
#include "millrace/format/document_value.hpp"
#include "millrace/server/plan_reads.hpp"
#include "reference_pages/node_type_pages.hpp"
#include "terminal/styled.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

std::string code(std::string_view text) {
    const std::string shown = one_line(text);
    // Two marks hold a text with one in it.
    return shown.find('`') == std::string::npos ? "`" + shown + "`" : "`` " + shown + " ``";
}

std::string cell(std::string_view text) {
    return in_cell(one_line(text));
}

std::string code_cell(std::string_view text) {
    return in_cell(code(text));
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts)
        text += (text.empty() ? "" : ", ") + part;
    return text;
}

std::string attempts_words(const core::RetryPolicy& retry) {
    return fmt::format("up to {} attempts, {} apart at first", retry.max_attempts,
                       duration_words(retry.delay));
}

std::string failure_words(const core::NodeSpec& spec) {
    switch (spec.on_error.kind) {
        case core::NodeOnError::Kind::inherit: return {};
        case core::NodeOnError::Kind::stop: return "a failure ends the run";
        case core::NodeOnError::Kind::proceed: return "the run goes on without it when it fails";
        case core::NodeOnError::Kind::default_value:
            return "gives " + code(core::to_json(spec.on_error.value)) + " when it fails";
        case core::NodeOnError::Kind::fallback:
            return code(spec.on_error.fallback) + " stands in when it fails";
    }
    return {};
}

/// What a node's options mean.
std::string options_words(const core::NodeSpec& spec) {
    std::vector<std::string> words;
    if (spec.retry) words.push_back(attempts_words(*spec.retry));
    if (spec.timeout) words.push_back(duration_words(*spec.timeout) + " for each attempt");
    if (spec.deadline) words.push_back(duration_words(*spec.deadline) + " in all");
    if (std::string failure = failure_words(spec); !failure.empty())
        words.push_back(std::move(failure));
    if (!spec.compensate.empty()) words.push_back("undone by " + code(spec.compensate));
    if (spec.cache) words.push_back("results kept for " + duration_words(spec.cache->ttl));
    if (spec.circuit_breaker) {
        words.push_back(fmt::format("refused after {} failures within {}",
                                    spec.circuit_breaker->failures,
                                    duration_words(spec.circuit_breaker->window)));
    }
    if (!spec.credential.empty()) words.push_back("credential " + code(spec.credential));
    if (spec.on_interrupt == core::OnInterrupt::fail) words.push_back("not repeated after a crash");
    return joined(words);
}

void append_nodes(std::string& page, const core::Document& document) {
    page += "\n## Nodes\n\n| node | type | does |\n| --- | --- | --- |\n";
    for (const core::NodeSpec& spec : document.nodes) {
        std::string does;
        const auto sentence = [&](const std::string& text) {
            if (!text.empty()) does += (does.empty() ? "" : " ") + text;
        };
        if (!spec.name.empty()) sentence(spec.name + ".");
        sentence(spec.notes);
        if (!spec.parent.empty()) sentence("In " + code(spec.parent) + ".");
        if (const std::string options = options_words(spec); !options.empty())
            sentence(static_cast<char>(std::toupper(static_cast<unsigned char>(options[0]))) +
                     options.substr(1) + ".");
        page += fmt::format("| `{}` | `{}` | {} |\n", spec.id, spec.type, cell(does));
    }
}

std::string connection_words(const core::ConnectionSpec& link) {
    std::string text = fmt::format("- `{}.{}` goes to `{}.{}`", link.from.node, link.from.port,
                                   link.to.node, link.to.port);
    if (!link.filter.empty()) text += ", if " + code(link.filter);
    if (!link.transform.empty()) text += ", as " + code(link.transform);
    if (link.on_error.kind == core::ConnectionOnError::Kind::drop)
        text += "; what cannot be evaluated is dropped";
    if (link.on_error.kind == core::ConnectionOnError::Kind::default_value)
        text += "; instead of what cannot be evaluated goes " +
                code(core::to_json(link.on_error.value));
    if (!link.tag.empty()) text += ", tagged " + code(link.tag);
    return text + ".\n";
}

void append_connections(std::string& page, const core::Document& document) {
    if (document.connections.empty()) return;
    page += "\n## Connections\n\n";
    for (const core::ConnectionSpec& link : document.connections)
        page += connection_words(link);
}

std::string reads_cell(const std::vector<std::string>& reads) {
    std::vector<std::string> shown;
    for (const std::string& read : reads)
        shown.push_back(code(read));
    return in_cell(joined(shown));
}

void append_data_flow(std::string& page, const engine::Plan& plan) {
    std::string rows;
    const auto add = [&](const std::string& who, const std::vector<server::Reading>& readings) {
        for (const server::Reading& reading : readings)
            rows += fmt::format("| {} | `{}` | {} |\n", in_cell(who), reading.place,
                                reads_cell(reading.reads));
    };
    for (const engine::PlanNode& node : plan.nodes())
        add("`" + node.id + "`", server::readings_of(node));
    for (const engine::PlanConnection& link : plan.connections())
        add("`" + plan.node(link.from).id + " -> " + plan.node(link.to).id + "`",
            server::readings_of(link));
    add("the workflow", server::readings_of_outputs(plan));
    if (rows.empty()) return;
    page += "\n## Data flow\n\n| who | where | reads |\n| --- | --- | --- |\n" + rows;
}

std::string names_cell(const engine::Plan& plan, const std::vector<core::NodeIndex>& nodes) {
    std::vector<std::string> names;
    for (const core::NodeIndex node : nodes)
        names.push_back("`" + plan.node(node).id + "`");
    return joined(names);
}

void append_dependencies(std::string& page, const engine::Plan& plan) {
    if (plan.nodes().size() < 2) return;
    page +=
        "\n## Dependencies\n\n| node | needs | in all | is needed by |\n"
        "| --- | --- | --- | --- |\n";
    const std::vector<server::Dependencies> all = server::dependencies_of(plan);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const core::NodeIndex index{static_cast<std::uint32_t>(i)};
        page += fmt::format("| `{}` | {} | {} | {} |\n", plan.node(index).id,
                            names_cell(plan, all[i].direct),
                            server::reached_by(all, index, &server::Dependencies::direct).size(),
                            names_cell(plan, all[i].dependents));
    }
}

void append_inputs(std::string& page, const core::Document& document) {
    if (!document.inputs.is_null())
        page += "\n## Input\n\nA JSON Schema:\n\n```json\n" +
                core::to_pretty_json(document.inputs) + "\n```\n";
    if (!document.variables.empty()) {
        page += "\n## Variables\n\n| name | default |\n| --- | --- |\n";
        for (const core::Variable& variable : document.variables)
            page +=
                fmt::format("| `{}` | {} |\n", variable.name,
                            variable.value.is_null() ? "must be given"
                                                     : code_cell(core::to_json(variable.value)));
    }
    if (!document.outputs.is_null())
        page += "\n## Outputs\n\n```json\n" + core::to_pretty_json(document.outputs) + "\n```\n";
}

void append_settings(std::string& page, const core::Document& document) {
    const core::Value value = format::to_value(document);
    const core::Value* const settings = value.find("settings");
    if (settings == nullptr || settings->size() == 0) return;
    page += "\n## Settings\n\n| setting | value |\n| --- | --- |\n";
    for (const core::Member& setting : settings->as_object())
        page += fmt::format("| `{}` | {} |\n", setting.key, code_cell(value_words(setting.value)));
}

void append_shape(std::string& page, const engine::Plan& plan) {
    const engine::PlanShape& shape = plan.shape();
    std::size_t widest = 0;
    for (const auto& group : shape.groups)
        widest = std::max(widest, group.size());
    std::string path;
    for (const core::NodeIndex node : shape.critical_path)
        path += (path.empty() ? "`" : " → `") + plan.node(node).id + "`";
    page +=
        fmt::format("\n{}, {}, {}; at most {} side by side.", counted(plan.nodes().size(), "node"),
                    counted(plan.connections().size(), "connection"),
                    counted(shape.groups.size(), "step"), widest);
    if (!path.empty()) page += " The longest chain: " + path + ".";
    page += "\n";
}

}  // namespace

std::string workflow_page(const core::Document& document, const engine::Plan& plan,
                          const std::string& file) {
    const std::string title = one_line(document.name.empty() ? document.id : document.name);
    std::string page = "# " + title + "\n";
    if (!document.description.empty()) page += "\n" + document.description + "\n";
    std::vector<std::string> facts{"Workflow `" + document.id + "`"};
    if (!document.folder.empty()) facts.push_back("folder `" + document.folder + "`");
    if (!document.tags.empty()) facts.push_back("tags " + joined(document.tags));
    page += "\n" + joined(facts) + ".\n\n```mermaid\n" + mermaid_graph(document, plan) + "```\n";
    append_shape(page, plan);
    page += "\n```sh\nmillrace run " + one_line(file) +
            (document.inputs.is_null() ? "" : " --input @input.json") + "\n```\n";
    append_inputs(page, document);
    append_nodes(page, document);
    append_connections(page, document);
    append_data_flow(page, plan);
    append_dependencies(page, plan);
    append_settings(page, document);
    return page;
}

}  // namespace millrace::cli
