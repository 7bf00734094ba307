// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "compile_error.hpp"
#include "path_program.hpp"
#include "path_reader.hpp"

namespace millrace::expr {

// A query inside of a filter inside of a query … and the segments before them all stand on the
// stack when a path is evaluated.
inline constexpr std::size_t path_bytes_max = 64u << 10;
inline constexpr std::size_t path_nesting_max = 32;
inline constexpr std::size_t path_segments_max = 500;

/// Recursive descent over the grammar of RFC 9535, with its rules of well-typedness.
class PathParser {
public:
    PathParser(PathProgram& program, std::string_view source)
        : program_{program}, reader_{source}, source_{source} {}

    std::expected<void, CompileError> run();

private:
    template <class T>
    using Parsed = std::expected<T, CompileError>;

    // path_parser.cpp: segments and selectors
    Parsed<PathQuery> query();
    Parsed<PathSegment> segment();
    Parsed<std::vector<PathSelector>> bracketed();
    Parsed<std::vector<PathSelector>> shorthand();
    Parsed<PathSelector> selector();
    Parsed<PathSelector> index_or_slice();

    // path_filter_parser.cpp: logical expressions
    Parsed<PathIndex> any();
    Parsed<PathIndex> all();
    Parsed<PathIndex> basic();
    Parsed<PathIndex> parenthesis(bool negated);
    Parsed<PathIndex> test_or_comparison(bool negated);
    Parsed<PathTest> comparison(PathTerm left, std::size_t begin, PathComparison comparison);
    Parsed<void> check_comparable(const PathTerm& term, std::size_t begin) const;
    std::optional<PathComparison> operator_next();

    // path_function_parser.cpp: literals, queries and calls
    Parsed<PathTerm> term();
    Parsed<PathTerm> word_term();
    Parsed<PathTerm> call(std::string_view name, std::size_t begin);
    Parsed<void> check_argument(const PathCall& call, const PathTerm& term,
                                std::size_t begin) const;
    Parsed<void> compile_pattern(PathCall& call, std::size_t begin) const;

    PathIndex add(PathTest test);
    /// Fails when it would nest too deeply.
    Parsed<void> enter();
    void leave() { --nesting_; }
    std::unexpected<CompileError> unexpected(std::string_view wanted) const {
        return std::unexpected{
            reader_.error("expected " + std::string{wanted} + ", found " + reader_.found())};
    }

    PathProgram& program_;
    PathReader reader_;
    std::string_view source_;
    std::size_t nesting_ = 0;
    std::size_t segments_ = 0;
};

/// Does the function give a truth, which only a test can use, rather than a value?
bool is_logical(PathFunction function);

}  // namespace millrace::expr
