// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "api/message.hpp"

namespace millrace::server {

/// Something that the connections' thread should look at.
class Arrival {
public:
    virtual ~Arrival() = default;
    /// On the connections' thread.
    virtual void on_arrival() = 0;
};

/// The way from any thread to the connections' one. What comes while that thread is busy waits
/// together: one wakeup for all of it.
class Mailbox {
public:
    /// `wake` lets the connections' thread call `deliver`; it is called from any thread.
    explicit Mailbox(std::function<void()> wake) : wake_{std::move(wake)} {}

    void put(std::shared_ptr<Arrival> arrival);
    /// On the connections' thread.
    void deliver();
    /// The calling thread is the connections' one.
    void settle() { owner_ = std::this_thread::get_id(); }
    bool is_own_thread() const { return owner_.load() == std::this_thread::get_id(); }
    /// From now on what is put is dropped: the thread is gone.
    void close();

private:
    std::mutex mutex_;  // guards what follows
    std::vector<std::shared_ptr<Arrival>> waiting_;
    std::function<void()> wake_;
    bool is_closed_ = false;
    std::vector<std::shared_ptr<Arrival>> delivering_;  // of the connections' thread
    std::atomic<std::thread::id> owner_;
};

/// Where one request's answer comes to. Everything but `give` is for the connections' thread.
class ReplySlot : public Arrival, public std::enable_shared_from_this<ReplySlot> {
public:
    explicit ReplySlot(std::shared_ptr<Mailbox> mailbox) : mailbox_{std::move(mailbox)} {}

    /// A function for the handler; when its last copy goes unused, the answer is a 500.
    static Reply reply_of(const std::shared_ptr<ReplySlot>& slot,
                          std::shared_ptr<const Request> request);

    /// The first answer counts.
    void give(Response response);
    /// The connection does not want the answer any more.
    void forget() { arrived_ = {}; }

    bool is_given() const { return is_given_.load(); }
    bool is_ready() const { return is_ready_.load(std::memory_order_acquire); }
    Response& response() { return response_; }
    /// `arrived` is called when the answer comes; not when it is already there.
    void on_ready(std::function<void()> arrived) { arrived_ = std::move(arrived); }
    void on_arrival() override;

private:
    const std::shared_ptr<Mailbox> mailbox_;
    std::atomic<bool> is_given_{false};
    std::atomic<bool> is_ready_{false};
    Response response_;
    std::function<void()> arrived_;
};

/// Says that a source of messages has more.
class WakeSlot : public Arrival {
public:
    explicit WakeSlot(std::function<void()> woken) : woken_{std::move(woken)} {}
    void forget() { woken_ = {}; }
    void on_arrival() override {
        if (woken_) woken_();
    }

private:
    std::function<void()> woken_;
};

}  // namespace millrace::server
