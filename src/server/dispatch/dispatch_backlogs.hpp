// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dispatch/event_matcher.hpp"
#include "dispatch/event_rules.hpp"
#include "millrace/store/feed.hpp"

namespace millrace::server {

/// What could not be sent yet, for each trigger apart, so that one whose workflow is full for long
/// holds up no other. Of a trigger that has too much the rest is not kept: it is late, and gets
/// that from the feed again, which has it. Answers to runs that wait are kept, all together. Not
/// thread-safe.
class DispatchBacklogs {
public:
    struct Limits {
        std::size_t of_one = 1'000;
        std::size_t of_all = 10'000;  ///< beyond it a trigger keeps a few only
    };
    explicit DispatchBacklogs(Limits limits) : limits_{limits} {}

    /// Some of each to be sent now: more of those of which the last ones went well. Whatever is not
    /// `put` until the end of the round is done.
    std::vector<Delivery> begin_round();
    /// It cannot be sent now. `is_again`: it is of this round.
    void put(Delivery delivery, bool is_again);
    struct Round {
        bool has_progress = false;
        bool goes_on = false;  ///< there is more behind what went well
    };
    Round end_round();

    /// Deliveries that are kept.
    std::size_t size() const { return size_; }
    /// More answers to runs than can be kept: nothing new must be looked at.
    bool is_full() const;
    /// The end of what needs not be looked at again after a crash, when all was up to `place`.
    store::FeedPosition safe(store::FeedPosition place) const;

    // Those that are late.

    std::size_t late() const { return late_; }
    /// Without the late ones, which have not come so far.
    std::shared_ptr<const EventRules> on_time(std::shared_ptr<const EventRules> rules) const;
    /// The late ones that have room for more. What is there no longer is not late any more.
    EventRules late_rules(const EventRules& rules);
    /// Where the first of those rules goes on; there is one.
    store::FeedPosition first_place(const EventRules& late) const;
    /// Whether a late rule has seen this place already.
    bool has_seen(const EventRule& rule, store::FeedPosition place) const;
    /// These rules have seen the feed up to there.
    void advance(const EventRules& late, store::FeedPosition place);
    /// These rules have seen all that the others have.
    void end_late(const EventRules& late);

private:
    using Key = std::pair<std::string, std::string>;  ///< of answers to runs: two empty ones
    struct Backlog {
        std::deque<Delivery> kept;
        std::size_t at_once = 1;
        std::size_t tried = 0;
        std::size_t failed = 0;                   ///< of those
        std::optional<store::FeedPosition> late;  ///< up to where it has seen the feed

        bool is_empty() const { return kept.empty() && !late; }
    };

    static Key key_of(const EventRule& rule);
    std::size_t limit() const;
    bool is_late(const EventRule& rule) const;

    const Limits limits_;
    std::map<Key, Backlog> backlogs_;
    std::size_t size_ = 0;
    std::size_t late_ = 0;
};

}  // namespace millrace::server
