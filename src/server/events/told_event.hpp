// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "millrace/core/event.hpp"

namespace millrace::server {

/// An event as everybody is told it: made once and shared by all who follow.
class ToldEvent {
public:
    explicit ToldEvent(core::Event event);

    const core::Event& event() const { return event_; }
    /// What it takes of a buffer.
    std::size_t bytes() const { return text_.size() + sizeof(ToldEvent); }

    /// The JSON form with `cursor` as its own one.
    std::string text(std::string_view cursor) const;
    /// The same in the envelope of CloudEvents 1.0; `origin` is put before its source's path.
    std::string cloud_text(std::string_view cursor, std::string_view origin) const;

private:
    core::Event event_;
    std::string text_;
    std::size_t cursor_at_ = 0;  ///< of the first character within the quotes
    std::size_t cursor_size_ = 0;
};

using SharedEvent = std::shared_ptr<const ToldEvent>;

/// Ends an execution: no event follows.
bool is_last(const core::Event& event);

}  // namespace millrace::server
