// SPDX-License-Identifier: Apache-2.0
#include "path_parser.hpp"

#include "utf16.hpp"

namespace millrace::expr {

std::expected<void, CompileError> PathParser::run() {
    if (source_.size() > path_bytes_max) {
        return refuse(ExprErrc::limit, 0, "the path is longer than 64 KiB");
    }
    if (!is_utf8(source_)) return refuse(ExprErrc::syntax, 0, "the path is not valid UTF-8");
    if (reader_.peek() != '$') return unexpected("a path, which begins with \"$\"");
    Parsed<PathQuery> main = query();
    if (!main) return std::unexpected{main.error()};
    if (reader_.more()) return unexpected("\".\", \"[\" or the end of the path");
    program_.main = *std::move(main);
    return {};
}

std::expected<void, CompileError> PathParser::enter() {
    if (++nesting_ <= path_nesting_max) return {};
    return refuse(ExprErrc::limit, reader_.at(), "nested deeper than the limit of 32 levels");
}

PathParser::Parsed<PathQuery> PathParser::query() {
    PathQuery query;
    query.from_root = reader_.peek() == '$';
    reader_.go_to(reader_.at() + 1);
    while (true) {
        const std::size_t end = reader_.at();
        reader_.skip_blanks();
        if (reader_.peek() != '.' && reader_.peek() != '[') {
            reader_.go_to(end);
            return query;
        }
        if (++segments_ > path_segments_max) {
            return refuse(ExprErrc::limit, reader_.at(), "the path has more than 500 segments");
        }
        Parsed<PathSegment> next = segment();
        if (!next) return std::unexpected{next.error()};
        const PathSegment& added = query.segments.emplace_back(*std::move(next));
        const PathSelector::Kind kind = added.selectors.front().kind;
        query.singular = query.singular && !added.descendant && added.selectors.size() == 1 &&
                         (kind == PathSelector::Kind::name || kind == PathSelector::Kind::index);
    }
}

PathParser::Parsed<PathSegment> PathParser::segment() {
    PathSegment segment;
    segment.descendant = reader_.take("..");
    Parsed<std::vector<PathSelector>> selectors;
    if (reader_.peek() == '[') {
        selectors = bracketed();
    } else {
        if (!segment.descendant) reader_.take(".");
        selectors = shorthand();
    }
    if (!selectors) return std::unexpected{selectors.error()};
    segment.selectors = *std::move(selectors);
    return segment;
}

PathParser::Parsed<std::vector<PathSelector>> PathParser::shorthand() {
    PathSelector selector;
    if (!reader_.take("*")) {
        if (!reader_.at_name()) return unexpected("a member name or \"*\"");
        selector.kind = PathSelector::Kind::name;
        selector.name = reader_.name();
    }
    return std::vector<PathSelector>{std::move(selector)};
}

PathParser::Parsed<std::vector<PathSelector>> PathParser::bracketed() {
    if (auto ok = enter(); !ok) return std::unexpected{ok.error()};
    std::vector<PathSelector> selectors;
    reader_.take("[");
    do {
        reader_.skip_blanks();
        Parsed<PathSelector> next = selector();
        if (!next) return std::unexpected{next.error()};
        selectors.push_back(*std::move(next));
        reader_.skip_blanks();
    } while (reader_.take(","));
    if (!reader_.take("]")) return unexpected("\",\" or \"]\"");
    leave();
    return selectors;
}

PathParser::Parsed<PathSelector> PathParser::selector() {
    PathSelector selector;
    const char next = reader_.peek();
    if (next == '\'' || next == '"') {
        Parsed<std::string> name = reader_.text();
        if (!name) return std::unexpected{name.error()};
        selector.kind = PathSelector::Kind::name;
        selector.name = *std::move(name);
        return selector;
    }
    if (reader_.take("*")) return selector;
    if (reader_.take("?")) {
        const Parsed<PathIndex> test = any();
        if (!test) return std::unexpected{test.error()};
        selector.kind = PathSelector::Kind::filter;
        selector.test = *test;
        return selector;
    }
    if (next == ':' || next == '-' || reader_.at_digit()) return index_or_slice();
    return unexpected("a name in quotes, an index, a slice, \"*\" or a filter such as ?@.a");
}

PathParser::Parsed<PathSelector> PathParser::index_or_slice() {
    PathSelector selector;
    selector.kind = PathSelector::Kind::index;
    const auto read = [this](std::optional<std::int64_t>& into) -> Parsed<void> {
        if (reader_.peek() != '-' && !reader_.at_digit()) return {};
        const Parsed<std::int64_t> number = reader_.integer();
        if (!number) return std::unexpected{number.error()};
        into = *number;
        return {};
    };
    if (auto ok = read(selector.start); !ok) return std::unexpected{ok.error()};
    // Blanks after a lone index are the list's.
    const std::size_t end = reader_.at();
    reader_.skip_blanks();
    if (!reader_.take(":")) {
        reader_.go_to(end);
        return selector;
    }
    selector.kind = PathSelector::Kind::slice;
    reader_.skip_blanks();
    if (auto ok = read(selector.end); !ok) return std::unexpected{ok.error()};
    reader_.skip_blanks();
    if (!reader_.take(":")) return selector;
    reader_.skip_blanks();
    std::optional<std::int64_t> step;
    if (auto ok = read(step); !ok) return std::unexpected{ok.error()};
    selector.step = step.value_or(1);
    return selector;
}

}  // namespace millrace::expr
