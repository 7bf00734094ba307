// SPDX-License-Identifier: Apache-2.0
#include "pattern_shape.hpp"

#include <algorithm>
#include <vector>

namespace millrace::format {

namespace {

// No sum or product of sizes gets beyond this, so none overflows.
constexpr std::size_t states_seen_max = 1'000'000;

class ShapeScan {
public:
    explicit ShapeScan(std::string_view pattern) : pattern_{pattern} {}

    PatternShape run() {
        while (at_ < pattern_.size() && shape_.unsupported.empty())
            step();
        while (groups_.size() > 1)
            close();
        shape_.states = groups_.back().states;
        return shape_;
    }

private:
    struct Group {
        std::size_t states = 1;
        std::size_t last = 0;  ///< states of the last atom, which a repeat repeats
        bool looks_ahead = false;
    };

    bool has(std::string_view text) const { return pattern_.substr(at_).starts_with(text); }
    void atom(std::size_t states) {
        groups_.back().states = std::min(groups_.back().states + states, states_seen_max);
        groups_.back().last = states;
    }

    void step() {
        switch (pattern_[at_]) {
            case '\\': return escape(false);
            case '[': return bracket();
            case '(': return open();
            case ')':
                ++at_;
                if (groups_.size() > 1) close();
                return;
            case '{': return repeat();
            default: break;
        }
        const bool is_mark = std::string_view{"*+?|^$"}.find(pattern_[at_]) != std::string::npos;
        ++at_;
        if (!is_mark) return atom(1);
        groups_.back().states = std::min(groups_.back().states + 1, states_seen_max);
    }

    void escape(bool in_bracket) {
        const char next = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
        if (next == 'p' || next == 'P') {
            shape_.unsupported = std::string{"Unicode class \\"} + next + "{…}";
        } else if (has("\\u{")) {
            shape_.unsupported = "escape \\u{…}";
        } else if (has("\\k<") && !in_bracket) {
            shape_.unsupported = "back reference \\k<…>";
        } else if (next >= '1' && next <= '9' && !in_bracket) {
            shape_.unsupported = std::string{"back reference \\"} + next;
        }
        at_ += 2;
        if (!in_bracket) atom(1);
    }

    void bracket() {
        const std::size_t begin = at_++;
        while (at_ < pattern_.size() && pattern_[at_] != ']') {
            if (pattern_[at_] == '\\') {
                escape(true);
            } else if (has("[:")) {
                const std::size_t end = pattern_.find(":]", at_ + 2);
                at_ = end == std::string_view::npos ? pattern_.size() : end + 2;
            } else {
                ++at_;
            }
        }
        // Each of its ranges is compared in turn.
        atom(std::min(++at_, pattern_.size()) - begin);
    }

    void open() {
        const bool looks_ahead = has("(?=") || has("(?!");
        if (has("(?<=") || has("(?<!")) {
            shape_.unsupported = "lookbehind " + std::string{pattern_.substr(at_, 4)} + "…)";
        } else if (has("(?<")) {
            shape_.unsupported = "named group (?<…>…)";
        } else if (looks_ahead &&
                   std::ranges::any_of(groups_, [](const Group& g) { return g.looks_ahead; })) {
            shape_.unsupported = "lookahead within a lookahead";
        }
        shape_.looks_ahead = shape_.looks_ahead || looks_ahead;
        groups_.push_back({.looks_ahead = looks_ahead});
        at_ += looks_ahead || has("(?:") ? 3 : 1;
    }

    void close() {
        const std::size_t states = groups_.back().states + 1;
        groups_.pop_back();
        atom(states);
    }

    std::size_t number() {
        std::size_t value = 0;
        for (; at_ < pattern_.size() && pattern_[at_] >= '0' && pattern_[at_] <= '9'; ++at_) {
            value = std::min(value * 10 + static_cast<std::size_t>(pattern_[at_] - '0'),
                             states_seen_max);
        }
        return value;
    }

    /// `{2}`, `{2,}` or `{2,5}`
    void repeat() {
        ++at_;
        std::size_t count = number();
        std::size_t skips = 0;  // a repeat that may be left out takes a state to pass it by
        if (at_ < pattern_.size() && pattern_[at_] == ',') {
            ++at_;
            count = std::max(count + 1, number());
            skips = 1;
        }
        const std::size_t more = std::max<std::size_t>(count, 1) - 1;
        atom(std::min((groups_.back().last + skips) * more, states_seen_max));
    }

    std::string_view pattern_;
    std::size_t at_ = 0;
    PatternShape shape_;
    std::vector<Group> groups_{Group{}};
};

}  // namespace

PatternShape shape_of(std::string_view pattern) {
    return ShapeScan{pattern}.run();
}

}  // namespace millrace::format
