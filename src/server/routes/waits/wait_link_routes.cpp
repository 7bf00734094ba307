// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "api/answer.hpp"
#include "api/request_body.hpp"
#include "http/text.hpp"
#include "millrace/engine/frame.hpp"
#include "pages/page.hpp"
#include "pages/wait_pages.hpp"
#include "routes/waits/linked_wait.hpp"
#include "routes/waits/wait_answer.hpp"
#include "routes/waits/waits.hpp"

// `/wait/{token}`: looking never changes anything, since mail programs and their scanners look,
// too. Sending an answer does, once.

namespace millrace::server {
namespace {

using core::Value;
using State = LinkedWait::State;
using RequestPtr = std::shared_ptr<const Request>;

constexpr std::string_view form_type = "application/x-www-form-urlencoded";
constexpr std::string_view early_text =
    "The workflow has not come to this question yet. Try again in a minute.";

bool is_form(const Request& request) {
    std::string_view type = request.header("Content-Type");
    return equal_ignoring_case(take_item(type, ';'), form_type);
}

Response with_retry(Response response) {
    response.headers.set("Retry-After", "30");
    return response;
}

/// What is said to somebody who has no run to answer.
Response no_answer(const LinkedWait& linked, const Request& request) {
    const bool is_page = prefers_page(request);
    switch (linked.state) {
        case State::unknown:
            if (is_page) {
                return message_page(404, "There is nothing behind this link",
                                    "Perhaps it was cut off: a link that was sent in a mail may "
                                    "stand on more than one line.");
            }
            return to_response(problem("not_found", "there is no such link"), request);
        case State::early:
            if (is_page) return with_retry(message_page(409, "Not yet", early_text));
            return with_retry(
                to_response(problem("not_waiting_yet", std::string{early_text}), request));
        case State::gone:
            if (is_page) {
                return message_page(410, "This is no longer asked",
                                    "The workflow has ended without this answer. There is nothing "
                                    "left to do.");
            }
            return to_response(problem("wait_over", "the execution has ended without this answer"),
                               request);
        case State::open:
        case State::closed: break;
    }
    if (is_page) return closed_page(linked.wait);
    return to_response(problem("wait_over", closed_text(linked.wait)), request);
}

Answer show(runtime::Runtime& runtime, const Request& request) {
    const auto linked = find_link(runtime, request.parameter("token"));
    if (!linked) return std::unexpected(problem_of(linked.error()));
    const bool is_call = linked->wait.what == store::WaitWhat::webhook;
    if (linked->state == State::open)
        return is_call ? webhook_page(linked->wait) : approval_page(linked->wait, {});
    if (linked->state == State::early && is_call)
        return message_page(200, "An answer may be sent here", "This address is for programs.");
    return no_answer(*linked, request);
}

/// One answer on its way. Callbacks of the runtime come when the server has gone, too, so this
/// holds on to none of its parts.
class Answering : public std::enable_shared_from_this<Answering> {
public:
    Answering(const Services& services, RequestPtr request, Reply reply)
        : runtime_{services.runtime},
          work_{services.work},
          request_{std::move(request)},
          reply_{std::move(reply)} {}

    void begin() {
        auto linked = find_link(runtime_, request_->parameter("token"));
        if (!linked) return fail(problem_of(linked.error()));
        linked_ = *std::move(linked);
        const bool is_call = linked_.wait.what == store::WaitWhat::webhook;
        const bool can_wait = linked_.state == State::early && is_call;
        if (linked_.state != State::open && !can_wait) return reply_(no_answer(linked_, *request_));
        if (is_call) return take_call();
        return is_form(*request_) ? take_form() : take_json();
    }

private:
    void fail(const Problem& problem) { reply_(to_response(problem, *request_)); }

    void take_call() {
        const Value* const method = linked_.wait.details.find("method");
        if (method != nullptr && method->is_string() &&
            method->as_string() != request_->method_text) {
            Problem refused = problem("method_not_allowed", "the answer is sent with " +
                                                                std::string{method->as_string()});
            refused.headers.add("Allow", "GET, HEAD, OPTIONS, " + std::string{method->as_string()});
            return fail(refused);
        }
        auto answer = call_answer(*request_);
        if (!answer) return fail(answer.error());
        send(*std::move(answer));
    }

    void take_form() {
        auto sent = read_form(request_->body);
        if (!sent) return fail(problem("bad_request", sent.error()));
        FormState state{*std::move(sent), true, {}};
        Decision decision;
        const std::string_view wish = form_text(state.sent, decision_field);
        decision.is_approved = wish == "approve";
        decision.by = form_text(state.sent, by_field);
        decision.reason = form_text(state.sent, reason_field);
        if (wish != "approve" && wish != "reject")
            state.messages.push_back({"", "Choose whether to approve or to reject"});
        const auto form = approval_form(linked_.wait);
        if (form && decision.is_approved) {
            FormValues values = read_form_values(*form, state.sent);
            decision.values = std::move(values.values);
            for (FormMessage& message : values.messages)
                state.messages.push_back(std::move(message));
        }
        auto answer = approval_answer(linked_.wait, decision, request_->received_at);
        if (!answer) add_new(state.messages, answer.error());
        if (!state.messages.empty()) return reply_(approval_page(linked_.wait, state, 422));
        is_page_ = true;
        send(*std::move(answer));
    }

    /// What the form has said of a field already is said better there.
    static void add_new(std::vector<FormMessage>& messages, std::vector<FormMessage>& more) {
        const std::size_t known = messages.size();
        for (FormMessage& message : more) {
            const bool is_known =
                std::ranges::find(messages.begin(),
                                  messages.begin() + static_cast<std::ptrdiff_t>(known),
                                  message.field, &FormMessage::field) !=
                messages.begin() + static_cast<std::ptrdiff_t>(known);
            const bool is_vague = message.field.empty() && known > 0;
            if (!is_known && !is_vague) messages.push_back(std::move(message));
        }
    }

    void take_json() {
        const auto syntax = body_syntax(*request_);
        if (!syntax) return fail(syntax.error());
        const auto body = read_body(request_->body, *syntax);
        if (!body) return fail(body.error());
        const auto decision = read_decision(*body);
        if (!decision) return fail(decision.error());
        auto answer = approval_answer(linked_.wait, *decision, request_->received_at);
        if (!answer) return fail(decision_problem(answer.error()));
        send(*std::move(answer));
    }

    void send(Value answer) {
        answer_ = std::move(answer);
        engine::AnswerWait command;
        command.id = linked_.target.id;
        command.run = linked_.target.run;
        command.answer = answer_;
        command.may_be_early = linked_.wait.what == store::WaitWhat::webhook;
        runtime_.send(std::move(command), [self = shared_from_this()](const auto& done) {
            if (done) return self->reply_(self->accepted());
            self->refused(done.error());
        });
    }

    Response accepted() const {
        if (is_page_) return decided_page(linked_.wait, answer_);
        const bool is_early = linked_.state == State::early;
        return json_response(Value::object({{"status", is_early ? "kept" : "answered"}}),
                             is_early ? 202 : 200);
    }

    /// Somebody else was faster, or the time was over: what is stored by now says which.
    void refused(const core::Error& error) {
        const bool is_late = error.is(engine::CommandErrc::not_allowed) ||
                             error.is(engine::CommandErrc::already_finished);
        if (!is_late) return fail(problem_of(error));
        work_([self = shared_from_this(), error] {
            auto linked = find_link(self->runtime_, self->request_->parameter("token"));
            const bool says_more = linked && linked->state != State::open;
            if (!says_more) return self->fail(problem("not_allowed", error.message()));
            // A call that comes early is refused for one that came before it.
            if (linked->state == State::early && self->linked_.state == State::early)
                return self->fail(problem("wait_over", "this was answered already"));
            self->reply_(no_answer(*linked, *self->request_));
        });
    }

    runtime::Runtime& runtime_;
    const std::function<void(std::function<void()>)> work_;
    const RequestPtr request_;
    const Reply reply_;
    LinkedWait linked_;
    Value answer_;
    bool is_page_ = false;
};

Route link_route(Method method, std::string id, std::string summary) {
    Route route;
    route.method = method;
    route.pattern = "/wait/{token}";
    route.id = std::move(id);
    route.tag = "Links";
    route.summary = std::move(summary);
    route.action = Action::open;
    route.is_open_ended = true;
    route.parameters = {path_parameter("token", "The end of the link.")};
    return route;
}

}  // namespace

void add_wait_link_routes(RouteTable& table, Services& services) {
    Route shown = link_route(Method::get, "getWait", "What is asked behind a link");
    shown.handler = [&runtime = services.runtime](const Request& request) {
        return show(runtime, request);
    };
    table.routes.push_back(std::move(shown));
    for (const auto& [method, id] :
         {std::pair{Method::post, "answerWait"}, std::pair{Method::put, "putWaitAnswer"}}) {
        Route sent = link_route(method, id, "Answer a run that waits");
        sent.body = {
            {.description = "The answer.", .schema = {}, .is_required = false, .is_raw = true}};
        sent.handler = [&services](RequestPtr request, const Reply& reply) {
            std::make_shared<Answering>(services, std::move(request), reply)->begin();
        };
        table.routes.push_back(std::move(sent));
    }
}

}  // namespace millrace::server
