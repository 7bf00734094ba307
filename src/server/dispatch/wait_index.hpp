// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dispatch/event_rules.hpp"
#include "dispatch/event_value.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/nodes/event_selector.hpp"
#include "millrace/store/waits.hpp"

namespace millrace::server {

/// A run that waits.
struct WaitKey {
    core::ExecutionId id;
    engine::RunKey run;

    auto operator<=>(const WaitKey&) const = default;
};

/// The runs that wait for events. Those of one node differ in the values that they match only, so
/// that an event is looked at once for all of them. Not thread-safe.
class WaitIndex {
public:
    void add(const store::Wait& wait);
    /// What a frame says of a run: that it waits, or does no longer.
    void apply(const engine::WaitRow& row);
    void erase(const WaitKey& key);
    void clear();

    std::size_t size() const { return waits_.size(); }
    /// Of executions' events, that any of them wants.
    EventTypes types() const;
    bool wants_source(std::string_view source) const;
    /// Those that the event answers, in order: none of its own execution's, and none that began to
    /// wait after it. `is_new`: it comes now, whatever time it names.
    std::vector<WaitKey> answered_by(const HappenedEvent& event, bool is_new) const;
    /// `charge`, or `loop[3].charge` within a container; empty when it is not here.
    std::string path_of(const WaitKey& key) const;

private:
    struct Entry {
        std::string shape;
        core::Value values;  ///< an array of what its paths must be equal to
        std::string path;
        core::Time since;
    };
    struct ValueHash {
        std::size_t operator()(const core::Value& value) const { return value.hash(); }
    };
    /// Waits that ask the same but for the values.
    struct Shape {
        nodes::EventSelector selector;
        EventTypes types = 0;
        std::vector<std::string> paths;
        std::unordered_multimap<core::Value, WaitKey, ValueHash> waits;
    };

    void put(const WaitKey& key, const core::Value& details, std::string path, core::Time since);

    std::map<WaitKey, Entry> waits_;
    std::map<std::string, Shape> shapes_;
};

}  // namespace millrace::server
