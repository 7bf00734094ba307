// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/problem.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/plan.hpp"
#include "routes/executions/wait_list.hpp"
#include "webhooks/webhook.hpp"

namespace millrace::server {

/// What becomes of a URL at which one call of a webhook is tried out.
struct TestUrlState {
    enum class Kind : std::uint8_t {
        waiting,  ///< for its call
        calling,  ///< a call is being judged
        called,   ///< it has started an execution and takes no more
        expired,
    };
    Kind kind = Kind::waiting;
    std::string workflow_id;
    std::string node_id;
    core::Time expires_at;
    std::optional<core::ExecutionId> execution;
    std::optional<Problem> refused;  ///< of the last call that has started nothing
};
std::string_view to_text(TestUrlState::Kind kind);

/// URLs of the version that is edited, for one call or ten minutes; in memory, since whoever tries
/// something out is there. Thread-safe.
class TestUrls {
public:
    static constexpr core::Duration lifetime{600'000};
    static constexpr std::size_t urls_max = 1'000;

    explicit TestUrls(std::shared_ptr<WaitList> waits) : waits_{std::move(waits)} {}

    /// Its token, 128 bits that nobody can guess. None when there are too many.
    std::optional<std::string> add(WebhookPtr webhook, std::shared_ptr<const engine::Plan> plan,
                                   core::Time now);
    /// A test's webhook and plan while nobody calls it; it is taken for a call, which ends with
    /// `started` or `refused`.
    struct Taken {
        WebhookPtr webhook;
        std::shared_ptr<const engine::Plan> plan;
    };
    std::optional<Taken> take(std::string_view token, core::Time now);
    /// The webhook of a token that is waiting, to look at it.
    WebhookPtr find(std::string_view token, core::Time now);
    void started(const std::string& token, core::ExecutionId id);
    void refused(const std::string& token, const Problem& problem);
    /// Takes no call any more; whether it was there.
    bool remove(const std::string& token);

    /// None when the token is unknown.
    std::optional<TestUrlState> state(const std::string& token, core::Time now);
    /// Calls `done` when something becomes of it, or after a while, or at once when it is over.
    void wait(const std::string& token, core::Duration at_most, std::function<void()> done);

private:
    struct Entry {
        WebhookPtr webhook;
        std::shared_ptr<const engine::Plan> plan;
        TestUrlState state;
        std::vector<std::function<void()>> watchers;
    };
    void forget_old(core::Time now);
    void expire(Entry& entry, core::Time now) const;
    void change(const std::string& token, const std::function<void(Entry&)>& change);

    const std::shared_ptr<WaitList> waits_;
    std::mutex mutex_;  // guards what follows
    std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace millrace::server
