// SPDX-License-Identifier: Apache-2.0
#include "test_kit/value_diff.hpp"

#include <algorithm>

#include "millrace/core/json.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

using core::Value;

constexpr std::size_t brief_max = 160;
constexpr std::string_view nothing = "nothing";

bool is_plain_key(std::string_view key) {
    const auto is_word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    return !key.empty() && !(key.front() >= '0' && key.front() <= '9') &&
           std::ranges::all_of(key, is_word);
}

std::string member_place(std::string_view place, std::string_view key) {
    std::string text{place};
    if (is_plain_key(key)) return text.append(".").append(key);
    text += "[";
    core::append_json_string(text, key);
    return text + "]";
}

class Comparison {
public:
    explicit Comparison(Matching matching) : matching_{matching} {}

    // Both are as deep as a document at most where it goes down.
    void compare(const Value& expected, const Value& actual, const std::string& place) {
        if (found_.size() >= differences_max || expected == actual) return;
        if (expected.is_object() && actual.is_object()) {
            compare_members(expected, actual, place);
        } else if (expected.is_array() && actual.is_array()) {
            compare_elements(expected, actual, place);
        } else {
            note(place, value_brief(expected), value_brief(actual));
        }
    }

    std::vector<Difference> take() { return std::move(found_); }

private:
    void note(std::string place, std::string expected, std::string actual) {
        if (found_.size() < differences_max)
            found_.push_back({std::move(place), std::move(expected), std::move(actual)});
    }

    void compare_members(const Value& expected, const Value& actual, const std::string& place) {
        for (const core::Member& member : expected.as_object()) {
            const std::string at = member_place(place, member.key);
            const Value* const other = actual.find(member.key);
            if (other == nullptr) {
                note(at, value_brief(member.value), std::string{nothing});
            } else {
                compare(member.value, *other, at);
            }
        }
        if (matching_ == Matching::part) return;
        for (const core::Member& member : actual.as_object())
            if (expected.find(member.key) == nullptr)
                note(member_place(place, member.key), std::string{nothing},
                     value_brief(member.value));
    }

    void compare_elements(const Value& expected, const Value& actual, const std::string& place) {
        const std::span<const Value> left = expected.as_array();
        const std::span<const Value> right = actual.as_array();
        const std::size_t common = std::min(left.size(), right.size());
        const auto at = [&](std::size_t i) { return place + "[" + std::to_string(i) + "]"; };
        for (std::size_t i = 0; i < common; ++i)
            compare(left[i], right[i], at(i));
        for (std::size_t i = common; i < left.size(); ++i)
            note(at(i), value_brief(left[i]), std::string{nothing});
        for (std::size_t i = common; i < right.size(); ++i)
            note(at(i), std::string{nothing}, value_brief(right[i]));
    }

    Matching matching_;
    std::vector<Difference> found_;
};

}  // namespace

std::string value_brief(const Value& value) {
    return clipped(one_line(core::to_json(value)), brief_max);
}

std::vector<Difference> differences(const Value& expected, const Value& actual, Matching matching,
                                    std::string_view place) {
    Comparison comparison{matching};
    comparison.compare(expected, actual, std::string{place});
    return comparison.take();
}

}  // namespace millrace::cli
