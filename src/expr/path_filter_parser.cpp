// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "path_parser.hpp"

namespace millrace::expr {

PathIndex PathParser::add(PathTest test) {
    program_.tests.push_back(std::move(test));
    return static_cast<PathIndex>(program_.tests.size() - 1);
}

PathParser::Parsed<PathIndex> PathParser::any() {
    PathTest test;
    test.kind = PathTest::Kind::any;
    do {
        const Parsed<PathIndex> part = all();
        if (!part) return part;
        test.parts.push_back(*part);
        reader_.skip_blanks();
    } while (reader_.take("||"));
    return test.parts.size() == 1 ? test.parts.front() : add(std::move(test));
}

PathParser::Parsed<PathIndex> PathParser::all() {
    PathTest test;
    test.kind = PathTest::Kind::all;
    do {
        const Parsed<PathIndex> part = basic();
        if (!part) return part;
        test.parts.push_back(*part);
        reader_.skip_blanks();
    } while (reader_.take("&&"));
    return test.parts.size() == 1 ? test.parts.front() : add(std::move(test));
}

PathParser::Parsed<PathIndex> PathParser::basic() {
    reader_.skip_blanks();
    const bool negated = reader_.peek() == '!' && reader_.peek(1) != '=';
    if (negated) {
        reader_.take("!");
        reader_.skip_blanks();
    }
    return reader_.peek() == '(' ? parenthesis(negated) : test_or_comparison(negated);
}

PathParser::Parsed<PathIndex> PathParser::parenthesis(bool negated) {
    if (auto ok = enter(); !ok) return std::unexpected{ok.error()};
    reader_.take("(");
    const Parsed<PathIndex> inner = any();
    if (!inner) return inner;
    reader_.skip_blanks();
    if (!reader_.take(")")) return unexpected("\")\", \"&&\" or \"||\"");
    leave();
    if (!negated) return inner;
    PathTest test;
    test.kind = PathTest::Kind::all;
    test.negated = true;
    test.parts.push_back(*inner);
    return add(std::move(test));
}

PathParser::Parsed<PathIndex> PathParser::test_or_comparison(bool negated) {
    const std::size_t begin = reader_.at();
    Parsed<PathTerm> left = term();
    if (!left) return std::unexpected{left.error()};
    const std::size_t end = reader_.at();
    reader_.skip_blanks();
    const std::size_t at = reader_.at();
    if (const std::optional<PathComparison> comparison = operator_next()) {
        if (negated) {
            return refuse(ExprErrc::syntax, at,
                          "\"!\" does not reach over a comparison; put it into parentheses");
        }
        Parsed<PathTest> test = this->comparison(*std::move(left), begin, *comparison);
        if (!test) return std::unexpected{test.error()};
        return add(*std::move(test));
    }
    reader_.go_to(end);
    PathTest test;
    test.negated = negated;
    test.index = left->index;
    switch (left->kind) {
        case PathTerm::Kind::literal:
            return refuse(ExprErrc::syntax, begin,
                          "a literal alone is no test; compare it with something");
        case PathTerm::Kind::query: test.kind = PathTest::Kind::exists; break;
        case PathTerm::Kind::call:
            if (!is_logical(program_.calls[left->index].function)) {
                return refuse(ExprErrc::syntax, begin,
                              "the function gives a value, which is no test; compare it");
            }
            test.kind = PathTest::Kind::call;
            break;
    }
    return add(std::move(test));
}

PathParser::Parsed<PathTest> PathParser::comparison(PathTerm left, std::size_t begin,
                                                    PathComparison comparison) {
    if (auto ok = check_comparable(left, begin); !ok) return std::unexpected{ok.error()};
    reader_.skip_blanks();
    const std::size_t at = reader_.at();
    Parsed<PathTerm> right = term();
    if (!right) return std::unexpected{right.error()};
    if (auto ok = check_comparable(*right, at); !ok) return std::unexpected{ok.error()};
    PathTest test;
    test.kind = PathTest::Kind::compare;
    test.comparison = comparison;
    test.left = std::move(left);
    test.right = *std::move(right);
    return test;
}

PathParser::Parsed<void> PathParser::check_comparable(const PathTerm& term,
                                                      std::size_t begin) const {
    if (term.kind == PathTerm::Kind::query && !program_.queries[term.index].singular) {
        return refuse(ExprErrc::syntax, begin,
                      "only a path of names and indexes, which gives at most one value, can be "
                      "compared");
    }
    if (term.kind == PathTerm::Kind::call && is_logical(program_.calls[term.index].function)) {
        return refuse(ExprErrc::syntax, begin,
                      "the function is true or false by itself and can't be compared");
    }
    return {};
}

std::optional<PathComparison> PathParser::operator_next() {
    static constexpr std::array<std::pair<std::string_view, PathComparison>, 6> operators{{
        {"==", PathComparison::equal},
        {"!=", PathComparison::not_equal},
        {"<=", PathComparison::less_equal},
        {">=", PathComparison::greater_equal},
        {"<", PathComparison::less},
        {">", PathComparison::greater},
    }};
    for (const auto& [text, comparison] : operators) {
        if (reader_.take(text)) return comparison;
    }
    return std::nullopt;
}

}  // namespace millrace::expr
