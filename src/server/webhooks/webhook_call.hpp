// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/message.hpp"
#include "millrace/runtime/runtime.hpp"
#include "webhooks/call_shell.hpp"
#include "webhooks/webhook.hpp"

namespace millrace::server {

/// One call of a webhook on its way from the judges to its answer. It is answered once, by whatever
/// comes first: a refusal, what the execution says, its end, or the time.
class WebhookCall : public std::enable_shared_from_this<WebhookCall> {
public:
    struct Parts {
        std::shared_ptr<CallShell> shell;
        WebhookPtr webhook;
        /// Null: that of the webhook's version, as the catalog has it.
        std::shared_ptr<const engine::Plan> plan;
        std::shared_ptr<const Request> request;
        std::vector<std::pair<std::string, std::string>> params;
        /// Of a test URL: its calls are no calls of the webhook, nor of another such URL.
        std::string test;
        Reply reply;
        /// Told of the execution as soon as it is durable; may be empty.
        std::function<void(core::ExecutionId)> started;
        /// Told what a call was refused with; may be empty.
        std::function<void(const Problem&)> refused;
    };
    explicit WebhookCall(Parts parts);

    /// On the connections' thread or a work thread; goes to a work thread where it must read.
    void run();

private:
    void judge(bool may_wait);
    void claim(runtime::StartRequest start, std::string key,
               const runtime::SignatureCheck& signature);
    void on_claimed(runtime::StartRequest start, core::Result<SeenCalls::Outcome> outcome);
    /// The start of a call that has a name, perhaps a repeated one. Reads the store.
    void start_named(runtime::StartRequest start);
    void start(runtime::StartRequest start);
    /// To be given up with the answer.
    void keep(std::shared_ptr<runtime::Waiting> waiting);
    void on_accepted(core::Result<core::ExecutionId> id);
    /// The first call of this name has started what is not there any more.
    void answer_removed();
    Response removed() const;
    void begin();
    void end_begun();
    void on_response(core::ExecutionId id, const core::Value& response);
    void on_ended(core::ExecutionId id, core::Result<runtime::EndedExecution> ended);
    void answer_ended(const runtime::EndedExecution& ended);
    /// Says again what flow.respond said before this call was waiting for it; whether there is such
    /// an answer. Reads the store.
    bool answer_given(core::ExecutionId id);
    void on_overdue();
    void refuse(const Problem& problem);
    void refuse_start(const core::Error& error);
    void complain(std::string_view why) const;
    /// For the first one who asks.
    bool take_turn();
    void finish(Response response, CallEnd end);

    const Parts parts_;
    const std::int64_t begun_us_;
    WaitList::Ticket ticket_{};
    bool has_ticket_ = false;
    std::optional<core::ExecutionId> awaited_;  ///< to be given back with the answer
    std::optional<SeenCalls::Claim> claim_;
    std::optional<core::ExecutionId> named_;  ///< what the claim stands for
    std::shared_ptr<SeenCalls::Turn> start_turn_;
    bool is_repeated_ = false;
    bool is_under_way_ = false;  ///< and counted as such
    std::mutex mutex_;           // guards what follows
    std::optional<core::ExecutionId> id_;
    bool is_overdue_ = false;
    bool is_answered_ = false;
    std::shared_ptr<runtime::Waiting> waiting_;
};

}  // namespace millrace::server
