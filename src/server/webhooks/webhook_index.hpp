// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "webhooks/webhook.hpp"

namespace millrace::server {

/// Finds the webhook of a path: a tree of segments, in which a literal one beats a parameter and
/// the parameter is tried where the literal leads nowhere. Immutable and thread-safe.
class WebhookIndex {
public:
    /// Of two with one path and method the first is found: activation refuses the second.
    explicit WebhookIndex(std::vector<WebhookPtr> webhooks);

    struct Found {
        WebhookPtr webhook;  ///< null: 404, or 405 with `allow`
        std::vector<std::pair<std::string, std::string>> params;
        std::vector<std::string> allow;  ///< what the path takes, where the method is not it
    };
    /// `method` in upper case. O(segments) where no parameter and literal compete.
    Found find(std::string_view method, std::span<const std::string> segments) const;

    const std::vector<WebhookPtr>& all() const { return webhooks_; }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    struct Node {
        std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> literals;
        std::uint32_t parameter = 0;  ///< 0: none; the root is nobody's child
        std::vector<std::uint32_t> webhooks;
    };
    void add(std::uint32_t number);
    /// Goes on until a webhook takes the method; whether one does.
    bool walk(std::uint32_t node, std::string_view method, std::span<const std::string> segments,
              Found& found) const;

    std::vector<WebhookPtr> webhooks_;
    std::vector<Node> nodes_;
};

/// Puts the parameters of a path that is known to fit into `params`; whether it fits.
bool match_path(const std::vector<nodes::PathSegment>& path, std::span<const std::string> segments,
                std::vector<std::pair<std::string, std::string>>& params);

}  // namespace millrace::server
