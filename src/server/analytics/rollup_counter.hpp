// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/meter.hpp"
#include "millrace/store/rollups.hpp"
#include "millrace/store/store.hpp"
#include "observation/facts.hpp"

namespace millrace::server {

/// Counts facts in memory and adds them to the store's rollups now and then, with the place in the
/// feed up to which they were counted: after a crash it goes on there, and counts nothing twice.
/// What attempts have used is in no journal; of that the last moments before a crash are lost.
/// Thread-safe; made as a shared_ptr, since tasks that come late keep it.
class RollupCounter final : public FactSink, public std::enable_shared_from_this<RollupCounter> {
public:
    struct Parts {
        store::Store& store;  ///< for reading
        /// Lets a task make writing calls.
        std::function<core::Result<>(const std::function<core::Result<>(store::Store&)>&)> write;
        runtime::Log& log;
        /// Does a task on a work thread, after a while.
        std::function<void(core::Duration, std::function<void()>)> later;
        std::function<core::Time()> now;
        std::function<std::int64_t()> steady_ms;
    };
    static constexpr core::Duration interval_min{1'000};
    /// Of an interval, writing takes at most this share; else the next one is longer.
    static constexpr std::int64_t writing_share = 20;
    static constexpr std::size_t code_bytes_max = 128;

    explicit RollupCounter(Parts parts);

    /// Where the feed is to be read from: what was counted last, or all there is.
    core::Result<store::FeedPosition> place();

    void on_created(const ObservedExecution& execution) override;
    void on_node(const NodeFact& fact) override;
    void on_ended(const ExecutionFact& fact) override;
    void on_position(store::FeedPosition position) override;
    void on_gap(store::FeedPosition position) override;
    /// Any thread; never waits for a writing.
    void on_attempt(const runtime::AttemptUse& use);

    /// Writes what was counted, unless facts of a frame are only half told; the error of a failure,
    /// after which nothing is lost.
    core::Result<> flush();
    /// Writes a last time; nothing is written afterwards.
    void stop();

    /// When the last happened that was counted.
    core::Time counted_until() const;

private:
    struct Key {
        std::string workflow_id;
        std::string node_id;
        std::int64_t start_ms = 0;  ///< of a minute; of an hour where it is a node's
    };
    using Name = std::tuple<std::string_view, std::string_view, std::int64_t>;
    struct Before {
        using is_transparent = void;
        static Name name(const Key& key) { return {key.workflow_id, key.node_id, key.start_ms}; }
        static Name name(const Name& key) { return key; }
        bool operator()(const auto& a, const auto& b) const { return name(a) < name(b); }
    };
    using Counted = std::map<Key, store::Rollup, Before>;
    struct Batch {
        std::vector<store::RollupAdd> adds;
        store::RollupProgress progress;
        std::optional<store::RollupGap> gap;
    };

    static store::Rollup& at(Counted& counted, std::string_view workflow_id,
                             std::string_view node_id, core::Time time);
    void note(core::Time time);
    void plan();
    core::Result<> write();
    core::Result<> write_unsure();
    core::Result<> put(const Batch& batch) const;
    void complain(const core::Error& error);

    const Parts parts_;
    // Executors must not wait for a writing, which waits for them.
    std::mutex costs_mutex_;
    Counted costs_;

    mutable std::mutex mutex_;  // guards what follows
    Counted counted_;
    store::RollupProgress progress_;
    std::optional<store::RollupGap> gap_;
    bool has_history_ = false;  ///< something was counted by this or an earlier process
    bool is_within_ = false;    ///< facts behind `progress_` are in `counted_`
    bool is_changed_ = false;
    bool is_planned_ = false;
    bool is_failing_ = false;
    bool is_stopped_ = false;
    std::int64_t due_ms_ = 0;      ///< by the steady clock
    std::optional<Batch> unsure_;  ///< its writing has failed, but may have reached the store
};

struct Services;
/// `services` outlives them.
RollupCounter::Parts rollup_counter_parts(Services& services);

}  // namespace millrace::server
