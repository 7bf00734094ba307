// SPDX-License-Identifier: Apache-2.0
// Writes case_tables.cpp with what this Node.js knows of upper and lower case.
//     node make_case_tables.mjs > ../case_tables.cpp

const points = (text) => Array.from(text, (c) => c.codePointAt(0));
const hex = (n) => `0x${n.toString(16).toUpperCase()}`;

// Runs of code points whose images are `delta` away, each `step` after the one before.
function runs_of(convert) {
    const runs = [];
    const special = [];
    for (let c = 0; c <= 0x10ffff; ++c) {
        if (c >= 0xd800 && c <= 0xdfff) continue;
        const image = points(convert(String.fromCodePoint(c)));
        if (image.length > 1) special.push([c, ...image]);
        if (image.length > 1 || image[0] === c) continue;
        const delta = image[0] - c;
        const last = runs.at(-1);
        const gap = last ? c - last.last : 0;
        if (last && last.delta === delta && gap <= 2 && (last.step === 0 || last.step === gap)) {
            last.last = c;
            last.step = gap;
        } else {
            runs.push({first: c, last: c, delta, step: 0});
        }
    }
    return {runs, special};
}

function ranges_of(pattern) {
    const ranges = [];
    for (let c = 0; c <= 0x10ffff; ++c) {
        if (!pattern.test(String.fromCodePoint(c))) continue;
        if (ranges.length > 0 && ranges.at(-1)[1] === c - 1) ranges.at(-1)[1] = c;
        else ranges.push([c, c]);
    }
    return ranges;
}

function table(type, name, rows) {
    const lines = [];
    let line = "   ";
    for (const row of rows) {
        const text = ` {${row.join(", ")}},`;
        if (line.length + text.length > 100) {
            lines.push(line);
            line = "   ";
        }
        line += text;
    }
    lines.push(line);
    return `constexpr std::array<${type}, ${rows.length}> ${name}{{\n${lines.join("\n")}\n}};\n`;
}

const lower = runs_of((text) => text.toLowerCase());
const upper = runs_of((text) => text.toUpperCase());
const run_rows = (runs) => runs.map((r) => [hex(r.first), hex(r.last), r.delta, r.step || 1]);
const special_rows = (special) =>
    special.map(([c, a, b, d = 0]) => [hex(c), `{${[a, b, d].map(hex).join(", ")}}`]);
const range_rows = (ranges) => ranges.map(([first, last]) => [hex(first), hex(last)]);

process.stdout.write(`// SPDX-License-Identifier: Apache-2.0
// Unicode ${process.versions.unicode}. Made by testing/make_case_tables.mjs.
#include "case_tables.hpp"

#include <array>

namespace millrace::expr {

namespace {

// clang-format off
${table("CaseRun", "lower_runs", run_rows(lower.runs))}
${table("CaseRun", "upper_runs", run_rows(upper.runs))}
${table("CaseExpansion", "lower_specials", special_rows(lower.special))}
${table("CaseExpansion", "upper_specials", special_rows(upper.special))}
${table("CodePointRange", "cased_ranges", range_rows(ranges_of(/\p{Cased}/u)))}
${table("CodePointRange", "ignorable_ranges", range_rows(ranges_of(/\p{Case_Ignorable}/u)))}
// clang-format on

}  // namespace

CaseTable lower_case_table() {
    return {lower_runs, lower_specials};
}
CaseTable upper_case_table() {
    return {upper_runs, upper_specials};
}
std::span<const CodePointRange> cased_code_points() {
    return cased_ranges;
}
std::span<const CodePointRange> case_ignorable_code_points() {
    return ignorable_ranges;
}

}  // namespace millrace::expr
`);
