// SPDX-License-Identifier: Apache-2.0
#include "tree.hpp"

#include <algorithm>
#include <array>

namespace millrace::differential {
namespace {

constexpr std::array<const char*, 6> leaves{"0", "''", "1", "[]", "'a'", "({})"};

void append(std::string& out, const Tree& tree) {
    std::size_t part = 0;
    for (const char c : tree.form) {
        if (c == Tree::hole) {
            append(out, tree.parts[part++]);
        } else {
            out.push_back(c);
        }
    }
}

}  // namespace

std::string Tree::text() const {
    std::string out;
    append(out, *this);
    return out;
}

std::size_t Tree::size() const {
    std::size_t count = 1;
    for (const Tree& part : parts)
        count += part.size();
    return count;
}

const Tree& Tree::at(std::size_t index) const {
    if (index == 0) return *this;
    --index;
    for (const Tree& part : parts) {
        const std::size_t size = part.size();
        if (index < size) return part.at(index);
        index -= size;
    }
    return *this;
}

Tree Tree::with(std::size_t index, const Tree& other) const {
    if (index == 0) return other;
    Tree copy = *this;
    --index;
    for (Tree& part : copy.parts) {
        const std::size_t size = part.size();
        if (index < size) {
            part = part.with(index, other);
            break;
        }
        index -= size;
    }
    return copy;
}

std::vector<Tree> smaller(const Tree& tree) {
    std::vector<Tree> candidates;
    const std::size_t size = tree.size();
    const std::size_t length = tree.text().size();
    for (std::size_t i = 0; i < size; ++i) {
        const Tree& old = tree.at(i);
        for (const Tree& part : old.parts)
            candidates.push_back(tree.with(i, part));
        if (old.text().size() <= 1) continue;
        for (const char* leaf : leaves)
            candidates.push_back(tree.with(i, Tree{leaf, {}}));
    }
    std::erase_if(candidates, [&](const Tree& less) { return less.text().size() >= length; });
    std::ranges::stable_sort(candidates, {},
                             [](const Tree& candidate) { return candidate.text().size(); });
    return candidates;
}

}  // namespace millrace::differential
