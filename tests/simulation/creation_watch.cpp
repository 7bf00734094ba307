// SPDX-License-Identifier: Apache-2.0
#include "creation_watch.hpp"

#include <set>
#include <variant>

#include "history.hpp"

namespace millrace::simulation {

void CreationWatch::offer(const std::deque<engine::Input>& inbox, std::size_t workflows) {
    workflows_ = workflows;
    std::set<std::string> seen;
    for (const engine::Input& input : inbox) {
        const auto* create = std::get_if<engine::CreateExecution>(&input);
        if (create == nullptr) continue;
        const std::string& workflow = create->plan->identity().workflow_id;
        creations_.try_emplace(create->token, workflow);
        if (!seen.insert(workflow).second) continue;
        First& first = first_[workflow];
        if (first.token != create->token) first = {create->token, 0};
    }
}

void CreationWatch::serve(const engine::Frame& frame) {
    constexpr std::size_t turns_max = 11;
    for (const engine::Answer& answer : frame.answers) {
        const auto served = creations_.find(answer.token);
        if (served == creations_.end()) continue;
        const auto own = first_.find(served->second);
        if (own != first_.end() && own->second.token == answer.token) first_.erase(own);
        for (auto& [workflow, first] : first_) {
            if (workflow == served->second) continue;
            if (++first.turns >= turns_max * workflows_)
                violated("a creation of " + workflow + " waits longer than its turn");
        }
    }
}

}  // namespace millrace::simulation
