// SPDX-License-Identifier: Apache-2.0
#include "run/watch.hpp"

#include <algorithm>
#include <utility>

namespace millrace::cli {
namespace {

// Often enough for a clock that shows seconds to look alive.
constexpr core::Duration tick_every{100};
// How often to make sure that the runtime still works on what is watched.
constexpr int ticks_per_check = 10;

}  // namespace

// ---- Mailbox --------------------------------------------------------------------------------

void Mailbox::on_committed(std::span<const runtime::CommittedRow> rows) {
    {
        const std::scoped_lock lock{mutex_};
        mail_.rows.insert(mail_.rows.end(), rows.begin(), rows.end());
    }
    bell_.ring();
}

void Mailbox::on_lagged(std::uint64_t) {
    {
        const std::scoped_lock lock{mutex_};
        mail_.lagged = true;
    }
    bell_.ring();
}

void Mailbox::put(runtime::LogLevel level, std::string_view message,
                  std::span<const runtime::LogField> fields) {
    if (!takes(level)) return;
    const bool is_error = level == runtime::LogLevel::error;
    Line line{{is_error ? Tone::bad : Tone::warn, is_error ? "error: " : "warning: "},
              {Tone::plain, one_line(message)}};
    for (const runtime::LogField& field : fields) {
        line.push_back({Tone::dim, " " + std::string{field.key} + "="});
        line.push_back({Tone::plain, one_line(field.value)});
    }
    {
        const std::scoped_lock lock{mutex_};
        mail_.lines.push_back(std::move(line));
    }
    bell_.ring();
}

void Mailbox::accept(core::Result<core::ExecutionId> id) {
    {
        const std::scoped_lock lock{mutex_};
        mail_.accepted = std::move(id);
    }
    bell_.ring();
}

Mailbox::Mail Mailbox::take() {
    const std::scoped_lock lock{mutex_};
    return std::exchange(mail_, {});
}

// ---- Watch ----------------------------------------------------------------------------------

Line canceling_line(int interrupts) {
    return {{Tone::warn, interrupts == 1 ? "canceling; calls that run are given 10 s to end, "
                                           "Ctrl-C again does not wait for them"
                                         : "canceling at once (Ctrl-C again: leave it "
                                           "unfinished)"}};
}

Watch::Watch(runtime::Runtime& runtime, std::shared_ptr<Mailbox> mailbox,
             const SignalInbox& signals, Progress& progress, OnInterrupt on_interrupt)
    : runtime_{runtime},
      mailbox_{std::move(mailbox)},
      signals_{signals},
      progress_{progress},
      on_interrupt_{on_interrupt} {}

Watch::~Watch() {
    // A cancel may wait for a commit that a failing store does not take.
    if (!all_ended()) runtime_.stop();
}

core::Result<> Watch::add(core::ExecutionId id, std::shared_ptr<const engine::Plan> plan,
                          bool is_leftover) {
    Follower& follower = followers_.try_emplace(id, id, std::move(plan)).first->second;
    if (!is_leftover) return catch_up(follower);
    std::vector<core::Event> events;
    if (const auto read = follower.catch_up(runtime_.store(), events); !read) return read;
    for (const core::Event& event : events) {
        asked_[id].take(event);
        progress_.recall(event);
    }
    count(follower);
    return {};
}

core::Result<WatchEnd> Watch::until_all_ended() {
    int ticks = 0;
    while (true) {
        if (const auto read = read_mail(); !read) return std::unexpected(read.error());
        if (all_ended()) return interrupts_ > 0 ? WatchEnd::interrupted : WatchEnd::finished;
        progress_.tick();
        if (const auto request = signals_.wait(mailbox_->bell(), tick_every)) {
            if (const auto end = heed(*request)) return *end;
        }
        if (++ticks % ticks_per_check != 0) continue;
        if (const auto checked = check_runtime(); !checked) return std::unexpected(checked.error());
    }
}

core::Result<> Watch::read_mail() {
    Mailbox::Mail mail = mailbox_->take();
    for (Line& line : mail.lines)
        progress_.say(std::move(line));
    if (mail.accepted && expected_) {
        if (!*mail.accepted) return std::unexpected(mail.accepted->error());
        const core::ExecutionId id = **mail.accepted;
        if (const auto added = add(id, std::exchange(expected_, nullptr), false); !added)
            return added;
        if (interrupts_ > 0) cancel_all();
    }
    for (const runtime::CommittedRow& row : mail.rows)
        if (const auto taken = take_row(row); !taken) return taken;
    return mail.lagged ? refresh() : core::Result<>{};
}

core::Result<> Watch::refresh() {
    for (auto& [id, follower] : followers_)
        if (const auto caught = catch_up(follower); !caught) return caught;
    return {};
}

core::Result<> Watch::take_row(const runtime::CommittedRow& row) {
    const auto found = followers_.find(row.id);
    if (found == followers_.end()) return {};
    Follower& follower = found->second;
    std::vector<core::Event> events;
    const auto taken = follower.take(row.first_seq, row.bytes, events);
    if (!taken) return std::unexpected(taken.error());
    if (!*taken) return catch_up(follower);
    show(follower, events);
    return {};
}

core::Result<> Watch::catch_up(Follower& follower) {
    std::vector<core::Event> events;
    if (const auto caught = follower.catch_up(runtime_.store(), events); !caught) return caught;
    show(follower, events);
    return {};
}

void Watch::show(Follower& follower, const std::vector<core::Event>& events) {
    // Before the events: the line of a container that has ended tells its counts.
    if (!events.empty()) count(follower);
    for (const core::Event& event : events) {
        asked_[follower.id()].take(event);
        progress_.feed(event);
    }
    if (!events.empty() && follower.has_ended() && on_end) on_end(follower);
}

core::Result<> Watch::check_runtime() {
    for (const auto& [id, follower] : followers_) {
        if (is_over(follower)) continue;
        const auto status = runtime_.wait_for(id, core::Duration{0});
        if (!status && !status.error().is(runtime::RuntimeErrc::timed_out))
            return std::unexpected(status.error());
    }
    return {};
}

std::optional<WatchEnd> Watch::heed(Request request) {
    switch (request) {
        case Request::terminate: return WatchEnd::terminated;
        case Request::hang_up: return WatchEnd::hung_up;
        case Request::interrupt: break;
    }
    ++interrupts_;
    if (on_interrupt_ == OnInterrupt::leave || interrupts_ > 2) return WatchEnd::interrupted;
    progress_.say(canceling_line(interrupts_));
    cancel_all();
    return std::nullopt;
}

void Watch::cancel_all() {
    for (const auto& [id, follower] : followers_) {
        if (follower.has_ended()) continue;
        // Waits for a commit; this thread must go on to hear the next Ctrl-C. An execution that
        // ended meanwhile needs no cancel, and the watch sees its end.
        cancels_.emplace_back([this, id = id] { (void)runtime_.cancel(id, "interrupted"); });
    }
}

bool Watch::all_ended() const {
    return !expected_ && std::ranges::all_of(followers_, [this](const auto& entry) {
        return is_over(entry.second);
    });
}

bool Watch::is_over(const Follower& follower) const {
    if (follower.has_ended()) return true;
    const core::ExecutionStatus status = follower.view().status();
    const auto asked = asked_.find(follower.id());
    const bool is_asking = status == core::ExecutionStatus::waiting && asked != asked_.end() &&
                           asked->second.waits_for_answers();
    if (!is_asking && !rests_at(status)) return false;
    // What may still happen to it happens in memory.
    return !std::ranges::binary_search(runtime_.live(), follower.id());
}

std::vector<Question> Watch::questions(core::ExecutionId id) const {
    const auto asked = asked_.find(id);
    return asked == asked_.end() ? std::vector<Question>{} : asked->second.questions();
}

void Watch::count(const Follower& follower) {
    for (const engine::NodeView& node : follower.view().nodes())
        if (node.iterations) progress_.count(node.id, *node.iterations);
}

}  // namespace millrace::cli
