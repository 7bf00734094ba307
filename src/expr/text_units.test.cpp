// SPDX-License-Identifier: Apache-2.0
#include "text_units.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "utf16.hpp"

namespace millrace::expr {

namespace {

// Few units, so that texts contain each other; some are halves of pairs.
std::u16string units() {
    static constexpr std::array<char16_t, 7> alphabet{u'a',   u'b',   u'a',  0xE9,
                                                      0x20AC, 0xD83D, 0xDE00};
    std::u16string text;
    for (const int i : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 7)))
        text.push_back(alphabet[static_cast<std::size_t>(i)]);
    if (*rc::gen::inRange(0, 3) == 0) std::erase_if(text, [](char16_t unit) { return unit > 127; });
    return text;
}

std::string wtf8(std::u16string_view text) {
    std::string out;
    append_utf16(out, text);
    return out;
}

}  // namespace

RC_GTEST_PROP(TextUnits, AreThoseOfTheText, ()) {
    const std::u16string text = units();
    RC_ASSERT(to_utf16(wtf8(text)) == text);
    const std::string narrow = wtf8(text);
    const TextUnits seen{narrow};
    RC_ASSERT(seen.size() == text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
        RC_ASSERT(seen[i] == text[i]);
}

RC_GTEST_PROP(TextUnits, FindWhatUnitsFind, ()) {
    const std::u16string text = units();
    const std::u16string needle = units().substr(0, *rc::gen::inRange<std::size_t>(0, 12));
    const auto from = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    const std::string narrow_text = wtf8(text);
    const std::string narrow_needle = wtf8(needle);
    const TextUnits seen{narrow_text};
    const TextUnits wanted{narrow_needle};
    RC_ASSERT(seen.find(wanted, from) == text.find(needle, from));
    RC_ASSERT(seen.find_last(wanted, from) == text.rfind(needle, from));
    RC_ASSERT(seen.has_at(wanted, from) == text.substr(from).starts_with(needle));
    RC_ASSERT(contains_utf16(narrow_text, narrow_needle, from) ==
              (text.find(needle, from) != std::u16string::npos));
}

RC_GTEST_PROP(TextUnits, AreCutAnywhereAndPutTogetherAgain, ()) {
    const std::u16string text = units();
    const auto place = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    const std::string narrow = wtf8(text);
    const TextUnits seen{narrow};
    std::string whole;
    seen.append_slice(whole, 0, place);
    RC_ASSERT(whole == wtf8(text.substr(0, place)));
    seen.append_slice(whole, place, text.size());
    RC_ASSERT(whole == narrow);
}

TEST(TextUnits, FindALongTextInALongerOneInLinearTime) {
    const std::string text(200'000, 'a');
    std::string needle(50'000, 'a');
    needle.push_back('b');
    EXPECT_EQ(TextUnits{text}.find(TextUnits{needle}, 0), TextUnits::npos);
    EXPECT_EQ(TextUnits{text}.find_last(TextUnits{needle}, 200'000), TextUnits::npos);
}

}  // namespace millrace::expr
