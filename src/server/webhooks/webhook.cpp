// SPDX-License-Identifier: Apache-2.0
#include "webhooks/webhook.hpp"

#include "millrace/format/schema.hpp"

namespace millrace::server {
namespace {

constexpr std::int64_t complaint_every_ms = 60'000;

}  // namespace

core::Result<WebhookPtr> Webhook::make(TriggerPtr trigger, std::shared_ptr<CallCounter> counter) {
    auto definition = nodes::read_webhook(trigger->data);
    if (!definition) return std::unexpected(definition.error());
    std::shared_ptr<Webhook> made{new Webhook};
    made->trigger_ = std::move(trigger);
    made->definition_ = *std::move(definition);
    made->counter_ = std::move(counter);
    if (made->definition_.signature.is_object()) {
        auto rule = runtime::read_signature_rule(made->definition_.signature);
        if (!rule) return std::unexpected(rule.error().during("signature"));
        made->signature_ = *std::move(rule);
    }
    return made;
}

core::Result<std::shared_ptr<const core::SchemaCheck>> Webhook::schema() const {
    std::call_once(schema_once_, [this] {
        if (!definition_.schema.is_null()) schema_ = format::compile_schema(definition_.schema);
    });
    return schema_;
}

core::Result<const nodes::WebhookExpression*> Webhook::dedupe_key() const {
    std::call_once(key_once_,
                   [this] { key_ = nodes::WebhookExpression::compile(definition_.dedupe_key); });
    if (!*key_) return std::unexpected(key_->error());
    return &**key_;
}

bool Webhook::needs_store() const {
    return definition_.auth != nodes::WebhookAuth::none || signature_.has_value() ||
           !definition_.dedupe_key.empty();
}

bool Webhook::may_complain(core::Time now) const {
    std::int64_t from = complains_from_ms_.load(std::memory_order_relaxed);
    if (now.ms < from) return false;
    // Of several calls at the same time one tells it.
    return complains_from_ms_.compare_exchange_strong(from, now.ms + complaint_every_ms,
                                                      std::memory_order_relaxed);
}

std::string Webhook::path_text() const {
    std::string text;
    for (const nodes::PathSegment& segment : definition_.path) {
        if (!text.empty()) text += '/';
        text += segment.is_parameter ? "{" + segment.text + "}" : segment.text;
    }
    return text;
}

}  // namespace millrace::server
