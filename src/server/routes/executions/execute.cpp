// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "api/answer.hpp"
#include "millrace/core/json.hpp"
#include "routes/executions/execution_problems.hpp"
#include "routes/executions/executions.hpp"
#include "routes/executions/start_wish.hpp"
#include "routes/executions/wait_wish.hpp"
#include "service/health.hpp"
#include "service/workflow_catalog.hpp"
#include "tracing/trace_context.hpp"

// `POST /workflows/{id}/execute`: the way that most requests go. With a known plan a start reads
// nothing and changes threads only where the runtime answers.

namespace millrace::server {
namespace {

/// Above this a body or a journal takes too long for the connections' thread.
constexpr std::size_t inline_bytes_max = 64u << 10;

/// What outlives the services: callbacks of the runtime come when the server has gone, too.
struct Threads {
    explicit Threads(const Services& services)
        : runtime{services.runtime},
          work{services.work},
          later{services.later},
          waits{std::make_shared<WaitList>(services.later)} {
        // A server that stops need not wait for executions: they go on when it is back.
        services.health.when_draining([weak = std::weak_ptr{waits}] {
            if (const auto list = weak.lock()) list->hurry();
        });
    }

    runtime::Runtime& runtime;
    const std::function<void(std::function<void()>)> work;
    const WaitList::Later later;
    const std::shared_ptr<WaitList> waits;
};

/// A start whose caller waits for the end. Answered once, by whatever comes first: the end, the
/// time, or a refusal.
class WaitingStart : public std::enable_shared_from_this<WaitingStart> {
public:
    WaitingStart(std::shared_ptr<const Threads> threads, std::shared_ptr<const Request> request,
                 Reply reply, WaitWish wish)
        : threads_{std::move(threads)},
          request_{std::move(request)},
          reply_{std::move(reply)},
          wish_{std::move(wish)} {}

    void start(runtime::StartRequest start) {
        const auto self = shared_from_this();
        ticket_ = threads_->waits->add(wish_.at_most, [self] { self->on_overdue(); });
        keep(threads_->runtime.execute_to_end(
            std::move(start),
            [self](core::Result<core::ExecutionId> id) { self->on_accepted(std::move(id)); },
            [self](core::ExecutionId id, core::Result<runtime::EndedExecution> ended) {
                self->on_ended(id, std::move(ended));
            }));
    }

private:
    /// To be given up when the time is over.
    void keep(std::shared_ptr<runtime::Waiting> waiting) {
        {
            const std::scoped_lock lock{mutex_};
            if (!is_answered_) {
                waiting_ = std::move(waiting);
                return;
            }
        }
        waiting->give_up();
    }

    void on_accepted(core::Result<core::ExecutionId> id) {
        if (!id) {
            if (!take_turn()) return;
            threads_->waits->remove(ticket_);
            return reply_(to_response(start_problem(id.error()), *request_));
        }
        {
            const std::scoped_lock lock{mutex_};
            id_ = *id;
            if (!is_overdue_) return;
        }
        on_overdue();
    }

    void on_overdue() {
        std::optional<core::ExecutionId> id;
        std::shared_ptr<runtime::Waiting> waiting;
        {
            // Before it is durable there is nothing to tell; the answer then follows at once.
            const std::scoped_lock lock{mutex_};
            is_overdue_ = true;
            id = id_;
            if (!id || std::exchange(is_answered_, true)) return;
            waiting.swap(waiting_);
        }
        // The execution may take weeks until it ends, and nobody waits for that.
        if (waiting) waiting->give_up();
        threads_->work([self = shared_from_this(), id = *id] { self->answer_unfinished(id); });
    }

    void on_ended(core::ExecutionId id, core::Result<runtime::EndedExecution> ended) {
        if (!take_turn()) return;
        threads_->waits->remove(ticket_);
        // It was accepted and goes on once somebody takes it over; only the end is not told here.
        if (!ended) return answer_accepted(id, core::ExecutionStatus::running);
        std::size_t bytes = 0;
        for (const std::string& row : ended->rows)
            bytes += row.size();
        auto task = [self = shared_from_this(),
                     shared = std::make_shared<runtime::EndedExecution>(*std::move(ended))] {
            self->answer_ended(*shared);
        };
        if (bytes > inline_bytes_max) return threads_->work(std::move(task));
        // The thread that called must go on with frames; the one that writes the answer is free to
        // make it.
        threads_->later(core::Duration{0}, std::move(task));
    }

    void answer_ended(const runtime::EndedExecution& ended) {
        const auto view = ended.view();
        if (!view) return reply_(to_response(problem_of(view.error()), *request_));
        Response response = execution_response(*view);
        response.headers.add("Location", execution_path(ended.id));
        finish(std::move(response));
    }

    void answer_unfinished(core::ExecutionId id) {
        const auto view = threads_->runtime.view(id);
        answer_accepted(id, view ? view->status() : core::ExecutionStatus::pending);
    }

    void answer_accepted(core::ExecutionId id, core::ExecutionStatus status) {
        finish(accepted_response(id, status, 202));
    }

    void finish(Response response) {
        if (!wish_.applied_prefer.empty())
            response.headers.add("Preference-Applied", wish_.applied_prefer);
        reply_(std::move(response));
    }

    /// For the first one who asks.
    bool take_turn() {
        const std::scoped_lock lock{mutex_};
        return !std::exchange(is_answered_, true);
    }

    const std::shared_ptr<const Threads> threads_;
    const std::shared_ptr<const Request> request_;
    const Reply reply_;
    const WaitWish wish_;
    WaitList::Ticket ticket_{};
    std::mutex mutex_;  // guards what follows
    std::optional<core::ExecutionId> id_;
    bool is_overdue_ = false;
    bool is_answered_ = false;
    std::shared_ptr<runtime::Waiting> waiting_;
};

class Execute {
public:
    explicit Execute(Services& services) : services_{services} {}

    void operator()(std::shared_ptr<const Request> request, Reply reply) const {
        if (request->body.size() > inline_bytes_max) {
            services_.work([*this, request = std::move(request), reply = std::move(reply)] {
                begin(request, reply, false);
            });
            return;
        }
        begin(request, reply, true);
    }

private:
    void begin(const std::shared_ptr<const Request>& request, const Reply& reply,
               bool is_here) const {
        auto wish = read_start_wish(request->json);
        if (!wish) return reply_with(reply, *request, std::unexpected(wish.error()));
        if (request->repeat_id) wish->request.id = core::ExecutionId{*request->repeat_id};
        wish->request.options.trace = trace_of(*request);
        auto wait = read_wait_wish(*request, services_.options.limits.wait_max);
        if (!wait) return reply_with(reply, *request, std::unexpected(wait.error()));
        const std::string& id = request->parameter("id");
        if (wish->version.kind == VersionChoice::Kind::usual)
            wish->request.plan = services_.catalog.known(id);
        if (wish->request.plan) return start(request, reply, *std::move(wish), *std::move(wait));
        auto load = [*this, request, reply, wish = *std::move(wish),
                     wait = *std::move(wait)]() mutable {
            auto plan = services_.catalog.load(request->parameter("id"), wish.version);
            if (!plan)
                return reply_with(reply, *request, std::unexpected(problem_of(plan.error())));
            wish.request.plan = *std::move(plan);
            start(request, reply, std::move(wish), std::move(wait));
        };
        if (is_here) return services_.work(std::move(load));
        load();
    }

    void start(const std::shared_ptr<const Request>& request, const Reply& reply, StartWish wish,
               WaitWish wait) const {
        if (wait.at_most > core::Duration{0}) {
            return std::make_shared<WaitingStart>(threads(), request, reply, std::move(wait))
                ->start(std::move(wish.request));
        }
        services_.runtime.execute(
            std::move(wish.request),
            [request, reply](core::Result<core::ExecutionId> id) {
                if (id) return reply(accepted_response(*id, core::ExecutionStatus::pending, 202));
                reply(to_response(start_problem(id.error()), *request));
            },
            {});
    }

    /// Made with the first wait: when routes are described there are no services.
    const std::shared_ptr<const Threads>& threads() const {
        std::call_once(shared_->made,
                       [this] { shared_->threads = std::make_shared<const Threads>(services_); });
        return shared_->threads;
    }

    struct Shared {
        std::once_flag made;
        std::shared_ptr<const Threads> threads;
    };

    Services& services_;
    std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace

void add_execute_routes(RouteTable& table, Services& services) {
    table.schemas.emplace_back("ExecuteRequest", schema_of(start_wish_schema));
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows/{id}/execute";
    route.id = "executeWorkflow";
    route.tag = executions_tag;
    route.summary = "Start an execution";
    route.description =
        "Answers once the execution is durable: it then survives a crash of the server. Runs the "
        "active version, or the head of a workflow that is not active, unless `version` says "
        "otherwise. With `wait` the answer is the finished execution, or 202 when the time was "
        "over before it was.";
    route.action = Action::run;
    route.runs = Runs::here;
    route.parameters = {
        path_parameter("id", "The workflow."),
        duration_parameter("wait", "How long to wait for the end, such as `30s`."),
        header_parameter("Prefer", "`wait=30`: the same in seconds, as RFC 7240 has it.")};
    route.body = {{.description = "What to start it with; without a body: nothing.",
                   .schema = schema_ref("ExecuteRequest"),
                   .is_required = false}};
    route.answers = {{200, "It has ended within `wait`.", schema_ref("Execution")},
                     {202, "It is durable and goes on; see Location.", schema_ref("Accepted")}};
    route.problems = {"not_found", "too_many_executions", "too_large", "unavailable", "stopped"};
    route.is_idempotent_by_key = true;
    route.is_repeatable = true;
    route.handler = AsyncHandler{Execute{services}};
    table.routes.push_back(std::move(route));
}

}  // namespace millrace::server
