// SPDX-License-Identifier: Apache-2.0
#include "secret_use.hpp"

#include <algorithm>
#include <vector>

namespace millrace::expr {
namespace {

bool is_secret(const Program& program, const Node& node) {
    if (node.op != Op::reference) return false;
    const Root root = program.references[node.a].root;
    return root == Root::secrets || root == Root::links;
}

/// The nodes below `root` that only pass on what they are to the text.
std::vector<NodeIndex> joined(const Program& program, NodeIndex root) {
    std::vector<NodeIndex> found;
    std::vector<NodeIndex> rest{root};
    while (!rest.empty()) {
        const NodeIndex index = rest.back();
        rest.pop_back();
        found.push_back(index);
        const Node& node = program.nodes[index];
        if (node.op == Op::add) {
            rest.push_back(node.a);
            rest.push_back(node.b);
        } else if (node.op == Op::conditional) {
            rest.push_back(node.b);
            rest.push_back(node.c);
        } else if (node.op == Op::text) {
            for (NodeIndex i = 0; i < node.c; ++i)
                rest.push_back(program.lists[node.b + i]);
        }
    }
    return found;
}

}  // namespace

std::optional<CompileError> find_secret_misuse(const Program& program, std::size_t first) {
    std::vector<NodeIndex> secrets;
    for (std::size_t i = first; i < program.nodes.size(); ++i)
        if (is_secret(program, program.nodes[i])) secrets.push_back(static_cast<NodeIndex>(i));
    if (secrets.empty()) return std::nullopt;
    const std::vector<NodeIndex> passed = joined(program, program.roots.back());
    for (const NodeIndex secret : secrets) {
        if (std::ranges::find(passed, secret) != passed.end()) continue;
        const Node& node = program.nodes[secret];
        const bool is_link = program.references[node.a].root == Root::links;
        return CompileError{ExprErrc::not_allowed, node.begin,
                            std::string{is_link ? "a link" : "a secret"} +
                                " can only be put into a text, as in \"Bearer {{ " +
                                to_text(program.references[node.a]) +
                                " }}\"; it cannot be tested, taken apart or transformed"};
    }
    return std::nullopt;
}

}  // namespace millrace::expr
