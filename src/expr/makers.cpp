// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <new>
#include <tuple>

#include "builtins.hpp"
#include "millrace/core/number_text.hpp"
#include "utf16.hpp"

namespace millrace::expr {

namespace {

// Up to here a search from key to key is faster than hashing.
constexpr std::size_t indexed_min = 12;

bool is_index(std::string_view key) {
    return parse_index(key).has_value();
}

// JavaScript puts keys that are array indices first, in ascending order.
bool comes_before(std::string_view left, std::string_view right) {
    const auto a = parse_index(left);
    const auto b = parse_index(right);
    return std::tuple{!a.has_value(), a.value_or(0)} < std::tuple{!b.has_value(), b.value_or(0)};
}

}  // namespace

ArrayMaker::ArrayMaker(Evaluator& evaluator, std::size_t expected) : evaluator_{evaluator} {
    // No more than the fuel will allow for.
    expected = std::min<std::uint64_t>(expected, evaluator.fuel_left());
    if (expected > 0) grow(expected);
}

void ArrayMaker::grow(std::size_t capacity) {
    capacity_ = std::max<std::size_t>(capacity, 4);
    Cell* larger = evaluator_.scratch().take<Cell>(capacity_);
    std::copy_n(cells_, size_, larger);
    cells_ = larger;
}

Cell ArrayMaker::finish() {
    auto* literal = new (evaluator_.scratch().take<Literal>(1)) Literal{.cells = cells()};
    return Cell::of(literal, evaluator_.new_identity());
}

ObjectMaker::ObjectMaker(Evaluator& evaluator, std::size_t expected) : evaluator_{evaluator} {
    expected = std::min<std::uint64_t>(expected, evaluator.fuel_left());
    if (expected > 0) grow(expected);
}

void ObjectMaker::grow(std::size_t capacity) {
    capacity_ = std::max<std::size_t>(capacity, 4);
    auto* keys = evaluator_.scratch().take<std::string_view>(capacity_);
    auto* cells = evaluator_.scratch().take<Cell>(capacity_);
    std::copy_n(keys_, size_, keys);
    std::copy_n(cells_, size_, cells);
    keys_ = keys;
    cells_ = cells;
}

/// Where the index has the key, or has room for it.
std::uint32_t* ObjectMaker::place_of(std::string_view key) {
    for (std::uint32_t slot = hash_of(key) & index_mask_;; slot = (slot + 1) & index_mask_) {
        if (index_[slot] == 0 || keys_[index_[slot] - 1] == key) return &index_[slot];
    }
}

void ObjectMaker::rebuild_index() {
    // At most half full until the members need a larger one.
    std::size_t slots = 32;
    while (slots < 4 * size_)
        slots *= 2;
    index_ = evaluator_.scratch().take<std::uint32_t>(slots);
    index_mask_ = static_cast<std::uint32_t>(slots - 1);
    std::fill_n(index_, slots, 0);
    for (std::size_t i = 0; i < size_; ++i) {
        *place_of(keys_[i]) = static_cast<std::uint32_t>(i + 1);
    }
}

bool ObjectMaker::set(std::string_view key, const Cell& cell) {
    if (!evaluator_.charge(2)) return false;
    std::uint32_t* place = nullptr;
    if (index_ != nullptr) {
        place = place_of(key);
        if (*place != 0) {
            cells_[*place - 1] = cell;
            return true;
        }
    } else {
        const auto* known = std::find(keys_, keys_ + size_, key);
        if (known != keys_ + size_) {
            cells_[known - keys_] = cell;
            return true;
        }
    }
    if (size_ == capacity_) grow(2 * capacity_);
    has_indices_ = has_indices_ || is_index(key);
    keys_[size_] = key;
    cells_[size_] = cell;
    ++size_;
    if (place != nullptr) *place = static_cast<std::uint32_t>(size_);
    const bool full = index_ != nullptr && 2 * size_ > index_mask_;
    if (full || (index_ == nullptr && size_ >= indexed_min)) rebuild_index();
    return true;
}

void ObjectMaker::order() {
    std::vector<std::uint32_t> places(size_);
    for (std::size_t i = 0; i < size_; ++i) {
        places[i] = static_cast<std::uint32_t>(i);
    }
    std::ranges::stable_sort(places, comes_before, [&](std::uint32_t i) { return keys_[i]; });
    auto* keys = evaluator_.scratch().take<std::string_view>(size_);
    auto* cells = evaluator_.scratch().take<Cell>(size_);
    for (std::size_t i = 0; i < size_; ++i) {
        keys[i] = keys_[places[i]];
        cells[i] = cells_[places[i]];
    }
    keys_ = keys;
    cells_ = cells;
    if (index_ != nullptr) rebuild_index();
}

Cell ObjectMaker::finish() {
    if (has_indices_) order();
    auto* literal = new (evaluator_.scratch().take<Literal>(1)) Literal{
        .cells = {cells_, size_},
        .keys = {keys_, size_},
        .is_object = true,
        .index = index_,
        .index_mask = index_mask_,
    };
    return Cell::of(literal, evaluator_.new_identity());
}

namespace {

Cell member_cell(const Cell& object, const core::Member& member) {
    Cell cell = to_cell(member.value, 0);
    if (cell.is_container()) cell.identity = child_identity(object.identity, member.key);
    return cell;
}

// A string's units, each a property.
bool add_units(Evaluator& evaluator, std::vector<CellMember>& members, std::string_view text) {
    for (const char16_t unit : to_utf16(text)) {
        std::string piece;
        append_code_point(piece, unit);
        const std::string key = core::number_text(static_cast<std::int64_t>(members.size()));
        if (!evaluator.charge(1 + key.size() + piece.size())) return false;
        members.push_back({evaluator.keep_text(key), Cell::of(evaluator.keep_text(piece))});
    }
    return true;
}

}  // namespace

std::optional<std::span<const CellMember>> members_of(Evaluator& evaluator, const Cell& cell) {
    std::vector<CellMember> members;
    if (cell.is_string()) {
        if (!evaluator.charge(cell.size)) return std::nullopt;
        if (!add_units(evaluator, members, cell.text())) return std::nullopt;
    } else if (cell.is_array()) {
        for (std::size_t i = 0; i < array_size(cell); ++i) {
            const std::string key = core::number_text(static_cast<std::int64_t>(i));
            if (!evaluator.charge(1 + key.size())) return std::nullopt;
            members.push_back({evaluator.keep_text(key), array_element(cell, i)});
        }
    } else if (cell.kind == Cell::Kind::object) {
        const auto own = cell.value->as_object();
        if (!evaluator.charge(own.size())) return std::nullopt;
        for (const core::Member& member : own)
            members.push_back({member.key, member_cell(cell, member)});
        if (std::ranges::any_of(members, is_index, &CellMember::key)) {
            std::ranges::stable_sort(members, comes_before, &CellMember::key);
        }
    } else if (cell.kind == Cell::Kind::literal_object) {
        const Literal& literal = *cell.literal;
        if (!evaluator.charge(literal.keys.size())) return std::nullopt;
        for (std::size_t i = 0; i < literal.keys.size(); ++i)
            members.push_back({literal.keys[i], literal.cells[i]});
    }
    auto* kept = evaluator.scratch().take<CellMember>(members.size());
    std::ranges::copy(members, kept);
    return std::span<const CellMember>{kept, members.size()};
}

}  // namespace millrace::expr
