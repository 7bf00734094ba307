// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

// Unicode's upper and lower case, as tables. All are sorted.
namespace millrace::expr {

/// Every `step`-th code point from `first` to `last` has its other case `delta` further on.
struct CaseRun {
    char32_t first;
    char32_t last;
    std::int32_t delta;
    std::uint8_t step;
};
/// A code point whose other case is several; the third is 0 when there are two.
struct CaseExpansion {
    char32_t from;
    char32_t to[3];
};
struct CodePointRange {
    char32_t first;
    char32_t last;
};

struct CaseTable {
    std::span<const CaseRun> runs;
    std::span<const CaseExpansion> specials;
};

CaseTable lower_case_table();
CaseTable upper_case_table();
/// Letters that have case, and what stands between letters without ending a word.
std::span<const CodePointRange> cased_code_points();
std::span<const CodePointRange> case_ignorable_code_points();

}  // namespace millrace::expr
