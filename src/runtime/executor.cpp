// SPDX-License-Identifier: Apache-2.0
#include "executor.hpp"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <utility>

#include "millrace/core/hash.hpp"
#include "millrace/engine/pure_job.hpp"
#include "perform.hpp"

namespace millrace::runtime {
namespace {

// Smaller answers are read on the client's thread: cheaper than waking a worker.
constexpr std::size_t answer_bytes_inline_max = 64u << 10;

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
    : options_{std::move(options)}, functions_{functions}, done_{std::move(done)} {
    for (std::size_t i = 0; i < options_.threads; ++i)
        workers_.emplace_back([this] { work(); });
}

Executor::~Executor() {
    stop();
}

std::size_t Executor::in_flight() const {
    const std::scoped_lock lock{mutex_};
    return attempts_.size();
}

void Executor::perform(std::vector<engine::Effect> effects) {
    const std::scoped_lock lock{mutex_};
    if (stopping_) return;
    for (engine::Effect& effect : effects) {
        const auto [at, is_new] = attempts_.try_emplace(key_of(effect));
        if (!is_new) continue;
        at->second = std::make_shared<Attempt>();
        at->second->effect = std::move(effect);
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

void Executor::launch(const AttemptPtr& attempt) {
    ++launched_;
    const engine::Effect& effect = attempt->effect;
    if (const auto* call = std::get_if<engine::HttpCall>(&effect.request)) {
        const HttpTicket ticket{++last_ticket_};
        attempt->state = State::on_http;
        attempt->ticket = ticket;
        by_ticket_.emplace(ticket.value, attempt);
        http().start(ticket, *call, effect.idempotency_key);
        return;
    }
    attempt->state = State::on_pool;
    pool_queue_.push_back(attempt);
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
    const std::size_t woken = std::min(idle_workers_, pool_queue_.size());
    for (std::size_t i = 0; i < woken; ++i)
        has_work_.notify_one();
}

void Executor::forget(const Attempt& attempt) {
    attempts_.erase(key_of(attempt.effect));
    if (attempt.ticket) by_ticket_.erase(attempt.ticket->value);
    if (attempt.state != State::waiting) --launched_;
    launch_waiting();
}

void Executor::work() {
    // Signals are for the threads that expect them.
    block_signals();
    std::unique_lock lock{mutex_};
    while (true) {
        while (pool_queue_.empty() && !stopping_) {
            ++idle_workers_;
            has_work_.wait(lock);
            --idle_workers_;
        }
        if (stopping_) return;
        const AttemptPtr attempt = std::move(pool_queue_.front());
        pool_queue_.pop_front();
        if (attempt->state == State::dropped) continue;
        attempt->state = State::running;
        lock.unlock();
        engine::Completion completion = run(*attempt);
        done_({&completion, 1});
        lock.lock();
        forget(*attempt);
        wake_workers();
    }
}

engine::Completion Executor::run(Attempt& attempt) const {
    const engine::Effect& effect = attempt.effect;
    if (attempt.answer) return read_answer(effect, *attempt.answer);
    if (const auto* job = std::get_if<std::shared_ptr<const engine::PureJob>>(&effect.request))
        return run_job(effect, **job);
    return call_function(effect, functions_, attempt.stop.get_token());
}

void Executor::on_http_done(std::vector<HttpCompletion> ended) {
    std::vector<std::pair<AttemptPtr, HttpCompletion*>> known;
    {
        const std::scoped_lock lock{mutex_};
        for (HttpCompletion& call : ended) {
            const auto at = by_ticket_.find(call.ticket.value);
            if (at == by_ticket_.end()) continue;
            const AttemptPtr& attempt = at->second;
            if (call.result && call.result->body.size() > answer_bytes_inline_max) {
                attempt->answer = std::move(*call.result);
                attempt->state = State::on_pool;
                pool_queue_.push_back(attempt);
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
    }
    if (!completions.empty()) done_(completions);
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
            } else if (attempt->state == State::running) {
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
    if (!dropped.empty()) done_(dropped);
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
        pool_queue_.clear();
    }
    has_work_.notify_all();
    for (const AttemptPtr& attempt : open)
        attempt->stop.request_stop();
    for (std::thread& worker : workers_)
        worker.join();
    workers_.clear();
    http_.reset();
}

}  // namespace millrace::runtime
