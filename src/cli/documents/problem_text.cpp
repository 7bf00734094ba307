// SPDX-License-Identifier: Apache-2.0
#include "documents/problem_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::cli {
namespace {

constexpr std::size_t tab_width = 4;
constexpr std::size_t readable_width = 100;
// A person mends the first ones and looks again; what follows needs no pictures.
constexpr std::size_t pictures_max = 50;
// Of a line, which may be megabytes long, no more than this is looked at on each side of a mark.
constexpr std::size_t looked_at_max = 2'000;

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u;
}

/// Fit for a terminal, with tabs as spaces up to the next stop; `column` is where it begins.
std::string shown(std::string_view text, std::size_t column) {
    std::string result;
    std::size_t at = column;
    while (!text.empty()) {
        const std::size_t tab = std::min(text.find('\t'), text.size());
        const std::string part = one_line(text.substr(0, tab));
        result += part;
        at += columns_of(part);
        text.remove_prefix(tab);
        if (text.empty()) break;
        const std::size_t spaces = tab_width - at % tab_width;
        result.append(spaces, ' ');
        at += spaces;
        text.remove_prefix(1);
    }
    return result;
}

/// Bytes of what stands at the beginning: a quoted text, or a word up to what ends one.
std::size_t token_length(std::string_view text) {
    if (text.empty()) return 0;
    const char quote = text.front();
    if (quote == '"' || quote == '\'') {
        for (std::size_t i = 1; i < text.size(); ++i) {
            if (text[i] == '\\' && quote == '"') {
                ++i;
            } else if (text[i] == quote) {
                return i + 1;
            }
        }
        return text.size();
    }
    constexpr std::string_view openers = "[{-&*|>";
    if (openers.find(quote) != std::string_view::npos) return 1;
    std::size_t end = 0;
    while (end < text.size()) {
        const char c = text[end];
        const bool is_key_end = c == ':' && (end + 1 == text.size() || text[end + 1] == ' ');
        const bool is_comment = c == '#' && end > 0 && text[end - 1] == ' ';
        if (is_key_end || is_comment || c == ',' || c == ']' || c == '}') break;
        ++end;
    }
    while (end > 1 && (text[end - 1] == ' ' || text[end - 1] == '\r' || text[end - 1] == '\t'))
        --end;
    return std::max<std::size_t>(end, 1);
}

/// The end of `text` in at most `width` cells, with the cells that it takes.
std::string_view tail_within(std::string_view text, std::size_t width) {
    std::size_t at = text.size();
    while (at > 0) {
        std::size_t before = at - 1;
        while (before > 0 && continues_character(text[before]))
            --before;
        if (columns_of(text.substr(before)) > width) break;
        at = before;
    }
    return text.substr(at);
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$';
}

/// Texts in the message between marks of code.
std::vector<std::string_view> named_in(std::string_view message) {
    std::vector<std::string_view> names;
    for (std::size_t at = message.find('`'); at != std::string_view::npos;) {
        const std::size_t end = message.find('`', at + 1);
        if (end == std::string_view::npos) break;
        names.push_back(message.substr(at + 1, end - at - 1));
        at = message.find('`', end + 1);
    }
    return names;
}

/// `word` in the line from `begin` on, where it stands alone.
std::optional<MarkedBytes> find_word(std::string_view line, std::size_t begin,
                                     std::string_view word) {
    if (word.empty()) return std::nullopt;
    for (std::size_t at = line.find(word, begin); at != std::string_view::npos;
         at = line.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        const bool is_begun = at == 0 || !is_name_character(line[at - 1]);
        if (is_begun && (end == line.size() || !is_name_character(line[end])))
            return MarkedBytes{at, word.size()};
    }
    return std::nullopt;
}

/// The column that the message of a bad expression begins with.
std::optional<MarkedBytes> place_in_expression(std::string_view line,
                                               const core::Problem& problem) {
    constexpr std::string_view opening = "column ";
    if (!problem.message.starts_with(opening)) return std::nullopt;
    std::size_t column = 0;
    for (std::size_t i = opening.size(); i < problem.message.size(); ++i) {
        const char c = problem.message[i];
        if (c < '0' || c > '9' || column > looked_at_max) break;
        column = column * 10 + static_cast<std::size_t>(c - '0');
    }
    std::size_t begin = problem.column - 1;
    if (column == 0 || begin >= line.size()) return std::nullopt;
    const char quote = line[begin];
    // The lines of a block, and escapes, are counted otherwise than they are written.
    if (quote == '|' || quote == '>') return std::nullopt;
    if (quote == '"' || quote == '\'') ++begin;
    const std::string_view before = line.substr(begin, column - 1);
    if (before.size() < column - 1 || before.find('\\') != std::string_view::npos ||
        before.find("''") != std::string_view::npos)
        return std::nullopt;
    begin += column - 1;
    std::size_t end = begin;
    while (end < line.size() && is_name_character(line[end]))
        ++end;
    if (begin >= line.size()) return std::nullopt;
    return MarkedBytes{begin, std::max<std::size_t>(end - begin, 1)};
}

/// Line by line access to a text that may be large.
class Lines {
public:
    explicit Lines(std::string_view text) : text_{text} {
        for (std::size_t at = 0; at != std::string_view::npos;) {
            starts_.push_back(at);
            const std::size_t end = text.find('\n', at);
            at = end == std::string_view::npos ? end : end + 1;
        }
    }

    std::string_view line(std::size_t number) const {
        if (number == 0 || number > starts_.size()) return {};
        const std::size_t start = starts_[number - 1];
        std::string_view line = text_.substr(start, text_.find('\n', start) - start);
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }

private:
    std::string_view text_;
    std::vector<std::size_t> starts_;
};

class Printer {
public:
    Printer(const format::SourceText& source, const ProblemStyle& style)
        : source_{source}, style_{style}, lines_{source.text} {}

    void add(const core::Problem& problem, bool is_warning) {
        core::Problem bare = problem;
        bare.suggestion.clear();
        const std::string head = one_line(format::to_text(source_.name, bare));
        if (is_warning) {
            text_ += paint(Tone::warn, "warning: ") + head + "\n";
        } else {
            // `place: code: message`, of which only the code is what a reader looks for first.
            const std::string code = ": " + std::string{core::to_text(problem.code)} + ": ";
            const std::size_t at = head.find(code, source_.name.size());
            if (at == std::string::npos || !style_.color) {
                text_ += head + "\n";
            } else {
                text_ += paint(Tone::strong, head.substr(0, at + 2)) +
                         paint(Tone::bad, core::to_text(problem.code)) +
                         head.substr(at + code.size() - 2) + "\n";
            }
        }
        if (problem.line > 0 && pictures_ < pictures_max) {
            picture(problem, is_warning ? Tone::warn : Tone::bad);
            ++pictures_;
        }
        if (!problem.suggestion.empty()) help(problem.suggestion);
    }

    std::string take() { return std::move(text_); }

private:
    std::string paint(Tone tone, std::string_view text) const {
        return painted(tone, text, style_.color);
    }

    std::string gutter(std::string_view number) const {
        return paint(Tone::dim, fmt::format("{:>5} {} ", number, style_.unicode ? "│" : "|"));
    }

    void picture(const core::Problem& problem, Tone tone) {
        const std::string_view line = lines_.line(problem.line);
        if (line.empty()) return;
        constexpr std::size_t gutter_width = 8;
        const std::size_t room =
            style_.width > gutter_width + 20 ? style_.width - gutter_width : 20;
        const std::optional<MarkedBytes> within = place_within(line, problem);
        const SourceCut cut = within ? cut_source(line, within->begin + 1, room, within->size)
                                     : cut_source(line, problem.column, room);
        const std::string_view above = lines_.line(problem.line - 1);
        if (above.find_first_not_of(" \t") != std::string_view::npos) {
            // What is far to the right of the mark tells nothing about it.
            const std::string near = shown(above.substr(0, looked_at_max), 0);
            text_ += gutter(std::to_string(problem.line - 1)) +
                     paint(Tone::dim, clipped(near, room)) + "\n";
        }
        text_ += gutter(std::to_string(problem.line)) + cut.text + "\n";
        text_ += gutter("") + std::string(cut.mark_column, ' ') +
                 paint(tone, std::string(cut.mark_width, '^')) + "\n";
    }

    void help(const std::string& suggestion) {
        text_ += std::string(6, ' ') + paint(Tone::good, "help:") + " write " +
                 one_line(suggestion) + "\n";
    }

    const format::SourceText& source_;
    const ProblemStyle& style_;
    Lines lines_;
    std::string text_;
    std::size_t pictures_ = 0;
};

ProblemStyle style_of(const Console& console, bool is_terminal, bool color) {
    ProblemStyle style;
    style.width = is_terminal ? console.size().columns : readable_width;
    style.color = color;
    style.unicode = console.unicode;
    return style;
}

}  // namespace

ProblemStyle style_for_out(const Console& console) {
    return style_of(console, console.out_is_terminal, console.paints_out());
}

ProblemStyle style_for_err(const Console& console) {
    return style_of(console, console.err_is_terminal, console.paints_err());
}

SourceCut cut_source(std::string_view line, std::size_t column, std::size_t width,
                     std::size_t mark_bytes) {
    const std::size_t place = std::min(column == 0 ? 0 : column - 1, line.size());
    std::size_t begin = place > looked_at_max ? place - looked_at_max : 0;
    while (begin < place && continues_character(line[begin]))
        ++begin;
    const std::string_view rest = line.substr(place, looked_at_max);
    std::string before = shown(line.substr(begin, place - begin), 0);
    SourceCut cut;
    cut.mark_column = columns_of(before);
    const std::size_t marked = mark_bytes > 0 ? mark_bytes : token_length(rest);
    const std::string token = shown(rest.substr(0, marked), cut.mark_column);
    // The mark stays in sight, with what is around it, when the line does not fit.
    const std::size_t lead_max = width / 2;
    if (begin > 0 || (cut.mark_column + columns_of(token) > width && cut.mark_column > lead_max)) {
        before = "…" + std::string{tail_within(before, lead_max > 0 ? lead_max - 1 : 0)};
        cut.mark_column = columns_of(before);
    }
    cut.text = clipped(before + shown(rest, cut.mark_column), width);
    const std::size_t room = width > cut.mark_column ? width - cut.mark_column : 1;
    cut.mark_width = std::clamp<std::size_t>(columns_of(token), 1, room);
    return cut;
}

std::optional<MarkedBytes> place_within(std::string_view line, const core::Problem& problem) {
    if (problem.column == 0 || problem.column > line.size()) return std::nullopt;
    if (problem.code == core::ProblemCode::bad_expression)
        return place_in_expression(line, problem);
    const std::vector<std::string_view> names = named_in(problem.message);
    const std::size_t begin = problem.column - 1;
    if (problem.code == core::ProblemCode::unknown_node && !names.empty())
        return find_word(line, begin, names[0]);
    if (problem.code == core::ProblemCode::unknown_port && names.size() > 1)
        return find_word(line, begin, std::string{names[0]}.append(".").append(names[1]));
    return std::nullopt;
}

std::string problem_text(const format::SourceText& source, const CheckedDocument& checked,
                         const ProblemStyle& style) {
    Printer printer{source, style};
    for (const core::Problem& problem : checked.problems)
        printer.add(problem, false);
    for (const core::Problem& warning : checked.warnings)
        printer.add(warning, true);
    return printer.take();
}

}  // namespace millrace::cli
