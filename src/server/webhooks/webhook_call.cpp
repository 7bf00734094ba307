// SPDX-License-Identifier: Apache-2.0
#include "webhooks/webhook_call.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "millrace/engine/frame.hpp"
#include "millrace/engine/record.hpp"
#include "millrace/store/store.hpp"
#include "tracing/trace_context.hpp"
#include "triggers/start_by_trigger.hpp"
#include "webhooks/webhook_answer.hpp"

namespace millrace::server {
namespace {

using nodes::WebhookRespond;

/// Above this a journal takes too long for the connections' thread.
constexpr std::size_t inline_bytes_max = 64u << 10;
/// Calls of one webhook that are not durable yet.
constexpr std::uint32_t under_way_max = 10'000;

std::int64_t steady_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// What the execution has answered, by its journal; null: nothing.
core::Value response_in(const std::vector<std::string>& rows) {
    for (const std::string& row : rows) {
        const auto records = engine::read_row(row);
        if (!records) continue;
        for (const engine::Record& record : *records) {
            if (const auto* const given = std::get_if<engine::Responded>(&record.body))
                return given->response;
        }
    }
    return {};
}

Problem in_progress() {
    Problem wait =
        problem("idempotency_in_progress", "the first such call has not been answered yet");
    wait.headers.set("Retry-After", "1");
    return wait;
}

CallEnd end_of(const Response& response) {
    return response.status < 500 ? CallEnd::succeeded : CallEnd::failed;
}

}  // namespace

WebhookCall::WebhookCall(Parts parts) : parts_{std::move(parts)}, begun_us_{steady_us()} {}

void WebhookCall::run() {
    const Webhook& webhook = *parts_.webhook;
    if (webhook.counter().under_way.load(std::memory_order_relaxed) >= under_way_max) {
        Problem busy = problem("too_many_executions",
                               "more calls of this webhook are under way than it can take");
        busy.headers.set("Retry-After", "1");
        return refuse(busy);
    }
    if (parts_.shell->is_overloaded(parts_.request->received_at)) {
        Problem busy = problem("busy", "more work waits than can be begun");
        busy.headers.set("Retry-After", "1");
        return refuse(busy);
    }
    const bool has_plan = parts_.plan || parts_.shell->known_plan(webhook);
    if (!webhook.needs_store() && has_plan) return judge(false);
    parts_.shell->work([self = shared_from_this()] { self->judge(true); });
}

void WebhookCall::judge(bool may_wait) {
    const Webhook& webhook = *parts_.webhook;
    const WebhookRequest call{parts_.request->method_text, parts_.request->headers.all(),
                              parts_.request->query, parts_.params, parts_.request->body};
    OpenedSecrets secrets;
    if (webhook.needs_store()) {
        auto opened = parts_.shell->open(webhook, parts_.request->received_at);
        if (!opened) return refuse(opened.error());
        secrets = *std::move(opened);
    }
    if (const auto may = check_caller(webhook, call, secrets); !may) return refuse(may.error());
    const auto signature =
        check_call_signature(webhook, call, secrets, parts_.request->received_at);
    if (!signature) return refuse(signature.error());
    auto body = read_call_body(call);
    if (!body) return refuse(body.error());
    if (const auto fits = check_call_schema(webhook, *body); !fits) return refuse(fits.error());

    auto plan = parts_.plan ? parts_.plan : parts_.shell->known_plan(webhook);
    if (!plan && may_wait) {
        auto loaded = parts_.shell->plan(webhook);
        if (!loaded) return refuse_start(loaded.error());
        plan = *std::move(loaded);
    }
    if (!plan) {
        // It was forgotten between the two looks.
        return parts_.shell->work([self = shared_from_this()] { self->judge(true); });
    }
    runtime::StartRequest start;
    start.plan = std::move(plan);
    start.trigger = webhook.trigger()->node_id;
    start.input = *body;
    start.trigger_data = call_value(webhook, call, *std::move(body), secrets);
    start.options.trace = trace_of(*parts_.request);
    auto key = dedupe_key_of(webhook, *start.trigger_data);
    if (!key) return refuse(key.error());
    if (key->empty() && signature->fingerprint.empty()) return this->start(std::move(start));
    claim(std::move(start), *std::move(key), *signature);
}

void WebhookCall::claim(runtime::StartRequest start, std::string key,
                        const runtime::SignatureCheck& signature) {
    const store::ActiveTrigger& trigger = *parts_.webhook->trigger();
    SeenCalls::Claim claim;
    claim.scope = parts_.test.empty() ? "webhook " : "test " + parts_.test + " ";
    claim.scope.append(trigger.workflow_id).append("/").append(trigger.node_id);
    claim.key = std::move(key);
    claim.signature = signature.fingerprint;
    claim.now = parts_.request->received_at;
    if (const auto& rule = parts_.webhook->signature()) {
        claim.signature_window = rule->tolerance;
        // What was signed in the future stays valid for as long as that is away, too.
        if (signature.signed_at) claim.signature_window = rule->tolerance + rule->tolerance;
        claim.key_window = std::max(claim.key_window, claim.signature_window);
    }
    begin();
    claim_ = claim;
    parts_.shell->seen->claim(std::move(claim),
                              [self = shared_from_this(),
                               start = std::make_shared<runtime::StartRequest>(std::move(start))](
                                  core::Result<SeenCalls::Outcome> outcome) {
                                  self->on_claimed(std::move(*start), std::move(outcome));
                              });
}

void WebhookCall::on_claimed(runtime::StartRequest start,
                             core::Result<SeenCalls::Outcome> outcome) {
    if (!outcome) {
        claim_.reset();
        return refuse_start(outcome.error());
    }
    if (outcome->refusal != SeenCalls::Refusal::none) {
        claim_.reset();
        if (outcome->refusal == SeenCalls::Refusal::crowded) return refuse(in_progress());
        return refuse(
            problem("webhook_replayed", "a call with this very signature was taken before"));
    }
    using Fate = store::StartKey::Fate;
    named_ = outcome->execution;
    start_turn_ = std::move(outcome->turn);
    is_repeated_ = outcome->fate != Fate::not_started;
    if (outcome->fate == Fate::removed) return answer_removed();
    start.id = named_;
    start.must_exist = is_repeated_;
    start_named(std::move(start));
}

void WebhookCall::start_named(runtime::StartRequest start) {
    const WebhookRespond respond = parts_.webhook->definition().respond;
    if (respond == WebhookRespond::immediately) return this->start(std::move(start));
    // The runtime tells one caller what an execution answers.
    if (!parts_.shell->begin_waiting(*start.id)) return refuse(in_progress());
    awaited_ = *start.id;
    if (!answer_given(*start.id)) this->start(std::move(start));
}

bool WebhookCall::answer_given(core::ExecutionId id) {
    const bool may_be_given =
        is_repeated_ && parts_.webhook->definition().respond == WebhookRespond::respond_node;
    if (!may_be_given) return false;
    const auto rows = parts_.shell->runtime.store().journal(id, 0);
    const core::Value given = rows ? response_in(*rows) : core::Value{};
    if (given.is_null()) return false;
    if (!take_turn()) return true;
    Response made = webhook_response(id, given);
    made.headers.set("Idempotency-Replayed", "true");
    const CallEnd end = end_of(made);
    finish(std::move(made), end);
    return true;
}

void WebhookCall::start(runtime::StartRequest start) {
    const nodes::WebhookDefinition& definition = parts_.webhook->definition();
    begin();
    const auto self = shared_from_this();
    const auto accepted = [self](core::Result<core::ExecutionId> id) {
        self->on_accepted(std::move(id));
    };
    if (definition.respond == WebhookRespond::immediately)
        return parts_.shell->runtime.execute(std::move(start), accepted, {});
    ticket_ = parts_.shell->waits->add(definition.respond_timeout, [self] { self->on_overdue(); });
    has_ticket_ = true;
    const auto ended = [self](core::ExecutionId id, core::Result<runtime::EndedExecution> how) {
        self->on_ended(id, std::move(how));
    };
    if (definition.respond == WebhookRespond::outputs)
        return keep(parts_.shell->runtime.execute_to_end(std::move(start), accepted, ended));
    keep(parts_.shell->runtime.execute_to_response(
        std::move(start), accepted,
        [self](core::ExecutionId id, const core::Value& response) {
            self->on_response(id, response);
        },
        ended));
}

void WebhookCall::keep(std::shared_ptr<runtime::Waiting> waiting) {
    {
        const std::scoped_lock lock{mutex_};
        if (!is_answered_) {
            waiting_ = std::move(waiting);
            return;
        }
    }
    waiting->give_up();
}

void WebhookCall::on_accepted(core::Result<core::ExecutionId> id) {
    end_begun();
    const auto turn = std::exchange(start_turn_, {});
    const bool waits = parts_.webhook->definition().respond != WebhookRespond::immediately;
    if (!id && named_) {
        // A start whose outcome was not known turns out to have happened.
        const bool is_there = id.error().is(engine::CommandErrc::already_exists);
        if (is_there && waits) return refuse(in_progress());
        if (is_there) id = *named_;
        if (!id && is_repeated_ && id.error().is(store::StoreErrc::not_found))
            return answer_removed();
    }
    if (!id) {
        if (turn && starts_nothing(id.error())) turn->give_up();
        return refuse_start(id.error());
    }
    if (parts_.started) parts_.started(*id);
    if (!waits) {
        if (!take_turn()) return;
        Response response = webhook_accepted(*id);
        if (is_repeated_) response.headers.set("Idempotency-Replayed", "true");
        return finish(std::move(response), CallEnd::succeeded);
    }
    bool is_overdue = false;
    {
        const std::scoped_lock lock{mutex_};
        id_ = *id;
        is_overdue = is_overdue_;
    }
    if (is_overdue) return on_overdue();
    // What it has answered between the first look and its promise to tell is told by nobody.
    if (is_repeated_) {
        parts_.shell->work([self = shared_from_this(), id = *id] { self->answer_given(id); });
    }
}

void WebhookCall::begin() {
    if (std::exchange(is_under_way_, true)) return;
    parts_.webhook->counter().under_way.fetch_add(1, std::memory_order_relaxed);
}

void WebhookCall::end_begun() {
    if (!std::exchange(is_under_way_, false)) return;
    parts_.webhook->counter().under_way.fetch_sub(1, std::memory_order_relaxed);
}

void WebhookCall::answer_removed() {
    if (parts_.started) parts_.started(*named_);
    if (take_turn()) finish(removed(), CallEnd::succeeded);
}

Response WebhookCall::removed() const {
    const bool waits = parts_.webhook->definition().respond != WebhookRespond::immediately;
    Response response = waits ? webhook_removed(*named_) : webhook_accepted(*named_);
    response.headers.set("Idempotency-Replayed", "true");
    return response;
}

void WebhookCall::on_response(core::ExecutionId id, const core::Value& response) {
    if (!take_turn()) return;
    Response made = webhook_response(id, response);
    if (is_repeated_) made.headers.set("Idempotency-Replayed", "true");
    const CallEnd end = end_of(made);
    finish(std::move(made), end);
}

void WebhookCall::on_ended(core::ExecutionId id, core::Result<runtime::EndedExecution> ended) {
    if (!take_turn()) return;
    // Retention may remove what has ended while somebody asks for it again.
    if (!ended && is_repeated_ && ended.error().is(store::StoreErrc::not_found))
        return finish(removed(), CallEnd::succeeded);
    if (!ended) {
        // It was accepted and goes on once somebody takes it over; only its end is not told here.
        Problem gone = problem_of(ended.error());
        gone.detail = "execution " + id.text() + " goes on, but its end cannot be told now";
        Response response = webhook_problem(gone, *parts_.request);
        response.headers.set("Millrace-Execution-Id", id.text());
        return finish(std::move(response), CallEnd::failed);
    }
    const bool has_answer = parts_.webhook->definition().respond == WebhookRespond::respond_node;
    const bool is_nothing = has_answer && ended->status == core::ExecutionStatus::completed;
    if (is_nothing && !is_repeated_) return finish(webhook_nothing(id), CallEnd::succeeded);
    std::size_t bytes = 0;
    for (const std::string& row : ended->rows)
        bytes += row.size();
    auto task = [self = shared_from_this(),
                 shared = std::make_shared<runtime::EndedExecution>(*std::move(ended))] {
        self->answer_ended(*shared);
    };
    if (bytes > inline_bytes_max) return parts_.shell->work(std::move(task));
    // The thread that called must go on with frames; the one that writes the answer may make it.
    parts_.shell->later(core::Duration{0}, std::move(task));
}

void WebhookCall::answer_ended(const runtime::EndedExecution& ended) {
    const auto view = ended.view();
    if (!view) {
        return finish(webhook_problem(problem_of(view.error()), *parts_.request), CallEnd::failed);
    }
    if (ended.status != core::ExecutionStatus::completed)
        return finish(webhook_failed(ended.id, view->error(), *parts_.request), CallEnd::failed);
    Response response;
    if (parts_.webhook->definition().respond == WebhookRespond::outputs) {
        response = webhook_outputs(ended.id, view->outputs());
    } else {
        // It may have answered between the look at its journal and the wait for its end.
        const core::Value given = response_in(ended.rows);
        response = given.is_null() ? webhook_nothing(ended.id) : webhook_response(ended.id, given);
    }
    if (is_repeated_) response.headers.set("Idempotency-Replayed", "true");
    const CallEnd end = end_of(response);
    finish(std::move(response), end);
}

void WebhookCall::on_overdue() {
    std::optional<core::ExecutionId> id;
    {
        // Before it is durable there is nothing to tell; the answer then follows at once.
        const std::scoped_lock lock{mutex_};
        is_overdue_ = true;
        id = id_;
    }
    if (!id || !take_turn()) return;
    finish(webhook_timed_out(*id, parts_.webhook->definition().respond_timeout, *parts_.request),
           CallEnd::failed);
}

void WebhookCall::refuse_start(const core::Error& error) {
    const Problem made = webhook_start_problem(error);
    if (made.code == webhook_misconfigured) complain(error.message());
    refuse(made);
}

void WebhookCall::complain(std::string_view why) const {
    parts_.shell->complain(*parts_.webhook, why, parts_.request->received_at);
}

void WebhookCall::refuse(const Problem& problem) {
    if (!take_turn()) return;
    if (parts_.refused) parts_.refused(problem);
    if (problem.code == webhook_misconfigured) complain(problem.detail);
    finish(webhook_problem(problem, *parts_.request), CallEnd::refused);
}

bool WebhookCall::take_turn() {
    const std::scoped_lock lock{mutex_};
    return !std::exchange(is_answered_, true);
}

void WebhookCall::finish(Response response, CallEnd end) {
    if (has_ticket_) parts_.shell->waits->remove(ticket_);
    std::shared_ptr<runtime::Waiting> waiting;
    {
        const std::scoped_lock lock{mutex_};
        waiting.swap(waiting_);
    }
    // The execution may take weeks until it ends, and nobody waits for that.
    if (waiting) waiting->give_up();
    if (awaited_) parts_.shell->end_waiting(*awaited_);
    end_begun();
    // Whoever has not got this answer may ask again.
    const bool is_good = response.status >= 200 && response.status < 300;
    if (is_good && claim_ && claim_->key.empty()) {
        response.written = [seen = parts_.shell->seen, claim = *claim_, id = *named_] {
            seen->note_answered(claim, id);
        };
    }
    parts_.webhook->counter().note(end, steady_us() - begun_us_, parts_.request->received_at);
    parts_.reply(std::move(response));
}

}  // namespace millrace::server
