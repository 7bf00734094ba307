// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "http/egress.hpp"
#include "http/http_auth.hpp"
#include "http/http_client.hpp"
#include "http/http_waiting.hpp"
#include "http/oauth_tokens.hpp"
#include "meter_slot.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/runtime/functions.hpp"
#include "millrace/runtime/links.hpp"
#include "millrace/runtime/log.hpp"
#include "surroundings.hpp"

namespace millrace::runtime {

/// Names an attempt for as long as it is performed.
struct AttemptKey {
    core::ExecutionId id;
    engine::RunKey run;
    std::uint32_t attempt = 1;

    auto operator<=>(const AttemptKey&) const = default;
};
struct AttemptKeyHash {
    std::size_t operator()(const AttemptKey& key) const noexcept;
};

/// Starts other executions for effects that are such calls.
class SubworkflowStarter {
public:
    using Done = std::function<void(engine::Completion)>;

    virtual ~SubworkflowStarter() = default;
    /// May read the store. `done` is called once, now or later; not at all once all is stopped.
    virtual void begin(const engine::Effect& effect, std::stop_token stop, Done done) = 0;
};

struct ExecutorOptions {
    std::size_t threads = 2;            ///< that compute
    std::size_t waiting_threads = 16;   ///< at most, that wait for disks and peers
    std::size_t programs_running = 16;  ///< at most
    std::size_t in_flight_max = 4'096;  ///< further effects wait in a queue
    HttpLimits http;
    EgressPolicy egress;
    std::shared_ptr<const AllowedFolders> folders;    ///< null: none
    std::shared_ptr<const AllowedPrograms> programs;  ///< null: none
    std::shared_ptr<Clock> clock;                     ///< null: the system's
    std::shared_ptr<Credentials> credentials;         ///< null: there are none
    Links* links = nullptr;                           ///< null: nobody answers any
    std::shared_ptr<Log> log;                         ///< null: silent
    SubworkflowStarter* subworkflows = nullptr;       ///< outlives the executor; null: none
    const MeterSlot* meter = nullptr;                 ///< outlives the executor; null: none
};

/// What an executor has to do at this moment.
struct ExecutorLoad {
    std::size_t in_flight = 0;  ///< attempts that have been asked for and not completed
    std::size_t waiting = 0;    ///< of them, those for which there is no place yet
    std::size_t queued = 0;     ///< of them, those that wait for a thread
};

/// Performs effects: HTTP calls through the HTTP client, which starts with the first of them;
/// functions and large pure nodes on a pool of threads that compute; databases, files and mail, and
/// finding the credentials of HTTP calls, on one of threads that wait; programs on one of their
/// own. Thread-safe.
class Executor {
public:
    /// Takes what has ended, from a pool thread or the client's; it may move from the span and
    /// must not block.
    using Done = std::function<void(std::span<engine::Completion>)>;

    /// `functions` outlives the executor.
    Executor(ExecutorOptions options, const Functions& functions, Done done);
    ~Executor();
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    /// Each effect gives one completion. An attempt that is being performed already is left alone:
    /// a rebuilt shard asks again for what it does not know to be under way.
    void perform(std::vector<engine::Effect> effects);

    /// What waits is dropped, HTTP transfers end, running functions are asked to stop. Each gives a
    /// completion of class `canceled`, unless it had ended well by then.
    void abort(std::span<const engine::Abort> aborts);

    /// Attempts that have been asked for and not completed.
    std::size_t in_flight() const;
    ExecutorLoad load() const;

    /// What its attempts may reach.
    const Surroundings& surroundings() const { return surroundings_; }

    /// Ends without completing what is open; waits for running functions.
    void stop();

private:
    enum class State : std::uint8_t { waiting, on_pool, running, on_http, elsewhere, dropped };
    struct Attempt {
        engine::Effect effect;
        std::stop_source stop;
        State state = State::waiting;
        core::Duration since;  ///< when it was asked for, by the monotonic clock
        std::optional<HttpTicket> ticket;
        std::optional<engine::HttpAnswer> answer;  ///< still to be read by the node, on the pool
        /// Of a call by OAuth 2: the token that was sent, and whether it was a second one.
        std::string token;
        std::vector<std::string> secrets;  ///< as they were put into the request
        bool is_renewed = false;
        bool is_given_up = false;  ///< while it ran; its stop is about to be requested
        Stopwatch began;           ///< since it has a place
        std::chrono::nanoseconds cpu{0};
        HttpTraffic traffic;
        ChildProcess::Use program;  ///< of one that it has run
    };
    using AttemptPtr = std::shared_ptr<Attempt>;
    /// A pool of threads and what they have to do.
    struct Pool {
        std::condition_variable has_work;
        std::deque<AttemptPtr> queue;
        std::size_t idle = 0;
        std::size_t threads = 0;
        std::size_t threads_max = 0;  ///< grows up to this many
    };

    void work(Pool& pool);
    Pool& pool_for(const engine::EffectRequest& request);
    void enqueue(Pool& pool, const AttemptPtr& attempt);
    void launch(const AttemptPtr& attempt);
    void launch_waiting();
    void forget(const Attempt& attempt);
    HttpClient& http();
    void start_http(const AttemptPtr& attempt, HttpAuth auth);
    void on_http_done(std::vector<HttpCompletion> ended);
    bool renews(const AttemptPtr& attempt, const HttpCompletion& call);
    /// Nothing when the attempt goes on elsewhere.
    std::optional<engine::Completion> run(const AttemptPtr& attempt);
    void start_subworkflow(const AttemptPtr& attempt);
    /// Of one that went on elsewhere.
    void finish(const AttemptPtr& attempt, engine::Completion completion);
    std::expected<core::Value, core::Failure> act(const engine::Effect& effect,
                                                  const AttemptFacts& facts);
    std::expected<std::optional<Credential>, core::Failure> credential_of(
        const engine::Effect& effect) const;
    std::expected<HttpAuth, core::Failure> auth_for(Attempt& attempt);
    std::expected<std::string, core::Failure> token_of(const Credential& credential,
                                                       Attempt& attempt);
    std::expected<std::string, core::Failure> fetched_token(const std::string& key,
                                                            const Credential& credential,
                                                            const std::stop_token& stop);
    std::expected<OauthToken, core::Failure> fetch_token(const Credential& credential,
                                                         const std::stop_token& stop);
    std::expected<engine::HttpAnswer, core::Failure> call_and_wait(engine::HttpCall call,
                                                                   const std::stop_token& stop);
    void tell(std::span<engine::Completion> completions) const;
    void log(const Attempt& attempt, const engine::Completion& completion) const;
    void measure(const Attempt& attempt, const engine::Completion& completion) const;
    static bool needs_credentials(const engine::Effect& effect);
    /// In what a peer has answered to one who has shown it secrets.
    void hide_secrets(const engine::Effect& effect, engine::Completion& completion) const;
    void wake_workers();

    const ExecutorOptions options_;
    const Functions& functions_;
    const Done done_;
    Surroundings surroundings_;
    OauthTokens tokens_;
    HttpWaiting answers_;

    mutable std::mutex mutex_;  // guards all that follows
    std::unordered_map<AttemptKey, AttemptPtr, AttemptKeyHash> attempts_;
    std::unordered_map<std::uint64_t, AttemptPtr> by_ticket_;
    std::deque<AttemptPtr> waiting_;  // beyond in_flight_max
    Pool computing_;
    Pool acting_;
    Pool running_;  // programs, which may take hours and must not hold up the others
    std::size_t launched_ = 0;
    std::uint64_t last_ticket_ = 0;
    bool stopping_ = false;

    std::unique_ptr<HttpClient> http_;
    std::vector<std::thread> workers_;  // last: they use all of the above
};

}  // namespace millrace::runtime
