// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/value.hpp"
#include "pattern.hpp"

namespace millrace::expr {

/// One compiled JSONPath query: arenas whose entries name each other by index.
using PathIndex = std::uint32_t;

struct PathSelector {
    enum class Kind : std::uint8_t { name, wildcard, index, slice, filter };
    Kind kind = Kind::wildcard;
    std::string name;
    std::optional<std::int64_t> start;  ///< of an index too
    std::optional<std::int64_t> end;
    std::int64_t step = 1;
    PathIndex test = 0;  ///< of a filter
};

struct PathSegment {
    bool descendant = false;
    std::vector<PathSelector> selectors;
};

struct PathQuery {
    bool from_root = true;  ///< begins with `$`, else with `@`
    bool singular = true;   ///< selects at most one node, by names and indexes alone
    std::vector<PathSegment> segments;
};

/// What a comparison or a call takes.
struct PathTerm {
    enum class Kind : std::uint8_t { literal, query, call };
    Kind kind = Kind::literal;
    core::Value literal;
    PathIndex index = 0;  ///< of the query or the call
};

enum class PathFunction : std::uint8_t { length, count, match, search, value };

struct PathCall {
    PathFunction function = PathFunction::length;
    std::vector<PathTerm> arguments;
    std::optional<Pattern> pattern;  ///< of match and search when it is written in the query
};

enum class PathComparison : std::uint8_t {
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal
};

/// A logical expression of a filter.
struct PathTest {
    enum class Kind : std::uint8_t { any, all, exists, call, compare };
    Kind kind = Kind::exists;
    bool negated = false;
    std::vector<PathIndex> parts;  ///< of any and all: tests
    PathIndex index = 0;           ///< of exists and call
    PathComparison comparison = PathComparison::equal;
    PathTerm left;
    PathTerm right;
};

struct PathProgram {
    std::string source;
    PathQuery main;
    std::vector<PathQuery> queries;
    std::vector<PathTest> tests;
    std::vector<PathCall> calls;
};

}  // namespace millrace::expr
