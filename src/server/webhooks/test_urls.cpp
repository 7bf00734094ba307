// SPDX-License-Identifier: Apache-2.0
#include "webhooks/test_urls.hpp"

#include <sodium/randombytes.h>

#include <array>
#include <utility>

namespace millrace::server {
namespace {

/// What has ended can be asked for so much longer.
constexpr core::Duration remembered{600'000};

std::string new_token() {
    std::array<unsigned char, 16> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    constexpr std::string_view digits = "0123456789abcdef";
    std::string token;
    for (const unsigned char byte : bytes) {
        token += digits[byte >> 4];
        token += digits[byte & 15];
    }
    return token;
}

}  // namespace

std::string_view to_text(TestUrlState::Kind kind) {
    switch (kind) {
        case TestUrlState::Kind::waiting: return "waiting";
        case TestUrlState::Kind::calling: return "calling";
        case TestUrlState::Kind::called: return "called";
        case TestUrlState::Kind::expired: return "expired";
    }
    return "expired";
}

void TestUrls::expire(Entry& entry, core::Time now) const {
    if (entry.state.kind == TestUrlState::Kind::waiting && now >= entry.state.expires_at)
        entry.state.kind = TestUrlState::Kind::expired;
}

void TestUrls::forget_old(core::Time now) {
    std::erase_if(entries_, [&](const auto& entry) {
        return now >= entry.second.state.expires_at + remembered;
    });
}

std::optional<std::string> TestUrls::add(WebhookPtr webhook,
                                         std::shared_ptr<const engine::Plan> plan, core::Time now) {
    const std::scoped_lock lock{mutex_};
    forget_old(now);
    if (entries_.size() >= urls_max) return std::nullopt;
    std::string token = new_token();
    Entry& entry = entries_[token];
    entry.state.workflow_id = webhook->trigger()->workflow_id;
    entry.state.node_id = webhook->trigger()->node_id;
    entry.state.expires_at = now + lifetime;
    entry.webhook = std::move(webhook);
    entry.plan = std::move(plan);
    return token;
}

std::optional<TestUrls::Taken> TestUrls::take(std::string_view token, core::Time now) {
    const std::scoped_lock lock{mutex_};
    const auto at = entries_.find(token);
    if (at == entries_.end()) return std::nullopt;
    expire(at->second, now);
    if (at->second.state.kind != TestUrlState::Kind::waiting) return std::nullopt;
    at->second.state.kind = TestUrlState::Kind::calling;
    return Taken{at->second.webhook, at->second.plan};
}

WebhookPtr TestUrls::find(std::string_view token, core::Time now) {
    const std::scoped_lock lock{mutex_};
    const auto at = entries_.find(token);
    if (at == entries_.end()) return nullptr;
    expire(at->second, now);
    return at->second.state.kind == TestUrlState::Kind::waiting ? at->second.webhook : nullptr;
}

void TestUrls::change(const std::string& token, const std::function<void(Entry&)>& change) {
    std::vector<std::function<void()>> told;
    {
        const std::scoped_lock lock{mutex_};
        const auto at = entries_.find(token);
        if (at == entries_.end()) return;
        change(at->second);
        told.swap(at->second.watchers);
    }
    for (const std::function<void()>& watcher : told)
        watcher();
}

void TestUrls::started(const std::string& token, core::ExecutionId id) {
    change(token, [&](Entry& entry) {
        entry.state.kind = TestUrlState::Kind::called;
        entry.state.execution = id;
        entry.state.refused.reset();
        entry.plan.reset();
    });
}

void TestUrls::refused(const std::string& token, const Problem& problem) {
    change(token, [&](Entry& entry) {
        if (entry.state.kind == TestUrlState::Kind::calling)
            entry.state.kind = TestUrlState::Kind::waiting;
        entry.state.refused = problem;
    });
}

bool TestUrls::remove(const std::string& token) {
    bool was_there = false;
    change(token, [&](Entry& entry) {
        was_there = true;
        if (entry.state.kind != TestUrlState::Kind::called)
            entry.state.kind = TestUrlState::Kind::expired;
    });
    return was_there;
}

std::optional<TestUrlState> TestUrls::state(const std::string& token, core::Time now) {
    const std::scoped_lock lock{mutex_};
    const auto at = entries_.find(token);
    if (at == entries_.end()) return std::nullopt;
    expire(at->second, now);
    return at->second.state;
}

void TestUrls::wait(const std::string& token, core::Duration at_most, std::function<void()> done) {
    {
        const std::scoped_lock lock{mutex_};
        const auto at = entries_.find(token);
        const bool may_come = at != entries_.end() && at_most > core::Duration{0} &&
                              (at->second.state.kind == TestUrlState::Kind::waiting ||
                               at->second.state.kind == TestUrlState::Kind::calling);
        if (may_come) {
            // Whichever comes first; the other finds nothing to do.
            auto once = std::make_shared<std::function<void()>>(std::move(done));
            auto mutex = std::make_shared<std::mutex>();
            const auto fire = [once, mutex] {
                std::function<void()> task;
                {
                    const std::scoped_lock own{*mutex};
                    task = std::exchange(*once, nullptr);
                }
                if (task) task();
            };
            at->second.watchers.emplace_back(fire);
            waits_->add(at_most, fire);
            return;
        }
    }
    done();
}

}  // namespace millrace::server
