// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "events/journals.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/runtime/log.hpp"
#include "observation/facts.hpp"

namespace millrace::server {

/// Tells facts to whoever keeps statistics, some tenths of a second after they have become durable:
/// many rows at a time, on a work thread, so that executions do not wait for it. What came too fast
/// is read of the store, so that nothing is left out; what cannot be read is tried again, and what
/// follows it waits. Thread-safe.
class Observation {
public:
    struct Parts {
        std::unique_ptr<Journals> journals;
        /// Does a task on a work thread.
        std::function<void(std::function<void()>)> work;
        /// Does something after a while, on any thread.
        std::function<void(core::Duration, std::function<void()>)> later;
        runtime::Log* log = nullptr;  ///< or null
    };
    explicit Observation(Parts parts);
    ~Observation();
    Observation(const Observation&) = delete;
    Observation& operator=(const Observation&) = delete;

    /// Before `start`. The sink is called on work threads, one call at a time; it may read and
    /// write the store there, but all other sinks wait for it. `after`: where it goes on, as
    /// `on_position` has told; none: with what is committed from the start on.
    void add(std::shared_ptr<FactSink> sink, std::optional<store::FeedPosition> after = {});

    /// Reads first what was committed since the sinks' places; returns at once.
    core::Result<> start();
    /// Tells what is committed by now; waits for it. Not from a sink.
    void settle();
    /// The sinks are not called any more afterwards.
    void stop();

    /// Rows that were committed and not told yet, of those in memory.
    std::size_t waiting() const;

private:
    class Pump;
    std::shared_ptr<Pump> pump_;  // the runtime and tasks under way keep it
};

}  // namespace millrace::server
