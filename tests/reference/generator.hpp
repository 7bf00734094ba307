// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "../simulation/dice.hpp"
#include "random_document.hpp"
#include "testing/library.hpp"

namespace millrace::reference {

using simulation::Dice;

/// An output port that further nodes may connect to.
struct Source {
    std::string node;
    std::string port;
    bool is_branch = false;  ///< of a decision, so that often nothing comes of it
};

/// Where nodes are being added: the top level, or a part of a container.
struct Place {
    std::string parent;
    std::vector<Source> sources;
    std::set<std::string> outside;  ///< nodes around the container that have ended before it
    std::uint32_t depth = 0;
    bool in_loop = false;
    bool is_cleanup = false;
    bool in_cleanup = false;  ///< at any depth
};

/// What expressions at one point may read.
struct View {
    std::set<std::string> nodes;
    bool in_loop = false;
    std::string more;  ///< a further name with a value, such as `value`; or empty
};

/// Builds one random document.
class Generator {
public:
    explicit Generator(Dice& dice) : dice_{dice}, plan_{"random"} {}

    core::Document build();

private:
    // random_document.cpp
    void settle_settings();
    void fill(Place& place, std::uint32_t count);
    void add_node(Place& place);
    void add_outputs(const Place& top);
    core::RetryPolicy random_retry();
    std::string number(const View& view);
    std::string condition(const View& view);
    std::string data_value(const View& view);

    // random_nodes.cpp
    std::string new_node(Place& place, const std::string& type, const std::string& data);
    Source any_source(const Place& place);
    void connect(Place& place, const Source& from, const std::string& to,
                 const std::string& port = "in");
    void decorate(const View& view, bool may_fail);
    void may_fail(Place& place, const std::string& id, const std::string& primary);
    void add_fallback(Place& place, const std::string& head, const View& view);
    void may_be_undone(const Place& place, const std::set<std::string>& before,
                       std::uint32_t percent);
    void add_plain(Place& place);
    void add_effect(Place& place);
    void add_decision(Place& place);
    void add_switch(Place& place);
    void add_rejoined(Place& place);
    void add_join(Place& place);
    void add_pair(Place& place);
    void add_loop(Place& place);
    void add_try(Place& place);
    void fill_body(Place& outer, const std::string& id, bool is_loop);
    void fill_cleanup(Place& outer, const std::string& id);
    std::string loop_data(const View& view);
    View view_of(const Place& place, const std::set<std::string>& nodes) const;
    View view_from(const Place& place, const Source& source) const;

    Dice& dice_;
    engine::PlanBuilder plan_;
    std::uint32_t left_ = 0;                                    // nodes that may still be added
    std::uint32_t count_ = 0;                                   // nodes so far, for their names
    std::map<std::string, std::set<std::string>> before_;       // by node: those before it
    std::map<std::string, std::vector<std::string>> readable_;  // by node: its output ports
    std::vector<core::NodeSpec> undoing_;                       // added at the end
};

}  // namespace millrace::reference
