// SPDX-License-Identifier: Apache-2.0
#include "executor.hpp"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <system_error>
#include <utility>

#include "execution_log.hpp"
#include "http/trace_headers.hpp"
#include "millrace/core/hash.hpp"
#include "millrace/engine/pure_job.hpp"
#include "millrace/engine/trace.hpp"
#include "perform.hpp"

namespace millrace::runtime {
namespace {

// Smaller answers are read on the client's thread: cheaper than waking a worker.
constexpr std::size_t answer_bytes_inline_max = 64u << 10;

/// Whether it needs the processor rather than patience.
bool computes(const engine::EffectRequest& request) {
    return std::holds_alternative<engine::FunctionCall>(request) ||
           std::holds_alternative<std::shared_ptr<const engine::PureJob>>(request);
}

AttemptKey key_of(const engine::Effect& effect) {
    return {effect.id, effect.run, effect.attempt};
}

void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

std::size_t AttemptKeyHash::operator()(const AttemptKey& key) const noexcept {
    const std::uint64_t run = (std::uint64_t{key.run.node.value} << 32) | key.attempt;
    const std::uint64_t place = (std::uint64_t{key.run.scope} << 32) | key.run.generation;
    return core::hash_combine(core::hash_combine(std::hash<core::ExecutionId>{}(key.id), run),
                              place);
}

Executor::Executor(ExecutorOptions options, const Functions& functions, Done done)
    : options_{std::move(options)},
      functions_{functions},
      done_{std::move(done)},
      surroundings_{
          .folders = options_.folders ? options_.folders : std::make_shared<AllowedFolders>(),
          .programs = options_.programs ? options_.programs : std::make_shared<AllowedPrograms>(),
          .egress = options_.egress,
          .clock = options_.clock ? options_.clock : make_system_clock(),
          .credentials = options_.credentials,
          .databases = {}} {
    acting_.threads_max = options_.waiting_threads;
    running_.threads_max = options_.programs_running;
    for (std::size_t i = 0; i < options_.threads; ++i)
        workers_.emplace_back([this] { work(computing_); });
}

Executor::~Executor() {
    stop();
}

std::size_t Executor::in_flight() const {
    const std::scoped_lock lock{mutex_};
    return attempts_.size();
}

ExecutorLoad Executor::load() const {
    const std::scoped_lock lock{mutex_};
    return {.in_flight = attempts_.size(),
            .waiting = waiting_.size(),
            .queued = computing_.queue.size() + acting_.queue.size() + running_.queue.size()};
}

void Executor::perform(std::vector<engine::Effect> effects) {
    const core::Duration now = surroundings_.clock->monotonic();
    const std::scoped_lock lock{mutex_};
    if (stopping_) return;
    for (engine::Effect& effect : effects) {
        const auto [at, is_new] = attempts_.try_emplace(key_of(effect));
        if (!is_new) continue;
        at->second = std::make_shared<Attempt>();
        at->second->effect = std::move(effect);
        at->second->since = now;
        waiting_.push_back(at->second);
    }
    launch_waiting();
    wake_workers();
}

void Executor::launch_waiting() {
    while (!waiting_.empty() && launched_ < options_.in_flight_max) {
        const AttemptPtr attempt = std::move(waiting_.front());
        waiting_.pop_front();
        if (attempt->state != State::dropped) launch(attempt);
    }
}

bool Executor::needs_credentials(const engine::Effect& effect) {
    return !effect.credential.empty() || !effect.secrets.empty();
}

void Executor::hide_secrets(const engine::Effect& effect, engine::Completion& completion) const {
    if (!options_.credentials || !needs_credentials(effect)) return;
    if (auto* outputs = std::get_if<std::vector<engine::PortValue>>(&completion.outcome))
        for (engine::PortValue& output : *outputs)
            output.value = options_.credentials->without_secrets(output.value);
}

void Executor::launch(const AttemptPtr& attempt) {
    ++launched_;
    attempt->began = {};
    const engine::Effect& effect = attempt->effect;
    const bool is_http = std::holds_alternative<engine::HttpCall>(effect.request);
    if (is_http && !needs_credentials(effect)) return start_http(attempt, {});
    enqueue(pool_for(effect.request), attempt);
}

Executor::Pool& Executor::pool_for(const engine::EffectRequest& request) {
    if (computes(request)) return computing_;
    return std::holds_alternative<engine::ProcessCall>(request) ? running_ : acting_;
}

void Executor::enqueue(Pool& pool, const AttemptPtr& attempt) {
    attempt->state = State::on_pool;
    pool.queue.push_back(attempt);
    const bool grows = pool.queue.size() > pool.idle && pool.threads < pool.threads_max;
    if (!grows) return;
    try {
        workers_.emplace_back([this, &pool] { work(pool); });
        ++pool.threads;
    } catch (const std::system_error&) {
        // The machine has no thread to give now. Those that are there do it, or the next attempt
        // asks again.
    }
}

void Executor::start_http(const AttemptPtr& attempt, HttpAuth auth) {
    const HttpTicket ticket{++last_ticket_};
    attempt->state = State::on_http;
    attempt->ticket = ticket;
    by_ticket_.emplace(ticket.value, attempt);
    engine::HttpCall call = std::get<engine::HttpCall>(attempt->effect.request);
    add_trace(call, engine::trace_of(attempt->effect));
    http().start(ticket, std::move(call), attempt->effect.idempotency_key, std::move(auth));
}

HttpClient& Executor::http() {
    // Most runs of small workflows call nobody; they need no such thread.
    if (!http_) {
        http_ = std::make_unique<HttpClient>(
            options_.egress,
            [this](std::vector<HttpCompletion> ended) { on_http_done(std::move(ended)); },
            options_.http);
    }
    return *http_;
}

void Executor::wake_workers() {
    for (Pool* const pool : {&computing_, &acting_, &running_}) {
        const std::size_t woken = std::min(pool->idle, pool->queue.size());
        for (std::size_t i = 0; i < woken; ++i)
            pool->has_work.notify_one();
    }
}

void Executor::forget(const Attempt& attempt) {
    attempts_.erase(key_of(attempt.effect));
    if (attempt.ticket) by_ticket_.erase(attempt.ticket->value);
    if (attempt.state != State::waiting) --launched_;
    launch_waiting();
}

void Executor::work(Pool& pool) {
    // Signals are for the threads that expect them.
    block_signals();
    std::unique_lock lock{mutex_};
    while (true) {
        while (pool.queue.empty() && !stopping_) {
            ++pool.idle;
            pool.has_work.wait(lock);
            --pool.idle;
        }
        if (stopping_) return;
        const AttemptPtr attempt = std::move(pool.queue.front());
        pool.queue.pop_front();
        if (attempt->state == State::dropped) continue;
        attempt->state = State::running;
        lock.unlock();
        const std::chrono::nanoseconds before = thread_time();
        std::optional<engine::Completion> completion = run(attempt);
        // An HTTP call goes on without this thread, and its attempt is no longer only here.
        if (completion) {
            attempt->cpu += thread_time() - before;
            hide_secrets(attempt->effect, *completion);
            log(*attempt, *completion);
            measure(*attempt, *completion);
            tell({&*completion, 1});
        }
        lock.lock();
        if (completion) forget(*attempt);
        wake_workers();
    }
}

void Executor::finish(const AttemptPtr& attempt, engine::Completion completion) {
    log(*attempt, completion);
    measure(*attempt, completion);
    tell({&completion, 1});
    const std::scoped_lock lock{mutex_};
    if (!stopping_) forget(*attempt);
    wake_workers();
}

void Executor::log(const Attempt& attempt, const engine::Completion& completion) const {
    if (!options_.log || !options_.log->takes(LogLevel::info)) return;
    log_attempt(*options_.log, attempt.effect, completion,
                surroundings_.clock->monotonic() - attempt.since);
}

void Executor::measure(const Attempt& attempt, const engine::Completion& completion) const {
    const std::shared_ptr<Meter> meter = options_.meter ? options_.meter->get() : nullptr;
    if (!meter) return;
    const engine::Effect& effect = attempt.effect;
    AttemptUse use;
    if (effect.plan) use.workflow_id = effect.plan->identity().workflow_id;
    use.node_id = effect.node_id;
    if (effect.definition) use.node_type = effect.definition->type.type;
    use.wall = attempt.began.elapsed();
    use.cpu = attempt.cpu + attempt.program.cpu;
    use.memory = attempt.program.memory;
    use.sent = attempt.traffic.sent;
    use.received = attempt.traffic.received;
    use.has_failed = std::holds_alternative<core::Failure>(completion.outcome);
    use.is_cacheable = effect.cache.has_value();
    meter->on_attempt(use);
}

void Executor::tell(std::span<engine::Completion> completions) const {
    if (options_.credentials) {
        for (engine::Completion& completion : completions) {
            if (auto* failure = std::get_if<core::Failure>(&completion.outcome)) {
                options_.credentials->mask(*failure);
            }
        }
    }
    done_(completions);
}

bool Executor::renews(const AttemptPtr& attempt, const HttpCompletion& call) {
    constexpr std::int32_t unauthorized = 401;
    const bool is_stale = call.result && call.result->status == unauthorized &&
                          !attempt->token.empty() && !attempt->is_renewed;
    if (!is_stale || stopping_) return false;
    // A token may be withdrawn before it expires; a second refusal is about something else.
    attempt->is_renewed = true;
    attempt->ticket.reset();
    enqueue(acting_, attempt);
    return true;
}

void Executor::on_http_done(std::vector<HttpCompletion> ended) {
    std::vector<std::pair<AttemptPtr, HttpCompletion*>> known;
    {
        const std::scoped_lock lock{mutex_};
        for (HttpCompletion& call : ended) {
            if (answers_.bring(call)) continue;
            const auto at = by_ticket_.find(call.ticket.value);
            if (at == by_ticket_.end()) continue;
            const AttemptPtr attempt = at->second;
            attempt->traffic.sent += call.traffic.sent;
            attempt->traffic.received += call.traffic.received;
            if (renews(attempt, call)) {
                by_ticket_.erase(at);
            } else if (call.result && call.result->body.size() > answer_bytes_inline_max) {
                attempt->answer = std::move(*call.result);
                enqueue(computing_, attempt);
                by_ticket_.erase(at);
            } else {
                known.emplace_back(attempt, &call);
            }
        }
        wake_workers();
    }
    std::vector<engine::Completion> completions;
    completions.reserve(known.size());
    for (const auto& [attempt, call] : known) {
        completions.push_back(call->result ? read_answer(attempt->effect, *call->result)
                                           : failed(attempt->effect, call->result.error()));
        hide_secrets(attempt->effect, completions.back());
        log(*attempt, completions.back());
        measure(*attempt, completions.back());
    }
    if (!completions.empty()) tell(completions);
    const std::scoped_lock lock{mutex_};
    for (const auto& [attempt, call] : known)
        forget(*attempt);
    wake_workers();
}

void Executor::abort(std::span<const engine::Abort> aborts) {
    if (aborts.empty()) return;
    std::vector<AttemptPtr> to_stop;
    std::vector<engine::Completion> dropped;
    {
        const std::scoped_lock lock{mutex_};
        if (stopping_) return;
        for (const engine::Abort& abort : aborts) {
            const auto at = attempts_.find({abort.id, abort.run, abort.attempt});
            if (at == attempts_.end()) continue;
            const AttemptPtr attempt = at->second;
            if (attempt->state == State::on_http) {
                http_->abort(*attempt->ticket);
            } else if (attempt->state == State::running || attempt->state == State::elsewhere) {
                attempt->is_given_up = true;
                to_stop.push_back(attempt);
            } else {
                dropped.push_back(failed(attempt->effect, canceled_failure()));
                forget(*attempt);
                attempt->state = State::dropped;
            }
        }
        wake_workers();
    }
    // Outside the lock: a function may have tied code of its own to the token.
    for (const AttemptPtr& attempt : to_stop)
        attempt->stop.request_stop();
    if (!dropped.empty()) tell(dropped);
}

void Executor::stop() {
    std::vector<AttemptPtr> open;
    {
        const std::scoped_lock lock{mutex_};
        if (stopping_) return;
        stopping_ = true;
        for (const auto& [key, attempt] : attempts_)
            open.push_back(attempt);
        waiting_.clear();
        for (Pool* const pool : {&computing_, &acting_, &running_}) {
            pool->queue.clear();
            pool->has_work.notify_all();
        }
    }
    for (const AttemptPtr& attempt : open)
        attempt->stop.request_stop();
    for (std::thread& worker : workers_)
        worker.join();
    workers_.clear();
    http_.reset();
}

}  // namespace millrace::runtime
