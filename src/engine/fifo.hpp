// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace millrace::engine {

/// A queue in one vector whose memory is reused: steady state allocates nothing, and an empty one
/// costs no heap at all, which std::deque does.
template <class T>
class Fifo {
public:
    void push(T item) {
        // A queue that is never empty must not keep all that ever passed through it.
        if (head_ >= compact_min && head_ * 2 > items_.size()) {
            items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
            head_ = 0;
        }
        items_.push_back(std::move(item));
    }
    bool empty() const { return head_ == items_.size(); }
    std::size_t size() const { return items_.size() - head_; }
    const T& front() const { return items_[head_]; }

    void pop() {
        if (++head_ == items_.size()) clear();
    }
    void clear() {
        items_.clear();
        head_ = 0;
    }
    /// O(size); the order of the others stays.
    template <class Predicate>
    void remove_if(Predicate predicate) {
        items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
        head_ = 0;
        std::erase_if(items_, predicate);
    }
    std::span<const T> items() const { return std::span{items_}.subspan(head_); }

private:
    static constexpr std::size_t compact_min = 64;

    std::vector<T> items_;
    std::size_t head_ = 0;
};

}  // namespace millrace::engine
