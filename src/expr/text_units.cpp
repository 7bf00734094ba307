// SPDX-License-Identifier: Apache-2.0
#include "text_units.hpp"

#include <algorithm>

#include "linear_search.hpp"
#include "utf16.hpp"

namespace millrace::expr {

namespace {

// Below this the plain search is faster; above it takes time in proportion to the product of the
// sizes on hostile texts.
constexpr std::size_t plain_needle_max = 8;

template <class Text>
std::size_t search(Text text, Text needle, std::size_t from) {
    if (from > text.size()) return Text::npos;
    if (needle.size() <= plain_needle_max) return text.find(needle, from);
    const auto start = text.begin() + static_cast<std::ptrdiff_t>(from);
    const auto found = linear_search(start, text.end(), needle.begin(), needle.end());
    return found == text.end() ? Text::npos : static_cast<std::size_t>(found - text.begin());
}

template <class Text>
std::size_t search_last(Text text, Text needle, std::size_t from) {
    if (needle.size() > text.size()) return Text::npos;
    if (needle.size() <= plain_needle_max) return text.rfind(needle, from);
    const std::size_t end = std::min(from, text.size() - needle.size()) + needle.size();
    const Text head = text.substr(0, end);
    const auto found = linear_search(head.rbegin(), head.rend(), needle.rbegin(), needle.rend());
    if (found == head.rend()) return Text::npos;
    return static_cast<std::size_t>(head.rend() - found) - needle.size();
}

}  // namespace

TextUnits::TextUnits(std::string_view text) : narrow_{text} {
    if (is_ascii(text)) return;
    wide_ = to_utf16(text);
    is_wide_ = true;
}

char32_t TextUnits::code_point_at(std::size_t index) const {
    const char32_t high = (*this)[index];
    if (high < 0xD800 || high > 0xDBFF || index + 1 >= size()) return high;
    const char32_t low = (*this)[index + 1];
    if (low < 0xDC00 || low > 0xDFFF) return high;
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

std::u16string_view TextUnits::widened(std::u16string& copy) const {
    if (is_wide_) return wide_;
    copy.assign(narrow_.begin(), narrow_.end());
    return copy;
}

std::size_t TextUnits::find(const TextUnits& needle, std::size_t from) const {
    if (!is_wide_) return needle.is_wide_ ? npos : search(narrow_, needle.narrow_, from);
    std::u16string copy;
    return search(std::u16string_view{wide_}, needle.widened(copy), from);
}

std::size_t TextUnits::find_last(const TextUnits& needle, std::size_t from) const {
    if (!is_wide_) return needle.is_wide_ ? npos : search_last(narrow_, needle.narrow_, from);
    std::u16string copy;
    return search_last(std::u16string_view{wide_}, needle.widened(copy), from);
}

bool TextUnits::has_at(const TextUnits& needle, std::size_t index) const {
    if (index > size() || needle.size() > size() - index) return false;
    if (!is_wide_) return !needle.is_wide_ && narrow_.substr(index).starts_with(needle.narrow_);
    std::u16string copy;
    return std::u16string_view{wide_}.substr(index).starts_with(needle.widened(copy));
}

Cell TextUnits::slice(Evaluator& evaluator, std::size_t begin, std::size_t end) const {
    if (begin >= end) return Cell::of(std::string_view{});
    if (begin == 0 && end == size()) return Cell::of(narrow_);
    if (!is_wide_) return Cell::of(narrow_.substr(begin, end - begin));
    std::string text;
    append_slice(text, begin, end);
    return evaluator.text_cell(text);
}

void TextUnits::append_slice(std::string& out, std::size_t begin, std::size_t end) const {
    if (begin >= end) return;
    if (is_wide_) {
        append_utf16(out, std::u16string_view{wide_}.substr(begin, end - begin));
    } else {
        append_wtf8(out, narrow_.substr(begin, end - begin));
    }
}

std::optional<TextUnits> receiver_units(const Call& call) {
    if (!call.evaluator.charge_scan(call.receiver.size)) return std::nullopt;
    return TextUnits{call.receiver.text()};
}

std::size_t clamped_position(double position, std::size_t size) {
    return static_cast<std::size_t>(std::clamp(position, 0.0, static_cast<double>(size)));
}

}  // namespace millrace::expr
