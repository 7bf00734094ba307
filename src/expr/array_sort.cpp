// SPDX-License-Identifier: Apache-2.0
#include "array_sort.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "utf16.hpp"

namespace millrace::expr {

namespace {

/// Merge sort over runs. Compares the same elements in the same order as V8 does in arrays of up
/// to 63 elements, so that even a comparator that contradicts itself, such as `(a, b) => a > b`,
/// gives the same there.
class Sorter {
public:
    Sorter(Call& call, const Cell& comparator) : call_{call}, comparator_{comparator} {}

    /// False after a failure.
    bool sort(std::span<Cell> cells);

private:
    /// Of elements with their texts, when there is no comparator.
    struct Element {
        Cell cell;
        std::string_view text;
    };

    bool less(const Element& left, const Element& right);
    std::size_t make_run(std::span<Element> elements);
    void insert(std::span<Element> elements, std::size_t sorted);
    void merge(std::span<Element> elements, std::size_t middle);

    Call& call_;
    const Cell& comparator_;
    std::vector<Element> spare_;
    bool failed_ = false;
};

/// As long as runs of V8's must be at least: all of a short array, else 32 to 64.
std::size_t shortest_run(std::size_t size) {
    std::size_t rest = 0;
    for (; size >= 64; size /= 2)
        rest |= size & 1;
    return size + rest;
}

bool Sorter::less(const Element& left, const Element& right) {
    if (failed_) return false;
    Evaluator& evaluator = call_.evaluator;
    if (comparator_.is_function()) {
        const std::array arguments{left.cell, right.cell};
        const Cell order =
            evaluator.to_number(evaluator.call(comparator_, arguments, call_.node), call_.node);
        failed_ = !order.has_result();
        return !failed_ && order.number < 0;
    }
    failed_ = !evaluator.charge_scan(64 + std::min(left.text.size(), right.text.size()));
    return !failed_ && compare_utf16(left.text, right.text) < 0;
}

// Length of the ordered run at the beginning; a descending one is turned round.
std::size_t Sorter::make_run(std::span<Element> elements) {
    if (elements.size() < 2) return elements.size();
    const bool descending = less(elements[1], elements[0]);
    std::size_t end = 2;
    while (end < elements.size() && less(elements[end], elements[end - 1]) == descending &&
           !failed_)
        ++end;
    if (descending)
        std::reverse(elements.begin(), elements.begin() + static_cast<std::ptrdiff_t>(end));
    return end;
}

// Inserts what follows the first `sorted` elements among them, by halving.
void Sorter::insert(std::span<Element> elements, std::size_t sorted) {
    for (std::size_t i = sorted; i < elements.size() && !failed_; ++i) {
        const Element pivot = elements[i];
        std::size_t left = 0;
        std::size_t right = i;
        while (left < right && !failed_) {
            const std::size_t middle = left + (right - left) / 2;
            if (less(pivot, elements[middle])) {
                right = middle;
            } else {
                left = middle + 1;
            }
        }
        std::move_backward(elements.begin() + static_cast<std::ptrdiff_t>(left),
                           elements.begin() + static_cast<std::ptrdiff_t>(i),
                           elements.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        elements[left] = pivot;
    }
}

void Sorter::merge(std::span<Element> elements, std::size_t middle) {
    spare_.assign(elements.begin(), elements.begin() + static_cast<std::ptrdiff_t>(middle));
    std::size_t left = 0;
    std::size_t right = middle;
    for (std::size_t to = 0; left < spare_.size() && !failed_; ++to) {
        const bool from_right = right < elements.size() && less(elements[right], spare_[left]);
        elements[to] = from_right ? elements[right++] : spare_[left++];
    }
}

bool Sorter::sort(std::span<Cell> cells) {
    std::vector<Element> elements;
    elements.reserve(cells.size());
    for (const Cell& cell : cells) {
        Element element{cell, {}};
        if (!comparator_.is_function()) {
            const Cell text = call_.evaluator.to_text(cell, call_.node);
            if (!text.has_result()) return false;
            element.text = text.text();
        }
        elements.push_back(element);
    }
    const std::span<Element> all{elements};
    const std::size_t run_min = shortest_run(all.size());
    std::vector<std::size_t> starts;
    for (std::size_t start = 0; start < all.size() && !failed_;) {
        starts.push_back(start);
        const std::span<Element> rest = all.subspan(start);
        const std::size_t found = make_run(rest);
        const std::size_t size = std::min(std::max(found, run_min), rest.size());
        insert(rest.first(size), found);
        start += size;
    }
    while (starts.size() > 1 && !failed_) {  // neighbours, pair by pair
        std::vector<std::size_t> merged;
        for (std::size_t i = 0; i < starts.size(); i += 2) {
            merged.push_back(starts[i]);
            if (i + 1 == starts.size()) break;
            const std::size_t end = i + 2 < starts.size() ? starts[i + 2] : all.size();
            merge(all.subspan(starts[i], end - starts[i]), starts[i + 1] - starts[i]);
        }
        starts = std::move(merged);
    }
    std::ranges::transform(elements, cells.begin(), &Element::cell);
    return !failed_;
}

}  // namespace

Cell sort_cells(Call& call, const Cell& array, const Cell& comparator) {
    const std::size_t size = array_size(array);
    ArrayMaker maker{call.evaluator, size};
    std::size_t undefined = 0;
    for (std::size_t i = 0; i < size; ++i) {
        const Cell cell = array_element(array, i);
        if (cell.kind == Cell::Kind::undefined) {
            ++undefined;
        } else if (!maker.push(cell)) {
            return Evaluator::failed();
        }
    }
    if (!Sorter{call, comparator}.sort(maker.cells())) return Evaluator::failed();
    for (; undefined > 0; --undefined) {
        if (!maker.push(Cell{})) return Evaluator::failed();
    }
    return maker.finish();
}

}  // namespace millrace::expr
