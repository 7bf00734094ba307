// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/start_keys.hpp"

namespace millrace::server {

/// Which execution a call means, by its dedupe key and its signature: the same one for every call
/// of the same name, whatever becomes of them. The name is written down before anything is started,
/// is kept when a start fails, and outlives the execution. Claims that come at the same time share
/// a commit. Thread-safe.
class SeenCalls : public std::enable_shared_from_this<SeenCalls> {
public:
    struct Parts {
        /// Lets a task make writing calls; durable when it returns without an error.
        std::function<core::Result<>(const std::function<core::Result<>(store::StartKeys&)>&)>
            write;
        /// Does a task that waits for the store.
        std::function<void(std::function<void()>)> work;
    };
    explicit SeenCalls(Parts parts) : parts_{std::move(parts)} {}

    /// What a call is known by; an empty key claims nothing.
    struct Claim {
        std::string scope;  ///< of the webhook or form
        std::string key;    ///< a repeated one is the same call
        core::Duration key_window{86'400'000};
        /// Of a call with a key, one that came with another key is refused; else it is the key
        /// until the call was answered, and is refused from then on.
        std::string signature;
        core::Duration signature_window{0};
        core::Time now;
    };
    /// Others with one of the names wait while somebody holds this: one of them starts the
    /// execution.
    class Turn;
    enum class Refusal {
        none,
        replayed,  ///< the signature was used, and whoever did so has their answer
        crowded,   ///< too many of the same name wait already
    };
    struct Outcome {
        core::ExecutionId execution;  ///< that the call means
        store::StartKey::Fate fate = store::StartKey::Fate::not_started;
        Refusal refusal = Refusal::none;  ///< else nothing is claimed
        /// Of one that is to be started: until its start is durable.
        std::shared_ptr<Turn> turn;
    };
    using Done = std::function<void(core::Result<Outcome>)>;

    /// Tells `done` on a work thread; when it was stopped, at once.
    void claim(Claim claim, Done done);
    /// Whoever made this call without a key has got their answer, so a further one is no repetition
    /// of theirs.
    void note_answered(const Claim& claim, core::ExecutionId execution);
    /// Tells those who wait that it was stopped.
    void stop();

private:
    using Names = std::vector<std::string>;
    struct Waiting {
        Claim claim;
        Names names;
        Done done;
    };
    struct Answered {
        std::string name;
        core::ExecutionId execution;
    };
    struct GivenUp {
        Names names;
        core::ExecutionId execution;
    };
    /// What is done in one transaction.
    struct Batch {
        std::vector<Waiting> waiting;
        std::vector<Answered> answered;
        std::vector<GivenUp> given_up;
        std::vector<Waiting> crowded;  ///< are told so
    };
    class Again;

    void run_soon();
    void run();
    void run_again();
    Batch take();
    void do_batch(Batch batch);
    /// Whose outcomes are none wait for others of the same batch.
    core::Result<std::vector<std::optional<Outcome>>> write(const Batch& batch);
    /// Lets it wait until its name is free; whether there is room. Under the mutex.
    bool hold(Waiting& one);
    void release(const Names& names);
    void give_up(GivenUp given_up);

    const Parts parts_;
    std::mutex mutex_;  // guards what follows
    std::vector<Waiting> waiting_;
    std::vector<Answered> answered_;
    std::vector<Answered> put_off_;  // could not be written; go with the next batch
    std::vector<GivenUp> given_up_;
    /// Names that somebody has a turn with, and who waits for that.
    std::unordered_map<std::string, std::vector<Waiting>> held_;
    bool is_running_ = false;
    bool is_stopped_ = false;
};

class SeenCalls::Turn {
public:
    Turn(std::shared_ptr<SeenCalls> calls, Names names, core::ExecutionId execution)
        : calls_{std::move(calls)}, names_{std::move(names)}, execution_{execution} {}
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    /// Nothing was started, and it is certain that nothing will be: what strangers send and nobody
    /// takes is not remembered.
    void give_up();

private:
    const std::shared_ptr<SeenCalls> calls_;
    Names names_;
    const core::ExecutionId execution_;
};

/// `runtime` outlives them.
SeenCalls::Parts seen_calls_parts(runtime::Runtime& runtime,
                                  std::function<void(std::function<void()>)> work);

}  // namespace millrace::server
