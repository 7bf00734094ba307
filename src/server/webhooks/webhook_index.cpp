// SPDX-License-Identifier: Apache-2.0
#include "webhooks/webhook_index.hpp"

#include <algorithm>

namespace millrace::server {

WebhookIndex::WebhookIndex(std::vector<WebhookPtr> webhooks)
    : webhooks_{std::move(webhooks)}, nodes_(1) {
    for (std::uint32_t i = 0; i < webhooks_.size(); ++i)
        add(i);
}

void WebhookIndex::add(std::uint32_t number) {
    std::uint32_t node = 0;
    for (const nodes::PathSegment& segment : webhooks_[number]->definition().path) {
        const auto next = static_cast<std::uint32_t>(nodes_.size());
        std::uint32_t found = next;
        if (segment.is_parameter) {
            std::uint32_t& parameter = nodes_[node].parameter;
            if (parameter == 0) parameter = next;
            found = parameter;
        } else {
            found = nodes_[node].literals.try_emplace(segment.text, next).first->second;
        }
        if (found == next) nodes_.emplace_back();
        node = found;
    }
    nodes_[node].webhooks.push_back(number);
}

bool WebhookIndex::walk(std::uint32_t node, std::string_view method,
                        std::span<const std::string> segments, Found& found) const {
    const Node& here = nodes_[node];
    if (segments.empty()) {
        for (const std::uint32_t number : here.webhooks) {
            const WebhookPtr& webhook = webhooks_[number];
            if (webhook->definition().takes(method)) {
                found.webhook = webhook;
                return true;
            }
            const std::vector<std::string>& methods = webhook->definition().methods;
            found.allow.insert(found.allow.end(), methods.begin(), methods.end());
            if (methods.empty()) {
                for (const std::string_view usual : {"DELETE", "GET", "PATCH", "POST", "PUT"})
                    found.allow.emplace_back(usual);
            }
        }
        return false;
    }
    // Each node is on one way only, so this looks at no node twice.
    const auto literal = here.literals.find(segments.front());
    if (literal != here.literals.end() && walk(literal->second, method, segments.subspan(1), found))
        return true;
    return here.parameter != 0 && !segments.front().empty() &&
           walk(here.parameter, method, segments.subspan(1), found);
}

WebhookIndex::Found WebhookIndex::find(std::string_view method,
                                       std::span<const std::string> segments) const {
    Found found;
    if (walk(0, method, segments, found)) {
        match_path(found.webhook->definition().path, segments, found.params);
        return found;
    }
    if (!found.allow.empty()) found.allow.emplace_back("OPTIONS");
    std::ranges::sort(found.allow);
    const auto repeated = std::ranges::unique(found.allow);
    found.allow.erase(repeated.begin(), repeated.end());
    return found;
}

bool match_path(const std::vector<nodes::PathSegment>& path, std::span<const std::string> segments,
                std::vector<std::pair<std::string, std::string>>& params) {
    if (path.size() != segments.size()) return false;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (!path[i].is_parameter && path[i].text != segments[i]) return false;
        if (path[i].is_parameter && segments[i].empty()) return false;
        if (path[i].is_parameter) params.emplace_back(path[i].text, segments[i]);
    }
    return true;
}

}  // namespace millrace::server
