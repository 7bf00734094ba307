// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "builtins.hpp"
#include "case_tables.hpp"
#include "utf16.hpp"

// toLowerCase and toUpperCase by Unicode's tables, with the one rule that looks around: a sigma
// that ends a word.
namespace millrace::expr {

namespace {

bool is_in(std::span<const CodePointRange> ranges, char32_t code_point) {
    const auto after = std::ranges::upper_bound(ranges, code_point, {}, &CodePointRange::first);
    return after != ranges.begin() && code_point <= std::prev(after)->last;
}

void append_mapped(std::string& out, const CaseTable& table, char32_t code_point) {
    const auto special =
        std::ranges::lower_bound(table.specials, code_point, {}, &CaseExpansion::from);
    if (special != table.specials.end() && special->from == code_point) {
        for (const char32_t image : special->to)
            if (image != 0) append_code_point(out, image);
        return;
    }
    const auto after = std::ranges::upper_bound(table.runs, code_point, {}, &CaseRun::first);
    if (after != table.runs.begin()) {
        const CaseRun& run = *std::prev(after);
        if (code_point <= run.last && (code_point - run.first) % run.step == 0) {
            append_code_point(
                out, static_cast<char32_t>(static_cast<std::int32_t>(code_point) + run.delta));
            return;
        }
    }
    append_code_point(out, code_point);
}

constexpr char32_t capital_sigma = 0x3A3;
constexpr char32_t final_sigma = 0x3C2;

/// What the next code points say of a sigma before them: does the word go on? Looks no further
/// than to the next sigma, so that all looks together take linear time.
bool goes_on(std::string_view rest) {
    while (!rest.empty()) {
        const auto [code_point, size] = decode_first(rest);
        if (!is_in(case_ignorable_code_points(), code_point))
            return is_in(cased_code_points(), code_point);
        rest.remove_prefix(size);
    }
    return false;
}

void append_lower(std::string& out, std::string_view text) {
    const CaseTable table = lower_case_table();
    bool after_cased = false;
    for (std::size_t i = 0; i < text.size();) {
        const auto [code_point, size] = decode_first(text.substr(i));
        i += size;
        if (code_point == capital_sigma && after_cased && !goes_on(text.substr(i))) {
            append_code_point(out, final_sigma);
        } else {
            append_mapped(out, table, code_point);
        }
        if (!is_in(case_ignorable_code_points(), code_point))
            after_cased = is_in(cased_code_points(), code_point);
    }
}

void append_upper(std::string& out, std::string_view text) {
    const CaseTable table = upper_case_table();
    while (!text.empty()) {
        const auto [code_point, size] = decode_first(text);
        append_mapped(out, table, code_point);
        text.remove_prefix(size);
    }
}

// Beyond ASCII each code point is looked up in tables.
constexpr std::uint64_t images_size_max = 3;

Cell converted(const Call& call, bool upper) {
    const std::string_view text = call.receiver.text();
    const bool plain = is_ascii(text);
    if (!call.evaluator.charge(text.size() * (plain ? 1 : images_size_max)))
        return Evaluator::failed();
    std::string out;
    out.reserve(text.size());
    if (!plain && upper) append_upper(out, text);
    if (!plain && !upper) append_lower(out, text);
    for (std::size_t i = 0; plain && i < text.size(); ++i) {
        const char c = text[i];
        const bool other = upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
        out.push_back(other ? static_cast<char>(c ^ 0x20) : c);
    }
    return Cell::of(call.evaluator.keep_text(out));
}

Cell to_lower_case(Call& call) {
    return converted(call, false);
}
Cell to_upper_case(Call& call) {
    return converted(call, true);
}

constexpr auto table = std::to_array<Builtin>({
    {"string", "toLowerCase", &to_lower_case, ""},
    {"string", "toUpperCase", &to_upper_case, ""},
});

}  // namespace

std::span<const Builtin> text_case_builtins() {
    return table;
}

}  // namespace millrace::expr
