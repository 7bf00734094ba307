#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/expr/unicode_categories.cpp with the categories of this Python's Unicode version.

    src/expr/testing/make_unicode_categories.py > src/expr/unicode_categories.cpp
"""

import unicodedata

NAMES = "LuLlLtLmLoMnMcMeNdNlNoPcPdPsPePiPfPoSmScSkSoZsZlZpCcCfCsCoCn"
CATEGORIES = [NAMES[i : i + 2] for i in range(0, len(NAMES), 2)]

HEAD = """// SPDX-License-Identifier: Apache-2.0
// Unicode {version}. Made by testing/make_unicode_categories.py.
#include <array>

#include "unicode_category.hpp"

namespace millrace::expr {{

namespace {{

// clang-format off
constexpr std::array<std::uint32_t, {count}> runs{{{{"""

TAIL = """}};
// clang-format on

}  // namespace

const std::span<const std::uint32_t> category_runs{runs};

}  // namespace millrace::expr"""


def runs():
    before = None
    for code_point in range(0x110000):
        category = unicodedata.category(chr(code_point))
        if category != before:
            yield code_point * 32 + CATEGORIES.index(category)
        before = category


def main():
    numbers = list(runs())
    print(HEAD.format(version=unicodedata.unidata_version, count=len(numbers)))
    line = "   "
    for number in numbers:
        text = f" {number},"
        if len(line) + len(text) > 100:
            print(line)
            line = "   "
        line += text
    print(line)
    print(TAIL)


if __name__ == "__main__":
    main()
