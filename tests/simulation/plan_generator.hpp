// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dice.hpp"
#include "testing/library.hpp"

namespace millrace::simulation {

/// Builds one random document.
class PlanGenerator {
public:
    PlanGenerator(Dice& dice, const std::string& workflow, std::uint32_t nodes)
        : dice_{dice}, plan_{workflow}, left_{nodes} {}

    engine::PlanBuilder build();

private:
    /// An output port that further nodes may connect to.
    struct Source {
        std::string node;
        std::string port;
    };
    /// The top level, or a part of a container.
    struct Place {
        std::string parent;
        std::vector<Source> sources;
        std::uint32_t depth = 0;
        bool in_loop = false;  ///< `item` and `index` can be read
    };

    void settle();
    void add_node(Place& place);
    void add_pure(Place& place);
    void add_delay(Place& place);
    void add_decision(Place& place);
    void add_rejoined_decision(Place& place);
    void add_cases(Place& place);
    void add_merge(Place& place);
    void add_effect(Place& place);
    void add_wait(Place& place);
    void add_child(Place& place);
    void add_loop(Place& place);
    void add_try(Place& place);
    void fill(Place& place, std::uint32_t nodes);

    std::string new_node(const Place& place, const std::string& type, const std::string& data = "");
    Source any_source(const Place& place);
    void connect(const Place& place, const Source& from, const std::string& to);
    core::RetryPolicy random_retry();
    std::string loop_data();
    void may_be_undone(std::uint32_t percent);
    void guard(core::NodeSpec& node);
    /// Connects the node added last and chooses what happens when it fails.
    void finish(Place& place, const std::string& id, const std::string& port);

    Dice& dice_;
    engine::PlanBuilder plan_;
    std::uint32_t left_;
    std::uint32_t count_ = 0;
    std::vector<core::NodeSpec> undoing_;  // added at the end
};

}  // namespace millrace::simulation
