// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "api/message.hpp"
#include "millrace/core/result.hpp"
#include "triggers/trigger_table.hpp"
#include "webhooks/call_counts.hpp"
#include "webhooks/call_shell.hpp"
#include "webhooks/test_urls.hpp"
#include "webhooks/webhook_index.hpp"

namespace millrace::server {

/// All that lies below `/webhooks`: finds whom a call is for, and lets it be judged and answered.
/// Follows the triggers of active versions. Thread-safe.
class Webhooks {
public:
    struct Parts {
        runtime::Runtime& runtime;
        runtime::Vault& vault;
        WorkflowCatalog& catalog;
        TriggerTable& triggers;
        runtime::Log& log;
        CallShell::Work work;
        WaitList::Later later;
    };
    /// All of them outlive it.
    explicit Webhooks(const Parts& parts);
    /// `stop`.
    ~Webhooks();
    Webhooks(const Webhooks&) = delete;
    Webhooks& operator=(const Webhooks&) = delete;

    /// Answers a request whose first segment is `webhooks`. Never blocks.
    void call(std::shared_ptr<const Request> request, Reply reply);

    /// Those that can be called now. Made anew with the first question after a change.
    std::shared_ptr<const WebhookIndex> index() const;
    CallCounts& counts() const { return *counts_; }
    /// Callbacks may hold it for longer than the server lives.
    const std::shared_ptr<TestUrls>& tests() const { return tests_; }
    CallShell& shell() { return *shell_; }
    /// A webhook whose calls are not counted, such as one that is tried out.
    core::Result<WebhookPtr> uncounted(TriggerPtr trigger);

    /// Answers at once whoever waits for an execution.
    void hurry() { shell_->waits->hurry(); }
    /// Writes down what was counted, and tells those who wait for others of their name.
    void stop() {
        shell_->seen->stop();
        counts_->flush();
    }

private:
    void call_test(std::shared_ptr<const Request> request, std::span<const std::string> segments,
                   Reply reply);

    TriggerTable& triggers_;
    const std::shared_ptr<CallShell> shell_;
    const std::shared_ptr<CallCounts> counts_;
    const std::shared_ptr<CallCounts> no_counts_;
    const std::shared_ptr<TestUrls> tests_;
    mutable std::mutex mutex_;  // guards what follows
    mutable std::shared_ptr<const WebhookIndex> index_;
    mutable bool is_outdated_ = true;
    mutable std::uint64_t changes_ = 0;
};

}  // namespace millrace::server
