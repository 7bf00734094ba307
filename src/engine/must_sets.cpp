// SPDX-License-Identifier: Apache-2.0
#include "must_sets.hpp"

#include <algorithm>
#include <bit>

namespace millrace::engine {
namespace {

constexpr std::string_view default_branch = "default";

using Alternative = std::size_t;

/// Which alternative of its node's choice an output port belongs to: ports of one alternative may
/// be live together, those of two never are. Nothing for a port that is no part of it.
std::optional<Alternative> alternative_of(const NodeDraft& node, std::size_t port) {
    const core::NodeType& type = node.definition->type;
    if (port >= type.outputs.size()) return port;         // `error` is an alternative of its own
    if (type.outputs[port].inner) return std::nullopt;    // feeds a container's body
    if (type.role != core::NodeRole::decision) return 0;  // all that is not `error`
    const bool is_own =
        type.choice == core::ChoiceKind::one_output || type.outputs[port].name == default_branch;
    return is_own ? port : type.outputs.size() + 1;
}

/// Of the choice that a node is: its branches, or having succeeded, and having failed. That the
/// branches of a decision and its failure are one choice is deliberate: a decision that failed has
/// no live branch, so a branch and `error` may safely meet at one input.
std::size_t connected_alternatives(const NodeDraft& node) {
    std::vector<Alternative> found;
    for (std::size_t port = 0; port < node.outputs.size(); ++port) {
        if (node.outputs[port].empty()) continue;
        if (const auto alternative = alternative_of(node, port)) found.push_back(*alternative);
    }
    std::ranges::sort(found);
    return static_cast<std::size_t>(std::ranges::unique(found).begin() - found.begin());
}

}  // namespace

MustSets::MustSets(const Draft& draft, const CompileGraph& graph)
    : draft_{draft},
      graph_{graph},
      link_literals_(draft.links.size()),
      trigger_literals_(draft.nodes.size()),
      must_{0, 0} {
    number_literals();
    must_ = BitRows{draft.nodes.size(), choice_of_.size()};
    for (const core::NodeIndex node : graph.order())
        collect(node);
}

MustSets::Literal MustSets::add_literal() {
    choice_of_.push_back(static_cast<std::uint32_t>(first_of_.size() - 1));
    return static_cast<Literal>(choice_of_.size() - 1);
}

/// In topological order: what is decided first tells most connections apart.
void MustSets::number_literals() {
    const auto end_choice = [&] {
        if (first_of_.back() < choice_of_.size())
            first_of_.push_back(static_cast<Literal>(choice_of_.size()));
    };
    for (std::uint32_t i = 0; i < draft_.nodes.size(); ++i) {
        const auto& definition = draft_.nodes[i].definition;
        const bool is_trigger = definition && definition->type.role == core::NodeRole::trigger;
        if (is_trigger) trigger_literals_[i] = add_literal();
    }
    end_choice();
    for (const core::NodeIndex node : graph_.order()) {
        number_literals_of(node);
        end_choice();
    }
}

void MustSets::number_literals_of(core::NodeIndex index) {
    const NodeDraft& node = draft_[index];
    // A choice of which one alternative is connected at most excludes nothing; leaving it out
    // keeps the sets short.
    if (!node.definition || connected_alternatives(node) < 2) return;
    std::vector<std::pair<Alternative, Literal>> literals;
    for (std::size_t port = 0; port < node.outputs.size(); ++port) {
        if (node.outputs[port].empty()) continue;
        const auto alternative = alternative_of(node, port);
        if (!alternative) continue;
        auto known =
            std::ranges::find(literals, *alternative, [](const auto& l) { return l.first; });
        if (known == literals.end())
            known = literals.insert(literals.end(), {*alternative, add_literal()});
        for (const core::ConnectionIndex link : node.outputs[port])
            link_literals_[link.value] = known->second;
    }
}

void MustSets::collect(core::NodeIndex node) {
    if (trigger_literals_[node.value]) must_.set(node.value, *trigger_literals_[node.value]);
    const NodeDraft& entry = draft_[node];
    if (!entry.definition) return;
    const std::span<std::uint64_t> own = must_.row(node.value);
    std::vector<std::uint64_t> common(own.size());
    for (std::size_t port = 0; port < entry.inputs.size(); ++port) {
        if (!entry.definition->type.inputs[port].required || entry.inputs[port].empty()) continue;
        std::ranges::fill(common, ~std::uint64_t{0});
        for (const core::ConnectionIndex link : entry.inputs[port]) {
            const std::span<const std::uint64_t> source = must_.row(draft_[link].from->value);
            const std::optional<Literal> literal = link_literals_[link.value];
            std::optional<std::uint64_t> kept;
            if (literal) kept = common[*literal / 64] & std::uint64_t{1} << (*literal % 64);
            for (std::size_t word = 0; word < common.size(); ++word)
                common[word] &= source[word];
            if (kept) common[*literal / 64] |= *kept;
        }
        for (std::size_t word = 0; word < common.size(); ++word)
            own[word] |= common[word];
    }
}

std::vector<MustSets::Literal> MustSets::literals_of(core::NodeIndex node) const {
    std::vector<Literal> literals;
    const std::span<const std::uint64_t> row = must_.row(node.value);
    for (std::size_t word = 0; word < row.size(); ++word) {
        for (std::uint64_t bits = row[word]; bits != 0; bits &= bits - 1)
            literals.push_back(static_cast<Literal>(word * 64 + std::countr_zero(bits)));
    }
    return literals;
}

std::vector<MustSets::Literal> MustSets::literals_of(core::ConnectionIndex link) const {
    std::vector<Literal> literals = literals_of(*draft_[link].from);
    const std::optional<Literal> own = link_literals_[link.value];
    if (!own) return literals;
    const auto place = std::ranges::lower_bound(literals, *own);
    if (place == literals.end() || *place != *own) literals.insert(place, *own);
    return literals;
}

bool MustSets::are_exclusive(std::span<const Literal> a, std::span<const Literal> b) const {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
        const std::uint32_t choice_a = choice_of_[a[i]];
        const std::uint32_t choice_b = choice_of_[b[j]];
        if (choice_a < choice_b) {
            ++i;
        } else if (choice_b < choice_a) {
            ++j;
        } else {
            if (a[i] != b[j]) return true;
            // A set may hold two literals of one choice, when its node can never run.
            if (++i < a.size() && choice_of_[a[i]] == choice_b) return true;
            if (++j < b.size() && choice_of_[b[j]] == choice_a) return true;
        }
    }
    return false;
}

bool MustSets::are_exclusive(core::ConnectionIndex a, core::ConnectionIndex b) const {
    return are_exclusive(literals_of(a), literals_of(b));
}

bool MustSets::is_impossible(core::NodeIndex node) const {
    // With one port the node needs no more than all of that port's sources do, and what is wrong
    // with those is told there.
    const auto connected =
        std::ranges::count_if(draft_[node].inputs, [](const auto& port) { return !port.empty(); });
    if (connected < 2) return false;
    const std::vector<Literal> literals = literals_of(node);
    return std::ranges::adjacent_find(literals, [&](Literal a, Literal b) {
               return choice_of_[a] == choice_of_[b];
           }) != literals.end();
}

namespace {

/// A second or two, for all inputs of a document together. Connections that the branches of nested
/// or successive decisions keep apart need a small part of it, however many there are.
constexpr std::uint64_t fan_in_work_max = 300'000'000;

void check_port(Draft& draft, const CompileGraph& graph, const MustSets& must, core::NodeIndex node,
                std::size_t port, std::uint64_t& work) {
    std::vector<core::ConnectionIndex> connections = draft[node].inputs[port];
    // Behind a cycle nothing is known; those connections wait until the cycle is mended.
    std::erase_if(connections,
                  [&](core::ConnectionIndex link) { return !graph.is_ordered(*draft[link].from); });
    std::ranges::sort(connections);  // the later one in the document is the one to blame
    const MustSets::Search found = must.conflict(connections, work);
    if (found.conflict) {
        const auto& [first, second] = *found.conflict;
        draft.problem(core::ProblemCode::ambiguous_fan_in, pointer_of(second),
                      quoted(draft.spec(second).to) + " takes one value, but both " +
                          quoted(draft.spec(first).from) + " and " +
                          quoted(draft.spec(second).from) +
                          " may give one in the same run; join them with a `flow.merge` node");
    } else if (found.is_cut_short) {
        draft.problem(core::ProblemCode::limit, pointer_of(connections.back()),
                      quoted(draft.spec(connections.back()).to) + " takes one value, but has " +
                          std::to_string(connections.size()) +
                          " connections, and finding out whether two of them may give one in the "
                          "same run takes too long; join them with a `flow.merge` node");
    }
}

}  // namespace

void check_fan_in(Draft& draft, const CompileGraph& graph) {
    const MustSets must{draft, graph};
    std::uint64_t work = fan_in_work_max;
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i) {
        const core::NodeIndex node{i};
        const auto& definition = draft[node].definition;
        if (!definition) continue;
        for (std::size_t port = 0; port < draft[node].inputs.size(); ++port) {
            if (!definition->type.inputs[port].many && draft[node].inputs[port].size() > 1)
                check_port(draft, graph, must, node, port, work);
        }
        if (graph.is_ordered(node) && must.is_impossible(node)) {
            draft.warning(core::ProblemCode::bad_value, pointer_of(node),
                          quoted(draft.spec(node).id) +
                              " can never run: its required inputs come from branches that exclude "
                              "each other");
        }
    }
}

}  // namespace millrace::engine
