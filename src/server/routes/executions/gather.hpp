// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "millrace/core/value.hpp"

namespace millrace::server {

/// Waits for the results of many things that were begun together, from any threads; gives them in
/// the order of the things once the last one is there.
class Gather {
public:
    using Done = std::function<void(std::vector<core::Value>)>;

    /// `count` is above zero.
    Gather(std::size_t count, Done done) : items_(count), missing_{count}, done_{std::move(done)} {}

    void give(std::size_t place, core::Value item) {
        {
            const std::scoped_lock lock{mutex_};
            items_[place] = std::move(item);
            if (--missing_ > 0) return;
        }
        done_(std::move(items_));
    }

private:
    std::mutex mutex_;
    std::vector<core::Value> items_;
    std::size_t missing_;
    const Done done_;
};

}  // namespace millrace::server
