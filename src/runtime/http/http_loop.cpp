// SPDX-License-Identifier: Apache-2.0
#include "http/http_loop.hpp"

#include <csignal>
#include <utility>

#include "failures.hpp"
#include "http/curl_global.hpp"
#include "millrace/core/check.hpp"

namespace millrace::runtime {
namespace {

CURLM* new_multi() {
    ensure_curl();
    return curl_multi_init();
}

/// Signals are for the threads that expect them; SIGPIPE is for none.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

HttpClient::Loop::Loop(EgressPolicy policy, HttpDone done, HttpLimits limits)
    : policy_{std::move(policy)}, done_{std::move(done)}, limits_{limits}, multi_{new_multi()} {
    MR_CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(limits.transfers_max));
    thread_ = std::thread{[this] { run(); }};
}

HttpClient::Loop::~Loop() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    curl_multi_wakeup(multi_.get());
    thread_.join();
    for (const auto& [ticket, transfer] : active_) {
        curl_multi_remove_handle(multi_.get(), transfer->handle());
    }
}

void HttpClient::Loop::send(Command command) {
    if (std::holds_alternative<Start>(command)) open_.fetch_add(1, std::memory_order_relaxed);
    bool first = false;
    {
        const std::scoped_lock lock{mutex_};
        first = inbox_.empty();
        inbox_.push_back(std::move(command));
    }
    // Whoever put the first command there has woken the thread for all that follow.
    if (first) curl_multi_wakeup(multi_.get());
}

void HttpClient::Loop::run() {
    block_signals();
    while (take_commands()) {
        launch_waiting();
        int running = 0;
        MR_CHECK(curl_multi_perform(multi_.get(), &running) == CURLM_OK);
        collect_ended();
        if (!ended_.empty()) {
            // Its receiver may have more to do at once, and there may be room for who waits.
            deliver();
            continue;
        }
        constexpr int poll_max_ms = 60'000;
        MR_CHECK(curl_multi_poll(multi_.get(), nullptr, 0, poll_max_ms, nullptr) == CURLM_OK);
    }
}

bool HttpClient::Loop::take_commands() {
    std::vector<Command> commands;
    {
        const std::scoped_lock lock{mutex_};
        if (stopping_) return false;
        commands.swap(inbox_);
    }
    for (Command& command : commands) {
        std::visit([this](auto& known) { obey(std::move(known)); }, command);
    }
    return true;
}

void HttpClient::Loop::obey(Start start) {
    if (waiting_.size() >= limits_.queued_max) {
        complete(start.ticket,
                 std::unexpected{make_failure(core::ErrorClass::limit, "http_queue_full",
                                              "too many HTTP calls wait for their turn", true)});
        return;
    }
    const std::uint64_t ticket = start.ticket.value;
    waiting_.push_back(std::move(start));
    const bool is_new = waiting_at_.emplace(ticket, std::prev(waiting_.end())).second;
    MR_CHECK(is_new && !active_.contains(ticket));
}

void HttpClient::Loop::obey(Abort abort) {
    const std::uint64_t ticket = abort.ticket.value;
    if (const auto place = waiting_at_.find(ticket); place != waiting_at_.end()) {
        waiting_.erase(place->second);
        waiting_at_.erase(place);
    } else if (const auto transfer = active_.find(ticket); transfer != active_.end()) {
        curl_multi_remove_handle(multi_.get(), transfer->second->handle());
        active_.erase(transfer);
    } else {
        return;
    }
    complete(abort.ticket, std::unexpected{make_failure(core::ErrorClass::canceled, "canceled",
                                                        "the HTTP call was aborted", false)});
}

void HttpClient::Loop::launch_waiting() {
    while (active_.size() < limits_.transfers_max && !waiting_.empty()) {
        Start start = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_at_.erase(start.ticket.value);
        launch(std::move(start));
    }
}

void HttpClient::Loop::launch(Start start) {
    const HttpTicket ticket = start.ticket;
    HttpExchange exchange{std::move(start.call), std::move(start.idempotency_key), policy_,
                          std::move(start.auth)};
    auto transfer = std::make_unique<HttpTransfer>(ticket, std::move(exchange), policy_);
    HttpTransfer& started = *transfer;
    active_.emplace(ticket.value, std::move(transfer));
    follow(started, started.begin());
}

void HttpClient::Loop::collect_ended() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        HttpTransfer& transfer = HttpTransfer::of(message->easy_handle);
        const CURLcode code = message->data.result;
        // Before anything else: it ends libcurl's use of the handle, and `message` with it.
        HttpExchange::Step step = transfer.ended(code);
        curl_multi_remove_handle(multi_.get(), transfer.handle());
        follow(transfer, std::move(step));
    }
}

void HttpClient::Loop::follow(HttpTransfer& transfer, HttpExchange::Step step) {
    if (std::holds_alternative<HttpExchange::Send>(step)) {
        perform(transfer);
        return;
    }
    const HttpTicket ticket = transfer.ticket();
    const HttpTraffic traffic = transfer.traffic();
    active_.erase(ticket.value);
    if (auto* failed = std::get_if<core::Failure>(&step)) {
        complete(ticket, std::unexpected{std::move(*failed)}, traffic);
    } else {
        complete(ticket, std::get<engine::HttpAnswer>(std::move(step)), traffic);
    }
}

void HttpClient::Loop::perform(HttpTransfer& transfer) {
    const bool performed = transfer.prepare(limits_) &&
                           curl_multi_add_handle(multi_.get(), transfer.handle()) == CURLM_OK;
    if (performed) return;
    const HttpTicket ticket = transfer.ticket();
    active_.erase(ticket.value);
    complete(ticket, std::unexpected{make_failure(core::ErrorClass::internal, "http_client",
                                                  "libcurl refused the request", true)});
}

void HttpClient::Loop::complete(HttpTicket ticket,
                                std::expected<engine::HttpAnswer, core::Failure> result,
                                HttpTraffic traffic) {
    ended_.push_back({ticket, std::move(result), traffic});
}

void HttpClient::Loop::deliver() {
    std::vector<HttpCompletion> completions;
    completions.swap(ended_);
    open_.fetch_sub(completions.size(), std::memory_order_relaxed);
    done_(std::move(completions));
}

HttpClient::HttpClient(EgressPolicy policy, HttpDone done, HttpLimits limits)
    : loop_{std::make_unique<Loop>(std::move(policy), std::move(done), limits)} {}

HttpClient::~HttpClient() = default;

void HttpClient::start(HttpTicket ticket, engine::HttpCall call, std::string idempotency_key,
                       HttpAuth auth) {
    loop_->send(Loop::Start{ticket, std::move(call), std::move(idempotency_key), std::move(auth)});
}

void HttpClient::abort(HttpTicket ticket) {
    loop_->send(Loop::Abort{ticket});
}

std::size_t HttpClient::open_calls() const {
    return loop_->open_calls();
}

}  // namespace millrace::runtime
