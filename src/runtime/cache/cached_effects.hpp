// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "cache/result_front.hpp"
#include "executor.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/runtime/clock.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/store/result_cache.hpp"

namespace millrace::runtime {

/// The executor's name in the history of attempts whose result was not made for them.
inline constexpr const char* cache_executor_name = "cache";

struct CachedEffectsOptions {
    std::size_t memory_bytes = 32u << 20;
    std::uint64_t stored_bytes = 256u << 20;
    std::size_t result_bytes_max = 16u << 20;  ///< larger ones are not kept
    std::size_t unwritten_bytes_max = 32u << 20;
};

struct CachedEffectsParts {
    store::ResultCache& results;
    std::mutex& writing;  ///< held during every writing call of the store
    Clock& clock;
    Log& log;
    Executor& executor;
    /// Takes completions; called with no lock held.
    std::function<void(std::span<engine::Completion>)> done;
    /// The store must be opened again; called with no lock held.
    std::function<void(const core::Error&)> distrust;
};

/// Stands before the executor for effects whose results are kept. What the operator does not allow
/// is not looked up but passed on, to fail, and paths mean the same files only where they lead to
/// the same place. A result that is known completes
/// the attempt at once; of equal calls at the same time one is made, and the others wait for it:
/// when it fails, the failure is its own, and the next of them is made. What is looked up and
/// written goes through a thread of its own, so that nobody waits for the disk, and a store that
/// fails costs a repeated call and nothing else. Thread-safe.
class CachedEffects {
public:
    CachedEffects(CachedEffectsOptions options, CachedEffectsParts parts);
    ~CachedEffects();
    CachedEffects(const CachedEffects&) = delete;
    CachedEffects& operator=(const CachedEffects&) = delete;

    /// Passes on what is not to be cached. `now` is the frame's time, by which results expire.
    void perform(std::vector<engine::Effect> effects, core::Time now);
    void abort(std::span<const engine::Abort> aborts);
    /// Sees what the executor has completed before anybody else does.
    void completed(std::span<const engine::Completion> completions);

    /// Forgets results, also those of calls that are being made; how many the store has deleted.
    core::Result<std::uint64_t> clear(const store::CacheFilter& filter);

    /// Takes nothing further, writes what is to be kept and joins the thread.
    void stop();

private:
    enum class Stage : std::uint8_t { looking, performing };
    /// Equal calls. The first of `members` is the one that is looked up or made.
    struct Group {
        Stage stage = Stage::looking;
        bool keeps = true;  ///< false: it was cleared while it was being made
        std::deque<engine::Effect> members;
    };
    using Groups = std::unordered_map<std::string, Group>;

    bool is_to_cache(engine::Effect& effect) const;
    void admit(engine::Effect effect, std::vector<engine::Completion>& hits);
    void lead(Group& group);
    void finish(Groups::iterator at, const Outputs& outputs,
                std::vector<engine::Completion>& completions);
    void leave(const AttemptKey& member, std::vector<engine::Completion>& completions);
    void keep(const engine::CacheRequest& request, const Outputs& outputs);
    void succeed(const engine::Completion& completion, Groups::iterator group,
                 std::vector<engine::Completion>& others);
    void wake();

    void work();
    void look_up(std::unique_lock<std::mutex>& lock);
    bool is_to_write() const;
    void write(std::unique_lock<std::mutex>& lock);
    void report(const core::Error& error, std::string_view message);

    const CachedEffectsOptions options_;
    const CachedEffectsParts parts_;

    std::mutex mutex_;  // guards all that follows
    std::condition_variable has_work_;
    ResultFront front_;
    Groups groups_;
    std::unordered_map<AttemptKey, std::string, AttemptKeyHash> members_;  // to the group's key
    std::atomic<std::size_t> member_count_ = 0;  // read without the lock: mostly there are none
    std::deque<std::string> lookups_;
    std::vector<store::CachedResult> unwritten_;
    std::size_t unwritten_bytes_ = 0;
    core::Duration write_at_;                // of the monotonic clock
    std::atomic<std::uint64_t> clears_ = 0;  // written under the lock
    core::Time now_;
    bool store_fails_ = false;
    bool stopping_ = false;
    std::thread thread_;  // starts with the first effect that is to be cached
};

}  // namespace millrace::runtime
