// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace millrace::differential {

/// An expression's source with the parts that can be put in the place of each other.
struct Tree {
    static constexpr char hole = '\1';

    std::string form;  ///< with a `hole` for each part
    std::vector<Tree> parts;

    std::string text() const;
    /// Of trees within it, itself included.
    std::size_t size() const;
    /// With the `index`-th tree, counted from the outermost, replaced.
    Tree with(std::size_t index, const Tree& other) const;
    const Tree& at(std::size_t index) const;
};

/// Smaller trees that may still show what this one does, the smallest first.
std::vector<Tree> smaller(const Tree& tree);

}  // namespace millrace::differential
