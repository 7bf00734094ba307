// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "testing/http_server.hpp"

namespace millrace::testing {

/// The outside world of a workflow: counts how often each effect is asked for, by its key.
class EffectServer {
public:
    /// The answer to `last` is held back until `let_end`, so that no run ends before.
    explicit EffectServer(std::string last = {}) : last_{std::move(last)} {}
    void let_end() { end_->open(); }

    std::string base() const { return server_.url(""); }
    /// Effects that were asked for at least once.
    std::size_t effects() const;
    /// Calls beyond the first one, over all effects.
    std::size_t repeated_calls() const;
    std::size_t calls() const;
    /// False when there are not so many effects within `at_most`.
    bool wait_for_effects(std::size_t count, std::chrono::milliseconds at_most) const;
    /// The same for calls.
    bool wait_for_calls(std::size_t count, std::chrono::milliseconds at_most) const;
    /// Whether each key came with one target only, and each target with so many keys: a key is that
    /// of one effect of one execution.
    bool is_each_target_called_with(std::size_t keys) const;

private:
    runtime::testing::Reply answer(const runtime::testing::ServedRequest& request);

    std::string last_;
    std::shared_ptr<runtime::testing::Gate> end_ = std::make_shared<runtime::testing::Gate>();
    mutable std::mutex mutex_;
    mutable std::condition_variable came_;
    std::map<std::string, std::map<std::string, std::size_t>> calls_;  // key, target: count
    std::size_t count_ = 0;
    // Last: its threads use all of the above.
    runtime::testing::HttpServer server_{
        [this](const runtime::testing::ServedRequest& request) { return answer(request); }};
};

}  // namespace millrace::testing
