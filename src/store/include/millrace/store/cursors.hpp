// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/store/feed.hpp"

namespace millrace::store {

/// How far those who follow the feed have come, by their names. Part of a Store and used like it.
class Cursors {
public:
    virtual ~Cursors() = default;

    /// None: nothing was put yet.
    virtual core::Result<std::optional<FeedPosition>> get(const std::string& name) = 0;
    /// Not waited for: durable with the next frame. Who follows does again what it lost.
    virtual core::Result<> put(const std::string& name, FeedPosition position) = 0;
};

}  // namespace millrace::store
