// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "array_positions.hpp"
#include "builtins.hpp"

namespace millrace::expr {

/// A string by its UTF-16 units, which positions in JavaScript count. ASCII is used as it lies
/// there, everything else is copied once. The text outlives the object.
class TextUnits {
public:
    static constexpr std::size_t npos = std::string_view::npos;

    explicit TextUnits(std::string_view text);

    std::size_t size() const { return is_wide_ ? wide_.size() : narrow_.size(); }
    char16_t operator[](std::size_t index) const {
        return is_wide_ ? wide_[index] : static_cast<char16_t>(narrow_[index]);
    }
    /// Of the code point at `index`: a pair's, or that of the single unit.
    char32_t code_point_at(std::size_t index) const;

    /// Where `needle` occurs first, at or after the unit `from`.
    std::size_t find(const TextUnits& needle, std::size_t from) const;
    /// Where it occurs last, beginning at or before `from`.
    std::size_t find_last(const TextUnits& needle, std::size_t from) const;
    bool has_at(const TextUnits& needle, std::size_t index) const;

    /// Units [begin, end) as text, charged for.
    Cell slice(Evaluator& evaluator, std::size_t begin, std::size_t end) const;
    /// The same, appended; not charged for.
    void append_slice(std::string& out, std::size_t begin, std::size_t end) const;

private:
    std::u16string_view widened(std::u16string& copy) const;

    std::string_view narrow_;
    std::u16string wide_;
    bool is_wide_ = false;
};

/// The receiver's units; charges for looking at it. Nothing when the fuel has run out.
std::optional<TextUnits> receiver_units(const Call& call);

/// Within 0 and `size`.
std::size_t clamped_position(double position, std::size_t size);

}  // namespace millrace::expr
