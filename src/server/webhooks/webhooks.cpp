// SPDX-License-Identifier: Apache-2.0
#include "webhooks/webhooks.hpp"

#include <algorithm>
#include <utility>

#include "api/answer.hpp"
#include "millrace/store/store.hpp"
#include "webhooks/webhook_answer.hpp"
#include "webhooks/webhook_call.hpp"

namespace millrace::server {
namespace {

constexpr std::string_view webhook_type = "trigger.webhook";
constexpr std::string_view test_segment = "~test";
constexpr std::string_view own_tenant = "~default";

CallCounts::Parts count_parts(const Webhooks::Parts& parts) {
    runtime::Runtime& runtime = parts.runtime;
    return {.add =
                [&runtime](std::span<const store::TriggerCount> counts) {
                    return runtime.write(
                        [&](store::Store& store) { return store.trigger_counts().add(counts); });
                },
            .list =
                [&runtime](const std::optional<std::string>& workflow_id) {
                    return runtime.store().trigger_counts().list(workflow_id);
                },
            .later =
                [work = parts.work, later = parts.later](core::Duration delay,
                                                         std::function<void()> task) {
                    later(delay, [work, task = std::move(task)] { work(task); });
                }};
}

CallCounts::Parts no_count_parts() {
    return {.add = [](auto) { return core::Result<>{}; },
            .list = [](const auto&) { return std::vector<store::TriggerCount>{}; },
            .later = [](auto, const auto&) {}};
}

Problem no_webhook() {
    return problem("not_found",
                   "no active workflow has a webhook at this path; `millrace webhooks list` shows "
                   "those that can be called");
}

Response allowed(const std::vector<std::string>& methods, const Request& request) {
    std::string text;
    for (const std::string& method : methods)
        text.append(text.empty() ? "" : ", ").append(method);
    if (request.method == Method::options || request.method == Method::head) {
        Response response = empty_response();
        response.headers.add("Allow", text);
        return response;
    }
    Problem refused = problem("method_not_allowed", "this webhook takes " + text);
    refused.headers.add("Allow", text);
    return webhook_problem(refused, request);
}

}  // namespace

Webhooks::Webhooks(const Parts& parts)
    : triggers_{parts.triggers},
      shell_{std::make_shared<CallShell>(parts.runtime, parts.vault, parts.catalog, parts.log,
                                         parts.work, parts.later)},
      counts_{CallCounts::make(count_parts(parts))},
      no_counts_{CallCounts::make(no_count_parts())},
      tests_{std::make_shared<TestUrls>(shell_->waits)} {
    triggers_.subscribe(std::string{webhook_type}, [this](const std::string&) {
        const std::scoped_lock lock{mutex_};
        is_outdated_ = true;
        ++changes_;
    });
}

Webhooks::~Webhooks() {
    stop();
}

core::Result<WebhookPtr> Webhooks::uncounted(TriggerPtr trigger) {
    auto counter = no_counts_->counter(trigger->workflow_id, trigger->node_id);
    return Webhook::make(std::move(trigger), std::move(counter));
}

std::shared_ptr<const WebhookIndex> Webhooks::index() const {
    std::shared_ptr<const WebhookIndex> before;
    std::uint64_t changes = 0;
    {
        const std::scoped_lock lock{mutex_};
        if (!is_outdated_) return index_;
        before = index_;
        changes = changes_;
    }
    std::vector<WebhookPtr> all;
    // Both are in the same order, so what has not changed is found without looking far.
    std::map<TriggerPtr, WebhookPtr> known;
    if (before) {
        for (const WebhookPtr& webhook : before->all())
            known.emplace(webhook->trigger(), webhook);
    }
    const TriggerTable::Snapshot snapshot = triggers_.of_type(webhook_type);
    for (const TriggerPtr& trigger : *snapshot) {
        if (const auto at = known.find(trigger); at != known.end()) {
            all.push_back(at->second);
            continue;
        }
        auto webhook =
            Webhook::make(trigger, counts_->counter(trigger->workflow_id, trigger->node_id));
        if (webhook) {
            all.push_back(*std::move(webhook));
            continue;
        }
        shell_->log.write(runtime::LogLevel::error,
                          "a webhook is of another build and takes no calls",
                          {{"workflow_id", trigger->workflow_id},
                           {"node_id", trigger->node_id},
                           {"error", webhook.error().message()}});
    }
    auto made = std::make_shared<const WebhookIndex>(std::move(all));
    const std::scoped_lock lock{mutex_};
    if (changes == changes_) {
        index_ = made;
        is_outdated_ = false;
    }
    return made;
}

void Webhooks::call(std::shared_ptr<const Request> request, Reply reply) {
    std::span<const std::string> segments{request->segments};
    segments = segments.subspan(1);
    if (!segments.empty() && segments.front() == test_segment)
        return call_test(std::move(request), segments.subspan(1), std::move(reply));
    if (!segments.empty() && segments.front().starts_with('~')) {
        if (segments.front() != own_tenant) return reply(webhook_problem(no_webhook(), *request));
        segments = segments.subspan(1);
    }
    WebhookIndex::Found found = index()->find(request->method_text, segments);
    if (!found.webhook) {
        if (found.allow.empty()) return reply(webhook_problem(no_webhook(), *request));
        return reply(allowed(found.allow, *request));
    }
    WebhookCall::Parts parts{.shell = shell_,
                             .webhook = std::move(found.webhook),
                             .plan = nullptr,
                             .request = std::move(request),
                             .params = std::move(found.params),
                             .test = {},
                             .reply = std::move(reply),
                             .started = {},
                             .refused = {}};
    std::make_shared<WebhookCall>(std::move(parts))->run();
}

void Webhooks::call_test(std::shared_ptr<const Request> request,
                         std::span<const std::string> segments, Reply reply) {
    const auto gone = [&] {
        reply(webhook_problem(problem("not_found",
                                      "this test URL is unknown, was used or is too "
                                      "old; ask for another one"),
                              *request));
    };
    if (segments.empty()) return gone();
    const std::string token = segments.front();
    const core::Time now = request->received_at;
    const WebhookPtr webhook = tests_->find(token, now);
    if (!webhook) return gone();
    const nodes::WebhookDefinition& definition = webhook->definition();
    if (!definition.takes(request->method_text)) {
        const WebhookIndex only{{webhook}};
        std::vector<std::string> path;
        for (const nodes::PathSegment& segment : definition.path)
            path.push_back(segment.text);
        return reply(allowed(only.find(request->method_text, path).allow, *request));
    }
    std::vector<std::pair<std::string, std::string>> params;
    segments = segments.subspan(1);
    // Without a path behind the token, the parameters are not there.
    if (!segments.empty() && !match_path(definition.path, segments, params))
        return reply(webhook_problem(no_webhook(), *request));
    auto taken = tests_->take(token, now);
    if (!taken) return gone();
    WebhookCall::Parts parts{
        .shell = shell_,
        .webhook = std::move(taken->webhook),
        .plan = std::move(taken->plan),
        .request = std::move(request),
        .params = std::move(params),
        .test = token,
        .reply = std::move(reply),
        .started = [tests = tests_, token](core::ExecutionId id) { tests->started(token, id); },
        .refused = [tests = tests_,
                    token](const Problem& problem) { tests->refused(token, problem); }};
    std::make_shared<WebhookCall>(std::move(parts))->run();
}

}  // namespace millrace::server
