// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "millrace/engine/frame.hpp"

namespace millrace::simulation {

/// Holds the engine to its bound: with W workflows of which creations wait, the first of each is
/// served within 11·W turns, over as many frames as those take.
class CreationWatch {
public:
    /// Before a frame. `workflows`: how many there are in the world.
    void offer(const std::deque<engine::Input>& inbox, std::size_t workflows);
    /// The frame's answers, in the order in which the shard gave them.
    void serve(const engine::Frame& frame);
    /// Callers ask again after a restart, and so in another order.
    void forget() { first_.clear(); }

private:
    struct First {
        engine::CallToken token = 0;
        std::size_t turns = 0;  ///< of others since it is the first
    };
    std::map<std::string, First> first_;                  // by workflow
    std::map<engine::CallToken, std::string> creations_;  // offered so far
    std::size_t workflows_ = 1;
};

}  // namespace millrace::simulation
