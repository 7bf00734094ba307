// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/activation.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "millrace/nodes/webhook_definition.hpp"
#include "millrace/store/triggers.hpp"

namespace millrace::server {
namespace {

std::optional<AddressClaim> claim_of(const std::string& workflow_id, const std::string& node_id,
                                     std::string_view type, const core::Value& data) {
    AddressClaim claim{workflow_id, node_id, {}, {}};
    const core::Value* const path = data.find("path");
    if (path == nullptr || !path->is_string()) return std::nullopt;
    if (type == "trigger.form") {
        std::string_view text = path->as_string();
        if (text.starts_with('/')) text.remove_prefix(1);
        claim.address = "/forms/" + std::string{text};
        return claim;
    }
    if (type != "trigger.webhook") return std::nullopt;
    const auto webhook = nodes::read_webhook(data);
    if (!webhook) return std::nullopt;
    claim.address = "/webhooks";
    for (const nodes::PathSegment& segment : webhook->path)
        claim.address += "/" + (segment.is_parameter ? "{}" : segment.text);
    claim.methods = webhook->methods;
    return claim;
}

bool is_usual(const std::string& method) {
    return method != "HEAD" && method != "OPTIONS";
}

/// A method that both take; empty: there is none.
std::optional<std::string> common_method(const AddressClaim& a, const AddressClaim& b) {
    if (a.methods.empty() && b.methods.empty()) return "";
    const AddressClaim& some = a.methods.empty() ? b : a;
    const AddressClaim& others = a.methods.empty() ? a : b;
    for (const std::string& method : some.methods) {
        const bool is_taken = others.methods.empty() ? is_usual(method)
                                                     : std::ranges::find(others.methods, method) !=
                                                           others.methods.end();
        if (is_taken) return method + " ";
    }
    return std::nullopt;
}

using Claims = std::multimap<std::string, AddressClaim>;  // by address

std::optional<core::Error> conflict_of(const Claims& taken, const AddressClaim& wanted) {
    const auto [begin, end] = taken.equal_range(wanted.address);
    for (auto at = begin; at != end; ++at) {
        const AddressClaim& other = at->second;
        const auto method = common_method(wanted, other);
        if (!method) continue;
        const std::string who =
            other.workflow_id == wanted.workflow_id
                ? "node " + other.node_id + " of the same workflow"
                : "node " + other.node_id + " of the active workflow " + other.workflow_id;
        return core::Error{ActivationErrc::webhook_conflict,
                           "node " + wanted.node_id + " of " + wanted.workflow_id + " wants " +
                               *method + wanted.address + ", which " + who +
                               " has; give one of them another path, or deactivate the other"};
    }
    return std::nullopt;
}

}  // namespace

std::string_view code_text(ActivationErrc) {
    return "webhook_conflict";
}

std::vector<AddressClaim> claims_of(const core::Document& document) {
    std::vector<AddressClaim> claims;
    for (const core::NodeSpec& node : document.nodes) {
        if (auto claim = claim_of(document.id, node.id, node.type, node.data))
            claims.push_back(*std::move(claim));
    }
    return claims;
}

core::Result<std::vector<std::optional<core::Error>>> activation_conflicts(
    store::Store& store, std::span<const core::Document* const> documents,
    std::span<const std::string> gone) {
    std::vector<std::optional<core::Error>> conflicts(documents.size());
    std::vector<std::vector<AddressClaim>> wanted;
    for (const core::Document* const document : documents)
        wanted.push_back(claims_of(*document));
    if (std::ranges::all_of(wanted, [](const auto& claims) { return claims.empty(); }))
        return conflicts;

    std::set<std::string> replaced{gone.begin(), gone.end()};
    for (const core::Document* const document : documents)
        replaced.insert(document->id);
    const auto active = store.triggers().active();
    if (!active) return std::unexpected(active.error());
    Claims taken;
    for (const store::ActiveTrigger& trigger : *active) {
        if (replaced.contains(trigger.workflow_id)) continue;
        auto claim = claim_of(trigger.workflow_id, trigger.node_id, trigger.type, trigger.data);
        if (claim) taken.emplace(claim->address, *std::move(claim));
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        Claims own;
        for (const AddressClaim& claim : wanted[i]) {
            conflicts[i] = conflict_of(taken, claim);
            if (!conflicts[i]) conflicts[i] = conflict_of(own, claim);
            if (conflicts[i]) break;
            own.emplace(claim.address, claim);
        }
        if (!conflicts[i]) taken.merge(own);
    }
    return conflicts;
}

core::Result<> check_activation(store::Store& store, const core::Document& document) {
    const core::Document* const one = &document;
    auto conflicts = activation_conflicts(store, {&one, 1});
    if (!conflicts) return std::unexpected(conflicts.error());
    if (conflicts->front()) return std::unexpected(*conflicts->front());
    return {};
}

}  // namespace millrace::server
