// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "http/http_client.hpp"
#include "http/http_transfer.hpp"

namespace millrace::runtime {

/// The thread of an HttpClient: hands requests to libcurl and obeys the exchanges.
class HttpClient::Loop {
public:
    Loop(EgressPolicy policy, HttpDone done, HttpLimits limits);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    struct Start {
        HttpTicket ticket;
        engine::HttpCall call;
        std::string idempotency_key;
        HttpAuth auth;
    };
    struct Abort {
        HttpTicket ticket;
    };
    using Command = std::variant<Start, Abort>;

    void send(Command command);
    std::size_t open_calls() const { return open_.load(std::memory_order_relaxed); }

private:
    struct FreeMulti {
        void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
    };
    using Waiting = std::list<Start>;

    void run();
    /// False once the client is being destroyed.
    bool take_commands();
    void obey(Start start);
    void obey(Abort abort);
    void launch_waiting();
    void launch(Start start);
    void collect_ended();
    void follow(HttpTransfer& transfer, HttpExchange::Step step);
    void perform(HttpTransfer& transfer);
    void complete(HttpTicket ticket, std::expected<engine::HttpAnswer, core::Failure> result,
                  HttpTraffic traffic = {});
    void deliver();

    const EgressPolicy policy_;
    const HttpDone done_;
    const HttpLimits limits_;
    std::atomic<std::size_t> open_ = 0;

    std::mutex mutex_;
    std::vector<Command> inbox_;  // guarded by mutex_
    bool stopping_ = false;       // guarded by mutex_

    // The thread's own.
    std::unique_ptr<CURLM, FreeMulti> multi_;
    Waiting waiting_;
    std::unordered_map<std::uint64_t, Waiting::iterator> waiting_at_;
    std::unordered_map<std::uint64_t, std::unique_ptr<HttpTransfer>> active_;
    std::vector<HttpCompletion> ended_;

    std::thread thread_;  // last: it uses all of the above
};

}  // namespace millrace::runtime
