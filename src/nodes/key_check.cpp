// SPDX-License-Identifier: Apache-2.0
#include "key_check.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace millrace::nodes {
namespace {

/// Nobody reads more of them, and each one costs a search for the nearest key.
constexpr std::size_t problems_max = 1000;

class KeyChecked final : public engine::NodeBehaviour {
public:
    KeyChecked(std::shared_ptr<const engine::NodeBehaviour> behaviour,
               std::vector<std::string> keys)
        : behaviour_{std::move(behaviour)}, keys_{std::move(keys)} {}

    void check(const core::Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        const std::size_t before = problems.size();
        behaviour_->check(data, pointer, problems);
        if (!data.is_object()) return;
        std::set<std::string, std::less<>> reported;
        for (std::size_t i = before; i < problems.size(); ++i)
            reported.insert(problems[i].path);
        const std::vector<std::string_view> known{keys_.begin(), keys_.end()};
        for (const core::Member& member : data.as_object()) {
            if (problems.size() >= problems_max) return;
            if (std::ranges::find(known, member.key) != known.end()) continue;
            const std::string path = core::pointer_child(pointer, member.key);
            if (reported.contains(path)) continue;
            core::Problem problem;
            problem.code = core::ProblemCode::unknown_key;
            problem.path = path;
            problem.message = "there is no key \"" + member.key + "\" here; " + list_of_keys();
            problem.suggestion = core::nearest(member.key, known);
            problems.push_back(std::move(problem));
        }
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        return behaviour_->start(call);
    }

    std::expected<core::Value, core::Failure> finish(
        const engine::HttpCall& call, const engine::HttpAnswer& answer) const override {
        return behaviour_->finish(call, answer);
    }

    std::shared_ptr<const engine::NodeDefinition> specialise(
        const engine::NodeDefinition& self, const core::Value& data) const override {
        return behaviour_->specialise(self, data);
    }

private:
    std::string list_of_keys() const {
        if (keys_.empty()) return "this node type takes no data";
        std::string list = "known keys are";
        for (const std::string& key : keys_)
            list += (&key == keys_.data() ? " " : ", ") + key;
        return list;
    }

    std::shared_ptr<const engine::NodeBehaviour> behaviour_;
    std::vector<std::string> keys_;
};

}  // namespace

bool is_closed(const core::Value& schema) {
    const core::Value* more = schema.find("additionalProperties");
    return more != nullptr && more->is_bool() && !more->as_bool();
}

core::Value opened(const core::Value& schema) {
    std::vector<core::Member> members;
    for (const core::Member& member : schema.as_object()) {
        if (member.key != "additionalProperties") members.push_back(member);
    }
    return core::Value::object(std::move(members));
}

std::shared_ptr<const engine::NodeBehaviour> with_key_check(
    std::shared_ptr<const engine::NodeBehaviour> behaviour, const core::Value& schema) {
    std::vector<std::string> keys;
    if (const core::Value* properties = schema.find("properties");
        properties != nullptr && properties->is_object()) {
        for (const core::Member& member : properties->as_object())
            keys.push_back(member.key);
    }
    return std::make_shared<KeyChecked>(std::move(behaviour), std::move(keys));
}

}  // namespace millrace::nodes
