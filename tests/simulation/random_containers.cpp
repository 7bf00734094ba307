// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plan_generator.hpp"

// How the generator adds loops and tries.

namespace millrace::simulation {

using core::Duration;

void PlanGenerator::fill(Place& place, std::uint32_t nodes) {
    const std::uint32_t end = left_ > nodes ? left_ - nodes : 0;
    while (left_ > end)
        add_node(place);
}

std::string PlanGenerator::loop_data() {
    std::string data = "{";
    const std::uint32_t choice = dice_.below(10);
    if (choice < 4) {
        data += R"("over": "[inputs.n, 1, 2, 3]")";
        if (dice_.percent(30)) data += ", \"batch_size\": " + std::to_string(1 + dice_.below(3));
    } else if (choice < 8) {
        data += dice_.percent(50) ? R"("times": 3)" : R"js("times": "inputs.n % 5")js";
    } else {
        data += R"js("while": "index < 3 && (value == null || inputs.n != 5)")js";
    }
    if (choice < 8) data += ", \"concurrency\": " + std::to_string(1 + dice_.below(3));
    if (dice_.percent(40)) data += R"(, "continue_on_error": true)";
    if (dice_.percent(20)) data += R"(, "aggregate": false)";
    if (dice_.percent(10)) data += R"(, "max_iterations": 2)";
    if (dice_.percent(30)) {
        const char* conditions[] = {"index >= 1", "value == null", "value != null && inputs.n > 6",
                                    "inputs.missing.field"};
        data += R"(, "break": ")" + std::string{conditions[dice_.below(4)]} + "\"";
    }
    return data + "}";
}

void PlanGenerator::add_loop(Place& place) {
    const std::string id = new_node(place, "test.loop", loop_data());
    core::NodeSpec& node = plan_.last_node();
    if (dice_.percent(30)) node.retry = random_retry();
    if (dice_.percent(15)) node.timeout = Duration{dice_.between(50, 4'000)};
    if (dice_.percent(15)) node.deadline = Duration{dice_.between(50, 8'000)};
    may_be_undone(8);
    finish(place, id, "done");
    Place body{id, {{id, "item"}}, place.depth + 1, true};
    fill(body, 1 + dice_.below(4));
    if (dice_.percent(80)) connect(body, any_source(body), id + ".result");
}

void PlanGenerator::add_try(Place& place) {
    const std::string id = new_node(place, "test.try");
    core::NodeSpec& node = plan_.last_node();
    if (dice_.percent(40)) node.retry = random_retry();
    if (dice_.percent(15)) node.timeout = Duration{dice_.between(50, 4'000)};
    if (dice_.percent(15)) node.deadline = Duration{dice_.between(50, 8'000)};
    may_be_undone(8);
    finish(place, id, "done");
    Place body{id, {{id, "item"}}, place.depth + 1, place.in_loop};
    fill(body, 1 + dice_.below(4));
    if (dice_.percent(80)) connect(body, any_source(body), id + ".result");
    if (!dice_.percent(65)) return;
    Place cleanup{id, {{id, "finally"}}, place.depth + 1, place.in_loop};
    left_ = std::max(left_, 1u);
    fill(cleanup, 1 + dice_.below(2));
}

}  // namespace millrace::simulation
