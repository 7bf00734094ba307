// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include "reference_pages/workflow_page.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

/// Text within Mermaid's quotes, where entities stand for what would end them.
std::string label(std::string_view text) {
    std::string result;
    for (const char c : one_line(text)) {
        switch (c) {
            case '"': result += "#quot;"; break;
            case '#': result += "#35;"; break;
            case '<': result += "#lt;"; break;
            case '>': result += "#gt;"; break;
            case '`': result += "#96;"; break;
            default: result += c;
        }
    }
    return result;
}

/// Ids of the graph: `end` and others are words of Mermaid, so all get a letter before them.
std::string id_of(std::string_view node) {
    return "n_" + std::string{node};
}

std::string shape_of(const core::NodeSpec& spec, core::NodeRole role) {
    const std::string text =
        "\"" + label(spec.name.empty() ? spec.id : spec.name) + "<br/><i>" + spec.type + "</i>\"";
    switch (role) {
        case core::NodeRole::trigger: return "([" + text + "])";
        case core::NodeRole::decision: return "{" + text + "}";
        case core::NodeRole::effect: return "[[" + text + "]]";
        case core::NodeRole::delay:
        case core::NodeRole::wait: return "(" + text + ")";
        case core::NodeRole::pure:
        case core::NodeRole::container: break;
    }
    return "[" + text + "]";
}

class Graph {
public:
    Graph(const core::Document& document, const engine::Plan& plan)
        : document_{document}, plan_{plan} {}

    std::string text() {
        text_ = "flowchart TD\n";
        nodes_of("", 1);
        for (const core::ConnectionSpec& link : document_.connections)
            connection(link);
        for (const core::NodeSpec& spec : document_.nodes) {
            if (!spec.on_error.fallback.empty())
                dotted(spec.id, spec.on_error.fallback, "falls back to");
            if (!spec.compensate.empty()) dotted(spec.id, spec.compensate, "undone by");
        }
        return std::move(text_);
    }

private:
    void nodes_of(const std::string& parent, std::size_t depth) {
        const std::string indent(4 * depth, ' ');
        for (std::size_t i = 0; i < document_.nodes.size(); ++i) {
            const core::NodeSpec& spec = document_.nodes[i];
            if (spec.parent != parent) continue;
            const engine::PlanNode& node = plan_.nodes()[i];
            text_ += indent + id_of(spec.id) + shape_of(spec, node.role()) + "\n";
            if (node.role() != core::NodeRole::container) continue;
            text_ += indent + "subgraph b_" + spec.id + "[\"in " + label(spec.id) + "\"]\n";
            nodes_of(spec.id, depth + 1);
            text_ += indent + "end\n";
        }
    }

    void connection(const core::ConnectionSpec& link) {
        std::string words;
        if (link.from.port != "out") words = link.from.port;
        if (link.to.port != "in") words += (words.empty() ? "to " : " to ") + link.to.port;
        if (!link.filter.empty()) words += (words.empty() ? "if " : ", if ") + link.filter;
        text_ += "    " + id_of(link.from.node) + " -->";
        if (!words.empty()) text_ += "|\"" + label(clipped(one_line(words), 40)) + "\"|";
        text_ += " " + id_of(link.to.node) + "\n";
    }

    void dotted(const std::string& from, const std::string& to, std::string_view words) {
        text_ += "    " + id_of(from) + " -.->|\"" + std::string{words} + "\"| " + id_of(to) + "\n";
    }

    const core::Document& document_;
    const engine::Plan& plan_;
    std::string text_;
};

}  // namespace

std::string mermaid_graph(const core::Document& document, const engine::Plan& plan) {
    return Graph{document, plan}.text();
}

}  // namespace millrace::cli
