// SPDX-License-Identifier: Apache-2.0
#include "webhooks/call_shell.hpp"

#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/store/secrets.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

enum class OpenErrc { missing, wrong_type };
constexpr std::string_view code_text(OpenErrc code) {
    return code == OpenErrc::missing ? "missing" : "wrong_type";
}

constexpr std::size_t effects_waiting_max = 10'000;
/// Between two looks at the load: asking takes locks.
constexpr std::int64_t look_every_ms = 20;

}  // namespace

CallShell::CallShell(runtime::Runtime& its_runtime, runtime::Vault& its_vault,
                     WorkflowCatalog& its_catalog, runtime::Log& its_log, Work its_work,
                     WaitList::Later its_later)
    : runtime{its_runtime},
      vault{its_vault},
      catalog{its_catalog},
      log{its_log},
      work{std::move(its_work)},
      later{std::move(its_later)},
      waits{std::make_shared<WaitList>(later)},
      seen{std::make_shared<SeenCalls>(seen_calls_parts(runtime, work))} {}

core::Result<std::string> CallShell::open_one(store::SecretKind kind, const std::string& name,
                                              std::string_view type) const {
    auto sealed = runtime.store().secrets().find(kind, name);
    if (!sealed && sealed.error().is(store::StoreErrc::not_found)) {
        return core::fail(
            OpenErrc::missing,
            std::string{kind == store::SecretKind::secret ? "the secret " : "the credential "} +
                name + " is not stored");
    }
    if (!sealed) return std::unexpected(sealed.error());
    if (sealed->type != type) {
        return core::fail(OpenErrc::wrong_type, "the credential " + name + " is of type " +
                                                    sealed->type + " and not " + std::string{type});
    }
    auto value = vault.open_secret(*sealed);
    if (value) return value;
    // The key may have been changed since it was read.
    sealed = runtime.store().secrets().find(kind, name);
    if (!sealed) return std::unexpected(sealed.error());
    return vault.open_secret(*sealed);
}

void CallShell::complain(const Webhook& webhook, std::string_view why, core::Time now) const {
    if (!webhook.may_complain(now)) return;
    log.write(runtime::LogLevel::error, "a webhook cannot take calls as it is, and lets nobody in",
              {{"workflow_id", webhook.trigger()->workflow_id},
               {"node_id", webhook.trigger()->node_id},
               {"error", std::string{why}}});
}

std::expected<OpenedSecrets, Problem> CallShell::open(const Webhook& webhook,
                                                      core::Time now) const {
    OpenedSecrets opened;
    const nodes::WebhookDefinition& definition = webhook.definition();
    const auto refuse = [&](const core::Error& error) {
        complain(webhook, error.message(), now);
        return std::unexpected(problem(webhook_misconfigured,
                                       "this webhook cannot tell who calls; its operator finds "
                                       "the reason in the log"));
    };
    if (definition.auth != nodes::WebhookAuth::none) {
        const auto text = open_one(store::SecretKind::credential, definition.credential,
                                   nodes::credential_type_of(definition.auth));
        if (!text) return refuse(text.error());
        auto fields = core::parse_json(*text);
        if (!fields) return refuse(fields.error());
        opened.credential = *std::move(fields);
    }
    if (webhook.signature()) {
        auto secret = open_one(store::SecretKind::secret, definition.signature_secret, {});
        if (!secret) return refuse(secret.error());
        opened.signature_secret = *std::move(secret);
    }
    return opened;
}

std::shared_ptr<const engine::Plan> CallShell::known_plan(const Webhook& webhook) const {
    auto plan = catalog.known(webhook.trigger()->workflow_id);
    const bool is_this = plan && plan->identity().version == webhook.trigger()->version;
    return is_this ? plan : nullptr;
}

core::Result<std::shared_ptr<const engine::Plan>> CallShell::plan(const Webhook& webhook) const {
    const store::ActiveTrigger& trigger = *webhook.trigger();
    auto plan = catalog.load(trigger.workflow_id);
    if (plan && (*plan)->identity().version == trigger.version) return plan;
    // Another version has become the active one since; what was called was this one.
    return catalog.load(trigger.workflow_id, {VersionChoice::Kind::number, trigger.version});
}

bool CallShell::begin_waiting(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    return awaited_.insert(id).second;
}

void CallShell::end_waiting(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    awaited_.erase(id);
}

bool CallShell::is_overloaded(core::Time now) {
    const std::int64_t before = looked_at_ms_.load(std::memory_order_relaxed);
    if (now.ms - before >= look_every_ms || now.ms < before) {
        looked_at_ms_.store(now.ms, std::memory_order_relaxed);
        was_overloaded_.store(runtime.load().effects_waiting > effects_waiting_max,
                              std::memory_order_relaxed);
    }
    return was_overloaded_.load(std::memory_order_relaxed);
}

}  // namespace millrace::server
