// SPDX-License-Identifier: Apache-2.0
#include "effect_server.hpp"

#include <algorithm>

namespace millrace::testing {

using runtime::testing::Reply;
using runtime::testing::ServedRequest;

Reply EffectServer::answer(const ServedRequest& request) {
    {
        const std::scoped_lock lock{mutex_};
        ++calls_[std::string{request.header("idempotency-key")}][request.target];
        ++count_;
    }
    came_.notify_all();
    Reply reply = Reply::json(R"({"target": ")" + request.target + R"("})");
    if (request.target == last_) reply.gate = end_;
    return reply;
}

std::size_t EffectServer::effects() const {
    const std::scoped_lock lock{mutex_};
    return calls_.size();
}

std::size_t EffectServer::calls() const {
    const std::scoped_lock lock{mutex_};
    return count_;
}

std::size_t EffectServer::repeated_calls() const {
    const std::scoped_lock lock{mutex_};
    return count_ - calls_.size();
}

bool EffectServer::is_each_target_called_with(std::size_t keys) const {
    const std::scoped_lock lock{mutex_};
    std::map<std::string, std::size_t> keys_of_target;
    for (const auto& [key, by_target] : calls_) {
        if (by_target.size() != 1) return false;
        ++keys_of_target[by_target.begin()->first];
    }
    return std::ranges::all_of(keys_of_target,
                               [keys](const auto& target) { return target.second == keys; });
}

bool EffectServer::wait_for_effects(std::size_t count, std::chrono::milliseconds at_most) const {
    std::unique_lock lock{mutex_};
    return came_.wait_for(lock, at_most, [&] { return calls_.size() >= count; });
}

bool EffectServer::wait_for_calls(std::size_t count, std::chrono::milliseconds at_most) const {
    std::unique_lock lock{mutex_};
    return came_.wait_for(lock, at_most, [&] { return count_ >= count; });
}

}  // namespace millrace::testing
