// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "millrace/engine/frame.hpp"

namespace millrace::engine {

/// Something of a workflow that waits for its turn.
struct Waiting {
    std::string_view workflow;
    std::int32_t priority = 0;
};

/// The order in which to serve `waiting`, so that no workflow starves another: deficit round-robin
/// (Shreedhar and Varghese, 1995) with one unit for each, over the workflows in the order of their
/// first. In a round each workflow gets one turn, and then one more for every ten steps by which
/// the priority of its first is below 0: what a frame that ends early leaves begins with those that
/// had no turn, and needs no memory of whose it was. Within a workflow the order stays. With W
/// workflows waiting, the first of each is served within the first 11·W turns, over as many frames
/// as those take. O(waiting · log workflows).
std::vector<std::size_t> fair_order(const std::vector<Waiting>& waiting);

/// Brings the creations in `inbox` into fair order, each to a place where one stood. All else stays
/// where it is: it belongs to executions that were let in before, and is bounded by them.
void order_creations(std::deque<Input>& inbox);

}  // namespace millrace::engine
