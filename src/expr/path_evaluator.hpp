// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/failure.hpp"
#include "path_program.hpp"

namespace millrace::expr {

/// Is told of each node that a query selects, in order.
class PathSink {
public:
    virtual ~PathSink() = default;
    /// False when no more are wanted.
    virtual bool take(const core::Value& node) = 0;
};

/// One evaluation of a path. All it hands out points into the root or the program.
class PathEvaluator {
public:
    PathEvaluator(const PathProgram& program, const core::Value& root, Fuel& fuel)
        : program_{program}, root_{root}, fuel_{fuel} {}

    void run(PathSink& sink) { select(program_.main, root_, sink); }
    const std::optional<core::Failure>& failure() const { return failure_; }

private:
    // path_evaluator.cpp. These go on until the sink has enough or something failed; then they
    // give false.
    bool select(const PathQuery& query, const core::Value& current, PathSink& sink);
    bool walk(const PathQuery& query, std::size_t segment, const core::Value& node, PathSink& sink);
    bool descend(const PathQuery& query, std::size_t segment, const core::Value& node,
                 PathSink& sink);
    bool apply(const PathQuery& query, std::size_t segment, const core::Value& node,
               PathSink& sink);
    bool apply(const PathQuery& query, std::size_t segment, const PathSelector& selector,
               const core::Value& node, PathSink& sink);
    bool slice(const PathQuery& query, std::size_t segment, const PathSelector& selector,
               const core::Value& node, PathSink& sink);

    // path_filter.cpp. After a failure the result means nothing.
    bool test(PathIndex index, const core::Value& current);
    bool compare(const PathTest& test, const core::Value& current);
    /// Nothing is none.
    std::optional<core::Value> value_of(const PathTerm& term, const core::Value& current);
    std::optional<core::Value> value_of(const PathCall& call, const core::Value& current);
    std::optional<core::Value> length_of(const PathTerm& term, const core::Value& current);
    bool matches(const PathCall& call, const core::Value& current);
    bool matches_given(const PathCall& call, std::string_view text, std::string_view source);
    bool try_pattern(const PathCall& call, const Pattern& pattern, std::string_view text);

    bool pay(std::uint64_t units);
    bool fail(std::string_view code, std::string message);

    const PathProgram& program_;
    const core::Value& root_;
    Fuel& fuel_;
    std::optional<core::Failure> failure_;
};

}  // namespace millrace::expr
