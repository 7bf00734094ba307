// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

#include "api/problem.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/runtime/vault.hpp"
#include "routes/executions/wait_list.hpp"
#include "service/workflow_catalog.hpp"
#include "webhooks/call_judge.hpp"
#include "webhooks/seen_calls.hpp"

namespace millrace::server {

/// What calls work with. Each of them holds it: executions may end when the server has gone. Then
/// the runtime is still there, and nothing else of it is used. Thread-safe.
class CallShell {
public:
    using Work = std::function<void(std::function<void()>)>;
    CallShell(runtime::Runtime& runtime, runtime::Vault& vault, WorkflowCatalog& catalog,
              runtime::Log& log, Work work, WaitList::Later later);

    /// What the webhook's judge needs. 500 `webhook_misconfigured` when it is not there; the log
    /// says what it is. Reads the store.
    std::expected<OpenedSecrets, Problem> open(const Webhook& webhook, core::Time now) const;
    /// Tells the operator why a webhook takes no calls, and that once in a while only: strangers
    /// may call it as often as they like.
    void complain(const Webhook& webhook, std::string_view why, core::Time now) const;
    /// The plan of the webhook's version, when it is known without reading; else null.
    std::shared_ptr<const engine::Plan> known_plan(const Webhook& webhook) const;
    /// The same by reading the store where that must be.
    core::Result<std::shared_ptr<const engine::Plan>> plan(const Webhook& webhook) const;
    /// Takes the place of the one call that waits for what this execution answers; whether nobody
    /// else has it.
    bool begin_waiting(core::ExecutionId id);
    void end_waiting(core::ExecutionId id);
    /// So many effects wait for their turn that further calls would only wait behind them.
    bool is_overloaded(core::Time now);

    runtime::Runtime& runtime;
    runtime::Vault& vault;
    WorkflowCatalog& catalog;
    runtime::Log& log;
    const Work work;
    const WaitList::Later later;
    const std::shared_ptr<WaitList> waits;
    const std::shared_ptr<SeenCalls> seen;

private:
    core::Result<std::string> open_one(store::SecretKind kind, const std::string& name,
                                       std::string_view type) const;

    std::atomic<std::int64_t> looked_at_ms_{0};
    std::atomic<bool> was_overloaded_{false};
    std::mutex mutex_;  // guards what follows
    std::unordered_set<core::ExecutionId> awaited_;
};

}  // namespace millrace::server
