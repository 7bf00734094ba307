// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/store/idempotency.hpp"

namespace millrace::server {

/// Calls that have been taken before, by their dedupe keys and their signatures; durable, so that a
/// restart forgets none. Claims that come at the same time share a commit. Thread-safe.
class SeenCalls : public std::enable_shared_from_this<SeenCalls> {
public:
    struct Parts {
        /// Lets a task make writing calls; durable when it returns without an error.
        std::function<core::Result<>(const std::function<core::Result<>(store::Idempotency&)>&)>
            write;
        /// Does a task that waits for the store.
        std::function<void(std::function<void()>)> work;
    };
    explicit SeenCalls(Parts parts) : parts_{std::move(parts)} {}

    /// What a call is known by; an empty key claims nothing.
    struct Claim {
        std::string scope;  ///< of the webhook
        std::string key;    ///< of the dedupe expression: a repeated one is the same call
        core::Duration key_window{86'400'000};
        std::string signature;  ///< of the signature: a repeated one is refused
        core::Duration signature_window{0};
        core::Time now;
    };
    struct Outcome {
        bool is_repeated = false;  ///< the key was there
        bool is_replayed = false;  ///< the key was not, but the signature was; nothing is claimed
        core::Time since;          ///< when the key was claimed first
    };
    using Done = std::function<void(core::Result<Outcome>)>;

    /// Tells `done` on a work thread.
    void claim(Claim claim, Done done);
    /// The call has started nothing, so it may come again.
    void release(const Claim& claim);

private:
    struct Waiting {
        Claim claim;
        Done done;
    };
    void run();
    static core::Result<Outcome> decide(store::Idempotency& keys, const Claim& claim);

    const Parts parts_;
    std::mutex mutex_;  // guards what follows
    std::vector<Waiting> waiting_;
    bool is_running_ = false;
};

}  // namespace millrace::server
