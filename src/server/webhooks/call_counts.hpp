// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/store/trigger_counts.hpp"

namespace millrace::server {

class CallCounts;
/// Sees to it that what is counted is written down some time.
struct CountAlarm {
    std::atomic<bool> is_set{false};
    std::function<void()> set;
};

/// What became of a call.
enum class CallEnd : std::uint8_t {
    succeeded,  ///< answered below 500, or started where nobody waits
    failed,     ///< the execution failed, or was not done in time
    refused,    ///< nothing was started: not allowed, not understood, or too many
};

/// Counts the calls of one trigger. Thread-safe; a count is a few atomic additions. May outlive
/// those who write it down.
class CallCounter {
public:
    void note(CallEnd end, std::int64_t micros, core::Time at);
    /// Calls that are not durable yet.
    std::atomic<std::uint32_t> under_way{0};

private:
    friend class CallCounts;
    explicit CallCounter(std::shared_ptr<CountAlarm> alarm) : alarm_{std::move(alarm)} {}

    const std::shared_ptr<CountAlarm> alarm_;
    std::atomic<std::uint64_t> succeeded_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::atomic<std::uint64_t> total_us_{0};
    std::atomic<std::int64_t> last_ms_{0};
};

/// Counts calls in memory and writes them down in batches, so that no call waits for it. A crash
/// loses the last few seconds of counts and nothing else. Thread-safe.
class CallCounts : public std::enable_shared_from_this<CallCounts> {
public:
    static constexpr core::Duration interval{5'000};
    struct Parts {
        std::function<core::Result<>(std::span<const store::TriggerCount>)> add;
        std::function<core::Result<std::vector<store::TriggerCount>>(
            const std::optional<std::string>& workflow_id)>
            list;
        /// Does a task, which may wait for the store, after a while.
        std::function<void(core::Duration, std::function<void()>)> later;
    };
    static std::shared_ptr<CallCounts> make(Parts parts);

    /// Its counter; the same one across versions of a workflow.
    std::shared_ptr<CallCounter> counter(const std::string& workflow_id,
                                         const std::string& node_id);
    /// Writes down what was counted since; nothing is lost when that fails.
    void flush();
    /// What is written down and what is not yet, of one workflow or of all.
    core::Result<std::vector<store::TriggerCount>> list(
        const std::optional<std::string>& workflow_id);

private:
    using Name = std::pair<std::string, std::string>;
    explicit CallCounts(Parts parts) : parts_{std::move(parts)} {}
    /// What a counter holds, which is taken from it when `takes`.
    static store::TriggerCount read(const Name& name, CallCounter& counter, bool takes);

    const Parts parts_;
    const std::shared_ptr<CountAlarm> alarm_ = std::make_shared<CountAlarm>();
    std::mutex mutex_;  // guards what follows
    std::map<Name, std::shared_ptr<CallCounter>> counters_;
};

/// `{calls, succeeded, failed, refused, success_rate, average_ms, last_called_at}`.
core::Value statistics_value(const store::TriggerCount& count);

}  // namespace millrace::server
