// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/schema_check.hpp"
#include "millrace/core/time.hpp"
#include "millrace/nodes/webhook_definition.hpp"
#include "millrace/runtime/webhook_signature.hpp"
#include "triggers/trigger_table.hpp"
#include "webhooks/call_counts.hpp"

namespace millrace::server {

/// Code of the problem that its operator has to mend; the log says what it is.
inline constexpr std::string_view webhook_misconfigured = "webhook_misconfigured";

/// A webhook that can be called. What costs time is made with the first call that needs it.
/// Immutable to its users; thread-safe.
class Webhook {
public:
    /// Errors are those of documents of another build: what is saved now was checked.
    static core::Result<std::shared_ptr<const Webhook>> make(TriggerPtr trigger,
                                                             std::shared_ptr<CallCounter> counter);

    const TriggerPtr& trigger() const { return trigger_; }
    const nodes::WebhookDefinition& definition() const { return definition_; }
    const std::optional<runtime::SignatureRule>& signature() const { return signature_; }
    CallCounter& counter() const { return *counter_; }
    /// Null where any body will do.
    core::Result<std::shared_ptr<const core::SchemaCheck>> schema() const;
    /// With a `dedupe_key` only.
    core::Result<const nodes::WebhookExpression*> dedupe_key() const;
    /// A call cannot be judged without reading the store.
    bool needs_store() const;
    /// `orders/{id}`.
    std::string path_text() const;
    /// Whether it is time again to tell that something is wrong with it: once a minute.
    bool may_complain(core::Time now) const;

private:
    Webhook() = default;

    TriggerPtr trigger_;
    nodes::WebhookDefinition definition_;
    std::optional<runtime::SignatureRule> signature_;
    std::shared_ptr<CallCounter> counter_;
    mutable std::once_flag schema_once_;
    mutable core::Result<std::shared_ptr<const core::SchemaCheck>> schema_;
    mutable std::once_flag key_once_;
    mutable std::optional<core::Result<nodes::WebhookExpression>> key_;
    mutable std::atomic<std::int64_t> complains_from_ms_{0};
};

using WebhookPtr = std::shared_ptr<const Webhook>;

}  // namespace millrace::server
