// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "api/route.hpp"
#include "millrace/core/document.hpp"
#include "millrace/store/library.hpp"
#include "service/services.hpp"
#include "webhooks/webhook.hpp"

// The routes about webhooks; `add_webhook_routes` adds all of them.

namespace millrace::server {

inline constexpr std::string_view webhooks_tag = "Webhooks";

void add_webhook_simulation(RouteTable& table, Services& services);
void add_webhook_listening(RouteTable& table, Services& services);

/// Where something below `/webhooks` is reached: a URL, or a path while nobody has said under which
/// URL. `path` may hold parameters such as `{id}`, which stay as they are.
std::string webhook_url(const Services& services, std::string_view path);

/// A webhook as lists have it, without its statistics.
core::Value webhook_value(const Services& services, const Webhook& webhook, bool is_active);

/// A webhook of the workflow's head, or of its active version where the head has no such node; with
/// an empty `node_id` the only one. Reads the store. 404, or 422 where a node must be named.
struct FoundWebhook {
    WebhookPtr webhook;  ///< its calls are not counted
    bool is_active = false;
};
std::expected<FoundWebhook, Problem> find_webhook(Services& services,
                                                  const std::string& workflow_id,
                                                  const std::string& node_id);
/// Those of one version.
std::expected<std::vector<WebhookPtr>, Problem> webhooks_of(Services& services,
                                                            const std::string& workflow_id,
                                                            std::uint32_t version);

}  // namespace millrace::server
