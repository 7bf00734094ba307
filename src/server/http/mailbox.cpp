// SPDX-License-Identifier: Apache-2.0
#include "http/mailbox.hpp"

#include <utility>

#include "api/problem.hpp"

namespace millrace::server {

void Mailbox::put(std::shared_ptr<Arrival> arrival) {
    const std::scoped_lock lock{mutex_};
    if (is_closed_) return;
    waiting_.push_back(std::move(arrival));
    // Under the lock: after `close` nothing may touch what `wake_` wakes.
    if (waiting_.size() == 1) wake_();
}

void Mailbox::deliver() {
    {
        const std::scoped_lock lock{mutex_};
        delivering_.swap(waiting_);
    }
    for (const auto& arrival : delivering_)
        arrival->on_arrival();
    delivering_.clear();
}

void Mailbox::close() {
    std::vector<std::shared_ptr<Arrival>> dropped;
    const std::scoped_lock lock{mutex_};
    is_closed_ = true;
    dropped.swap(waiting_);
}

namespace {

/// Lives as long as any copy of a request's Reply.
struct Ticket {
    std::shared_ptr<ReplySlot> slot;
    std::shared_ptr<const Request> request;

    Ticket(std::shared_ptr<ReplySlot> s, std::shared_ptr<const Request> r)
        : slot{std::move(s)}, request{std::move(r)} {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() {
        if (slot->is_given()) return;
        slot->give(to_response(problem("internal", "the request was given up"), *request));
    }
};

}  // namespace

Reply ReplySlot::reply_of(const std::shared_ptr<ReplySlot>& slot,
                          std::shared_ptr<const Request> request) {
    return [ticket = std::make_shared<Ticket>(slot, std::move(request))](Response response) {
        ticket->slot->give(std::move(response));
    };
}

void ReplySlot::give(Response response) {
    if (is_given_.exchange(true)) return;
    response_ = std::move(response);
    is_ready_.store(true, std::memory_order_release);
    // A handler that answers before it returns finds nobody waiting: the connection looks next.
    if (mailbox_->is_own_thread() && !arrived_) return;
    mailbox_->put(shared_from_this());
}

void ReplySlot::on_arrival() {
    if (arrived_) std::exchange(arrived_, {})();
}

}  // namespace millrace::server
